import struct

import cv2
import numpy as np
import pytest

from anpr.errors import ImageError
from ocr.image import decode, decode_any, encode

PICTURE = np.full((48, 64, 3), 90, np.uint8)
JPEG = encode(PICTURE)


def with_size(width: int, height: int) -> bytes:
    """Claim another size in the header of a small JPEG."""
    at = JPEG.index(b"\xff\xc0") + 5
    return JPEG[:at] + struct.pack(">HH", height, width) + JPEG[at + 4 :]


def test_a_whole_jpeg_is_decoded_to_its_size() -> None:
    assert decode(JPEG).shape == (48, 64, 3)


def test_bytes_after_the_end_are_no_harm() -> None:
    assert decode(JPEG + b"camera's own words").shape == (48, 64, 3)


def test_fill_bytes_before_a_segment_are_no_harm() -> None:
    assert decode(JPEG[:2] + b"\xff\xff" + JPEG[2:]).shape == (48, 64, 3)


@pytest.mark.parametrize("data", [b"", b"\xff", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"not a picture"])
def test_what_is_no_jpeg_is_refused(data: bytes) -> None:
    with pytest.raises(ImageError, match="not a JPEG"):
        decode(data)


@pytest.mark.parametrize("kept", [4, 30, 200, len(JPEG) - 40, len(JPEG) - 2])
def test_a_truncated_jpeg_is_refused(kept: int) -> None:
    with pytest.raises(ImageError, match="cut off"):
        decode(JPEG[:kept])


def test_a_jpeg_whose_segments_are_damaged_is_refused() -> None:
    with pytest.raises(ImageError, match="damaged"):
        decode(JPEG[:20] + b"\x00\x00\x00\x00" + JPEG[24:])


@pytest.mark.parametrize("size", [(1, 1), (15, 400), (400, 15), (0, 0)])
def test_a_picture_too_small_for_a_plate_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ImageError, match="show no plate"):
        decode(with_size(*size))


@pytest.mark.parametrize("size", [(20_000, 20), (20, 10_001), (6_000, 5_001), (65_535, 65_535)])
def test_a_picture_too_large_is_refused_by_its_header(size: tuple[int, int]) -> None:
    with pytest.raises(ImageError, match="too many"):
        decode(with_size(*size))


def test_a_photograph_may_also_be_a_png() -> None:
    png = cv2.imencode(".png", PICTURE)[1].tobytes()
    assert decode_any(png).tolist() == PICTURE.tolist()
    assert decode_any(JPEG).shape == PICTURE.shape


@pytest.mark.parametrize("kept", [12, 60])
def test_a_truncated_png_is_refused(kept: int) -> None:
    png = cv2.imencode(".png", PICTURE)[1].tobytes()
    with pytest.raises(ImageError):
        decode_any(png[:kept])


def test_a_png_too_large_is_refused_by_its_header() -> None:
    png = cv2.imencode(".png", PICTURE)[1].tobytes()
    with pytest.raises(ImageError, match="too many"):
        decode_any(png[:16] + struct.pack(">II", 50_000, 50_000) + png[24:])
