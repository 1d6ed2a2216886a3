"""The figures of the model cards, measured again: `python -m training.evaluate`.

Photographs with labels are read by `bench.reading`, as `anpr bench ocr` does it; rendered Belgian
plates by the shipped recogniser, seeded, so that the same weights give the same figures; frames
that training held out by the shipped detector; and by both, the same frames with a rendered Belgian
plate put into each.
"""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import cv2
import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from anpr.plates import fold
from bench.reading.calibration import calibration_error, reliability
from bench.reading.labels import read_labels
from bench.reading.measure import measure
from bench.reading.systems import ours
from ocr.detector import HeatMapDetector
from ocr.ports import Box, Image
from ocr.reader import PlateCandidate, video_reader
from ocr.recogniser import PlateRecogniser
from ocr.weights import SHIPPED, Weights
from training.atlas import Atlas
from training.composed import Composed, composed
from training.frames import boxes_of, files_of, load, picture
from training.plates import Renderer
from training.pool import tensors
from training.recognise import patches
from training.registrations import countries, draw_of
from training.views import crops

PLATES = 600
CHUNK = 20
WIDTHS = (90, 220)
"""Pixels of the rendered plates' views: what a street camera's plate has."""
SIDES = (384, 640, 1024)
FOUND = 0.5
COMPOSED = 120
SURE = 0.8
"""The confidence from which a hotlist takes a reading at its word."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered plate as the recogniser gets it, and what is on it."""

    image: Image
    text: str


def belgian(atlas: Path, backgrounds: torch.Tensor, seed: int = 7) -> Iterable[Rendered]:
    """Render Belgian plates, photographed as in training."""
    random = Random(seed)
    torch.manual_seed(seed)
    renderer, country = Renderer(Atlas.load(atlas)), countries()["Belgium"]
    for _ in range(PLATES // CHUNK):
        drawn = [renderer.draw(draw_of(country, random), random) for _ in range(CHUNK)]
        columns = random.randint(*WIDTHS)
        seen = crops(tensors(drawn), backgrounds, columns, round(columns / 3.5))
        for pixels, known, plate in zip(seen.images, seen.known, drawn, strict=True):
            if known.all():
                yield Rendered(
                    np.ascontiguousarray(pixels.permute(1, 2, 0).numpy()[..., ::-1]), plate.text
                )


def reading(rendered: Iterable[Rendered], recogniser: PlateRecogniser) -> Table:
    """Tell how many are read right, and whether the confidences mean what they say."""
    exact, folded = 0, 0
    claims: list[tuple[float, bool]] = []
    for one in rendered:
        (found,) = recogniser.read([one.image])
        exact += found.plate == one.text
        folded += fold(found.plate) == fold(one.text)
        if found.plate:
            claims.append((found.confidence, found.plate == one.text))
    count = len(claims)
    table = Table("rendered Belgian plates", "exact", "folded", "ECE", title="Recogniser")
    table.add_row(
        f"{count} read", f"{exact / count:.3f}", f"{folded / count:.3f}",
        f"{calibration_error(claims):.3f}",
    )  # fmt: skip
    for sort in reliability(claims):
        table.add_row(f"  of {sort.count}", f"{sort.right:.3f}", "", f"claimed {sort.claimed:.3f}")
    return table


def finding(folder: Path, weights: Weights) -> Table:
    """Tell how many plates of the held-out frames are found, by the side at which they are seen."""
    known = boxes_of(folder / "boxes.csv")
    names = files_of(folder, held_out=True)
    table = Table(
        "longer side, px", "plates", f"found at IoU {FOUND}", "boxes a frame", title="Detector"
    )
    for side in SIDES:
        detector = HeatMapDetector(weights)
        overlaps: list[float] = []
        boxes = 0
        for name in names:
            found = [one.box for one in detector.detect(picture(folder / name), [side])]
            boxes += len(found)
            overlaps += [_best(Box(*one), found) for one in known[name]]
        right = sum(one >= FOUND for one in overlaps) / len(overlaps)
        table.add_row(str(side), str(len(overlaps)), f"{right:.3f}", f"{boxes / len(names):.2f}")
    return table


def _best(box: Box, found: Sequence[Box]) -> float:
    return max((box.overlap(one) for one in found), default=0.0)


def streets(folder: Path, atlas: Path, weights: Weights) -> Table:
    """Read frames with a rendered Belgian plate in each, of one line and of two."""
    reader = video_reader("BE", weights)
    table = Table(
        "lines",
        "frames",
        "exact",
        "folded",
        f"sure ({SURE})",
        "and wrong",
        "ECE",
        title="Street frames",
    )
    for lines in (1, 2):
        read = [
            (one.text, _of(one, reader.read_image(one.image)))
            for one in composed(folder, atlas, lines, COMPOSED)
        ]
        exact = sum(found == text for text, (found, _) in read) / COMPOSED
        right = [fold(found) == fold(text) for text, (found, _) in read]
        claims = [(claim, found == text) for text, (found, claim) in read if found]
        sure = [one for one, (_, (_, claim)) in zip(right, read, strict=True) if claim >= SURE]
        table.add_row(
            str(lines), str(COMPOSED), f"{exact:.3f}", f"{sum(right) / COMPOSED:.3f}",
            str(len(sure)), str(sure.count(False)), f"{calibration_error(claims):.3f}",
        )  # fmt: skip
    return table


def _of(frame: Composed, found: Sequence[PlateCandidate]) -> tuple[str, float]:
    """Give what was read where the plate is, and how surely."""
    there = [one for one in found if one.box.shared(frame.box) > FOUND]
    best = max(there, key=lambda one: one.confidence, default=None)
    return (best.reading.plate, best.confidence) if best else ("", 0.0)


def photographs(folder: Path, weights: Weights) -> Table:
    """Read photographs with labels, whole and cut out."""
    measured = measure(read_labels(folder), ours(weights))
    table = Table("", "exact", "folded", title=f"Photographs of {folder.name}")
    for name, score in measured.images.items():
        table.add_row(name, f"{score.exact:.3f}", f"{score.folded:.3f}")
    for (name, cut), score in measured.crops.items():
        table.add_row(f"{name}, cut {cut}", f"{score.exact:.3f}", f"{score.folded:.3f}")
    return table


def main() -> None:
    """Measure what there is data for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, default=SHIPPED)
    parser.add_argument("--data", type=Path, default=Path("training-data"))
    parser.add_argument("--frames", type=Path, help="street frames with boxes.csv")
    parser.add_argument("--photographs", type=Path, help="a folder with labels.csv")
    told = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    console, weights = Console(), Weights(told.models)
    if told.photographs:
        console.print(photographs(told.photographs, weights))
    if told.frames:
        console.print(finding(told.frames, weights))
        backgrounds = patches(load(told.frames, None, "cpu", most=40).pixels, 300)
        atlas = told.data / "glyphs.npz"
        console.print(reading(belgian(atlas, backgrounds), PlateRecogniser(weights)))
        console.print(streets(told.frames, atlas, weights))


if __name__ == "__main__":
    main()
