"""A place that is not read surely is looked at alone, and then read as it is found there."""

from collections.abc import Sequence

import numpy as np
import pytest

from ocr.gaze import Gaze
from ocr.ports import Box, Detection, Image, Reading
from ocr.reader import FINE, Reader
from tests.ocr.makers import once, read_as

IMAGE: Image = np.zeros((480, 640, 3), np.uint8)
COARSE, FINER = Box(300, 200, 60, 30), Box(300, 205, 100, 25)


class Sees:
    """A detector whose box is coarse in the whole picture and fine in a part; what it was shown."""

    def __init__(self, coarse: Box = COARSE, finer: Box | None = FINER) -> None:
        self.coarse, self.finer = coarse, finer
        self.shown: list[tuple[Image, int]] = []

    def detect(self, image: Image, sides: Sequence[int]) -> list[Detection]:
        self.shown.append((image, sides[0]))
        if image.shape == IMAGE.shape:
            return [Detection(self.coarse, 0.9)]
        corner = self.coarse.widened(1.0, 1.5).corner(IMAGE)
        return [Detection(self.finer.moved(-corner[0], -corner[1]), 0.8)] if self.finer else []


class ReadsWhole:
    """A recogniser that reads a crop surely where it is as wide as the plate."""

    def __init__(self, wide: float = FINER.w) -> None:
        self.wide = wide

    def read(self, crops: Sequence[Image]) -> list[Reading]:
        return [read_as("1ABC123", 0.999 if crop.shape[1] >= self.wide else 0.9) for crop in crops]


def test_a_plate_that_its_box_cuts_badly_is_found_again_and_read() -> None:
    (plate,) = Reader(Sees(), ReadsWhole(), scales=once).read_image(IMAGE)
    assert plate.box == FINER
    assert plate.confidence > 0.95


def test_a_plate_that_is_read_surely_is_not_looked_at_again() -> None:
    sees = Sees()
    Reader(sees, ReadsWhole(COARSE.w), scales=once).read_image(IMAGE)
    assert len(sees.shown) == 1


@pytest.mark.parametrize("finer", [None, Box(420, 205, 100, 25)])
def test_what_is_not_found_again_in_its_place_stays_as_it_was(finer: Box | None) -> None:
    (plate,) = Reader(Sees(finer=finer), ReadsWhole(), scales=once).read_image(IMAGE)
    assert plate.box == COARSE


def test_what_a_mask_covers_is_not_found_again_either() -> None:
    mask = ((0.53, 0.0), (1.0, 0.0), (1.0, 1.0), (0.53, 1.0))
    (plate,) = Reader(Sees(), ReadsWhole(), scales=once).read_image(IMAGE, Gaze(ignore=(mask,)))
    assert plate.box == COARSE


@pytest.mark.parametrize(("width", "scale"), [(FINE / 2, 1.0), (FINE, 1.0), (FINE * 1.25, 0.8)])
def test_a_place_is_shown_at_its_own_size_unless_it_is_large(width: float, scale: float) -> None:
    sees = Sees(Box(200, 200, width, width / 4), None)
    Reader(sees, ReadsWhole(1000), scales=once).read_image(IMAGE)
    part, side = sees.shown[-1]
    assert side == round(max(part.shape[:2]) * scale)
