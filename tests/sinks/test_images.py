"""The image folder: durable, whole or not at all, and never anything but what was put."""

import os
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.errors import StoreError
from sinks.images import FolderImages

JPEG = b"\xff\xd8 an image \xff\xd9"
REFERENCE = f"sha256:{sha256(JPEG).hexdigest()}"


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_an_image_is_found_by_its_digest(tmp_path: Path) -> None:
    images = FolderImages(tmp_path / "images")

    assert images.put(JPEG) == REFERENCE
    assert images.get(REFERENCE) == JPEG


def test_the_same_bytes_are_kept_once(tmp_path: Path) -> None:
    images = FolderImages(tmp_path)

    assert images.put(JPEG) == images.put(JPEG)
    assert len(files(tmp_path)) == 1


def test_an_image_lies_two_levels_deep(tmp_path: Path) -> None:
    FolderImages(tmp_path).put(JPEG)

    digest = REFERENCE.removeprefix("sha256:")
    assert files(tmp_path) == [tmp_path / digest[:2] / digest[2:4] / digest]


def test_an_image_outlives_the_process(tmp_path: Path) -> None:
    FolderImages(tmp_path).put(JPEG)

    assert FolderImages(tmp_path).get(REFERENCE) == JPEG


def test_an_image_that_was_erased_is_gone(tmp_path: Path) -> None:
    images = FolderImages(tmp_path)
    images.put(JPEG)

    assert [images.erase(REFERENCE), images.erase(REFERENCE)] == [True, False]
    assert images.get(REFERENCE) is None


def test_an_image_that_was_changed_is_refused(tmp_path: Path) -> None:
    images = FolderImages(tmp_path)
    images.put(JPEG)
    files(tmp_path)[0].write_bytes(b"another image")

    with pytest.raises(StoreError, match="not what was stored"):
        images.get(REFERENCE)


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "sha256:",
        "sha256:../../../etc/passwd",
        "../../../etc/passwd",
        f"sha256:{'a' * 63}",
        f"sha256:{'a' * 65}",
        f"sha256:{'A' * 64}",
        f"sha256:{'a' * 64}\n",
        f"md5:{'a' * 64}",
    ],
)
def test_what_is_no_reference_is_refused(tmp_path: Path, reference: str) -> None:
    images = FolderImages(tmp_path)

    with pytest.raises(StoreError):
        images.get(reference)
    with pytest.raises(StoreError):
        images.erase(reference)


def test_a_write_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(OSError, match="No space"):
        FolderImages(tmp_path).put(JPEG)

    assert files(tmp_path) == []


def test_only_images_put_before_a_moment_are_found_old(tmp_path: Path) -> None:
    images = FolderImages(tmp_path)
    images.put(JPEG)
    put_at = datetime(2026, 3, 2, tzinfo=UTC)
    os.utime(files(tmp_path)[0], (put_at.timestamp(), put_at.timestamp()))

    assert list(images.put_before(put_at)) == []
    assert list(images.put_before(put_at + timedelta(seconds=1))) == [REFERENCE]


def test_putting_an_image_again_makes_it_young(tmp_path: Path) -> None:
    images = FolderImages(tmp_path)
    images.put(JPEG)
    os.utime(files(tmp_path)[0], (0, 0))

    images.put(JPEG)

    assert list(images.put_before(datetime(2001, 1, 1, tzinfo=UTC))) == []


def test_a_write_that_a_crash_cut_short_is_cleared_away(tmp_path: Path) -> None:
    images = FolderImages(tmp_path)
    images.put(JPEG)
    unfinished = files(tmp_path)[0].parent / ".half"
    unfinished.write_bytes(b"\xff\xd8")
    os.utime(unfinished, (0, 0))

    assert list(images.put_before(datetime(2001, 1, 1, tzinfo=UTC))) == []
    assert not unfinished.exists()


@given(st.binary(max_size=200))
def test_whatever_is_put_is_got(tmp_path_factory: pytest.TempPathFactory, image: bytes) -> None:
    images = FolderImages(tmp_path_factory.mktemp("images"))

    assert images.get(images.put(image)) == image
