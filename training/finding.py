"""Plates found by day, by night and close up, and what is read where there is none."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from rich.table import Table

from ocr.detector import HeatMapDetector
from ocr.ports import Box, Image
from ocr.reader import still_reader, video_reader
from ocr.weights import Weights
from training.camera import night
from training.frames import boxes_of, files_of, picture, without_plates

Picture = tuple[Image, Sequence[Box]]
"""An image and where its plates are."""

FOUND = 0.5
CONFIDENT = 0.9
CLOSE = (0.5, 1.5)
"""By which shares of its width and height a plate is widened to be a close-up."""


def street_frames(folder: Path, *, held_out: bool | None = None) -> Iterator[Picture]:
    """Give the frames that training held out, or all."""
    known = boxes_of(folder / "boxes.csv")
    for name in sorted(known) if held_out is None else files_of(folder, held_out=held_out):
        yield picture(folder / name), [Box(*one) for one in known[name]]


def finding(
    title: str, pictures: Sequence[Picture], sides: Sequence[int], weights: Weights
) -> Table:
    """Tell how many plates are found at IoU 0.5, by the longer side at which a picture is seen."""
    detector = HeatMapDetector(weights)
    table = Table("seen", "longer side, px", "plates", "found", "boxes a picture", title=title)
    sights = {
        "by day": pictures,
        "by night": [(_by_night(image, at), boxes) for at, (image, boxes) in enumerate(pictures)],
        "close up": [_close(image, box) for image, boxes in pictures for box in boxes],
    }
    for name, seen in sights.items():
        for side in sides:
            found = [[one.box for one in detector.detect(image, [side])] for image, _ in seen]
            hits = [
                any(box.overlap(one) >= FOUND for one in places)
                for places, (_, boxes) in zip(found, seen, strict=True)
                for box in boxes
            ]
            table.add_row(
                name, str(side), str(len(hits)), f"{sum(hits) / len(hits):.3f}",
                f"{sum(map(len, found)) / len(found):.2f}",
            )  # fmt: skip
    return table


def false_claims(title: str, pictures: Iterable[Picture], weights: Weights) -> Table:
    """Paint the plates out; count the pictures in which one is read confidently all the same."""
    readers = {
        "photographs": still_reader(weights=weights),
        "frames": video_reader(weights=weights),
    }
    wrong, count = dict.fromkeys(readers, 0), 0
    for image, boxes in pictures:
        bare = without_plates(image, [(one.x, one.y, one.w, one.h) for one in boxes])
        count += 1
        for name, reader in readers.items():
            wrong[name] += any(one.confidence >= CONFIDENT for one in reader.read_image(bare))
    table = Table("looked at as", "without a plate", f"read at {CONFIDENT}", title=title)
    for name, those in wrong.items():
        table.add_row(name, str(count), str(those))
    return table


def _by_night(image: Image, seed: int) -> Image:
    torch.manual_seed(seed)
    pixels = torch.from_numpy(image.copy()).permute(2, 0, 1)[None].float() / 255
    dark = night(pixels, 1.0)[0].permute(1, 2, 0).numpy()
    return np.ascontiguousarray((dark * 255).round().astype(np.uint8))


def _close(image: Image, box: Box) -> Picture:
    """Cut a picture to little more than its plate."""
    window = box.widened(*CLOSE)
    left, top = max(0, round(window.x)), max(0, round(window.y))
    return window.cut(image), [box.moved(-left, -top)]
