"""How the figures of one window are made from stored rows: counts, times, speeds, decisions."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import median, quantiles

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Integer,
    Table,
    cast,
    delete,
    false,
    func,
    select,
)

from sinks.store.dialects import among, load, told_in
from sinks.store.schema import (
    UNKNOWN_CLASS,
    UNKNOWN_LANE,
    counts,
    events,
    passages,
    travel_times,
)
from sinks.store.traffic import compliance, speeds
from sinks.store.windows import ACCESS, COUNT, HOUR_US, LENGTH_US, PASSED, TRANSITS, TRAVEL

STEP_KMH = 10
"""How wide a class of speeds is."""

STEPS_KMH = range(0, 260, STEP_KMH)
"""Where the classes of speeds begin; the last has no end. They are the same for everybody."""

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

Compute = Callable[[Connection, Sequence[str], int], None]
"""Makes the figures of some cameras, sections or zones in one window anew."""


def step_of(from_kmh: int) -> int:
    """Give the class in which a speed of the store counts."""
    return min(from_kmh, STEPS_KMH[-1])


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
    # Materialized, since each mention of a speed would look for it in its row's JSON again.
    each = select(subject.label("subject"), cast(measured, Float).label("speed")).where(where)
    told = each.cte("told").prefix_with("MATERIALIZED").c
    step = (cast(func.floor(told.speed / STEP_KMH), Integer) * STEP_KMH).label("from_kmh")
    tally = (
        select(
            told.subject, step, func.count().label("count"), func.sum(told.speed).label("sum_kmh")
        )
        .where(told.speed.is_not(None))
        .group_by(told.subject, step)
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


COMPUTE: Mapping[str, Compute] = {
    COUNT: _count,
    TRAVEL: _travel,
    PASSED: _passed,
    TRANSITS: _transits,
    ACCESS: _access,
}
"""How the figures of each kind of window are made."""
