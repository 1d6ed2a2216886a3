"""Let systems read a folder of labelled photographs, and score what they say."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from bench.reading.labels import Photograph
from bench.reading.report import Failure, claimed, pictured
from bench.reading.score import Answer, Outcome, Score, false_reads
from bench.reading.systems import PADDINGS, ReadsCrop, Systems
from ocr.ports import Image

Result = TypeVar("Result")


@dataclass(slots=True)
class Measured:
    """The scores of systems, those of recognisers by how plates were cut, and the failures."""

    images: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    crops: dict[tuple[str, str], Score] = field(default_factory=lambda: defaultdict(Score))
    failures: dict[str, list[Failure]] = field(default_factory=lambda: defaultdict(list))


def measure(photographs: Iterable[Photograph], systems: Systems, runs: int = 1) -> Measured:
    """Let every system read every photograph, and every recogniser every plate cut out.

    Each is done `runs` times, of which the quickest counts. Raises ImageError, OSError.
    """
    measured = Measured()
    for photograph in photographs:
        image = photograph.image()
        for name, read in systems.images.items():
            (answers, boxes), ms = timed(read, image, runs)
            score = measured.images[name]
            outcomes = score.add(photograph.labels, answers, ms)
            score.locate(photograph.labels, boxes)
            measured.failures[name] += _failures(photograph, image, outcomes, answers)
        _read_crops(photograph, image, systems.crops, measured.crops, runs)
    return measured


def timed(work: Callable[[Image], Result], image: Image, runs: int) -> tuple[Result, float]:
    """Do something `runs` times; give its result and the CPU milliseconds of the quickest."""
    taken = []
    while True:
        start = time.process_time()
        result = work(image)
        taken.append((time.process_time() - start) * 1000)
        if len(taken) >= runs:
            return result, min(taken)


def _read_crops(
    photograph: Photograph,
    image: Image,
    recognisers: Mapping[str, ReadsCrop],
    scores: Mapping[tuple[str, str], Score],
    runs: int,
) -> None:
    for label in photograph.labels:
        for cut, padding in PADDINGS.items():
            crop = label.box.widened(*padding).cut(image)
            for name, read in recognisers.items():
                answer, ms = timed(read, crop, runs)
                scores[name, cut].add([label], [answer], ms)


def _failures(
    photograph: Photograph, image: Image, outcomes: list[Outcome], answers: list[Answer]
) -> list[Failure]:
    file = photograph.path.name
    misread = [one for one in outcomes if not one.is_exact]
    shown = {id(one.answer) for one in misread}
    invented = [one for one in false_reads(photograph.labels, answers) if id(one) not in shown]
    return [
        *(pictured(file, image, one) for one in misread),
        *(claimed(file, image, one) for one in invented),
    ]
