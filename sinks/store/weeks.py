"""The weeks into which PostgreSQL cuts the large tables: made ahead, erased whole.

A row whose week is not made goes into the table's rest, and moves when the week is made. SQLite
does not cut its tables: there nothing happens here.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta

import structlog
from sqlalchemy import Connection, Engine, Table, text
from sqlalchemy.exc import OperationalError

from anpr.time import from_us, to_us
from sinks.store.dialects import is_postgresql, take_turn
from sinks.store.engine import writing
from sinks.store.schema import event_passages, events, passages, spellings, visits

log = structlog.get_logger()

CUT = (passages, events, event_passages, visits, spellings)

WRITING = "writing"
"""The turn that whoever adds rows to these tables takes."""

WEEK_US = 7 * 86_400_000_000
_MONDAY_US = 4 * 86_400_000_000
"""The first Monday of the epoch, 0:00 UTC."""

AHEAD_US = 2 * WEEK_US
BEHIND_US = 58 * WEEK_US
"""Weeks are made from here on: no term is longer, and a clock gone wrong fills no catalogue."""

LOOK_AGAIN = timedelta(minutes=1)

_NAMED = re.compile(r"_(\d{4})w(\d\d)$")
_BUSY = "55P03"
"""SQLSTATE lock_not_available."""


def week_of(at_us: int) -> int:
    """Give the start of a moment's week, in microseconds too."""
    return at_us - (at_us - _MONDAY_US) % WEEK_US


def part_of(table: Table, week_us: int) -> str:
    """Name the part of a table that holds a week, such as passages_2026w10."""
    year, number, _ = from_us(week_us).isocalendar()
    return f"{table.name}_{year}w{number:02}"


class Weeks:
    """The weeks that one writer knows to be made."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now
        self._made: set[int] = set()
        self._weighed: set[str] = set()
        self._not_before = from_us(0)

    def make(self, moments_us: Iterable[int]) -> None:
        """Make the weeks of some moments, and the next ones; where a table is busy, later."""
        now = self._now()
        if not is_postgresql(self._engine) or now < self._not_before:
            return
        this = week_of(to_us(now))
        first, last = this - BEHIND_US, this + AHEAD_US
        wanted = {week for week in map(week_of, moments_us) if first <= week <= last}
        missing = {*wanted, *range(this, last + 1, WEEK_US)} - self._made
        try:
            for week in sorted(missing):
                for table in CUT:
                    _make(self._engine, table, week)
                self._made.add(week)
        except OperationalError as error:
            if not _is_busy(error):
                raise
            self._not_before = now + LOOK_AGAIN
            log.warning("week_not_made_yet", why="a table is busy")

    def weigh(self, table: Table, moments_us: Iterable[int]) -> None:
        """Let the server look at a week that got its first rows.

        It does so by itself within a minute or two. Until then it would read the whole week to
        find a few ids.
        """
        if not is_postgresql(self._engine):
            return
        parts = {part_of(table, week) for week in set(map(week_of, moments_us)) & self._made}
        for part in sorted(parts - self._weighed):
            unknown = text(
                "SELECT 1 FROM pg_class WHERE oid = to_regclass(:part) AND reltuples < 1"
            )
            with self._engine.begin() as connection:
                if connection.scalar(unknown, {"part": part}):
                    connection.execute(text(f"ANALYZE {part}"))
            self._weighed.add(part)


def erase_weeks(engine: Engine, table: Table, before_us: int) -> int:
    """Erase the weeks of a table that end before a moment; tell how many rows they held.

    A week that is busy is left: its rows are then erased one by one, as those of any day.
    """
    erased = 0
    for part, week in _parts(engine, table):
        if week + WEEK_US > before_us:
            continue
        try:
            with _briefly(engine) as connection:
                rows = connection.execute(text(f"SELECT count(*) FROM {part}")).scalar_one()  # noqa: S608 - a name of ours
                connection.execute(text(f"DROP TABLE {part}"))
        except OperationalError as error:
            if not _is_busy(error):
                raise
            log.warning("week_not_erased_whole", week=part, why="the table is busy")
        else:
            erased += rows
    return erased


def _make(engine: Engine, table: Table, week: int) -> None:
    """Make a week beside its table, fill it from the rest, and only then attach it.

    Each table in a transaction of its own: a reader of two never waits in a circle with us.
    """
    part, rest = part_of(table, week), f"{table.name}_rest"
    end = week + WEEK_US
    with _briefly(engine) as connection:
        take_turn(connection, WRITING)
        if connection.scalar(text("SELECT to_regclass(:part)"), {"part": part}) is not None:
            return
        connection.execute(text(f"CREATE TABLE {part} (LIKE {table.name} INCLUDING ALL)"))
        strays = f"DELETE FROM {rest} WHERE at_us >= {week} AND at_us < {end} RETURNING *"  # noqa: S608 - names of ours
        connection.execute(text(f"WITH strays AS ({strays}) INSERT INTO {part} TABLE strays"))
        bounds = f"FOR VALUES FROM ({week}) TO ({end})"
        connection.execute(text(f"ALTER TABLE {table.name} ATTACH PARTITION {part} {bounds}"))


def _parts(engine: Engine, table: Table) -> list[tuple[str, int]]:
    """List the weeks of a table that are made, and when each starts."""
    if not is_postgresql(engine):
        return []
    children = text(
        "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
        " WHERE inhparent = to_regclass(:table) ORDER BY relname"
    )
    with engine.connect() as connection:
        names = connection.execute(children, {"table": table.name}).scalars().all()
    found = ((name, _NAMED.search(name)) for name in names)
    return [(name, _start(int(named[1]), int(named[2]))) for name, named in found if named]


def _start(year: int, week: int) -> int:
    monday = date.fromisocalendar(year, week, 1)
    return to_us(datetime.combine(monday, time.min, UTC))


@contextmanager
def _briefly(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that gives up where it has to wait: all others would wait behind it."""
    with writing(engine) as connection:
        connection.execute(text("SET LOCAL lock_timeout = '2s'"))
        yield connection


def _is_busy(error: OperationalError) -> bool:
    return getattr(error.orig, "sqlstate", None) == _BUSY
