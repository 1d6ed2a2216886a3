"""The class of a vehicle: the gantry's sensor first, an operator's network second, else none."""

from pathlib import Path

import numpy as np
import pytest

from anpr.errors import ModelError
from anpr.events import Vehicle, VehicleClass
from ocr.image import encode
from ocr.ports import Box, Image
from ocr.reader import Reader
from ocr.vehicle import OnnxClassifier, around, classifier_of
from ocr.weights import Weights
from ocr.weights_folder import make_folder
from ocr.worker import OcrWorker
from tests.ocr.makers import Script, approaching, frame, meta, once, read_as, site
from tests.ocr.test_worker import Images, reads

RED, PURPLE = (0, 0, 255), (255, 0, 255)
PLATE = Box(100, 150, 40, 9)


def field(number: int, value: bytes | int) -> bytes:
    """Write a field of a protobuf message: a short text or message, or a small number."""
    if isinstance(value, int):
        return bytes((number << 3, value))
    assert len(value) < 1 << 14
    size = (len(value),) if len(value) < 1 << 7 else (len(value) & 0x7F | 0x80, len(value) >> 7)
    return bytes((number << 3 | 2, *size)) + value


def node(kind: str, source: str, target: str) -> bytes:
    return field(1, field(1, source.encode()) + field(2, target.encode()) + field(4, kind.encode()))


def tensor(number: int, name: str, *shape: int) -> bytes:
    dimensions = b"".join(field(1, field(1, one)) for one in shape)
    typed = field(2, field(1, field(1, 1) + field(2, dimensions)))
    return field(number, field(1, name.encode()) + typed)


def by_colour() -> bytes:
    """Write a network whose three shares are how red, green and blue a picture is."""
    graph = (
        node("GlobalAveragePool", "x", "m") + node("Flatten", "m", "y") + field(2, b"by-colour")
        + tensor(11, "x", 1, 3, 8, 8) + tensor(12, "y", 1, 3)
    )  # fmt: skip
    return field(1, 8) + field(8, field(2, 13)) + field(7, graph)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    folder: Path = tmp_path_factory.mktemp("own")
    (folder / "colours.onnx").write_bytes(by_colour())
    classes = ("truck", "car", "bus")
    return make_folder(folder / "made", vehicle=folder / "colours.onnx", classes=classes)


def painted(colour: tuple[int, int, int]) -> Image:
    return np.full((240, 320, 3), colour, np.uint8)


def test_a_sure_class_is_told_with_its_confidence(weights: Weights) -> None:
    found = OnnxClassifier(weights).classify(painted(RED), PLATE)
    assert found == Vehicle(class_=VehicleClass.TRUCK, confidence=1.0)


def test_a_class_below_the_least_share_is_never_guessed(weights: Weights) -> None:
    dull = painted((0, 0, 203))
    assert OnnxClassifier(weights).classify(dull, PLATE) is None
    assert OnnxClassifier(weights).classify(painted((0, 0, 205)), PLATE)


def test_only_what_is_around_the_plate_counts(weights: Weights) -> None:
    picture = painted((255, 255, 0))
    around(PLATE).cut(picture)[:] = RED
    found = OnnxClassifier(weights).classify(picture, PLATE)
    assert found
    assert found.class_ is VehicleClass.TRUCK


def test_no_network_ships_and_none_is_asked() -> None:
    assert classifier_of(Weights()) is None
    with pytest.raises(ModelError, match=r"\[vehicle\]"):
        OnnxClassifier(Weights())


def test_a_class_that_is_no_class_is_refused(tmp_path: Path) -> None:
    (tmp_path / "colours.onnx").write_bytes(by_colour())
    with pytest.raises(ModelError, match="classes"):
        make_folder(
            tmp_path / "made", vehicle=tmp_path / "colours.onnx", classes=("lorry", "car", "bus")
        )


def test_each_output_needs_its_class(tmp_path: Path) -> None:
    (tmp_path / "colours.onnx").write_bytes(by_colour())
    with pytest.raises(ModelError, match="3 outputs for 2 classes"):
        make_folder(tmp_path / "made", vehicle=tmp_path / "colours.onnx", classes=("truck", "car"))


@pytest.mark.parametrize(
    ("sensor", "colour", "expected"),
    [
        ("van", RED, VehicleClass.VAN),
        (None, RED, VehicleClass.TRUCK),
        (None, PURPLE, VehicleClass.TRUCK),
        (None, (90, 90, 90), None),
    ],
)
def test_the_sensor_counts_first_and_the_network_second(
    weights: Weights,
    sensor: str | None,
    colour: tuple[int, int, int],
    expected: VehicleClass | None,
) -> None:
    script = Script({0: [(approaching(9), read_as("1ABC123"))]})
    reader = Reader(script, script, scales=once)
    line = OcrWorker(site(triggered=True), reader, Images(), classifier=OnnxClassifier(weights))
    picture = painted(colour)
    picture[:16, :160] = 0  # the script's number: 0
    of = meta("poort", vehicle=sensor)
    (read,) = reads(line.work([frame(0, of, encode(picture))]))
    assert (read.vehicle.class_ if read.vehicle else None) is expected
