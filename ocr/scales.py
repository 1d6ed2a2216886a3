"""At which sizes an image is looked at: the network sees plates of some widths only."""

from collections.abc import Callable
from dataclasses import dataclass

from ocr.weights import DetectorFigures

Widths = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Look:
    """The longer sides at which an image is seen: at first, and while no plate is sure."""

    first: tuple[int, ...]
    closer: tuple[int, ...] = ()


Scales = Callable[[int, Widths | None], Look]
"""From the longer side of an image, and the widths of its plates where they are known."""


def of_stills(figures: DetectorFigures) -> Scales:
    """Look at photographs from anywhere: plates of any size, no haste."""
    return lambda longest, widths: (
        Look(covering(figures.plate_px, longest, widths))
        if widths
        else Look(figures.first, figures.closer)
    )


def of_frames(figures: DetectorFigures) -> Scales:
    """Look at a camera's frames once, since many show one vehicle, at the camera's own scale."""
    least, most = figures.frame_sides

    def look(longest: int, widths: Widths | None) -> Look:
        if widths:
            return Look(covering(figures.plate_px, longest, widths))
        return Look((min(max(round(figures.frame_share * longest), least), most),))

    return look


def covering(seen: Widths, longest: int, widths: Widths) -> tuple[int, ...]:
    """Choose the fewest sides at which plates of all these widths are seen well.

    The smallest plates decide the largest side; each further one takes over where plates grow too
    large for it. Plates too small for the network are seen at the image's own size.
    """
    (small, large), (narrow, wide) = seen, widths
    sides: list[int] = []
    while True:
        scale = min(1.0, small / narrow)
        sides.append(max(1, round(longest * scale)))
        narrow = large / scale
        if narrow >= wide:
            return tuple(sides)
