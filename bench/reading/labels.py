"""A folder of photographs with `labels.csv`: file,plate,x,y,w,h (pixels)."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from anpr.errors import Problem, ProblemsError
from anpr.plates import plain
from ocr.image import decode_any
from ocr.ports import Box, Image

COLUMNS = ("file", "plate", "x", "y", "w", "h")


class LabelsError(ProblemsError):
    """`labels.csv` cannot be used. Every problem is listed with its line."""


@dataclass(frozen=True, slots=True)
class Label:
    """A plate that a photograph shows, and where."""

    plate: str
    box: Box


@dataclass(frozen=True, slots=True)
class Photograph:
    """One file and the plates it shows; a row without a plate says that it shows none."""

    path: Path
    labels: tuple[Label, ...]

    def image(self) -> Image:
        """Decode it. Raises ImageError, OSError."""
        return decode_any(self.path.read_bytes())


def read_labels(folder: Path) -> list[Photograph]:
    """Read the labels of a folder, every problem at once. Raises LabelsError."""
    table = folder / "labels.csv"
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        problem = Problem("file", f"it cannot be read: {error}", f"Write {','.join(COLUMNS)}.")
        raise LabelsError(str(table), [problem]) from error
    labels: dict[Path, list[Label]] = defaultdict(list)
    problems: list[Problem] = []
    for line, row in enumerate(rows, start=2):
        path = folder / (row.get("file") or "")
        if not path.is_file():
            problems.append(Problem(f"line {line}", "no such file", "Name one of this folder."))
            continue
        try:
            labels[path] += _labels(row)
        except (TypeError, ValueError):
            what, remedy = "its box is no four numbers", "Write x,y,w,h in pixels, w and h above 0."
            problems.append(Problem(f"line {line}", what, remedy))
    if not rows:
        problems.append(Problem("file", "it has no row", f"Write {','.join(COLUMNS)} and rows."))
    if problems:
        raise LabelsError(str(table), problems)
    return [Photograph(path, tuple(those)) for path, those in labels.items()]


def _labels(row: dict[str, str]) -> Iterator[Label]:
    """Give the label of a row; none where it says that the photograph shows no plate."""
    if plate := plain(row.get("plate") or ""):
        x, y, w, h = (float(row[name]) for name in "xywh")
        if not (w > 0 and h > 0):
            raise ValueError(row)
        yield Label(plate, Box(x, y, w, h))
