"""Figures computed again from stored rows wherever a row was added, changed or withdrawn."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median, quantiles

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Float,
    Integer,
    Table,
    cast,
    delete,
    false,
    func,
    select,
    tuple_,
)

from anpr.time import to_us
from sinks.store.dialects import among, insert, load, take_turn, told_in
from sinks.store.engine import writing
from sinks.store.questions import Period
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
from sinks.store.traffic import compliance, speeds
from sinks.store.weeks import WRITING
from sinks.store.windows import (
    ACCESS,
    COUNT,
    HOUR_US,
    LENGTH_US,
    PASSED,
    TRANSITS,
    TRAVEL,
    Window,
    mark,
    start_of,
    with_hours,
)

DAY_US = 86_400_000_000

BATCH = 100
"""How many windows one transaction computes: writers wait no longer than that takes."""

STEP_KMH = 10
"""How wide a class of speeds is."""

CAMERA, SECTION = "camera", "section"
"""Whose speeds they are: measured where a vehicle passes, or averaged over a stretch."""

NO_TRAVEL = frozenset(
    {
        "ambiguous", "ambiguous_entry", "ambiguous_exit", "implausible_speed", "two_candidates",
        "receipt_time", "clock_off", "wrong_direction", "contradicting_country",
        "contradicting_class",
    }
)  # fmt: skip
"""Reasons that put in doubt whether both ends were one vehicle on one journey, or its time."""

FUZZY = "look_alike"
"""The reason of a pair of plates that are not the same but may be."""

FASTEST_KMH = 300
"""Faster than this nobody drove: look-alikes that came so soon are two vehicles. It is what a
section takes for possible unless its site says otherwise."""

_KEY = tuple_(dirty_windows.c.kind, dirty_windows.c.subject, dirty_windows.c.start_us)

_OF_EVENTS = {TRAVEL: "section_transit", ACCESS: "access"}

Done = Callable[[int], None]
"""Is told of windows that were computed."""

Compute = Callable[[Connection, Sequence[str], int], None]
"""Makes the figures of some cameras, sections or zones in one window anew."""


def roll(engine: Engine, done: Done = lambda _: None) -> int:
    """Compute every marked five minutes from the rows committed by now; tell how many there were.

    A mark that comes while its window is computed stays for the next roll.
    """
    marked = dirty_windows.c.kind.in_((COUNT, TRAVEL))
    rolled = 0
    while True:
        with writing(engine) as connection:
            batch = len(roll_batch(connection, marked))
        rolled += batch
        done(batch)
        if batch < BATCH:
            return rolled


def mark_period(engine: Engine, period: Period) -> int:
    """Mark all windows that begin in a period and of which rows are stored; tell how many.

    Also those that have figures now: their rows may be gone.
    """
    with writing(engine) as connection:
        take_turn(connection, WRITING)  # only whoever has the turn to write marks
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
    """Compute up to a batch of marked windows; those a writer holds are left to the next roll."""
    query = select(dirty_windows).where(which).order_by(dirty_windows.c.start_us).limit(BATCH)
    taken = connection.execute(query.with_for_update(skip_locked=True))
    windows = [Window(row.kind, row.subject, row.start_us) for row in taken]
    if not windows:
        return []
    connection.execute(delete(dirty_windows).where(_KEY.in_(windows)))
    days = {one.start_us // DAY_US * DAY_US for one in windows if one.kind == COUNT}
    connection.execute(delete(dark_days).where(dark_days.c.day_us.in_(days)))
    frozen = frozen_before(connection)
    together: dict[tuple[str, int], list[str]] = defaultdict(list)
    for window in windows:
        if window.start_us >= frozen.get(window.kind, 0):
            together[window.kind, window.start_us].append(window.subject)
    for (kind, start_us), subjects in together.items():
        _COMPUTE[kind](connection, subjects, start_us)
    return windows


def frozen_before(connection: Connection) -> Mapping[str, int]:
    """Tell before when the windows of each kind stay as they are."""
    query = select(frozen_windows).with_for_update(read=True)
    return {row.kind: row.before_us for row in connection.execute(query)}


def travel_time(durations_s: Sequence[float]) -> tuple[float, float]:
    """Give the median and the 85th percentile of some durations, in seconds."""
    if len(durations_s) == 1:
        return durations_s[0], durations_s[0]
    return median(durations_s), quantiles(durations_s, n=20, method="inclusive")[16]


def durations_in(
    connection: Connection, sections: Sequence[str], start_us: int, length_us: int
) -> Mapping[str, list[tuple[float, bool]]]:
    """Give how long who left each section in a window took, and whether its plates look alike."""
    transits = select(events.c.subject, events.c.body, events.c.reason == FUZZY).where(
        _transits_of(connection, sections, start_us, length_us)
    )
    found: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for section, body, is_fuzzy in connection.execute(transits):
        found[section].append((float(json.loads(body)["duration_s"]), bool(is_fuzzy)))
    return found


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


def _count(connection: Connection, cameras: Sequence[str], start_us: int) -> None:
    """Count the passages of some cameras in a window, read or not: lane, class and direction."""
    _forget(connection, counts, counts.c.camera, cameras, start_us)
    lane = func.coalesce(passages.c.lane, UNKNOWN_LANE).label("lane")
    vehicle = func.coalesce(passages.c.vehicle_class, UNKNOWN_CLASS).label("class")
    by = (passages.c.camera, lane, vehicle, passages.c.direction)
    tally = (
        select(*by, func.count().label("count"))
        .where(_passed_at(connection, cameras, start_us, LENGTH_US))
        .group_by(*by)
    )
    counted = connection.execute(tally).mappings()
    load(connection, counts, [{**row, "start_us": start_us} for row in counted])


def _travel(connection: Connection, sections: Sequence[str], start_us: int) -> None:
    """Sum up how long vehicles took that left some sections in a window."""
    _forget(connection, travel_times, travel_times.c.section, sections, start_us)
    rows = []
    for section, took in durations_in(connection, sections, start_us, LENGTH_US).items():
        median_s, p85_s = travel_time([duration_s for duration_s, _ in took])
        fuzzy = sum(is_fuzzy for _, is_fuzzy in took)
        times = {"n": len(took), "median_s": median_s, "p85_s": p85_s, "fuzzy": fuzzy}
        rows.append({"section": section, "start_us": start_us, **times})
    load(connection, travel_times, rows)


def _passed(connection: Connection, cameras: Sequence[str], start_us: int) -> None:
    """Sort the speeds that some cameras measured in an hour."""
    measured = told_in(connection, passages.c.body, "speed_kmh")
    where = _passed_at(connection, cameras, start_us, HOUR_US)
    _sort_speeds(connection, CAMERA, cameras, start_us, passages.c.camera, measured, where)


def _transits(connection: Connection, sections: Sequence[str], start_us: int) -> None:
    """Sort the average speeds of those who left some sections in an hour."""
    measured = told_in(connection, events.c.body, "measured_kmh")
    where = _transits_of(connection, sections, start_us, HOUR_US)
    _sort_speeds(connection, SECTION, sections, start_us, events.c.subject, measured, where)


def _sort_speeds(
    connection: Connection,
    kind: str,
    subjects: Sequence[str],
    start_us: int,
    subject: ColumnElement[str],
    measured: ColumnElement[str],
    where: ColumnElement[bool],
) -> None:
    _forget(connection, speeds, speeds.c.subject, subjects, start_us, speeds.c.kind == kind)
    speed = cast(measured, Float)
    step = (cast(func.floor(speed / STEP_KMH), Integer) * STEP_KMH).label("from_kmh")
    named = subject.label("subject")
    tally = (
        select(named, step, func.count().label("count"), func.sum(speed).label("sum_kmh"))
        .where(where, measured.is_not(None))
        .group_by(named, step)
    )
    found = connection.execute(tally).mappings()
    rows = [{**row, "kind": kind, "start_us": start_us} for row in found]
    load(connection, speeds, rows)


def _access(connection: Connection, zones: Sequence[str], start_us: int) -> None:
    """Count what the gates of some zones decided in an hour."""
    _forget(connection, compliance, compliance.c.zone, zones, start_us)
    by = (events.c.subject.label("zone"), events.c.camera.label("gate"),
          events.c.verdict.label("decision"))  # fmt: skip
    tally = (
        select(*by, func.count().label("count"))
        .where(
            events.c.kind == "access",
            among(connection, events.c.subject, zones),
            events.c.at_us.between(start_us, start_us + HOUR_US - 1),
            events.c.withdrawn == false(),
        )
        .group_by(*by)
    )
    counted = connection.execute(tally).mappings()
    load(connection, compliance, [{**row, "start_us": start_us} for row in counted])


def _forget(
    connection: Connection,
    table: Table,
    subject: ColumnElement[str],
    subjects: Sequence[str],
    start_us: int,
    *more: ColumnElement[bool],
) -> None:
    """Erase the figures of some subjects in one window, to make them anew."""
    old = among(connection, subject, subjects) & (table.c.start_us == start_us)
    connection.execute(delete(table).where(old, *more))


def _passed_at(
    connection: Connection, cameras: Sequence[str], start_us: int, length_us: int
) -> ColumnElement[bool]:
    return (
        among(connection, passages.c.camera, cameras)
        & passages.c.at_us.between(start_us, start_us + length_us - 1)
        & (passages.c.withdrawn == false())
    )


def _transits_of(
    connection: Connection, sections: Sequence[str], start_us: int, length_us: int
) -> ColumnElement[bool]:
    return (
        (events.c.kind == "section_transit")
        & among(connection, events.c.subject, sections)
        & events.c.at_us.between(start_us, start_us + length_us - 1)
        & (events.c.withdrawn == false())
        & events.c.reason.not_in(sorted(NO_TRAVEL))
        & ((events.c.reason != FUZZY) | (_told_kmh(connection) <= FASTEST_KMH))
    )


def _told_kmh(connection: Connection) -> ColumnElement[float]:
    return cast(told_in(connection, events.c.body, "measured_kmh"), Float)


_COMPUTE: Mapping[str, Compute] = {
    COUNT: _count,
    TRAVEL: _travel,
    PASSED: _passed,
    TRANSITS: _transits,
    ACCESS: _access,
}
