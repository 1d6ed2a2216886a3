"""A pool of rendered plates: workers draw new ones, training takes from it at random."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from training.atlas import CHARACTERS, Atlas
from training.lettering import lettering
from training.plates import CANVAS, Plate, Renderer
from training.registrations import SLOTS, UMLAUTS, countries, draw

ALPHABET = CHARACTERS + UMLAUTS + "_"
BLANK = len(ALPHABET) - 1
NOT_PLATES = 0.06
"""How much of the pool is other lettering, to be read as nothing."""
BLOCK = 64


@dataclass(frozen=True, slots=True)
class Plates:
    """Plates as tensors; see `training.plates.Plate`.

    `labels` [n, 10] index the alphabet; `lines` is 0 for what is no plate.
    """

    pixels: Tensor
    outer: Tensor
    inner: Tensor
    labels: Tensor
    regions: Tensor
    lines: Tensor
    centres: Tensor

    blank = BLANK

    def __len__(self) -> int:
        return len(self.pixels)

    def at(self, chosen: Tensor) -> "Plates":
        """Take some."""
        return Plates(*(getattr(self, one.name)[chosen] for one in fields(self)))

    @classmethod
    def empty(cls, count: int, device: str) -> "Plates":
        """Make room."""
        return cls(
            torch.zeros(count, *CANVAS, 3, dtype=torch.uint8, device=device),
            torch.zeros(count, 2, device=device),
            torch.zeros(count, 4, device=device),
            torch.full((count, SLOTS), BLANK, device=device),
            torch.zeros(count, dtype=torch.long, device=device),
            torch.zeros(count, dtype=torch.long, device=device),
            torch.zeros(count, SLOTS, 2, device=device),
        )


def tensors(plates: list[Plate]) -> Plates:
    """Turn drawn plates into tensors. What has no country is of the last, `Other`."""
    names = list(countries())
    labels = np.full((len(plates), SLOTS), BLANK)
    for row, plate in zip(labels, plates, strict=True):
        row[: len(plate.text)] = [ALPHABET.index(one) for one in plate.text]
    return Plates(
        torch.from_numpy(np.stack([one.pixels for one in plates])),
        torch.tensor([one.outer for one in plates], dtype=torch.float32),
        torch.tensor([one.inner for one in plates], dtype=torch.float32),
        torch.from_numpy(labels),
        torch.tensor([names.index(one.country) for one in plates]),
        torch.tensor([one.lines for one in plates]),
        torch.from_numpy(np.stack([one.centres for one in plates])),
    )


class Drawing(IterableDataset[Plates]):
    """Draws blocks of plates without end; each worker its own."""

    def __init__(self, atlas: Path, seed: int) -> None:
        super().__init__()
        self._atlas, self._seed = atlas, seed

    def __iter__(self) -> Iterator[Plates]:
        worker = get_worker_info()
        random = Random(f"{self._seed}/{worker.id if worker else 0}")
        renderer = Renderer(Atlas.load(self._atlas))
        while True:
            yield tensors([one_of(renderer, random) for _ in range(BLOCK)])


def one_of(renderer: Renderer, random: Random) -> Plate:
    """Draw a plate, or now and then lettering that is none."""
    if random.random() < NOT_PLATES:
        return lettering(renderer, random)
    return renderer.draw(draw(random), random)


class Pool:
    """Holds `count` plates on a device; `draw` replaces the oldest by new ones.

    Training draws some before each step, so that a run of one seed sees the same plates each time.
    """

    def __init__(self, atlas: Path, count: int, workers: int, device: str, seed: int = 1) -> None:
        self._plates = Plates.empty(count, device)
        self._count, self.drawn = count, 0
        loader = DataLoader(
            Drawing(atlas, seed),
            batch_size=None,
            num_workers=workers,
            prefetch_factor=8 if workers else None,
        )
        self._blocks = iter(loader)

    def draw(self, count: int) -> None:
        """Draw so many plates, in whole blocks."""
        for _ in range(max(1, count // BLOCK)):
            block = next(self._blocks)
            start = self.drawn // BLOCK % (self._count // BLOCK) * BLOCK
            for one in fields(block):
                held: Tensor = getattr(self._plates, one.name)
                held[start : start + BLOCK] = getattr(block, one.name).to(held.device)
            self.drawn += BLOCK

    def sample(self, count: int, *, two_lines: bool | None = None) -> Plates:
        """Take plates at random; where asked only those of two lines, or only the others."""
        lines = self._plates.lines[: min(self.drawn, self._count // BLOCK * BLOCK)]
        chosen = torch.randint(
            0, len(lines), (count * (1 if two_lines is None else 40),), device=lines.device
        )
        if two_lines is not None:
            fitting = chosen[(lines[chosen] == 2) == two_lines]
            chosen = fitting[torch.arange(count, device=lines.device) % len(fitting)]
        return self._plates.at(chosen)
