"""What gantry sensors say of one vehicle, over the frames that showed it alone."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

from anpr.events import Direction, Vehicle
from anpr.frames import FrameMeta

Word = TypeVar("Word")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a vehicle beside its plate."""

    vehicle: Vehicle | None = None
    lane: int | None = None
    direction: Direction = Direction.UNKNOWN
    speed_kmh: float | None = None


def facts(witnesses: Sequence[FrameMeta]) -> Facts:
    """Sum up the sensors: the majority of words (none on a tie), the median of numbers."""
    directions = [one.direction for one in witnesses if one.direction is not Direction.UNKNOWN]
    return Facts(
        vehicle=_vehicle([one.vehicle for one in witnesses if one.vehicle]),
        lane=_majority(one.lane for one in witnesses),
        direction=_majority(directions) or Direction.UNKNOWN,
        speed_kmh=_median(one.speed_kmh for one in witnesses),
    )


def _vehicle(said: Sequence[Vehicle]) -> Vehicle | None:
    """Sum up vehicles; the confidence is that of the words for the class that won."""
    kind = _majority(one.class_ for one in said)
    vehicle = Vehicle(
        class_=kind,
        confidence=_median(one.confidence for one in said if kind and one.class_ is kind),
        height_m=_median(one.height_m for one in said),
        length_m=_median(one.length_m for one in said),
        colour=_majority(one.colour for one in said),
        make=_majority(one.make for one in said),
    )
    return vehicle if vehicle != Vehicle() else None


def _majority(words: Iterable[Word | None]) -> Word | None:
    ranked = Counter(word for word in words if word is not None).most_common(2)
    if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]


def _median(numbers: Iterable[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return median(known) if known else None
