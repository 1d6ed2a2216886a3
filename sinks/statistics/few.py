"""What may be told of numbers of which some are small: shares, classes, a mean beside them."""

from collections.abc import Iterable, Sequence

import numpy as np

from sinks.statistics.computing import STEP_KMH, STEPS_KMH
from sinks.statistics.suppression import hidden_in


def is_few(count: int, k: int) -> bool:
    """Say whether a number of vehicles is too small to tell."""
    return 0 < count < k


def told_share(part: int, whole: int, k: int) -> tuple[int | None, int | None]:
    """Give a whole and its part as they may be told: none where one, or the rest, is below k."""
    told = whole if whole >= k else None
    is_told = told is not None and not (is_few(part, k) or is_few(whole - part, k))
    return told, part if is_told else None


def rest_beside(count: int, known: Iterable[int], k: int) -> int:
    """Give by how few vehicles a total differs from what is known of the same ones; else 0.

    Such a total is not told itself: the difference would be a small number.
    """
    return max((abs(count - one) for one in known if is_few(abs(count - one), k)), default=0)


def told_classes(vehicles: Sequence[int], k: int, rest: int = 0) -> Sequence[int | None]:
    """Give the numbers of some classes as they may be told.

    Known is their sum, or, where a few vehicles are in no class (`rest`), what both add up to.
    """
    cells = np.array([rest, *vehicles], dtype=np.int64)
    hidden = hidden_in(cells if rest else cells[1:], k)[-len(vehicles) :] if vehicles else ()
    return [None if is_hidden else n for n, is_hidden in zip(vehicles, hidden, strict=True)]


def told_speeds(
    sum_kmh: float, vehicles: Sequence[int], k: int, rest: int = 0
) -> tuple[float, Sequence[int | None]]:
    """Give the mean of some speeds, and their classes as they may be told beside it.

    Where the mean would give hidden classes away, there are none.
    """
    mean_kmh = sum_kmh / sum(vehicles)
    told = told_classes(vehicles, k, rest)
    hidden = [step for step, count in zip(STEPS_KMH, told, strict=True) if count is None]
    is_open = _is_open(mean_kmh, vehicles, hidden, k, rest)
    return round(mean_kmh, 1), told if is_open else ()


def _is_open(
    mean_kmh: float, vehicles: Sequence[int], hidden: Sequence[int], k: int, rest: int
) -> bool:
    """Say whether a mean leaves open how many vehicles are in each hidden class.

    It is known to lie between what the classes add up to at their lower and at their upper ends. It
    tells nothing where it would still do so had k - 1 vehicles more or fewer been at the one end of
    what is hidden instead of at the other. A vehicle in no class leaves a mean as one of that very
    speed would.
    """
    lows, highs = list(map(float, hidden)), [float(step + STEP_KMH) for step in hidden]
    if rest:
        lows, highs = [*lows, mean_kmh], [*highs, mean_kmh]
    up_kmh, down_kmh = ((k - 1) * (max(ends) - min(ends)) if ends else 0 for ends in (lows, highs))
    lowest_kmh = sum(step * n for step, n in zip(STEPS_KMH, vehicles, strict=True))
    highest_kmh = lowest_kmh + STEP_KMH * sum(vehicles)
    is_within = lowest_kmh + up_kmh <= mean_kmh * sum(vehicles) <= highest_kmh - down_kmh
    return is_within or not hidden
