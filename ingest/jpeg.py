"""Whether bytes are a whole JPEG of usable size: its header first, so that a bomb costs nothing."""

from struct import Struct

import cv2
import numpy as np

from anpr.errors import ImageError

MIN_SIDE_PX = 32
MAX_SIDE_PX = 10_000
MAX_PIXELS = 30_000_000
MAX_SCANS = 64
"""A progressive file writes about ten; every one costs a pass over the whole picture."""

MAX_SEGMENTS = 500
"""Before the picture begins; a camera writes about ten."""

_START = b"\xff\xd8\xff"
_END = b"\xff\xd9"
_SCAN = b"\xff\xda"
_MARK = 0xFF
_SEGMENT = Struct(">BBHBHH")
"""Marker, length, and what a frame header goes on with: precision, height, width."""
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def check_jpeg(data: bytes) -> tuple[int, int]:
    """Give the width and height in pixels of a whole JPEG. Raises ImageError, which says why not.

    The decoder runs at an eighth of the size and in grey: it still reads every coefficient, so
    what it takes the OCR's full decode takes too, at about half the cost.
    """
    (width, height), scan = _header(data)
    _check_size(width, height)
    if data.rfind(_END, scan) < 0:
        raise ImageError("the JPEG is cut off: its end marker FF D9 is missing. Send it whole")
    if data.count(_SCAN, scan) > MAX_SCANS:
        raise ImageError(f"the JPEG has more than {MAX_SCANS} scans. Send it baseline")
    flags = cv2.IMREAD_REDUCED_GRAYSCALE_8 | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise ImageError("the JPEG cannot be decoded. Send another") from error
    if image is None:
        raise ImageError("the JPEG cannot be decoded. Send another")
    return width, height


def _check_size(width: int, height: int) -> None:
    """Refuse what no plate can be read in, and what costs too much to decode."""
    size = f"the picture is {width}x{height} px"
    if min(width, height) < MIN_SIDE_PX:
        raise ImageError(f"{size}: a side is under {MIN_SIDE_PX} px. Send the full view")
    if max(width, height) > MAX_SIDE_PX:
        raise ImageError(f"{size}: a side is over {MAX_SIDE_PX} px. Send it smaller")
    if width * height > MAX_PIXELS:
        raise ImageError(f"{size}: over {MAX_PIXELS // 1_000_000} megapixels. Send it smaller")


def _header(data: bytes) -> tuple[tuple[int, int], int]:
    """Give (width, height) and where the first scan starts, by walking the segments (T.81 B.1)."""
    if not data.startswith(_START):
        raise ImageError("not a JPEG: it does not begin with FF D8 FF. Send image/jpeg")
    size = None
    at = 2
    for _ in range(MAX_SEGMENTS):
        if at + _SEGMENT.size > len(data):
            raise ImageError("the JPEG is cut off before its picture begins. Send it whole")
        mark, marker, length, _, height, width = _SEGMENT.unpack_from(data, at)
        if mark != _MARK:
            break
        if marker == _MARK or marker in _STANDALONE:
            at += 1 if marker == _MARK else 2
            continue
        if marker in _FRAME_HEADERS:
            size = width, height
        if marker == _SCAN[1] and size is not None:
            return size, at
        at += 2 + length
    raise ImageError("the JPEG's segments are broken. Send another")
