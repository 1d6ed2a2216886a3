"""The image store in a folder: the same bytes have the same name, and no image changes unseen."""

import os
import re
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from anpr.errors import StoreError

_REFERENCE = re.compile(r"sha256:([0-9a-f]{64})")
_NAME = re.compile(r"[0-9a-f]{64}")


class FolderImages:
    """An `ImageStore` in a folder, two levels deep, so that no directory grows without bound."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)

    def put(self, image: bytes) -> str:
        """Keep the bytes, durably, and return their reference `sha256:HEX`.

        Bytes that are there already are not written again; their age starts anew.
        """
        digest = sha256(image).hexdigest()
        path = self._path(digest)
        try:
            os.utime(path)
        except FileNotFoundError:
            self._write(path, image)
        return f"sha256:{digest}"

    def get(self, reference: str) -> bytes | None:
        """Give the bytes of a reference, or None when they were erased.

        Raises StoreError for what is no reference, and for bytes that are not what was put.
        """
        digest = _digest(reference)
        try:
            image = self._path(digest).read_bytes()
        except FileNotFoundError:
            return None
        if sha256(image).hexdigest() != digest:
            msg = f"image {reference!r} is not what was stored: restore it from a backup"
            raise StoreError(msg)
        return image

    def erase(self, reference: str) -> bool:
        """Erase the bytes of a reference; tell whether they were there."""
        try:
            self._path(_digest(reference)).unlink()
        except FileNotFoundError:
            return False
        return True

    def put_before(self, moment: datetime) -> Iterator[str]:
        """Give the references of all images that were last put before a moment.

        Writes of before then that a crash cut short are removed.
        """
        for path in self._root.glob("??/??/*"):
            if path.stat().st_mtime >= moment.timestamp():
                continue
            if _NAME.fullmatch(path.name):
                yield f"sha256:{path.name}"
            else:
                path.unlink()

    def _path(self, digest: str) -> Path:
        return self._root / digest[:2] / digest[2:4] / digest

    def _write(self, path: Path, image: bytes) -> None:
        """Write beside, sync, then rename: a reader sees the whole image or none."""
        made = _make(path.parent)
        with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
            try:
                file.write(image)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).rename(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        for folder in (path.parent, *made):
            _sync(folder)


def _digest(reference: str) -> str:
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        msg = "that is not an image's reference; it reads sha256: and 64 hexadecimal digits"
        raise StoreError(msg)
    return found.group(1)


def _make(folder: Path) -> list[Path]:
    """Make a folder; give the parents in which a new entry must be synced."""
    missing = [one.parent for one in (folder, folder.parent) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _sync(folder: Path) -> None:
    """Make a folder's entries durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
