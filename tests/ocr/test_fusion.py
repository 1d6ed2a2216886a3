"""Three poor frames of one vehicle, drawn here, read by the shipped weights."""

from collections.abc import Sequence
from random import Random

import pytest

from anpr.events import PlateRead
from anpr.ports import Message
from ocr.image import encode
from ocr.ports import Image
from ocr.reader import Reader, video_reader
from ocr.worker import OcrWorker
from pipeline.demo.registrations import registration
from tests.ocr.makers import frame, meta, site
from tests.ocr.pictures import belgian, muddy, on_a_vehicle
from tests.ocr.test_worker import Images, reads

MUDDY = (1, 3, 6)
"""Which character the mud hides in each frame of a clip."""


@pytest.fixture(scope="module")
def reader() -> Reader:
    return video_reader()


def clip(display: str, seed: int) -> list[Image]:
    """Draw a vehicle that comes a little nearer in each of three frames, each muddy elsewhere."""
    plate, count = belgian(display), len(display.replace("-", ""))
    return [
        on_a_vehicle(muddy(plate, character, count), seed + at, 72 + 4 * at, (0, 6 * at))
        for at, character in enumerate(MUDDY)
    ]


def told(reader: Reader, pictures: Sequence[Image]) -> list[PlateRead]:
    """Push pictures as one camera does; give what is said of them, to the end."""
    worker = OcrWorker(site(), reader, Images())
    messages: list[Message] = [
        frame(at, meta(seconds=at / 10), encode(picture)) for at, picture in enumerate(pictures)
    ]
    return reads([*worker.work(messages), *worker.idle()])


@pytest.mark.model
@pytest.mark.slow
def test_three_poor_frames_are_read_right_where_each_alone_is_wrong(reader: Reader) -> None:
    rng = Random(5)  # noqa: S311 - plates, not secrets
    hard = right = 0
    for number in range(40):
        made = registration(rng, "BE")
        pictures = clip(made.display, 10 * number)
        alone = [reader.read_image(picture) for picture in pictures]
        if any(one and one[0].reading.plate == made.plate for one in alone):
            continue
        hard += 1
        said = told(reader, pictures)
        right += bool(said) and said[-1].plate == made.plate
        assert len({one.track for one in said}) <= 1
    assert hard >= 5, "the frames are too good to show anything"
    assert right / hard >= 0.7


@pytest.mark.model
def test_the_same_clip_gives_the_same_reads(reader: Reader) -> None:
    pictures = clip("1-RKX-514", 300)
    assert told(reader, pictures) == told(video_reader(), pictures)
