"""How many of the passing vehicles a gate sees: an estimate by capture and recapture.

A vehicle seen before a gate and after it has passed it. Of those, the share that the gate saw too
is its capture rate, whether others turned off or not. At the first and the last camera of a line
there is no before or after: there the rate among the vehicles of the neighbour is a lower bound,
since some may have turned off. Two cameras estimate the traffic by Chapman's formula.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from anpr.plates import fold
from sinks.analysis.seen import Seen, by_plate

Z = 1.959964
"""The two-sided 95 % of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its 95 % interval (Wilson)."""

    n: int
    share: float
    low: float
    high: float

    @classmethod
    def of(cls, seen: int, n: int) -> "Rate | None":
        """Estimate a share; None without any trial."""
        if n == 0:
            return None
        share, scale = seen / n, 1 + Z * Z / n
        middle = (share + Z * Z / (2 * n)) / scale
        half = Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / scale
        low, high = max(0.0, middle - half), min(1.0, middle + half)
        return cls(n, share, min(low, share), max(high, share))  # whatever rounding makes of them


@dataclass(frozen=True, slots=True)
class GateCapture:
    """What a gate sees. `captured`: with a plate that looks like it; `read`: with the plate itself.

    `is_lower_bound`: the gate ends the line, so that what it missed may never have passed it.
    """

    line: str
    gate: str
    captured: Rate | None
    read: Rate | None
    is_lower_bound: bool
    traffic: float | None = None


@dataclass(frozen=True, slots=True)
class _Journey:
    """The places of the line at which one vehicle was seen on one drive, and with which plates."""

    plate_at: dict[int, str]


def gate_captures(
    line: str, cameras: Sequence[str], seen: Sequence[Seen], longest_s: float
) -> list[GateCapture]:
    """Estimate the capture rate of each camera of a line, in the order in which it is driven."""
    journeys = _journeys(cameras, seen, longest_s)
    last = len(cameras) - 1
    return [
        _capture(line, cameras, place, journeys, is_end=place in {0, last})
        for place in range(len(cameras))
    ]


def _capture(
    line: str, cameras: Sequence[str], place: int, journeys: Sequence[_Journey], *, is_end: bool
) -> GateCapture:
    if is_end:
        neighbour = 1 if place == 0 else place - 1
        witnessed = [one for one in journeys if neighbour in one.plate_at]
        reference = neighbour
    else:
        witnessed = [one for one in journeys if min(one.plate_at) < place < max(one.plate_at)]
        reference = -1
    captured = [one for one in witnessed if place in one.plate_at]
    read = [one for one in captured if _is_same(one, place)]
    return GateCapture(
        line,
        cameras[place],
        Rate.of(len(captured), len(witnessed)),
        Rate.of(len(read), len(witnessed)),
        is_end,
        _chapman(journeys, place, reference) if is_end else None,
    )


def _is_same(journey: _Journey, place: int) -> bool:
    """Say whether the gate read the plate that most others read."""
    others = [plate for at, plate in journey.plate_at.items() if at != place]
    return journey.plate_at[place] in others


def _chapman(journeys: Sequence[_Journey], place: int, other: int) -> float:
    """Estimate how many vehicles drove between two cameras, seen by either or by none."""
    here = sum(place in one.plate_at for one in journeys)
    there = sum(other in one.plate_at for one in journeys)
    both = sum(place in one.plate_at and other in one.plate_at for one in journeys)
    return (here + 1) * (there + 1) / (both + 1) - 1


def _journeys(cameras: Sequence[str], seen: Sequence[Seen], longest_s: float) -> list[_Journey]:
    """Put the passages of look-alike plates together to drives along the line."""
    places = {camera: place for place, camera in enumerate(cameras)}
    folded = sorted(
        (one._replace(plate=fold(one.plate)) for one in seen if one.camera in places),
        key=lambda one: (one.plate, one.at_us, one.id),
    )
    plate_of = {one.id: one.plate for one in seen}
    journeys: list[_Journey] = []
    for group in by_plate(folded):
        plate_at: dict[int, str] = {}
        begun_us = 0
        for one in group:
            place = places[one.camera]
            is_next = bool(plate_at) and place > max(plate_at)
            if not is_next or one.at_us - begun_us > longest_s * 1_000_000:
                plate_at, begun_us = {}, one.at_us
                journeys.append(_Journey(plate_at))
            plate_at[place] = plate_of[one.id]
    return journeys
