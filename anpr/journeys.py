"""Several sections in a row: each transit is judged, and one case is made of them, the highest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from anpr.events import CaseClass, SectionTransit

ONE_PLACE = timedelta(seconds=10)
"""Cameras where one section ends and the next begins see a vehicle within this time."""


AROUND = timedelta(hours=6)
"""No journey over sections in a row takes longer."""


@dataclass(frozen=True, slots=True)
class Journey:
    """Violations of one plate on sections that follow each other, by time; the highest leads."""

    transits: Sequence[SectionTransit]

    @property
    def leading(self) -> SectionTransit:
        """The one that makes the case: what a court decides, then the amount, then the excess."""
        return max(self.transits, key=_weight)


def journeys(violations: Iterable[SectionTransit]) -> list[Journey]:
    """Join violations that share a passage, or follow each other at one place, by time.

    The same violations give the same journeys in whatever order they come.
    """
    by_plate: dict[str, list[SectionTransit]] = {}
    for transit in sorted(violations, key=lambda one: (one.at, one.id)):
        by_plate.setdefault(transit.plate, []).append(transit)
    found = [Journey(group) for transits in by_plate.values() for group in _groups(transits)]
    return sorted(found, key=lambda journey: (journey.transits[0].at, journey.transits[0].id))


def _groups(transits: Sequence[SectionTransit]) -> list[list[SectionTransit]]:
    groups: list[list[SectionTransit]] = []
    for transit in transits:
        own = [group for group in groups if any(_follow(one, transit) for one in group)]
        groups = [group for group in groups if group not in own]
        groups.append(sorted((*(one for group in own for one in group), transit), key=_by_time))
    return groups


def _follow(one: SectionTransit, other: SectionTransit) -> bool:
    """Say whether two transits of a plate belong to one journey."""
    if not set(one.passages).isdisjoint(other.passages):
        return True
    if one.section == other.section:
        return False
    gaps = (_entered(other) - one.at, _entered(one) - other.at)
    return any(timedelta(0) <= gap <= ONE_PLACE for gap in gaps)


def _entered(transit: SectionTransit) -> datetime:
    return transit.at - timedelta(seconds=transit.duration_s)


def _by_time(transit: SectionTransit) -> tuple[datetime, str]:
    return transit.at, transit.id


def _weight(transit: SectionTransit) -> tuple[bool, int, int, float, str]:
    return (
        transit.case_class is CaseClass.COURT,
        transit.amount_eur or 0,
        transit.corrected_kmh - transit.limit_kmh,
        transit.lower_kmh,
        transit.id,
    )
