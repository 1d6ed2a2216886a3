"""Lines over time on one scale: how they are drawn, and what stands beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from math import ceil

WIDTH, HEIGHT = 960, 220
"""Of the field that lines are drawn on, in its own units."""

TOP, PART = 8, 80
"""Where the field begins within its picture, and how much of it it takes, in percent."""

LEVELS = 4
"""The most lines of the scale above zero."""

Values = Sequence[float | None]
"""What is drawn, at equal distances; None where nothing is told."""

Mark = tuple[float, str]
"""What stands beside a plot: how far along or down it, in percent, and the words."""


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines by name, the levels of their scale, and the moments below them."""

    paths: Mapping[str, str]
    levels: tuple[Mark, ...]
    moments: tuple[Mark, ...]

    @property
    def field(self) -> tuple[int, int, int, int]:
        """The size of the field, in its units; where it begins and its height, in percent."""
        return WIDTH, HEIGHT, TOP, PART


def plotted(lines: Mapping[str, Values], moments: Sequence[tuple[float, str]]) -> Plot:
    """Draw some lines on one scale; `moments` are shares of the width, and what they are called."""
    highest = max((value or 0 for values in lines.values() for value in values), default=0)
    levels = scale(highest)
    return Plot(
        paths={name: line(values, levels[-1]) for name, values in lines.items()},
        levels=tuple(
            (round(TOP + PART * (1 - level / levels[-1]), 1), f"{level:g}") for level in levels
        ),
        moments=tuple((round(100 * share, 2), words) for share, words in moments),
    )


def scale(highest: float) -> Sequence[int]:
    """Give round numbers from 0 to the first that is not below the highest, at most five."""
    steps = (digit * 10**power for power in count() for digit in (1, 2, 5))
    step = next(step for step in steps if highest <= LEVELS * step)
    return range(0, step * max(ceil(highest / step), 1) + 1, step)


def line(values: Values, top: float) -> str:
    """Draw values as a line, broken where one is not told; a value alone is a dot."""
    step = WIDTH / max(len(values) - 1, 1)
    path, is_drawn = [], False
    for place, value in enumerate(values):
        if value is not None:
            point = f"{round(place * step, 1)} {round(HEIGHT - HEIGHT * value / top, 1)}"
            path.append(f"L{point}" if is_drawn else f"M{point} h0")
        is_drawn = value is not None
    return " ".join(path)
