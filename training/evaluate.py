"""The figures of the model cards, measured again: `python -m training.evaluate`.

Photographs with labels are read by `bench.reading`, as `anpr bench ocr` does it; rendered Belgian
plates by the shipped recogniser, seeded, so that the same weights give the same figures; frames
that training held out by the shipped detector; and by both, the same frames with a rendered Belgian
plate put into each.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import torch
from rich.console import Console
from rich.table import Table

from anpr.plates import fold
from bench.reading.calibration import calibration_error
from bench.reading.labels import read_labels
from bench.reading.measure import measure
from bench.reading.systems import ours
from ocr.detector import HeatMapDetector
from ocr.ports import Box
from ocr.reader import PlateCandidate, video_reader
from ocr.weights import SHIPPED, Weights
from training.composed import Composed, composed
from training.frames import boxes_of, files_of, picture
from training.rendered import rendered

SIDES = (384, 640, 1024)
FOUND = 0.5
COMPOSED = 120
SURE = 0.8
"""The confidence from which a hotlist takes a reading at its word."""


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
    parser.add_argument("--peers", type=Path, help="a folder with cct_xs_v1_global, read beside")
    told = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    console, weights = Console(), Weights(told.models)
    if told.photographs:
        console.print(photographs(told.photographs, weights))
    if told.frames:
        console.print(finding(told.frames, weights))
        atlas = told.data / "glyphs.npz"
        for table in rendered(told.frames, atlas, weights, told.peers):
            console.print(table)
        console.print(streets(told.frames, atlas, weights))


if __name__ == "__main__":
    main()
