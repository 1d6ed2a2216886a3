"""When a camera saw nothing: because it said so, or because its silence is no chance."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from anpr.events import CameraState, CameraStatus
from anpr.time import to_us

NO_CHANCE = 20.0
"""A silence in which so many vehicles were to be expected comes by chance once in 500 million."""


@dataclass(frozen=True, slots=True)
class Dark:
    """From when to when a camera was dark, and why: `down` (its state) or `silence`.

    `expected`: how many vehicles would have passed meanwhile, by what passes it otherwise.
    """

    camera: str
    since_us: int
    until_us: int
    why: str
    expected: float | None = None


def down_times(
    camera: str, states: Sequence[CameraState], since_us: int, until_us: int
) -> list[Dark]:
    """Give the times in which a camera was down by its own states, oldest first in `states`."""
    dark: list[Dark] = []
    began: int | None = None
    for state in states:
        at_us = to_us(state.since)
        if state.state is CameraStatus.DOWN:
            began = at_us if began is None else began
        elif began is not None:
            dark.append(Dark(camera, began, at_us, "down"))
            began = None
    if began is not None:
        dark.append(Dark(camera, began, until_us, "down"))
    return [
        Dark(camera, max(one.since_us, since_us), min(one.until_us, until_us), "down")
        for one in dark
        if one.until_us > since_us and one.since_us < until_us
    ]


def silences(
    camera: str,
    passed_us: Iterable[int],
    since_us: int,
    until_us: int,
    expected_by: Sequence[float],
) -> list[Dark]:
    """Give the silences of a camera that are no chance.

    `expected_by` says how many vehicles are to be expected in each hour of the period, by what
    passes at that hour otherwise.
    """
    moments = [since_us, *sorted(passed_us), until_us]
    return [
        Dark(camera, first, second, "silence", round(expected, 1))
        for first, second in pairwise(moments)
        if (expected := _expected(first - since_us, second - since_us, expected_by)) >= NO_CHANCE
    ]


HOUR_US = 3_600_000_000


def _expected(start_us: int, end_us: int, expected_by: Sequence[float]) -> float:
    """Sum the expected vehicles over a span, by the share of each hour that it covers."""
    first, last = start_us // HOUR_US, min(end_us // HOUR_US, len(expected_by) - 1)
    return sum(
        expected_by[hour]
        * (min(end_us, (hour + 1) * HOUR_US) - max(start_us, hour * HOUR_US))
        / HOUR_US
        for hour in range(first, last + 1)
    )
