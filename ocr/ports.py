"""What reading a plate needs: a detector that finds plates and a recogniser that reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
"""An image as OpenCV keeps it: [height, width, 3], blue, green, red, 0..255."""

Slot = Mapping[str, float]
"""What one character of a plate may be: the likeliest characters and their probabilities."""


@dataclass(frozen=True, slots=True, order=True)
class Box:
    """A rectangle of an image, in pixels: its upper left corner, width and height."""

    x: float
    y: float
    w: float
    h: float

    @property
    def area(self) -> float:
        """The surface in square pixels."""
        return self.w * self.h

    @property
    def centre(self) -> tuple[float, float]:
        """The point in the middle."""
        return self.x + self.w / 2, self.y + self.h / 2

    def widened(self, across: float, along: float) -> "Box":
        """Grow each side by shares of the width (left, right) and height (above, below)."""
        dx, dy = self.w * across, self.h * along
        return Box(self.x - dx, self.y - dy, self.w + 2 * dx, self.h + 2 * dy)

    def moved(self, dx: float, dy: float) -> "Box":
        """Shift it."""
        return Box(self.x + dx, self.y + dy, self.w, self.h)

    def overlap(self, other: "Box") -> float:
        """Measure the intersection over the union, 0..1."""
        common = self._common(other)
        return common / (self.area + other.area - common) if common else 0.0

    def shared(self, other: "Box") -> float:
        """Measure the intersection over the smaller of both, 0..1."""
        common = self._common(other)
        return common / min(self.area, other.area) if common else 0.0

    def _common(self, other: "Box") -> float:
        w = min(self.x + self.w, other.x + other.w) - max(self.x, other.x)
        h = min(self.y + self.h, other.y + other.h) - max(self.y, other.y)
        return w * h if w > 0 and h > 0 else 0.0

    def corner(self, image: Image) -> tuple[int, int]:
        """Give the upper left pixel of what `cut` cuts out."""
        height, width = image.shape[:2]
        return min(max(round(self.x), 0), width - 1), min(max(round(self.y), 0), height - 1)

    def cut(self, image: Image) -> Image:
        """Cut the box out of an image, as far as it lies inside; at least one pixel."""
        height, width = image.shape[:2]
        left, top = self.corner(image)
        right = min(max(round(self.x + self.w), left + 1), width)
        bottom = min(max(round(self.y + self.h), top + 1), height)
        return image[top:bottom, left:right]


@dataclass(frozen=True, slots=True)
class Detection:
    """A place that looks like a plate, and how much (0..1)."""

    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What the characters of a plate say.

    `plate` is `[A-Z0-9]`, empty where nothing could be read. `characters` holds the probability
    of each character and `end` that no other follows; `confidence`, of the whole plate, is the
    product of them all. `slots` keeps what else each character may be. `countries` is the look
    of the plate as a distribution over ISO alpha-2 codes; what is missing to 1 belongs to
    countries that the recogniser does not name.
    """

    plate: str = ""
    characters: tuple[float, ...] = ()
    confidence: float = 0.0
    end: float = 1.0
    slots: tuple[Slot, ...] = ()
    alternatives: tuple[tuple[str, float], ...] = ()
    countries: Mapping[str, float] = field(default_factory=dict)


class Detector(Protocol):
    """Finds plates."""

    def detect(self, image: Image, sides: Sequence[int]) -> list[Detection]:
        """Find the plates of an image, the surest first, seen at these longer sides (pixels)."""
        ...


class Recogniser(Protocol):
    """Reads plates."""

    def read(self, crops: Sequence[Image]) -> list[Reading]:
        """Read images that each show one plate; one reading each, in the same order."""
        ...
