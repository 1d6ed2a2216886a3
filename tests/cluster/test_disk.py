"""The disk of broker and database is full for a while: they may fall over, nothing is lost."""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.cluster import Servers
from tests.cluster.conftest import make_trial
from tests.cluster.receiver import Dispatch
from tests.cluster.recording import Recording

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    # What kafka-python leaves behind of a connection that was refused or cut off.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.usefixtures("without_refused_sockets"),
]

SIZE_MB = 700
FULL_S = 12.0


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of its own, in memory."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() != 0 or mount is None or umount is None:
        pytest.skip("needs root, to mount a small disk")
    folder = Path(tempfile.mkdtemp(prefix="zone-anpr-disk-"))
    options = f"size={SIZE_MB}m,mode=755"
    done = subprocess.run(  # noqa: S603 - our own arguments
        [mount, "-t", "tmpfs", "-o", options, "tmpfs", folder], check=False, capture_output=True
    )
    if done.returncode:
        folder.rmdir()
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.decode().strip()}")
    yield folder
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


def test_a_full_disk_loses_nothing(
    servers: Servers, small_disk: Path, dispatch: Dispatch, short: Recording, tmp_path: Path
) -> None:
    pause = threading.Event()
    ballast = small_disk / "ballast"
    with Servers(small_disk / "servers") as small:
        trial = make_trial(small, dispatch, tmp_path)
        trial.prepare(short)
        with trial.cluster({"rules": 1, "sinks": 1}) as cluster:
            cluster.wait_ready()
            feeding = trial.feeding(short.reads, len(short.reads) / 30)
            pause.wait(8)
            fill(ballast)
            pause.wait(FULL_S)
            ballast.unlink()
            # An operator makes room, and starts again what gave up.
            small.broker.stop()
            small.broker.start()
            small.postgres.stop()
            small.postgres.start()
            feeding.join()
            trial.wait_through(cluster)
        trial.check(short)
