"""What is measured: systems that read whole images, and systems that read cut plates."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.reading.peers import Cct, Peer
from bench.reading.score import Answer
from ocr.ports import Box, Image
from ocr.reader import Reader, still_reader, video_reader
from ocr.recogniser import PlateRecogniser
from ocr.rereading import CarefulRecogniser
from ocr.weights import Weights

ReadsImage = Callable[[Image], tuple[list[Answer], list[Box]]]
ReadsCrop = Callable[[Image], Answer]

PADDINGS = {"tight": (0.0, 0.0), "widened": (0.03, 0.08)}
"""How plates are cut out: the labelled box as it is, and widened by shares of width and height."""


@dataclass(frozen=True, slots=True)
class Systems:
    """Whole readers and recognisers, by the names under which the table shows them."""

    images: dict[str, ReadsImage]
    crops: dict[str, ReadsCrop]


def ours(weights: Weights) -> Systems:
    """Make our reader in both settings, and our recogniser."""
    recogniser = CarefulRecogniser(PlateRecogniser(weights))

    def crop(image: Image) -> Answer:
        (reading,) = recogniser.read([image])
        return Answer(reading.plate, reading.confidence)

    readers = {
        "ours: photographs": still_reader(weights=weights),
        "ours: frames, each alone": video_reader(weights=weights),
    }
    return Systems({name: _reads_image(reader) for name, reader in readers.items()}, {"ours": crop})


def peers(folder: Path) -> Systems:
    """Make the reference systems."""
    cct = Cct(folder)
    sizes = [(640, 480), (320, 240)]
    return Systems(
        {f"LPD-YuNet {w}x{h} + cct_xs": Peer(folder, (w, h)).read for w, h in sizes},
        {"cct_xs": lambda image: Answer(*cct.read(image))},
    )


def _reads_image(reader: Reader) -> ReadsImage:
    def read(image: Image) -> tuple[list[Answer], list[Box]]:
        sight = reader.look(image)
        answers = [Answer(one.reading.plate, one.confidence, one.box) for one in sight.plates]
        return answers, [one.box for one in sight.places]

    return read
