"""Figures computed again from stored rows wherever a row was added, changed or withdrawn."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, func, select, tuple_

from anpr.time import to_us
from sinks.statistics.computing import COMPUTE
from sinks.store.dialects import insert, take_turn
from sinks.store.engine import writing
from sinks.store.questions import Period
from sinks.store.schema import (
    counts,
    dark_days,
    dirty_windows,
    events,
    frozen_windows,
    passages,
    travel_times,
)
from sinks.store.windows import (
    ACCESS,
    COUNT,
    HOUR_US,
    LENGTH_US,
    TRAVEL,
    Window,
    mark,
    start_of,
    with_hours,
)

DAY_US = 86_400_000_000

BATCH = 100
"""How many windows one transaction computes: on SQLite writers wait as long as that takes."""

TURN = "roll"
"""Whoever computes five minutes or hours does so alone."""

_WINDOW = dirty_windows.c["kind", "subject", "start_us"]

_OF_EVENTS = {TRAVEL: "section_transit", ACCESS: "access"}

Done = Callable[[int], None]
"""Is told of windows that were computed."""


def roll(engine: Engine, done: Done = lambda _: None) -> int:
    """Compute every marked five minutes from the rows committed by now; tell how many there were.

    A mark that comes meanwhile is for the next roll: under a flood of rows this one ends too.
    """
    marked = marked_by_now(engine, (COUNT, TRAVEL))
    rolled = 0
    while True:
        with writing(engine) as connection:
            batch = len(roll_batch(connection, marked))
        rolled += batch
        done(batch)
        if batch < BATCH:
            return rolled


def marked_by_now(engine: Engine, kinds: Collection[str]) -> ColumnElement[bool]:
    """Tell the marks of these kinds that are there from those that are yet to come."""
    with engine.connect() as connection:
        newest = connection.scalar(select(func.max(dirty_windows.c.id))) or 0
    return dirty_windows.c.kind.in_(kinds) & (dirty_windows.c.id <= newest)


def mark_period(engine: Engine, period: Period) -> int:
    """Mark all windows that begin in a period and of which rows are stored; tell how many.

    Also those that have figures now: their rows may be gone.
    """
    with writing(engine) as connection:
        windows = {*_windows_in(connection, period)}
        mark(connection, windows)
    return len(with_hours(windows))


def freeze(engine: Engine, kind: str, before_us: int) -> None:
    """Compute a kind's marked windows that start before a moment one last time, for good.

    Retention calls this before it erases rows from before that moment.
    """
    marked = (dirty_windows.c.kind == kind) & (dirty_windows.c.start_us < before_us)
    with writing(engine) as connection:
        while len(roll_batch(connection, marked)) == BATCH:
            pass
        statement = insert(connection, frozen_windows)
        later = statement.excluded.before_us
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["kind"],
                set_={"before_us": later},
                where=later > frozen_windows.c.before_us,
            ),
            {"kind": kind, "before_us": before_us},
        )


def roll_batch(connection: Connection, which: ColumnElement[bool]) -> list[Window]:
    """Compute up to a batch of marked windows, the oldest first, once nobody else does.

    All marks of them that can be seen are taken, and before the rows are read: a row that is not
    seen then has a mark that was not either.
    """
    take_turn(connection, TURN)
    some = select(*_WINDOW).where(which).distinct().order_by(dirty_windows.c.start_us).limit(BATCH)
    taken = delete(dirty_windows).where(tuple_(*_WINDOW).in_(some)).returning(*_WINDOW)
    windows = sorted({Window(*row) for row in connection.execute(taken)})
    if not windows:
        return []
    days = {one.start_us // DAY_US * DAY_US for one in windows if one.kind == COUNT}
    connection.execute(delete(dark_days).where(dark_days.c.day_us.in_(days)))
    frozen = frozen_before(connection)
    together: dict[tuple[str, int], list[str]] = defaultdict(list)
    for window in windows:
        if window.start_us >= frozen.get(window.kind, 0):
            together[window.kind, window.start_us].append(window.subject)
    for (kind, start_us), subjects in together.items():
        COMPUTE[kind](connection, subjects, start_us)
    return windows


def frozen_before(connection: Connection) -> Mapping[str, int]:
    """Tell before when the windows of each kind stay as they are."""
    query = select(frozen_windows).with_for_update(read=True)
    return {row.kind: row.before_us for row in connection.execute(query)}


def _windows_in(connection: Connection, period: Period) -> Iterator[Window]:
    """Give the windows of a period that rows or figures fall into."""
    since_us, until_us = start_of(to_us(period.since)), to_us(period.until)
    sources: Sequence[tuple[str, Table, ColumnElement[str], ColumnElement[int], int]] = (
        (COUNT, passages, passages.c.camera, passages.c.at_us, LENGTH_US),
        (COUNT, counts, counts.c.camera, counts.c.start_us, LENGTH_US),
        (TRAVEL, events, events.c.subject, events.c.at_us, LENGTH_US),
        (TRAVEL, travel_times, travel_times.c.section, travel_times.c.start_us, LENGTH_US),
        (ACCESS, events, events.c.subject, events.c.at_us, HOUR_US),
    )
    for kind, table, subject, at_us, length_us in sources:
        start = (at_us - at_us % length_us).label("start")
        found = select(subject, start).where(at_us >= since_us, at_us < until_us).distinct()
        if table is events:
            found = found.where(events.c.kind == _OF_EVENTS[kind])
        yield from (Window(kind, *row) for row in connection.execute(found))
