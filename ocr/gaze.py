"""Where in its view a camera's plates are, and how wide: what lies elsewhere is not read."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from anpr.sites import Camera
from ocr.ports import Box, Image

Polygon = Sequence[tuple[float, float]]

MARGIN = 0.08
"""By which share of the picture the region is widened for the detector: it needs to see around."""


@dataclass(frozen=True, slots=True)
class Gaze:
    """A camera's region and masks, in shares of its view, and its plates' widths in pixels."""

    region: Polygon | None = None
    ignore: Sequence[Polygon] = ()
    widths: tuple[float, float] | None = None

    @classmethod
    def of(cls, camera: Camera) -> "Gaze":
        """Take a camera's keys of the site file."""
        return cls(camera.region, camera.ignore, camera.plate_px)

    def window(self, image: Image) -> tuple[Image, tuple[int, int]]:
        """Cut out the part around the region; give it and its upper left corner."""
        if self.region is None:
            return image, (0, 0)
        height, width = image.shape[:2]
        columns, rows = zip(*self.region, strict=True)
        left, right = _span(columns, width)
        top, bottom = _span(rows, height)
        return image[top:bottom, left:right], (left, top)

    def takes(self, box: Box, image: Image) -> bool:
        """Decide whether a place is to be read: by its middle and its width."""
        height, width = image.shape[:2]
        x, y = box.centre
        at = (x / width, y / height)
        if self.widths and not self.widths[0] <= box.w <= self.widths[1]:
            return False
        if self.region is not None and not _inside(self.region, at):
            return False
        return not any(_inside(mask, at) for mask in self.ignore)


EVERYWHERE = Gaze()


def _span(shares: Sequence[float], length: int) -> tuple[int, int]:
    low, high = min(shares) - MARGIN, max(shares) + MARGIN
    return max(0, int(low * length)), min(length, int(high * length) + 1)


def _inside(polygon: Polygon, point: tuple[float, float]) -> bool:
    """Tell whether a point lies in a polygon or on its edge."""
    return cv2.pointPolygonTest(np.asarray(polygon, np.float32), point, measureDist=False) >= 0
