"""Make a picture unrecognisable where it shows what is not the vehicle's: people and other plates.

Where things are is reckoned from the plate, which is 520 mm wide: in plate widths. What is not
known is pixelated: without the plate's place the whole picture is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from anpr.errors import EvidenceError
from anpr.events import VehicleClass

Box = tuple[float, float, float, float]
Picture = NDArray[np.uint8]

BLOCKS = 40
"""So many blocks across the whole picture: of a plate or a face at most a few are left."""

BLOCKS_A_PLATE = 3
"""So many blocks at most across the vehicle's own plate: another one near it is no wider."""

QUALITY = 88


@dataclass(frozen=True, slots=True)
class Shape:
    """A vehicle around its plate: how far it reaches, and where the band of its glass is above."""

    side: float
    below: float
    glass_from: float
    glass_to: float
    top: float


LOW = Shape(side=1.6, below=0.9, glass_from=0.8, glass_to=2.6, top=3.0)
HIGH = Shape(side=2.0, below=1.2, glass_from=0.8, glass_to=6.0, top=6.5)
"""A truck's or a bus's glass begins higher than a car's, and what is lower is let go unseen: the
band reaches from the lowest that is known of either."""

SHAPES = {
    VehicleClass.CAR: LOW,
    VehicleClass.MOTORCYCLE: Shape(side=1.6, below=1.6, glass_from=0.3, glass_to=5.0, top=5.0),
    VehicleClass.MOPED: Shape(side=1.6, below=1.6, glass_from=0.3, glass_to=5.0, top=5.0),
}


def pixelated(
    jpeg: bytes, plate: Box | None, class_: VehicleClass | None, others: Iterable[Box] = ()
) -> bytes:
    """Give a copy in which only the vehicle is recognisable, without its glass and other plates.

    `plate` and `others` are [x, y, width, height] in pixels. Raises EvidenceError.
    """
    picture = decoded(jpeg)
    height, width = picture.shape[:2]
    is_placed = plate is not None and _is_within(plate, width, height)
    shown = _coarse(picture, plate[2] if plate is not None and is_placed else 0)
    if plate is None or not is_placed:
        return _encoded(shown)
    shape = SHAPES.get(class_ or VehicleClass.OTHER, HIGH)
    x, y, w, h = plate
    left, across = x - shape.side * w, w * (1 + 2 * shape.side)
    glass = (left, y - shape.glass_to * w, across, (shape.glass_to - shape.glass_from) * w)
    hidden = [_part(shown, box) for box in (glass, *(_around(box) for box in others))]
    kept = [(part, part.copy()) for part in hidden]
    top = y - shape.top * w
    _copy(picture, shown, (left, top, across, y + h + shape.below * w - top))
    for part, coarse in kept:
        part[:] = coarse
    _copy(picture, shown, plate)  # a box that overlaps it must not hide what the case is about
    return _encoded(shown)


def whole(jpeg: bytes) -> bytes:
    """Give a picture back that can be decoded. Raises EvidenceError."""
    decoded(jpeg)
    return jpeg


def decoded(jpeg: bytes) -> Picture:
    """Decode a picture. Raises EvidenceError."""
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if picture is None:
        raise EvidenceError("a picture of the case cannot be decoded; restore it from a backup")
    return cast("Picture", picture)


def _coarse(picture: Picture, plate_width: float) -> Picture:
    """Make blocks of the mean colour, of whole pixels; what is left over at the edges goes on."""
    height, width = picture.shape[:2]
    block = ceil(max(width / BLOCKS, plate_width / BLOCKS_A_PLATE, 4))
    rows, columns = max(1, height // block), max(1, width // block)
    even = picture[: rows * block, : columns * block]
    few = cv2.resize(even, (columns, rows), interpolation=cv2.INTER_AREA)
    more = np.pad(few, ((0, 1), (0, 1), (0, 0)), "edge")
    blocks = more.repeat(block, axis=1).repeat(block, axis=0)
    return cast("Picture", blocks[:height, :width])


def _copy(source: Picture, target: Picture, box: Box) -> None:
    _part(target, box)[:] = _part(source, box)


def _part(picture: Picture, box: Box) -> Picture:
    left, top, right, bottom = _corners(box, picture.shape[1], picture.shape[0])
    return picture[top:bottom, left:right]


def _corners(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    x, y, w, h = box
    left, top = max(0, int(x)), max(0, int(y))
    return left, top, max(left, min(width, int(x + w + 1))), max(top, min(height, int(y + h + 1)))


def _around(box: Box) -> Box:
    """Widen a box: another vehicle has moved between its read and the picture."""
    x, y, w, h = box
    return x - w / 2, y - w / 2, 2 * w, h + w


def _is_within(box: Box, width: int, height: int) -> bool:
    x, y, w, h = box
    return w > 0 and h > 0 and x >= 0 and y >= 0 and x + w <= width and y + h <= height


def _encoded(picture: Picture) -> bytes:
    _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return jpeg.tobytes()
