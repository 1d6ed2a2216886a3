"""Camera clocks that drift, seen from the traffic: reported, never acted on.

A clock that runs ahead by d shortens the travel times of vehicles that leave its camera by d and
lengthens those of vehicles that come to it by as much. Travel times also change with the traffic,
so a pair of cameras is compared with itself: its median in a period with its median before it. What
is a camera's own is what most of its pairs say, leaving and coming alike; a jam lengthens both.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import median

from sinks.analysis.seen import Seen, by_plate

LONGEST_S = 1800
"""A longer travel between two cameras has a stop in it."""

FEWEST = 20
"""Fewer travels in either period say nothing of a pair."""

FEWEST_PAIRS = 2
"""One pair alone cannot tell which of its two clocks it is."""

SPREAD_OF_MAD = 1.4826
"""From the median absolute deviation to the standard deviation, were travels normal."""

ERROR_OF_MEDIAN = 1.2533
"""How much wider the error of a median is than that of a mean."""

SURE = 4
"""So many standard errors are no chance."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PairShift:
    """How the travel time from one camera to another has shifted; the error is a standard one."""

    start: str
    end: str
    before_n: int
    now_n: int
    before_s: float
    now_s: float
    error_s: float

    @property
    def shift_s(self) -> float:
        """How much longer a travel takes now."""
        return self.now_s - self.before_s


@dataclass(frozen=True, slots=True)
class ClockDrift:
    """How far a camera's clock runs ahead of where it stood before (behind: below zero).

    `is_sure`: no chance, and more than half of the pairs agree; else an indication at most.
    """

    camera: str
    pairs: int
    drift_s: float
    error_s: float
    is_sure: bool


def pair_shifts(before: Sequence[Seen], now: Sequence[Seen]) -> list[PairShift]:
    """Compare the travel times of each pair of cameras in two periods."""
    old, new = _travels(before), _travels(now)
    return [
        PairShift(
            *pair,
            before_n=len(old[pair]),
            now_n=len(new[pair]),
            before_s=median(old[pair]),
            now_s=median(new[pair]),
            error_s=sqrt(_error(old[pair]) ** 2 + _error(new[pair]) ** 2),
        )
        for pair in sorted(old.keys() & new.keys())
        if min(len(old[pair]), len(new[pair])) >= FEWEST
    ]


def clock_drifts(shifts: Sequence[PairShift]) -> list[ClockDrift]:
    """Say of each camera what the pairs it is part of agree on.

    The median over leaving and coming pairs: a jam gives them opposite signs. The surest drift is
    taken out of its pairs before the next is looked for: they are not the other cameras' doing.
    """
    known: dict[str, ClockDrift] = {}
    while True:
        drifts = _drifts(shifts, {camera: one.drift_s for camera, one in known.items()})
        sure = [one for one in drifts if one.is_sure and one.camera not in known]
        if not sure:
            rest = [one for one in drifts if one.camera not in known]
            return sorted([*known.values(), *rest], key=lambda one: one.camera)
        surest = max(sure, key=lambda one: abs(one.drift_s) / max(one.error_s, 1e-9))
        known[surest.camera] = surest


def _drifts(shifts: Sequence[PairShift], known_s: Mapping[str, float]) -> list[ClockDrift]:
    """Say of each camera what its pairs agree on, besides the drifts that are known."""
    told: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for shift in shifts:
        left_s = shift.shift_s + known_s.get(shift.start, 0.0) - known_s.get(shift.end, 0.0)
        told[shift.start].append((-left_s, shift.error_s))
        told[shift.end].append((left_s, shift.error_s))
    return [_drift(camera, said) for camera, said in told.items() if len(said) >= FEWEST_PAIRS]


def _drift(camera: str, said: Sequence[tuple[float, float]]) -> ClockDrift:
    drift_s = median(shift for shift, _ in said)
    error_s = ERROR_OF_MEDIAN * sqrt(sum(error**2 for _, error in said)) / len(said)
    agreeing = sum(abs(shift - drift_s) <= SURE * error for shift, error in said)
    is_sure = abs(drift_s) > SURE * error_s and 2 * agreeing > len(said)
    return ClockDrift(camera, len(said), drift_s, error_s, is_sure)


def _travels(seen: Sequence[Seen]) -> Mapping[Pair, list[float]]:
    """Give the seconds from each camera to the next one that saw the same plate.

    A time of receipt is no camera's clock.
    """
    travels: dict[Pair, list[float]] = defaultdict(list)
    for group in by_plate(seen):
        for first, second in pairwise(group):
            travel_s = (second.at_us - first.at_us) / 1_000_000
            is_timed = first.is_timed and second.is_timed
            if is_timed and first.camera != second.camera and travel_s <= LONGEST_S:
                travels[first.camera, second.camera].append(travel_s)
    return travels


def _error(travels: Sequence[float]) -> float:
    """Estimate the standard error of a median, from deviations that a few stops do not widen."""
    middle = median(travels)
    spread = SPREAD_OF_MAD * median(abs(travel - middle) for travel in travels)
    return ERROR_OF_MEDIAN * spread / sqrt(len(travels))
