"""Images as they come in: checked by their header first, so that a bomb costs nothing."""

import struct
from collections.abc import Iterator

import cv2
import numpy as np

from anpr.errors import ImageError
from ocr.ports import Image

MAX_SIDE = 10_000
MAX_PIXELS = 30_000_000
MIN_SIDE = 16
JPEG_QUALITY = 90

_START = b"\xff\xd8\xff"
_END = b"\xff\xd9"
_PNG = b"\x89PNG\r\n\x1a\n"
_MARK = 0xFF
_SCAN = 0xDA
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})


def decode(jpeg: bytes) -> Image:
    """Decode a whole JPEG of at most 30 megapixels. Raises ImageError."""
    width, height = _jpeg_size(jpeg)
    _check(width, height)
    return _pixels(jpeg)


def decode_any(data: bytes) -> Image:
    """Decode a JPEG or a PNG of at most 30 megapixels. Raises ImageError."""
    if not data.startswith(_PNG):
        return decode(data)
    try:
        width, height = struct.unpack_from(">II", data, 16)
    except struct.error as error:
        raise ImageError("the PNG is cut off in its header; send a whole file") from error
    _check(width, height)
    return _pixels(data)


def encode(image: Image) -> bytes:
    """Encode an image as JPEG; the same pixels give the same bytes."""
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Find width and height in the frame header, and that the picture has an end (T.81, B.1)."""
    if not data.startswith(_START):
        raise ImageError("not a JPEG: it does not start with FF D8 FF; send image/jpeg")
    size = None
    try:
        for code, at in _segments(data):
            if code in _FRAMES:
                height, width = struct.unpack_from(">HH", data, at + 5)
                size = width, height
            if code == _SCAN and size is not None and data.find(_END, at) >= 0:
                return size
    except struct.error as error:
        raise ImageError("the JPEG is cut off in its header; send it whole") from error
    raise ImageError("the JPEG is cut off or damaged; send it whole")


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Walk the segments up to the first scan: each one's code and where it stands."""
    at, code = 2, 0
    while code != _SCAN:
        mark, code, length = struct.unpack_from(">BBH", data, at)
        if mark != _MARK:
            return
        if code == _MARK:
            at += 1
            continue
        yield code, at
        at += 2 if code in _BARE else 2 + length


def _check(width: int, height: int) -> None:
    if min(width, height) < MIN_SIDE:
        raise ImageError(f"{width}x{height} pixels show no plate; send at least {MIN_SIDE} a side")
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        msg = f"{width}x{height} pixels are too many; send at most {MAX_PIXELS} in all"
        raise ImageError(f"{msg} and {MAX_SIDE} a side")


def _pixels(data: bytes) -> Image:
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise ImageError("the image cannot be decoded; send a whole JPEG") from error
    if image is None:
        raise ImageError("the image cannot be decoded; send a whole JPEG")
    return np.asarray(image, np.uint8)
