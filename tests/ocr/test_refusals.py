"""What must not be read surely: lettering, half-hidden plates, plates that the picture cuts off."""

from collections.abc import Iterable
from random import Random

import pytest

from ocr.ports import Image
from ocr.reader import SURE, Reader, still_reader, video_reader
from pipeline.demo.registrations import registration
from tests.ocr.pictures import belgian, hidden, lettered, on_a_vehicle

VANS = ("BAKKERIJ JANSSENS", "GARAGE", "PIZZA", "DELHAIZE", "0475123456", "WWW.VAN.BE", "CITROEN")
SIGNS = ("STOP", "ZONE 30", "N177", "E19", "UIT 3", "B 112", "TAXI", "AMBULANCE", "2023")
STICKERS = ("BABY ON BOARD", "I LOVE BE", "HYBRID", "DIESEL", "SALE", "4X4")
PAINTS = (
    ((30, 30, 30), (240, 240, 240)),
    ((40, 30, 150), (245, 245, 245)),
    ((250, 250, 250), (150, 60, 20)),
    ((20, 20, 20), (20, 190, 250)),
)


@pytest.fixture(scope="module", params=[video_reader, still_reader])
def reader(request: pytest.FixtureRequest) -> Reader:
    made: Reader = request.param()
    return made


def sure(reader: Reader, image: Image) -> list[str]:
    return [one.reading.plate for one in reader.read_image(image) if one.confidence >= SURE]


def share(claims: Iterable[bool]) -> float:
    counted = list(claims)
    return sum(counted) / len(counted)


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.parametrize("texts", [VANS, SIGNS, STICKERS])
def test_lettering_is_hardly_ever_read_surely(reader: Reader, texts: tuple[str, ...]) -> None:
    pictures = [
        lettered(text, 10 * number + paint, *PAINTS[paint])
        for number, text in enumerate(texts)
        for paint in range(len(PAINTS))
    ]
    assert share(bool(sure(reader, picture)) for picture in pictures) <= 0.06


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.parametrize(("first", "last"), [(0.0, 0.22), (0.09, 0.22), (0.7, 1.0)])
def test_a_plate_whose_first_or_last_characters_are_hidden_is_not_read_surely(
    reader: Reader, first: float, last: float
) -> None:
    rng = Random(9)  # noqa: S311 - plates, not secrets
    made = [registration(rng, "BE") for _ in range(16)]
    wrong = [
        set(sure(reader, on_a_vehicle(hidden(belgian(one.display), first, last), at, 120)))
        - {one.plate}
        for at, one in enumerate(made)
    ]
    assert share(map(bool, wrong)) <= 0.13


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.parametrize("cut", [0.1, 0.2, 0.35])
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_plate_that_the_picture_cuts_off_is_not_read_surely(
    reader: Reader, cut: float, side: str
) -> None:
    rng = Random(3)  # noqa: S311 - plates, not secrets
    px, left = 130, 480 - 65
    wrong = []
    for at in range(12):
        made = registration(rng, "BE")
        whole = on_a_vehicle(belgian(made.display), at, px)
        edge = left + round(px * (cut if side == "left" else 1 - cut))
        part = whole[:, edge:] if side == "left" else whole[:, :edge]
        wrong.append(bool(set(sure(reader, part)) - {made.plate}))
    assert share(wrong) <= 0.09
