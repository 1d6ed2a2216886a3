"""The shipped networks on pictures drawn here, and on photographs where those are at hand."""

import csv
import re
import socket
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from anpr.plates import fold
from ocr.detector import HeatMapDetector, merge
from ocr.image import decode
from ocr.ports import Box, Detection
from ocr.reader import Reader, still_reader, video_reader
from ocr.recogniser import PlateRecogniser, reading
from ocr.weights import RECOGNISER_CONFIG, Weights
from tests.ocr.makers import street
from tests.ocr.pictures import on_a_vehicle, two_lines

PHOTOGRAPHS = Path(__file__).parents[3] / "shared" / "data"
ALPHABET = "AB_"


@pytest.fixture(scope="module")
def still() -> Reader:
    return still_reader()


@pytest.mark.model
@pytest.mark.parametrize("plate", ["1-ABC-123", "1-KLM-456", "2-XFT-480"])
@pytest.mark.parametrize("width", [80, 120, 180])
def test_a_clear_belgian_plate_is_read_surely(still: Reader, plate: str, width: int) -> None:
    found = still.read_image(street(plate, width))
    assert [one.reading.plate for one in found] == [plate.replace("-", "")]
    assert found[0].confidence >= 0.9
    assert found[0].country == "BE"
    assert found[0].box.overlap(Box(320 - width / 2, 300, width, width * 0.22)) > 0.5


@pytest.mark.model
@pytest.mark.parametrize("around", [8, 30, 80])
def test_a_picture_of_little_but_the_plate_is_read(still: Reader, around: int) -> None:
    left, top = 320 - 90 - around, 300 - around // 2
    close = street("1-ABC-123", 180)[top : 340 + around // 2, left : 320 + 90 + around]
    assert still.read_image(close)[0].reading.plate == "1ABC123"


@pytest.mark.model
@pytest.mark.parametrize("digits_on_top", [False, True])
def test_a_plate_of_two_lines_is_read_whichever_group_is_on_top(digits_on_top: bool) -> None:
    right = []
    for at, (letters, digits) in enumerate(product(("KLT", "GXP", "BRN"), ("482", "365", "791"))):
        top, bottom = (f"M-{digits}", letters) if digits_on_top else (f"M-{letters}", digits)
        picture = on_a_vehicle(two_lines(top, bottom), at, 120)
        plate = Box(480 - 60, 330, 120, 80).widened(0.03, 0.03)
        (found,) = PlateRecogniser().read([plate.cut(picture)])
        right.append(found.plate == f"{top}{bottom}".replace("-", ""))
    assert sum(right) / len(right) >= 0.75


@pytest.mark.model
def test_an_empty_street_shows_no_plate(still: Reader) -> None:
    assert still.read_image(np.full((480, 640, 3), 90, np.uint8)) == []


@pytest.mark.model
@pytest.mark.parametrize("shape", [(16, 16, 3), (17, 900, 3), (900, 17, 3)])
def test_pictures_of_any_shape_can_be_looked_at(shape: tuple[int, int, int]) -> None:
    assert video_reader().read_image(np.zeros(shape, np.uint8)) == []


@pytest.mark.model
def test_the_same_picture_gives_the_same_reading_beside_any_other() -> None:
    recogniser = PlateRecogniser()
    crops = [street(plate)[290:340, 250:390] for plate in ("1-ABC-123", "2-XFT-480")]
    assert recogniser.read(crops) == [recogniser.read([crop])[0] for crop in crops]


@pytest.mark.model
def test_no_network_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert still_reader().read_image(street("1-ABC-123"))


def test_a_plate_ends_at_its_first_blank() -> None:
    rows = np.array([[0.9, 0.05, 0.05], [0.1, 0.8, 0.1], [0, 0, 1.0]], np.float32)
    read = reading(rows, ALPHABET, "_", {})
    assert read.plate == "AB"
    assert read.characters == pytest.approx((0.9, 0.8))
    sure = reading(rows, ALPHABET, "_", {}, sharpness=2).characters
    assert sure[0] > 0.9
    assert sure[1] > 0.8


def test_a_reading_with_an_inner_blank_is_refused() -> None:
    rows = np.array([[0.9, 0.05, 0.05], [0.1, 0.1, 0.8], [0.1, 0.8, 0.1]], np.float32)
    assert reading(rows, ALPHABET, "_", {}).plate == ""


def test_a_plate_that_may_go_on_is_less_sure() -> None:
    sure = np.array([[0.9, 0.05, 0.05], [0.0, 0.0, 1.0]], np.float32)
    doubt = np.array([[0.9, 0.05, 0.05], [0.4, 0.0, 0.6]], np.float32)
    readings = [reading(rows, ALPHABET, "_", {}) for rows in (sure, doubt)]
    assert readings[0].plate == readings[1].plate == "A"
    assert readings[0].confidence > readings[1].confidence


def test_boxes_that_overlap_are_one_plate_the_surest() -> None:
    sure = Detection(Box(10, 10, 100, 25), 0.9)
    found = [Detection(Box(12, 11, 100, 25), 0.5), sure, Detection(Box(300, 10, 100, 25), 0.4)]
    assert merge(found) == [sure, found[2]]


@pytest.mark.model
@pytest.mark.shared
@pytest.mark.slow
def test_real_photographs_are_read(still: Reader) -> None:
    folder = PHOTOGRAPHS / "plates-eu-dev"
    if not folder.is_dir():
        pytest.skip("the photographs are not beside the checkout")
    with (folder / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    pairs = []
    for row in rows:
        found = still.read_image(decode((folder / row["file"]).read_bytes()))
        pairs.append((row["plate"], found[0].reading.plate if found else ""))
    exact = sum(label == plate for label, plate in pairs) / len(pairs)
    folded = sum(fold(label) == fold(plate) for label, plate in pairs) / len(pairs)
    assert exact >= 0.85
    assert folded >= 0.94


@pytest.mark.model
@pytest.mark.shared
@pytest.mark.slow
def test_plates_in_street_frames_are_found() -> None:
    folder = PHOTOGRAPHS / "street-frames"
    if not folder.is_dir():
        pytest.skip("the photographs are not beside the checkout")
    with (folder / "boxes.csv").open() as file:
        rows = list(csv.DictReader(file))[::15]
    detector, found = HeatMapDetector(), 0
    for row in rows:
        box = Box(*(float(row[name]) for name in "xywh"))
        image = decode((folder / row["file"]).read_bytes())
        found += any(one.box.overlap(box) >= 0.5 for one in detector.detect(image, [640]))
    assert found / len(rows) >= 0.9


def test_readings_hold_only_letters_digits_and_umlauts() -> None:
    config = Weights().file(RECOGNISER_CONFIG).read_text()
    alphabet = re.search(r"alphabet: '([^']*)'", config)
    assert alphabet
    assert re.fullmatch(r"[A-Z0-9]+_[ÄÖÜ]+", "".join(sorted(alphabet[1])))
