from random import Random

import cv2
import numpy as np
import pytest

from training.atlas import ABOVE, BELOW, CAP, CHARACTERS, WIDEST, Atlas
from training.lettering import lettering
from training.plates import CANVAS, Renderer
from training.registrations import SLOTS, Registration, draw


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    """Draw with one face of OpenCV's own, so that no font is needed."""
    rows = ABOVE + CAP + BELOW
    glyphs = np.zeros((1, len(CHARACTERS), rows, WIDEST), np.uint8)
    widths = np.zeros((1, len(CHARACTERS)), np.int16)
    for at, character in enumerate(CHARACTERS):
        drawn = np.zeros((rows, WIDEST), np.uint8)
        cv2.putText(drawn, character, (2, ABOVE + CAP), cv2.FONT_HERSHEY_SIMPLEX, 3.3, 255, 8)
        inked = np.flatnonzero(drawn.any(axis=0))
        width = inked[-1] + 1 - inked[0]
        glyphs[0, at, :, :width] = drawn[:, inked[0] : inked[-1] + 1]
        widths[0, at] = width
    return Renderer(Atlas(glyphs, widths))


def test_the_same_seed_draws_the_same_pixels(renderer: Renderer) -> None:
    registration = Registration("Belgium", "1-ABC-123")
    first, second = (renderer.draw(registration, Random(1)) for _ in range(2))
    assert np.array_equal(first.pixels, second.pixels)


def test_every_character_has_its_centre_on_the_plate(renderer: Renderer) -> None:
    random = Random(2)
    for _ in range(300):
        plate = renderer.draw(draw(random), random)
        x, y, w, h = plate.inner
        centres = plate.centres[: len(plate.text)]
        assert (centres[:, 0] > x).all()
        assert (centres[:, 0] < x + w).all()
        assert (centres[:, 1] > y).all()
        assert (centres[:, 1] < y + h).all()
        assert not plate.centres[len(plate.text) :].any()


def test_characters_stand_in_reading_order(renderer: Renderer) -> None:
    random = Random(3)
    for written in ("1-ABC-123", "M-ABC/123"):
        plate = renderer.draw(Registration("Belgium", written), random)
        upper = len(written.split("/")[0].replace("-", ""))
        assert (np.diff(plate.centres[:upper, 0]) > 0).all()
        if plate.lines > 1:
            assert plate.centres[upper, 1] > plate.centres[0, 1]


def test_plate_and_holder_lie_on_the_canvas(renderer: Renderer) -> None:
    random = Random(4)
    for _ in range(300):
        plate = renderer.draw(draw(random), random)
        assert plate.outer[0] <= CANVAS[1]
        assert plate.outer[1] <= CANVAS[0]
        assert plate.inner[0] + plate.inner[2] <= plate.outer[0]
        assert plate.inner[1] + plate.inner[3] <= plate.outer[1]


def test_ink_stands_out_where_the_characters_are(renderer: Renderer) -> None:
    random = Random(5)
    for country in ("Belgium", "Netherlands", "Other"):
        plate = renderer.draw(Registration(country, "AH-HHH-8"), random)
        x, y, w, h = plate.inner
        grey = plate.pixels[y : y + h, x : x + w].mean(axis=2)
        column = round(float(plate.centres[2, 0])) - x
        assert np.ptp(grey[:, max(0, column - 8) : column + 8]) > 60


def test_lettering_is_to_be_read_as_nothing(renderer: Renderer) -> None:
    random = Random(6)
    for _ in range(50):
        drawn = lettering(renderer, random)
        assert drawn.text == ""
        assert drawn.lines == 0
        assert drawn.centres.shape == (SLOTS, 2)
        assert not drawn.centres.any()
        assert drawn.pixels.any()
