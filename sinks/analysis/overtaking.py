"""Trucks that overtook where they must not: two vehicles that left in another order than they came.

Between two cameras with nowhere to stop, a truck that came behind a vehicle and left before it has
overtaken it. What else may explain it cancels: no case, but counted, so that one sees how much is
cancelled.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from anpr.sites import Overtaking
from sinks.analysis.seen import Seen, by_plate


class OvertakingReason(StrEnum):
    """Why an inversion of two vehicles is overtaking, or is cancelled."""

    INVERSION = "inversion"
    TOO_CLOSE = "too_close"
    MAY_HAVE_STOPPED = "may_have_stopped"
    LOW_CONFIDENCE = "low_confidence"
    UNKNOWN_CLASS = "unknown_class"
    AMBIGUOUS = "ambiguous"
    RECEIPT_TIME = "receipt_time"


@dataclass(frozen=True, slots=True)
class Inversion:
    """A truck that left before a vehicle behind which it had come.

    The passages are entry and exit of the overtaker, then of the overtaken; `behind_s` and
    `ahead_s` say how far it was behind at the entry and ahead at the exit.
    """

    stretch: str
    at_us: int
    passages: tuple[str, str, str, str]
    behind_s: float
    ahead_s: float
    overtaker_s: float
    overtaken_s: float
    reason: OvertakingReason

    @property
    def is_overtaking(self) -> bool:
        """Say whether nothing else explains it."""
        return self.reason is OvertakingReason.INVERSION


@dataclass(frozen=True, slots=True)
class _Drive:
    entry: Seen
    exit: Seen
    is_ambiguous: bool

    @property
    def travel_s(self) -> float:
        return (self.exit.at_us - self.entry.at_us) / 1_000_000


def inversions(stretch: Overtaking, seen: Sequence[Seen]) -> list[Inversion]:
    """Find every vehicle that a truck may have overtaken on a stretch, in order of the exit.

    Vehicles of which the truck's class may be, but is not known, are given as cancelled.
    """
    drives = sorted(_drives(stretch, seen), key=lambda one: (one.exit.at_us, one.exit.id))
    if not drives:
        return []
    usual_s = median(drive.travel_s for drive in drives)
    found: list[Inversion] = []
    # Those that left already, by when they came: whoever left before and came after has overtaken.
    left: list[tuple[int, int]] = []
    for number, drive in enumerate(drives):
        first = bisect_left(left, (drive.entry.at_us + 1, -1))
        found += [
            inversion
            for _, other in left[first:]
            if (inversion := _inversion(stretch, drives[other], drive, usual_s))
        ]
        insort(left, (drive.entry.at_us, number))
    return found


def _inversion(
    stretch: Overtaking, truck: _Drive, other: _Drive, usual_s: float
) -> Inversion | None:
    """Judge a pair in which `truck` came later and left earlier; None where no truck overtook."""
    if truck.entry.at_us - other.entry.at_us > stretch.max_travel_s * 1_000_000:
        return None
    classes = {truck.entry.vehicle, truck.exit.vehicle} - {None}
    if classes and not classes & set(stretch.classes):
        return None
    behind_s = (truck.entry.at_us - other.entry.at_us) / 1_000_000
    ahead_s = (other.exit.at_us - truck.exit.at_us) / 1_000_000
    return Inversion(
        stretch.id,
        truck.exit.at_us,
        (truck.entry.id, truck.exit.id, other.entry.id, other.exit.id),
        behind_s,
        ahead_s,
        truck.travel_s,
        other.travel_s,
        _reason(stretch, truck, other, min(behind_s, ahead_s), usual_s),
    )


def _reason(
    stretch: Overtaking, truck: _Drive, other: _Drive, apart_s: float, usual_s: float
) -> OvertakingReason:
    """Give the first doubt that holds; an inversion where none does."""
    ends = (truck.entry, truck.exit, other.entry, other.exit)
    classes = {truck.entry.vehicle, truck.exit.vehicle}
    doubts = {
        OvertakingReason.RECEIPT_TIME: not all(one.is_timed for one in ends),
        OvertakingReason.AMBIGUOUS: truck.is_ambiguous or other.is_ambiguous,
        OvertakingReason.LOW_CONFIDENCE: any(
            one.confidence is None or one.confidence < stretch.min_confidence for one in ends
        ),
        OvertakingReason.UNKNOWN_CLASS: not classes <= set(stretch.classes),
        OvertakingReason.TOO_CLOSE: apart_s < stretch.min_gap_s,
        OvertakingReason.MAY_HAVE_STOPPED: other.travel_s > usual_s * stretch.stop_factor,
    }
    return next((doubt for doubt, holds in doubts.items() if holds), OvertakingReason.INVERSION)


def _drives(stretch: Overtaking, seen: Sequence[Seen]) -> list[_Drive]:
    """Pair each exit with the entry of the identical plate before it.

    Ambiguous is a drive with two entries or two exits of its plate within the longest travel.
    """
    entries, exits = set(stretch.entry), set(stretch.exit)
    longest_us = stretch.max_travel_s * 1_000_000
    drives: list[_Drive] = []
    for group in by_plate(seen):
        ends = [one for one in group if one.camera in entries | exits]
        for place, leaving in enumerate(ends):
            if leaving.camera not in exits or place == 0:
                continue
            coming = ends[place - 1]
            near = [one for one in ends if abs(one.at_us - leaving.at_us) <= longest_us]
            if coming.camera in entries and leaving.at_us - coming.at_us <= longest_us:
                drives.append(_Drive(coming, leaving, is_ambiguous=len(near) != 2))  # noqa: PLR2004 - both ends
    return drives


def tally(found: Sequence[Inversion]) -> dict[str, int]:
    """Count inversions by reason."""
    return dict(sorted(Counter(one.reason.value for one in found).items()))
