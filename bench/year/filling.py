"""Fill an empty store with a year of passages: in bulk, and indexed afterwards."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from sqlalchemy import Connection, Engine, Table, func, select, text

from anpr.plates import fold
from anpr.time import to_us
from bench.year.traffic import BORDER, DAY_US, DAYS, NOW, SINCE, Year
from sinks.store.dialects import is_postgresql, load
from sinks.store.engine import writing
from sinks.store.rows import Row
from sinks.store.schema import counts, passages, plates, spellings, visits
from sinks.store.visits import Crossing, paired, way_of
from sinks.store.weeks import Weeks
from sinks.store.windows import start_of

Counted = tuple[int, str, str]
"""A window of counts: its start, camera and class."""

BULK = (passages, visits, spellings)


def fill(engine: Engine, year: Year) -> None:
    """Put a year into an empty store, unless it is there already."""
    with engine.connect() as connection:
        if connection.scalar(select(plates.c.id).limit(1)):  # these come last
            return
    Weeks(engine, lambda: NOW).make(to_us(SINCE) + day * DAY_US for day in range(DAYS + 1))
    for table in BULK:
        for index in table.indexes:
            index.drop(engine)
    seen: dict[str, int] = {}
    tally: Counter[Counted] = Counter()
    for day in range(DAYS):
        rows = sorted(year.day(day), key=lambda pair: pair[0]["at_us"])
        _day(engine, rows, tally)
        day_us = to_us(SINCE) + day * DAY_US
        seen.update((row["plate"], day_us) for row, _ in rows)
    with writing(engine) as connection:
        known = [{"plate": one, "fold": fold(one), "seen_us": at} for one, at in seen.items()]
        load(connection, plates, known)
    for table in BULK:
        for index in table.indexes:
            index.create(engine)
    _settle(engine)


def held(engine: Engine, table: Table) -> int:
    """Count the rows of a table."""
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _day(engine: Engine, rows: list[tuple[Row, str | None]], tally: Counter[Counted]) -> None:
    """Load a day; a drive may end on the next, whose windows wait in the tally."""
    tally.update((start_of(row["at_us"]), row["camera"], row["vehicle_class"]) for row, _ in rows)
    ended_us = rows[0][0]["at_us"] // DAY_US * DAY_US + DAY_US
    done = [window for window in tally if window[0] < ended_us]
    with writing(engine) as connection:
        _put(connection, passages, [row for row, _ in rows])
        _put(connection, visits, list(_visits(rows)))
        _put(connection, counts, [_count(window, tally.pop(window)) for window in done])
        _put(
            connection,
            spellings,
            [
                {"passage_id": row["id"], "fold": fold(other), "at_us": row["at_us"]}
                for row, other in rows
                if other is not None and fold(other) != row["fold"]
            ],
        )


def _visits(rows: list[tuple[Row, str | None]]) -> Iterator[Row]:
    by_fold: dict[str, list[Crossing]] = defaultdict(list)
    for row, _ in rows:
        if way := way_of(BORDER, row["camera"], row["direction"]):
            crossing = Crossing(
                row["fold"], row["at_us"], row["id"], row["camera"], row["plate"], way
            )
            by_fold[row["fold"]].append(crossing)
    for crossings in by_fold.values():
        yield from paired(crossings)


def _put(connection: Connection, into: Table, rows: list[Row]) -> None:
    """Load rows; on SQLite without what SQLAlchemy does for each."""
    if is_postgresql(connection) or not rows:
        load(connection, into, rows)
        return
    names = list(rows[0])
    marks = ", ".join("?" * len(names))
    statement = f"INSERT INTO {into.name} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608 - names of ours
    connection.exec_driver_sql(statement, [tuple(row.values()) for row in rows])


def _count(window: Counted, count: int) -> Row:
    start_us, camera, class_ = window
    return {"camera": camera, "start_us": start_us, "lane": 1, "class": class_, "count": count}


def _settle(engine: Engine) -> None:
    """Let the engine look at what it holds, as it does by itself in a zone that lives."""
    if is_postgresql(engine):
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("VACUUM ANALYZE"))
