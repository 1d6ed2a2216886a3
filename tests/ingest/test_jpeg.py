"""Which bytes are a whole JPEG of a usable size."""

import struct

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anpr.errors import ImageError
from ingest.jpeg import MAX_SCANS, check_jpeg
from tests.ingest.kit import picture

PROGRESSIVE = (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)


def claiming(width: int, height: int, jpeg: bytes) -> bytes:
    """Rewrite the size in a baseline JPEG's frame header, leaving the picture as it is."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]


@pytest.mark.parametrize("parameters", [(), PROGRESSIVE], ids=["baseline", "progressive"])
def test_a_whole_jpeg_has_its_size(parameters: tuple[int, ...]) -> None:
    assert check_jpeg(picture(640, 360, *parameters)) == (640, 360)


@pytest.mark.parametrize("parameters", [(), PROGRESSIVE], ids=["baseline", "progressive"])
def test_a_jpeg_cut_off_anywhere_is_refused(parameters: tuple[int, ...]) -> None:
    whole = picture(64, 64, *parameters)
    for length in range(len(whole) - 1):
        with pytest.raises(ImageError):
            check_jpeg(whole[:length])


def test_a_thumbnails_end_is_not_the_end_of_the_picture() -> None:
    whole, thumbnail = picture(640, 360), picture(32, 32)
    exif = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail
    with_thumbnail = whole[:2] + exif + whole[2:]
    assert check_jpeg(with_thumbnail) == (640, 360)
    with pytest.raises(ImageError, match="end marker"):
        check_jpeg(with_thumbnail[:-500])


def test_what_a_camera_writes_after_the_end_is_its_own_business() -> None:
    assert check_jpeg(picture() + b"\0" * 64) == (160, 120)


@pytest.mark.parametrize(
    ("width", "height", "says"),
    [
        (1, 1, "1x1 px: a side is under 32 px"),
        (31, 400, "under 32 px"),
        (400, 31, "under 32 px"),
        (10_001, 40, "over 10000 px"),
        (40, 20_000, "over 10000 px"),
        (6000, 5001, "over 30 megapixels"),
    ],
)
def test_a_size_that_no_plate_is_read_in_is_refused(width: int, height: int, says: str) -> None:
    with pytest.raises(ImageError, match=says):
        check_jpeg(claiming(width, height, picture()))


@pytest.mark.parametrize(("width", "height"), [(32, 32), (10_000, 32)])
def test_sizes_at_the_bounds_are_taken(width: int, height: int) -> None:
    assert check_jpeg(picture(width, height)) == (width, height)


def test_the_size_is_refused_before_anything_is_decoded() -> None:
    bomb = claiming(65_000, 65_000, picture())[:400]
    with pytest.raises(ImageError, match="65000x65000"):
        check_jpeg(bomb)


def test_a_file_of_many_scans_is_refused_undecoded() -> None:
    whole = picture(64, 64, *PROGRESSIVE)
    scan = whole[whole.rindex(b"\xff\xda") : -2]
    with pytest.raises(ImageError, match="scans"):
        check_jpeg(whole[:-2] + scan * MAX_SCANS + whole[-2:])


@pytest.mark.parametrize(
    "filling",
    [b"\xff\xe0\x00\x02", b"\xff", b"\x00"],
    ids=["empty segments", "fill bytes", "no marker"],
)
def test_endless_headers_are_given_up(filling: bytes) -> None:
    with pytest.raises(ImageError, match="broken"):
        check_jpeg(b"\xff\xd8\xff\xe0\x00\x02" + filling * 10_000)


def test_a_picture_is_decoded_and_not_only_walked() -> None:
    whole = picture()
    tables_at = whole.index(b"\xff\xc4")
    broken = whole[: tables_at + 5] + b"\xff" * 16 + whole[tables_at + 21 :]
    with pytest.raises(ImageError, match="decoded"):
        check_jpeg(broken)


def test_noise_after_a_jpegs_first_bytes_is_no_jpeg() -> None:
    noise = np.random.default_rng(7).bytes(5000)
    with pytest.raises(ImageError):
        check_jpeg(b"\xff\xd8\xff" + noise)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_gives_a_size_or_a_reason_and_nothing_else(data: st.DataObject) -> None:
    jpeg = bytearray(picture(64, 48))
    for at in data.draw(st.lists(st.integers(0, len(jpeg) - 1), max_size=8)):
        jpeg[at] = data.draw(st.integers(0, 255))
    try:
        width, height = check_jpeg(bytes(jpeg))
    except ImageError:
        return
    assert min(width, height) >= 32
    assert max(width, height) <= 10_000
