"""Statistics, computed again from stored rows wherever a row was added, changed or withdrawn."""

import json
from collections.abc import Mapping, Sequence
from statistics import median, quantiles

from sqlalchemy import ColumnElement, Connection, Engine, delete, false, func, select, true, tuple_

from sinks.store.dialects import insert
from sinks.store.engine import writing
from sinks.store.schema import (
    UNKNOWN_CLASS,
    UNKNOWN_LANE,
    counts,
    dirty_windows,
    events,
    frozen_windows,
    passages,
    travel_times,
)
from sinks.store.windows import COUNT, Window

BATCH = 100
"""How many windows one transaction computes: writers wait no longer than that takes."""

NO_TRAVEL = frozenset(
    {
        "look_alike", "ambiguous", "ambiguous_entry", "ambiguous_exit", "implausible_speed",
        "clock_off", "wrong_direction", "contradicting_country", "contradicting_class",
    }
)  # fmt: skip
"""Reasons that put in doubt whether both ends were one vehicle on one journey, or its time."""

_KEY = tuple_(dirty_windows.c.kind, dirty_windows.c.subject, dirty_windows.c.start_us)


def roll(engine: Engine) -> int:
    """Compute every marked window from the rows committed by now; tell how many there were.

    A mark that comes while its window is computed stays for the next roll.
    """
    rolled = 0
    while True:
        with writing(engine) as connection:
            batch = _roll(connection, true())
        rolled += batch
        if batch < BATCH:
            return rolled


def freeze(engine: Engine, kind: str, before_us: int) -> None:
    """Compute a kind's marked windows that start before a moment one last time, for good.

    Retention calls this before it erases rows from before that moment.
    """
    marked = (dirty_windows.c.kind == kind) & (dirty_windows.c.start_us < before_us)
    with writing(engine) as connection:
        while _roll(connection, marked) == BATCH:
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


def travel_time(durations_s: Sequence[float]) -> tuple[float, float]:
    """Give the median and the 85th percentile of some durations, in seconds."""
    if len(durations_s) == 1:
        return durations_s[0], durations_s[0]
    return median(durations_s), quantiles(durations_s, n=20, method="inclusive")[16]


def _roll(connection: Connection, which: ColumnElement[bool]) -> int:
    """Take up to a batch of marks; those a writer holds are left to the next roll."""
    query = select(dirty_windows).where(which).order_by(dirty_windows.c.start_us).limit(BATCH)
    taken = connection.execute(query.with_for_update(skip_locked=True))
    windows = [Window(row.kind, row.subject, row.start_us) for row in taken]
    if not windows:
        return 0
    connection.execute(delete(dirty_windows).where(_KEY.in_(windows)))
    frozen = _frozen(connection)
    for window in windows:
        if window.start_us < frozen.get(window.kind, 0):
            continue
        if window.kind == COUNT:
            _count(connection, window)
        else:
            _travel(connection, window)
    return len(windows)


def _frozen(connection: Connection) -> Mapping[str, int]:
    query = select(frozen_windows).with_for_update(read=True)
    return {row.kind: row.before_us for row in connection.execute(query)}


def _count(connection: Connection, window: Window) -> None:
    """Count the passages of a camera, read or not, per lane and class."""
    old = (counts.c.camera == window.subject) & (counts.c.start_us == window.start_us)
    connection.execute(delete(counts).where(old))
    lane = func.coalesce(passages.c.lane, UNKNOWN_LANE).label("lane")
    vehicle = func.coalesce(passages.c.vehicle_class, UNKNOWN_CLASS).label("class")
    tally = (
        select(lane, vehicle, func.count().label("count"))
        .where(
            passages.c.camera == window.subject,
            passages.c.at_us >= window.start_us,
            passages.c.at_us < window.end_us,
            passages.c.withdrawn == false(),
        )
        .group_by(lane, vehicle)
    )
    rows = [
        {"camera": window.subject, "start_us": window.start_us, **row}
        for row in connection.execute(tally).mappings()
    ]
    if rows:
        connection.execute(counts.insert(), rows)


def _travel(connection: Connection, window: Window) -> None:
    """Sum up how long vehicles took that left a section in the window."""
    old = (travel_times.c.section == window.subject) & (travel_times.c.start_us == window.start_us)
    connection.execute(delete(travel_times).where(old))
    transits = select(events.c.body).where(
        events.c.kind == "section_transit",
        events.c.subject == window.subject,
        events.c.at_us >= window.start_us,
        events.c.at_us < window.end_us,
        events.c.withdrawn == false(),
        events.c.reason.not_in(sorted(NO_TRAVEL)),
    )
    bodies = connection.execute(transits).scalars()
    durations_s = [float(json.loads(body)["duration_s"]) for body in bodies]
    if not durations_s:
        return
    median_s, p85_s = travel_time(durations_s)
    row = {
        "section": window.subject,
        "start_us": window.start_us,
        "n": len(durations_s),
        "median_s": median_s,
        "p85_s": p85_s,
    }
    connection.execute(travel_times.insert(), row)
