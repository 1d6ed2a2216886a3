from pathlib import Path
from random import Random

import cv2
import numpy as np
import pytest
from fast_plate_ocr import LicensePlateRecognizer

from anpr.plates import normalise
from pipeline.demo.pixels import Image
from pipeline.demo.plates import draw_plate
from pipeline.demo.registrations import FORMATS, Registration, registration

MODELS = Path(__file__).parents[3] / "ocr" / "models"


@pytest.mark.parametrize("country", FORMATS)
def test_a_registration_is_normal_on_the_wire_and_has_separators_on_the_plate(
    country: str,
) -> None:
    made = registration(Random(1), country)  # noqa: S311  plates, not secrets
    assert made.plate == normalise(made.display)
    assert made.plate != made.display


@pytest.mark.parametrize("country", FORMATS)
def test_a_plate_is_520_by_110_mm(country: str) -> None:
    plate = draw_plate(Registration("AB 1234", country), px_per_mm=0.5)
    assert plate.shape == (55, 260, 3)


def test_a_belgian_plate_is_white_with_red_characters_and_a_blue_band() -> None:
    plate = draw_plate(Registration("1-ABC-123", "BE"))
    blue, green, red = plate[100, 22]
    assert blue > 100 > max(green, red)
    assert plate[10, 300].min() > 230
    inked = plate[20:90, 70:500].reshape(-1, 3).astype(int)
    inked = inked[inked[:, 1] < 60]
    assert len(inked) > 2000
    assert (inked[:, 2] > 2 * inked[:, 0]).mean() > 0.9


@pytest.mark.model
def test_the_shipped_recogniser_reads_drawn_plates() -> None:
    recogniser = LicensePlateRecognizer(
        onnx_model_path=MODELS / "recogniser.onnx",
        plate_config_path=MODELS / "recogniser_plate_config.yaml",
        device="cpu",
    )
    rng = Random(3)  # noqa: S311  plates, not secrets
    made = [registration(rng, country) for country in FORMATS for _ in range(10)]
    read = recogniser.run([_seen(one, rng.choice((70, 100, 140))) for one in made])
    right = sum(one.plate == got.plate for one, got in zip(made, read, strict=True))
    assert right / len(made) >= 0.95


def _seen(made: Registration, width: int) -> Image:
    """Show a plate as wide as a camera sees it, a little askew, on a dark car, in RGB."""
    plate = draw_plate(made, width / 520)
    height = plate.shape[0]
    size = (round(width * 1.08), round(height * 1.4))
    matrix = np.array([[1, 0.02, width * 0.04], [0.02, 1, height * 0.15]], np.float32)
    seen = cv2.warpAffine(plate, matrix, size, borderValue=(50, 50, 50))
    return np.asarray(cv2.cvtColor(seen, cv2.COLOR_BGR2RGB), np.uint8)
