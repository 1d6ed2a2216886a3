"""A folder of weights is whole, or refused with what to do."""

import shutil
from pathlib import Path

import pytest

from anpr.errors import ModelError
from ocr.detector import HeatMapDetector
from ocr.recogniser import PlateRecogniser
from ocr.weights import CARD, DETECTOR, NEEDED, SHIPPED, Weights, digest_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Copy the shipped weights."""
    for name in (*NEEDED, CARD):
        shutil.copy(SHIPPED / name, tmp_path / name)
    return tmp_path


def card(folder: Path, old: str, new: str) -> None:
    path = folder / CARD
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_shipped_weights_are_what_their_card_says() -> None:
    assert all(Weights().file(name).is_file() for name in NEEDED)


def test_damaged_weights_are_refused(folder: Path) -> None:
    (folder / DETECTOR).write_bytes(b"no network")
    with pytest.raises(ModelError, match="damaged"):
        HeatMapDetector(Weights(folder))


def test_missing_weights_are_refused(folder: Path) -> None:
    (folder / DETECTOR).unlink()
    with pytest.raises(ModelError, match="reinstall"):
        Weights(folder).file(DETECTOR)


def test_a_file_whose_digest_is_not_recorded_is_refused(folder: Path) -> None:
    with pytest.raises(ModelError, match="no SHA-256"):
        Weights(folder).file("vehicle.onnx")


def test_a_file_that_is_no_network_is_refused(folder: Path) -> None:
    for name in NEEDED[:2]:
        old = digest_of(folder / name)
        (folder / name).write_bytes(b"no network")
        card(folder, old, digest_of(folder / name))
    with pytest.raises(ModelError, match=r"detector\.onnx"):
        HeatMapDetector(Weights(folder))
    with pytest.raises(ModelError, match=r"recogniser\.onnx"):
        PlateRecogniser(Weights(folder))


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("threshold = 0.4", "treshold = 0.3", "treshold"),
        ("threshold = 0.4", "threshold = 1.5", "threshold"),
        ("sharpness = 1.0", "sharpness = 0", "sharpness"),
        ("plate_px = [20, 300]", "plate_px = [300, 20]", "plate_px"),
    ],
)
def test_a_wrong_figure_is_refused_by_its_name(
    folder: Path, old: str, new: str, named: str
) -> None:
    card(folder, old, new)
    with pytest.raises(ModelError, match=named):
        Weights(folder)


def test_a_folder_without_a_card_says_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="anpr models add"):
        Weights(tmp_path)
