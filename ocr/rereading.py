"""What is read unsurely is read again, cut a little otherwise: the slip of one cut is outvoted."""

from collections.abc import Sequence

import cv2
import numpy as np

from ocr.ports import Image, Reading, Recogniser
from ocr.vote import fuse

SURE = 0.9
"""A reading this sure needs no second look."""

CUTS = (
    (1.04, 1.06, 0.0, 0.0),
    (0.93, 0.9, 0.0, 0.0),
    (1.0, 1.0, 0.0, 0.05),
)
"""How it is cut again: which share of its width and height, and how far (in these) to the right
and down. Chosen on rendered plates and street frames."""


class CarefulRecogniser:
    """Lets a recogniser read again what it is unsure of; a `Recogniser`."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser

    def read(self, crops: Sequence[Image]) -> list[Reading]:
        """Read images that each show one plate; one reading each, in the same order."""
        first = self._recogniser.read(crops)
        return [
            self.again(crop, one) if one.confidence < SURE else one
            for crop, one in zip(crops, first, strict=True)
        ]

    def again(self, crop: Image, first: Reading) -> Reading:
        """Read a crop again, of which `first` was read."""
        views = [first]
        for cut in CUTS:
            views += self._recogniser.read([cut_again(crop, *cut)])
            if not any(one.plate for one in views):  # two cuts that show nothing: there is nothing
                return first
        return fuse([one for one in views if one.plate], as_one=True)


def cut_again(crop: Image, across: float, along: float, right: float, down: float) -> Image:
    """Cut a window out of a crop, as large in pixels; beyond its edge, the edge is repeated."""
    height, width = crop.shape[:2]
    corner = ((1 - across) / 2 + right) * width, ((1 - along) / 2 + down) * height
    matrix = np.array([[across, 0, corner[0]], [0, along, corner[1]]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(crop, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )
