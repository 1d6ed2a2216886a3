"""In the copy that is shown only the vehicle is recognisable; what is not known is hidden."""

import cv2
import numpy as np
import pytest

from anpr.errors import EvidenceError
from anpr.events import VehicleClass
from sinks.evidence.pixelate import Box, Picture, decoded, pixelated
from tests.sinks.evidence.cases import street

PLATE: Box = (280, 240, 80, 20)


def drawn() -> bytes:
    """A picture that is a fine chequerboard everywhere."""
    board = (np.indices((360, 640)).sum(axis=0) // 4 % 2 * 255).astype(np.uint8)
    return cv2.imencode(".jpg", cv2.merge([board] * 3))[1].tobytes()


def detail(picture: Picture, box: Box) -> float:
    """How much of the chequerboard is left in a box: its standard deviation."""
    x, y, w, h = map(int, box)
    return float(picture[y : y + h, x : x + w].std())


def test_the_plate_and_what_is_around_it_stay() -> None:
    shown = decoded(pixelated(drawn(), PLATE, VehicleClass.CAR))
    assert detail(shown, PLATE) > 100
    assert detail(shown, (220, 200, 40, 60)) > 100


@pytest.mark.parametrize(
    "hidden",
    [(0, 0, 60, 360), (560, 0, 60, 360), (240, 60, 160, 80), (0, 335, 640, 20)],
    ids=["left", "right", "glass", "below"],
)
def test_what_is_outside_the_vehicle_and_its_glass_are_hidden(hidden: Box) -> None:
    assert detail(decoded(pixelated(drawn(), PLATE, VehicleClass.CAR)), hidden) < 25


@pytest.mark.parametrize("class_", [*VehicleClass, None])
def test_the_glass_is_hidden_whatever_the_vehicle_is_taken_for(class_: VehicleClass | None) -> None:
    shown = decoded(pixelated(drawn(), PLATE, class_))
    assert detail(shown, (240, 240 - 2 * 80, 160, 80)) < 25


def test_another_plate_is_hidden_even_on_the_vehicle() -> None:
    other: Box = (220, 215, 30, 10)
    before = decoded(pixelated(drawn(), PLATE, VehicleClass.CAR))
    after = decoded(pixelated(drawn(), PLATE, VehicleClass.CAR, [other]))
    assert detail(before, other) > 100
    assert detail(after, other) < 40


def test_the_own_plate_stays_where_another_box_lies_over_it() -> None:
    shown = decoded(pixelated(drawn(), PLATE, VehicleClass.CAR, [PLATE]))
    assert detail(shown, PLATE) > 100


@pytest.mark.parametrize("box", [None, (-5, 0, 80, 20), (600, 0, 80, 20), (0, 0, 0, 0)])
def test_without_a_place_of_the_plate_all_is_hidden(box: Box | None) -> None:
    shown = decoded(pixelated(drawn(), box, VehicleClass.CAR))
    assert detail(shown, (0, 0, 640, 360)) < 25


def test_a_copy_is_the_same_every_time() -> None:
    assert pixelated(street(), PLATE, None) == pixelated(street(), PLATE, None)


def test_a_text_plate_cannot_be_read_out_of_its_blocks() -> None:
    """Another plate of the same size keeps three blocks across at most."""
    wide = decoded(pixelated(drawn(), PLATE, VehicleClass.CAR))[300:320, 0:80]
    edges = int((np.abs(np.diff(wide[10, :, 0].astype(int))) > 12).sum())
    assert edges <= 6


def test_what_is_no_picture_is_refused() -> None:
    for jpeg in (b"", b"no picture", street()[:50]):
        with pytest.raises(EvidenceError, match="cannot be decoded"):
            pixelated(jpeg, PLATE, None)
