"""Who comes into the zone for minutes, and comes again: short visits that repeat."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, or_, select

from anpr.time import from_us, to_us
from sinks.store.dialects import among
from sinks.store.filters import NO_FILTERS, Filters
from sinks.store.questions import Period
from sinks.store.schema import passages, visits
from sinks.store.upsert import chunks

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
MOST_VISITS = 200
"""Visits of one vehicle that are given one by one."""

A_LOOK = 100
"""So many vehicles are looked at at once."""


@dataclass(frozen=True, slots=True)
class CourierQuery:
    """Visits of at most `longest` and at least `shortest`, `times` times or more in a period.

    `hours`: from and to which local hour the vehicle left, over midnight too. `cameras` bound both
    ends, `filters` the passage of the exit. `is_ordinary` says of a plate and a moment whether the
    visit has an ordinary explanation, and then does not count.
    """

    period: Period
    zone: ZoneInfo
    longest: timedelta
    times: int
    shortest: timedelta = timedelta(0)
    days: int = 1
    hours: tuple[int, int] | None = None
    cameras: tuple[str, ...] = ()
    filters: Filters = NO_FILTERS
    is_ordinary: Callable[[str, datetime], bool] | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit: in and out."""

    entry_id: str
    exit_id: str
    entered_at: datetime
    left_at: datetime
    entry_camera: str
    exit_camera: str


@dataclass(frozen=True, slots=True)
class Courier:
    """A vehicle with its short visits, newest first; `days` is on how many days it came."""

    fold: str
    plates: tuple[str, ...]
    times: int
    days: int
    median_s: float
    visits: tuple[Visit, ...]


class _Visit(NamedTuple):
    fold: str
    plate: str
    at_us: int
    entry_us: int
    stay_us: int
    entry_id: str
    exit_id: str
    entry_camera: str
    exit_camera: str


def find_couriers(
    connection: Connection, query: CourierQuery, limit: int, after: str | None = None
) -> list[Courier]:
    """Find the vehicles that came most often, then by fold; `after` is the last fold given."""
    is_short = _conditions(connection, query)
    times = func.count().label("times")
    candidates = (
        select(visits.c.fold, times)
        .where(*is_short)
        .group_by(visits.c.fold)
        .having(times >= query.times)
    )
    rows = [(-row.times, row.fold) for row in connection.execute(candidates)]
    folds = [fold for _, fold in sorted(rows)]
    if after is not None and after in folds:
        folds = folds[folds.index(after) + 1 :]
    found: list[Courier] = []
    for some in chunks(folds, A_LOOK):
        by_fold = _visits(connection, is_short, some)
        for fold in some:
            courier = _courier(query, fold, by_fold[fold])
            if courier is not None:
                found.append(courier)
            if len(found) == limit:
                return found
    return found


def _conditions(connection: Connection, query: CourierQuery) -> list[ColumnElement[bool]]:
    said = [
        visits.c.at_us >= to_us(query.period.since),
        visits.c.at_us < to_us(query.period.until),
        visits.c.stay_us <= query.longest // timedelta(microseconds=1),
    ]
    if query.shortest:
        said.append(visits.c.stay_us >= query.shortest // timedelta(microseconds=1))
    if query.cameras:
        said += [
            among(connection, visits.c.entry_camera, query.cameras),
            among(connection, visits.c.exit_camera, query.cameras),
        ]
    if query.hours is not None:
        first, last = query.hours
        hour = _local(query) % DAY_US // HOUR_US
        inside = and_ if first < last else or_
        said.append(inside(hour >= first, hour < last))
    if query.filters.narrows:
        passed = (passages.c.id == visits.c.exit_id, passages.c.at_us == visits.c.at_us)
        said.append(exists().where(*passed, *query.filters.conditions(connection)))
    return said


def _local(query: CourierQuery) -> ColumnElement[int]:
    """Give the local time of leaving, in microseconds; clocks change at most a few times a year."""
    steps = offsets(query.zone, query.period)
    first, *later = steps
    if not later:
        return visits.c.at_us + first[1]
    shift = case(
        *((visits.c.at_us >= since_us, offset_us) for since_us, offset_us in later[::-1]),
        else_=first[1],
    )
    return visits.c.at_us + shift


def offsets(zone: ZoneInfo, period: Period) -> list[tuple[int, int]]:
    """Give from when which offset to UTC holds in a period, in microseconds, to the hour."""
    steps: list[tuple[int, int]] = []
    start_us, end_us = to_us(period.since) // HOUR_US * HOUR_US, to_us(period.until)
    for at_us in range(start_us, end_us, HOUR_US):
        offset = from_us(at_us).astimezone(zone).utcoffset() or timedelta(0)
        offset_us = offset // timedelta(microseconds=1)
        if not steps or steps[-1][1] != offset_us:
            steps.append((at_us, offset_us))
    return steps or [(start_us, 0)]


def _visits(
    connection: Connection, is_short: Collection[ColumnElement[bool]], folds: Sequence[str]
) -> Mapping[str, Sequence[_Visit]]:
    by_fold: dict[str, list[_Visit]] = defaultdict(list)
    wanted = (
        select(*visits.c[_Visit._fields])
        .where(among(connection, visits.c.fold, folds), *is_short)
        .order_by(visits.c.at_us.desc(), visits.c.exit_id)
    )
    for row in connection.execute(wanted):
        by_fold[row.fold].append(_Visit(*row))
    return by_fold


def _courier(query: CourierQuery, fold: str, rows: Sequence[_Visit]) -> Courier | None:
    """Sum up a vehicle, unless what is left of its visits is too few, or on too few days."""
    if query.is_ordinary is not None:
        rows = [row for row in rows if not query.is_ordinary(row.plate, from_us(row.at_us))]
    days = {from_us(row.at_us).astimezone(query.zone).date() for row in rows}
    if len(rows) < query.times or len(days) < query.days:
        return None
    return Courier(
        fold=fold,
        plates=tuple(dict.fromkeys(row.plate for row in rows)),
        times=len(rows),
        days=len(days),
        median_s=round(median(row.stay_us for row in rows) / 1_000_000, 1),
        visits=tuple(
            Visit(
                row.entry_id,
                row.exit_id,
                from_us(row.entry_us),
                from_us(row.at_us),
                row.entry_camera,
                row.exit_camera,
            )
            for row in rows[:MOST_VISITS]
        ),
    )
