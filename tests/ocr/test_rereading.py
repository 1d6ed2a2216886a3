"""What is read unsurely is read again; what is sure, or shows nothing, is as it was."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr.ports import Image, Reading
from ocr.recogniser import UNREAD
from ocr.rereading import CUTS, SURE, CarefulRecogniser, cut_again
from ocr.vote import fuse
from tests.ocr.makers import read_as

CROP: Image = np.arange(20 * 60 * 3, dtype=np.uint8).reshape(20, 60, 3)


class Says:
    """A recogniser that says these readings, one after the other."""

    def __init__(self, *readings: Reading) -> None:
        self.left = list(readings)

    def read(self, crops: Sequence[Image]) -> list[Reading]:
        return [self.left.pop(0) for _ in crops]


def test_a_sure_reading_is_not_read_again() -> None:
    sure = read_as("1ABC123", 0.999)
    assert sure.confidence >= SURE
    assert CarefulRecogniser(Says(sure)).read([CROP]) == [sure]


def test_the_slip_of_one_cut_is_outvoted() -> None:
    slip, others = read_as("1ABC123", 0.99, at1=("4", 0.55)), [read_as("1ABC123", 0.97)] * len(CUTS)
    (read,) = CarefulRecogniser(Says(slip, *others)).read([CROP])
    assert read.plate == "1ABC123"


def test_a_plate_that_the_first_cut_does_not_show_is_read_in_the_others() -> None:
    others = [read_as("1ABC123", 0.97)] * len(CUTS)
    assert CarefulRecogniser(Says(UNREAD, *others)).read([CROP])[0].plate == "1ABC123"


def test_what_no_cut_shows_stays_unread() -> None:
    assert CarefulRecogniser(Says(*[UNREAD] * (1 + len(CUTS)))).read([CROP]) == [UNREAD]


def test_each_of_several_crops_is_read_for_itself() -> None:
    sure, unsure = read_as("1ABC123", 0.999), read_as("2XFT480", 0.9)
    says = Says(sure, unsure, sure, *[unsure] * len(CUTS))
    plates = [one.plate for one in CarefulRecogniser(says).read([CROP] * 3)]
    assert plates == ["1ABC123", "2XFT480", "1ABC123"]


@given(st.floats(0.6, 0.97), st.integers(2, 8))
def test_cuts_of_one_picture_that_agree_make_it_hardly_surer(sure: float, count: int) -> None:
    one = read_as("1ABC123", sure)
    together = fuse([one] * count, as_one=True)
    assert one.confidence <= together.confidence <= one.confidence**0.6


@given(st.permutations(range(5)))
def test_the_order_of_cuts_does_not_matter(order: Sequence[int]) -> None:
    readings = [read_as("1ABC123", 0.9, at2=("8", 0.5 + at / 20)) for at in range(5)]
    shuffled = [readings[at] for at in order]
    assert fuse(shuffled, as_one=True) == fuse(readings, as_one=True)


@pytest.mark.parametrize("cut", CUTS)
def test_a_cut_has_the_pixels_of_its_crop_and_shows_another_part(
    cut: tuple[float, float, float, float],
) -> None:
    again = cut_again(CROP, *cut)
    assert again.shape == CROP.shape
    assert not np.array_equal(again, CROP)


def test_beyond_its_edge_the_edge_of_a_crop_is_repeated() -> None:
    again = cut_again(CROP, 1.0, 1.0, 0.5, 0.0)
    assert (again[:, 30:] == CROP[:, -1:]).all()
    assert np.array_equal(again[:, :30], CROP[:, 30:])
