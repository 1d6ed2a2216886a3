"""The figures of the model cards, measured again: `python -m training.evaluate`.

Photographs with labels are read by `bench.reading`, as `anpr bench ocr` does it; their plates, and
those of frames that training held out, are looked for by day, by night and close up, and painted
out; rendered Belgian plates are read by the recogniser alone, and by the whole reader in held-out
frames. All is seeded: the same weights give the same figures.
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
from bench.reading.labels import Photograph, read_labels
from bench.reading.measure import measure
from bench.reading.systems import ours
from ocr.reader import PlateCandidate, video_reader
from ocr.weights import SHIPPED, Weights
from training.composed import Composed, composed
from training.finding import false_claims, finding, street_frames
from training.rendered import rendered

ON_IT = 0.5
"""The share of the smaller of both boxes from which a reading is of the plate."""
COMPOSED = 120
SURE = 0.8
"""The confidence from which a hotlist takes a reading at its word."""


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
    there = [one for one in found if one.box.shared(frame.box) > ON_IT]
    best = max(there, key=lambda one: one.confidence, default=None)
    return (best.reading.plate, best.confidence) if best else ("", 0.0)


def photographs(labels: Sequence[Photograph], weights: Weights) -> Table:
    """Read photographs with labels, whole and cut out."""
    measured = measure(labels, ours(weights))
    table = Table("", "exact", "folded", title="Photographs")
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
        labels = read_labels(told.photographs)
        console.print(photographs(labels, weights))
        pictures = [(one.image(), [label.box for label in one.labels]) for one in labels]
        console.print(finding("Photographs", pictures, (320, 640), weights))
        console.print(false_claims("Photographs", pictures, weights))
    if told.frames:
        held_out = list(street_frames(told.frames, held_out=True))
        console.print(finding("Held-out frames", held_out, (384, 640, 1024), weights))
        console.print(false_claims("Frames", street_frames(told.frames), weights))
        atlas = told.data / "glyphs.npz"
        for table in rendered(told.frames, atlas, weights, told.peers):
            console.print(table)
        console.print(streets(told.frames, atlas, weights))


if __name__ == "__main__":
    main()
