"""Two periods beside each other: what each figure was before a measure, and what it is after.

Only what is told of the hours of each period goes into it: nothing new of anybody comes out.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection

from anpr.events import Wire
from anpr.sites import Site
from sinks.statistics.telling import (
    find_balance,
    find_compliance,
    find_flows,
    find_speeds,
    find_through,
    find_truck_shares,
)
from sinks.statistics.times import usual_travel_times
from sinks.store.figures import camera_totals
from sinks.store.questions import Period

DAY = timedelta(days=1)

Subject = tuple[str | None, ...]


class Measure(StrEnum):
    """What is compared."""

    COUNTS = "counts"
    TRAVEL_TIMES = "travel-times"
    SPEEDS = "speeds"
    FLOWS = "flows"
    THROUGH = "through"
    BALANCE = "balance"
    TRUCKS = "trucks"
    COMPLIANCE = "compliance"


UNITS: Mapping[Measure, str] = {
    Measure.COUNTS: "per_day",
    Measure.TRAVEL_TIMES: "s",
    Measure.SPEEDS: "km/h",
    Measure.FLOWS: "per_day",
    Measure.THROUGH: "share",
    Measure.BALANCE: "per_day",
    Measure.TRUCKS: "share",
    Measure.COMPLIANCE: "share",
}
"""What each measure's figures are in."""


class Change(Wire):
    """A figure before and after; `change` is by which share it changed.

    `subject` says of what: a camera, a section, a zone and its gate, an origin and a destination
    (null: inside). `untold`: of how many windows of both periods the figure is not told, so that
    flows are the least that there was, and by how much they changed is not known.
    """

    measure: Measure
    subject: Subject
    unit: str
    before: float | None
    after: float | None
    change: float | None
    untold: int


class _Figures(NamedTuple):
    values: Mapping[Subject, float]
    untold: Mapping[Subject, int]


Sum = Callable[[Connection, Site, Period], _Figures]


def compare_periods(
    connection: Connection, site: Site, measure: Measure, before: Period, after: Period
) -> list[Change]:
    """Compare two periods by one measure, in order of subject."""
    old, new = (_SUMS[measure](connection, site, one) for one in (before, after))
    subjects = {*old.values, *new.values, *old.untold, *new.untold}
    return [
        _changed(measure, subject, old, new)
        for subject in sorted(subjects, key=lambda one: tuple(part or "" for part in one))
    ]


def _changed(measure: Measure, subject: Subject, old: _Figures, new: _Figures) -> Change:
    before, after = (some.values.get(subject) for some in (old, new))
    untold = old.untold.get(subject, 0) + new.untold.get(subject, 0)
    is_sum_of_some = untold > 0 and measure is Measure.FLOWS  # which hours are told is chance
    return Change(
        measure=measure,
        subject=subject,
        unit=UNITS[measure],
        before=_round(before),
        after=_round(after),
        change=None if is_sum_of_some else _change(before, after),
        untold=untold,
    )


def days_from(first: date, days: int, zone: tzinfo) -> Period:
    """Give a period of whole local days."""
    since, until = (datetime.combine(one, time(), zone) for one in (first, first + days * DAY))
    return Period(since.astimezone(UTC), until.astimezone(UTC))


def _counts(connection: Connection, _site: Site, period: Period) -> _Figures:
    totals = camera_totals(connection, period)
    return _Figures({(camera,): n / _days(period) for camera, n in totals.items()}, {})


def _travel_times(connection: Connection, site: Site, period: Period) -> _Figures:
    usual = usual_travel_times(connection, period, site.statistics.k)
    return _Figures({(section,): median_s for section, median_s in usual.items()}, {})


def _speeds(connection: Connection, site: Site, period: Period) -> _Figures:
    hours = find_speeds(connection, period, site.statistics.k)
    return _weighted(
        ((one.kind, one.subject), one.n and one.mean_kmh and one.mean_kmh * one.n, one.n)
        for one in hours
    )


def _flows(connection: Connection, _site: Site, period: Period) -> _Figures:
    trips: Counter[Subject] = Counter()
    untold: Counter[Subject] = Counter()
    for one in find_flows(connection, period):
        subject = one.origin, one.destination
        if one.count is None:
            untold[subject] += 1
        else:
            trips[subject] += one.count
    return _Figures({subject: n / _days(period) for subject, n in trips.items()}, untold)


def _through(connection: Connection, _site: Site, period: Period) -> _Figures:
    return _weighted(((), one.through, one.entered) for one in find_through(connection, period))


def _balance(connection: Connection, site: Site, period: Period) -> _Figures:
    hours = find_balance(connection, site, period)
    if not hours:
        return _Figures({}, {})
    ways = {"entering": [one.entering for one in hours], "leaving": [one.leaving for one in hours]}
    return _Figures({(way,): sum(some) / _days(period) for way, some in ways.items()}, {})


def _trucks(connection: Connection, site: Site, period: Period) -> _Figures:
    hours = find_truck_shares(connection, period, site.statistics.k)
    return _weighted(((one.camera,), one.trucks, one.n) for one in hours)


def _compliance(connection: Connection, site: Site, period: Period) -> _Figures:
    hours = find_compliance(connection, period, site.statistics.k)
    return _weighted(((one.zone, one.gate), one.allowed, one.n) for one in hours)


def _weighted(hours: Iterable[tuple[Subject, float | None, int | None]]) -> _Figures:
    """Divide what the windows sum up to by their vehicles, of windows of which both are told."""
    sums: dict[Subject, float] = defaultdict(float)
    vehicles: Counter[Subject] = Counter()
    untold: Counter[Subject] = Counter()
    for subject, part, n in hours:
        if part is None or n is None:
            untold[subject] += 1
        else:
            sums[subject] += part
            vehicles[subject] += n
    return _Figures({one: sums[one] / n for one, n in vehicles.items() if n}, untold)


def _days(period: Period) -> int:
    """Count the days, of which some have 23 or 25 hours."""
    return max(round((period.until - period.since) / DAY), 1)


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _change(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None or not before else round(after / before - 1, 4)


_SUMS: Mapping[Measure, Sum] = {
    Measure.COUNTS: _counts,
    Measure.TRAVEL_TIMES: _travel_times,
    Measure.SPEEDS: _speeds,
    Measure.FLOWS: _flows,
    Measure.THROUGH: _through,
    Measure.BALANCE: _balance,
    Measure.TRUCKS: _trucks,
    Measure.COMPLIANCE: _compliance,
}
