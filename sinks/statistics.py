"""Statistics, computed again from stored rows wherever a row was added, changed or withdrawn."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median, quantiles

from sqlalchemy import ColumnElement, Connection, Engine, delete, false, func, select, true, tuple_

from sinks.store.dialects import among, insert, load
from sinks.store.engine import writing
from sinks.store.schema import (
    UNKNOWN_CLASS,
    UNKNOWN_LANE,
    counts,
    dark_days,
    dirty_windows,
    events,
    frozen_windows,
    passages,
    travel_times,
)
from sinks.store.windows import COUNT, LENGTH_US, Window

DAY_US = 86_400_000_000

BATCH = 100
"""How many windows one transaction computes: writers wait no longer than that takes."""

NO_TRAVEL = frozenset(
    {
        "ambiguous", "ambiguous_entry", "ambiguous_exit", "implausible_speed", "two_candidates",
        "receipt_time", "clock_off", "wrong_direction", "contradicting_country",
        "contradicting_class",
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
    days = {window.start_us // DAY_US * DAY_US for window in windows}
    connection.execute(delete(dark_days).where(dark_days.c.day_us.in_(days)))
    frozen = _frozen(connection)
    open_ = [one for one in windows if one.start_us >= frozen.get(one.kind, 0)]
    together: dict[tuple[str, int], list[str]] = defaultdict(list)
    for window in open_:
        together[window.kind, window.start_us].append(window.subject)
    for (kind, start_us), subjects in together.items():
        compute = _count if kind == COUNT else _travel
        compute(connection, subjects, start_us)
    return len(windows)


def _frozen(connection: Connection) -> Mapping[str, int]:
    query = select(frozen_windows).with_for_update(read=True)
    return {row.kind: row.before_us for row in connection.execute(query)}


def _count(connection: Connection, cameras: Sequence[str], start_us: int) -> None:
    """Count the passages of some cameras in a window, read or not, per lane and class."""
    old = among(connection, counts.c.camera, cameras) & (counts.c.start_us == start_us)
    connection.execute(delete(counts).where(old))
    lane = func.coalesce(passages.c.lane, UNKNOWN_LANE).label("lane")
    vehicle = func.coalesce(passages.c.vehicle_class, UNKNOWN_CLASS).label("class")
    tally = (
        select(passages.c.camera, lane, vehicle, func.count().label("count"))
        .where(
            among(connection, passages.c.camera, cameras),
            passages.c.at_us.between(start_us, start_us + LENGTH_US - 1),
            passages.c.withdrawn == false(),
        )
        .group_by(passages.c.camera, lane, vehicle)
    )
    counted = connection.execute(tally).mappings()
    load(connection, counts, [{**row, "start_us": start_us} for row in counted])


def _travel(connection: Connection, sections: Sequence[str], start_us: int) -> None:
    """Sum up how long vehicles took that left some sections in a window."""
    old = among(connection, travel_times.c.section, sections) & (
        travel_times.c.start_us == start_us
    )
    connection.execute(delete(travel_times).where(old))
    transits = select(events.c.subject, events.c.body).where(
        events.c.kind == "section_transit",
        among(connection, events.c.subject, sections),
        events.c.at_us.between(start_us, start_us + LENGTH_US - 1),
        events.c.withdrawn == false(),
        events.c.reason.not_in(sorted(NO_TRAVEL)),
    )
    durations_s: dict[str, list[float]] = defaultdict(list)
    for section, body in connection.execute(transits):
        durations_s[section].append(float(json.loads(body)["duration_s"]))
    rows = [
        {"section": section, "start_us": start_us, "n": len(took), "median_s": middle, "p85_s": p85}
        for section, took in durations_s.items()
        for middle, p85 in (travel_time(took),)
    ]
    load(connection, travel_times, rows)
