"""What other tables tell of the same vehicles: one may not be subtracted from another either.

A table of speeds holds those counted at a camera whose speed was measured, a section's those past
its exit who were paired, a gate's those whose plate was read, flows those over the border. Where
two totals differ by a few, the difference would tell of those; and a table that is made later may
hold a vehicle that came in between. So a total is held against all that is told, or was told ever.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from anpr.sites import Site
from anpr.time import from_us
from sinks.statistics.computing import SECTION
from sinks.statistics.few import is_few
from sinks.statistics.register import Edition, editions_within
from sinks.statistics.tables import ALL, TABLES, Group, Row
from sinks.store.schema import counts
from sinks.store.windows import HOUR_US

Known = Callable[[Group], Sequence[int]]
"""Gives, for a group of a table, the totals of the same vehicles that somebody may know."""

Passed = Mapping[str, int]
"""Vehicles by camera."""

HOLD_SOME = ("travel-times", "speeds", "compliance")
"""The tables of an hour that hold some of those who are counted at cameras."""


def known_beside(connection: Connection, site: Site, table: str, start_us: int, k: int) -> Known:
    """Say what else tells of the vehicles of an hour's table, or told of them once."""
    passed = _passed(connection, start_us, start_us + HOUR_US)[from_us(start_us)]
    told = {camera: n for camera, n in passed.items() if n >= k}
    if table in HOLD_SOME:
        editions = editions_within(connection, "counts", start_us, start_us + HOUR_US)
        sums = [passed, told, *(_counted(one) for one in editions)]
        return lambda group: [_sum(one, cameras_of(site, table, group)) for one in sums]
    known: dict[Group, list[int]] = defaultdict(list)
    if table == "counts":
        for kind in HOLD_SOME:
            for edition in editions_within(connection, kind, start_us, start_us + HOUR_US):
                for group, n in _totals(edition):
                    cameras = cameras_of(site, kind, group)
                    for camera in cameras:
                        others = (_sum(one, cameras) - passed[camera] for one in (passed, told))
                        known[(camera,)] += [n - other for other in others]
    return lambda group: known[group]


def cameras_of(site: Site, table: str, group: Group) -> Sequence[str]:
    """Name the cameras that count the vehicles of a group of a table of an hour."""
    match table, group:
        case "travel-times", (section,):
            return _exits(site, section)
        case "speeds", (kind, subject):
            return _exits(site, subject) if kind == SECTION else (subject,)
        case "compliance", (_, gate):
            return (gate,)
        case _:
            return ()


def without_totals(
    connection: Connection, site: Site, rows: Iterable[Row], start_us: int, end_us: int
) -> list[Row]:
    """Hide of flows who began or ended inside, where the counts of a camera do not tell as much.

    Elsewhere the flows of a camera add up to its counts. Where these hide an hour, or were
    published before a vehicle came late, the sum would tell of a few.
    """
    k = site.statistics.k
    passed = _passed(connection, start_us, end_us)
    editions = editions_within(connection, "counts", start_us, end_us)
    cells = {(row["origin"], row["destination"]): row for row in rows}
    for camera, way in site.border.items():
        differs = any(_counted(one).get(camera, 0) != passed[one.start][camera] for one in editions)
        if differs or any(is_few(hour[camera], k) for hour in passed.values()):
            ends = (camera, None) if way == "in" else (None, camera)
            cells[ends] = {"origin": ends[0], "destination": ends[1], "count": None}
    return [cells[ends] for ends in sorted(cells, key=lambda ends: [end or "" for end in ends])]


def _passed(connection: Connection, start_us: int, end_us: int) -> Mapping[datetime, Counter[str]]:
    """Count who passed each camera in each hour of a window."""
    hour = (counts.c.start_us - counts.c.start_us % HOUR_US).label("hour_us")
    by = (hour, counts.c.camera)
    wanted = (
        select(*by, func.sum(counts.c.count))
        .where(counts.c.start_us >= start_us, counts.c.start_us < end_us)
        .group_by(*by)
    )
    found: dict[datetime, Counter[str]] = defaultdict(Counter)
    for hour_us, camera, n in connection.execute(wanted):
        found[from_us(hour_us)][camera] = int(n)
    return found


def _counted(edition: Edition) -> Passed:
    """Give the totals that an edition of counts tells."""
    return {camera: n for (camera,), n in _totals(edition)}


def _totals(edition: Edition) -> list[tuple[Group, int]]:
    table = TABLES[edition.table]
    return [
        (table.group_of(row), row["count"])
        for row in edition.rows
        if row["count"] is not None and (table.part is None or row[table.part] == ALL)
    ]


def _sum(passed: Passed, cameras: Sequence[str]) -> int:
    return sum(passed.get(camera, 0) for camera in cameras)


def _exits(site: Site, section: str) -> Sequence[str]:
    return next((one.exit for one in site.sections if one.id == section), ())
