"""A disk that a test may fill."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(size_mb: int) -> Iterator[Path]:
    """Mount a disk of its own, in memory; skip the test where that is not possible."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() != 0 or mount is None or umount is None:
        pytest.skip("needs root, to mount a small disk")
    folder = Path(tempfile.mkdtemp(prefix="zone-anpr-disk-"))
    options = f"size={size_mb}m,mode=755"
    done = subprocess.run(  # noqa: S603 - our own arguments
        [mount, "-t", "tmpfs", "-o", options, "tmpfs", folder], check=False, capture_output=True
    )
    if done.returncode:
        folder.rmdir()
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run([umount, "--lazy", folder], check=True)  # noqa: S603 - our own arguments
        folder.rmdir()


def fill(path: Path) -> None:
    """Write until the disk takes no more."""
    with path.open("wb", buffering=0) as ballast:
        try:
            while ballast.write(bytes(1 << 20)):
                pass
        except OSError:
            return
