"""Street frames with boxes of their plates, as tensors.

A folder has `boxes.csv` (file, x, y, w, h in pixels). Where its boxes are not all,
`python -m training.frames FOLDER --out ignored.csv` writes what the shipped reader reads besides;
training then neither wants nor refuses a plate there.
"""

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ocr.image import decode_any

ROWS, COLUMNS = 720, 1280
MOST = 16
"""Boxes a frame, at most."""
HELD_OUT = 12
"""Every so many-th frame is kept for measuring."""

Boxes = Mapping[str, Sequence[tuple[float, float, float, float]]]


@dataclass(frozen=True, slots=True)
class Frames:
    """`pixels` uint8 [n, 3, 720, 1280]; `boxes` [n, 16, 4] (x, y, w, h; w is 0 beyond the last).

    `wanted` [n, 16] is 1 for plates, 0 for what is to be ignored.
    """

    pixels: Tensor
    boxes: Tensor
    wanted: Tensor


def boxes_of(path: Path) -> Boxes:
    """Read boxes, by file. Raises OSError, KeyError or ValueError."""
    found: dict[str, list[tuple[float, float, float, float]]] = defaultdict(list)
    with path.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            found[row["file"]].append(
                (float(row["x"]), float(row["y"]), float(row["w"]), float(row["h"]))
            )
    return found


def files_of(folder: Path, *, held_out: bool) -> list[str]:
    """List the frames to train on, or those held out."""
    names = sorted(boxes_of(folder / "boxes.csv"))
    return [name for at, name in enumerate(names) if (at % HELD_OUT == 0) == held_out]


def picture(path: Path) -> npt.NDArray[np.uint8]:
    """Decode a picture, BGR. Raises ImageError, OSError."""
    return decode_any(path.read_bytes())


def without_plates(
    image: npt.NDArray[np.uint8], boxes: Sequence[tuple[float, float, float, float]]
) -> npt.NDArray[np.uint8]:
    """Paint plates out, with their bands and holders, by what is around them."""
    mask = np.zeros(image.shape[:2], np.uint8)
    for x, y, w, h in boxes:
        left, top = max(0, round(x - 0.2 * w)), max(0, round(y - 0.35 * h))
        mask[top : round(y + 1.35 * h), left : round(x + 1.2 * w)] = 255
    return np.asarray(cv2.inpaint(image, mask, 5, cv2.INPAINT_TELEA), np.uint8)


def load(folder: Path, ignored: Path | None, device: str, most: int | None = None) -> Frames:
    """Load the frames to train on; the first `most` of them."""
    wanted, unsure = boxes_of(folder / "boxes.csv"), boxes_of(ignored) if ignored else {}
    names = files_of(folder, held_out=False)[:most]
    pixels = torch.empty(len(names), 3, ROWS, COLUMNS, dtype=torch.uint8, device=device)
    boxes, is_wanted = torch.zeros(len(names), MOST, 4), torch.zeros(len(names), MOST)
    for at, name in enumerate(names):
        image = cv2.resize(picture(folder / name), (COLUMNS, ROWS))
        pixels[at] = torch.from_numpy(np.ascontiguousarray(image[..., ::-1])).permute(2, 0, 1)
        both = [*wanted[name], *unsure.get(name, ())][:MOST]
        boxes[at, : len(both)] = torch.tensor(both)
        is_wanted[at, : len(wanted[name])] = 1
    return Frames(pixels, boxes.to(device), is_wanted.to(device))


def main() -> None:
    """Write the boxes that the shipped reader reads and the folder does not name."""
    from ocr.reader import still_reader  # noqa: PLC0415 - training itself runs without it

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("training-data/ignored.csv"))
    told = parser.parse_args()
    known, reader = boxes_of(told.folder / "boxes.csv"), still_reader()
    with told.out.open("w", newline="", encoding="utf-8") as lines:
        rows = csv.writer(lines)
        rows.writerow(["file", "x", "y", "w", "h"])
        for path in sorted(told.folder.glob("images/*")):
            name = f"images/{path.name}"
            for one in reader.read_image(picture(path)):
                box = one.box
                if all(box.shared(type(box)(*other)) < 0.3 for other in known.get(name, ())):
                    rows.writerow([name, *(f"{part:.1f}" for part in (box.x, box.y, box.w, box.h))])
            sys.stderr.write(".")
            sys.stderr.flush()


if __name__ == "__main__":
    main()
