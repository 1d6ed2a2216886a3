"""Street frames that training held out, each with one Belgian plate in place of its own.

They measure the whole reader, on one line and on two, where no photographs with labels are at hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
import torch.nn.functional as nn
from torch import Tensor

from ocr.ports import Box, Image
from training.atlas import Atlas
from training.camera import photograph
from training.frames import boxes_of, files_of, picture, without_plates
from training.plates import Plate, Renderer
from training.pool import Plates, tensors
from training.registrations import countries, draw_of
from training.views import bounds, laid, turned

WIDTHS = {1: (60, 200), 2: (45, 130)}
"""Pixels of the plates, by their lines."""
STEEPEST = 35.0
AROUND = 0.6
"""How much of its width around a plate is drawn finer."""
FINER = 2


@dataclass(frozen=True, slots=True)
class Composed:
    """A frame, where its plate is, and what is on it."""

    image: Image
    box: Box
    text: str


def composed(
    folder: Path, atlas: Path, lines: int, count: int, *, seed: int = 5
) -> Iterator[Composed]:
    """Compose frames with plates of so many lines, photographed as in training."""
    random = Random(f"{seed}/{lines}")
    torch.manual_seed(seed)
    renderer = Renderer(Atlas.load(atlas))
    known = boxes_of(folder / "boxes.csv")
    names = [name for name in files_of(folder, held_out=True) if known[name]]
    for _ in range(count):
        name = random.choice(names)
        place = Box(*random.choice(known[name]))
        bare = without_plates(picture(folder / name), known[name])
        yield _with(bare, place, belgian(renderer, lines, random), random)


def belgian(renderer: Renderer, lines: int, random: Random) -> Plate:
    """Draw a Belgian plate of so many lines."""
    while True:
        drawn = draw_of(countries()["Belgium"], random)
        if len(drawn.lines) == lines:
            return renderer.draw(drawn, random)


def _with(frame: Image, place: Box, plate: Plate, random: Random) -> Composed:
    """Lay a plate over a frame, as far from its edges as the plate is wide."""
    pixels = torch.from_numpy(frame[..., ::-1].copy()).permute(2, 0, 1)[None].float() / 255
    rows, columns = pixels.shape[2:]
    width = random.uniform(*WIDTHS[plate.lines])
    plates = tensors([plate])
    matrix = turned(plates, STEEPEST)
    matrix = _moved(matrix, plates, width, _clear(place, width, rows, columns))
    left, top, right, bottom = bounds(matrix, plates.inner)[0].round().int().tolist()
    pad = round(width * AROUND)
    x, y = slice(max(0, left - pad), right + pad), slice(max(0, top - pad), bottom + pad)
    pixels[:, :, y, x] = _laid(pixels[:, :, y, x], plates, matrix, (x.start, y.start))
    seen = photograph(pixels, width / 100)[0].permute(1, 2, 0).numpy()[..., ::-1]
    image = np.ascontiguousarray((seen * 255).round().astype(np.uint8))
    return Composed(image, Box(left, top, right - left, bottom - top), plate.text)


def _clear(place: Box, width: float, rows: int, columns: int) -> Tensor:
    x, y = place.x + place.w / 2, place.y + place.h / 2
    high = width * AROUND
    return torch.tensor([min(max(x, width), columns - width), min(max(y, high), rows - high)])


def _moved(matrix: Tensor, plates: Plates, width: float, centre: Tensor) -> Tensor:
    """Scale a homography so that the plate is so wide, and move it to a place."""
    box = bounds(matrix, plates.inner)[0]
    scale = width / float(box[2] - box[0])
    x, y = centre - (box[:2] + box[2:]) / 2 * scale
    return matrix.new_tensor([[scale, 0, x], [0, scale, y], [0, 0, 1]]) @ matrix


def _laid(pixels: Tensor, plates: Plates, matrix: Tensor, origin: tuple[int, int]) -> Tensor:
    rows, columns = (size * FINER for size in pixels.shape[2:])
    x = (torch.arange(columns) + 0.5) / FINER + origin[0]
    y = (torch.arange(rows) + 0.5) / FINER + origin[1]
    points = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)[None]
    colours, covers = laid(plates, torch.linalg.inv(matrix), points)
    behind = nn.interpolate(pixels, scale_factor=float(FINER), mode="bilinear")
    return nn.avg_pool2d(behind + (colours - behind) * covers, FINER)
