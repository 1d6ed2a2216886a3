"""Whoever subtracts published tables of different kinds, or of different days, finds nobody."""

from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, event

from anpr.events import Passage
from anpr.sites import Site
from sinks.statistics.computing import STEP_KMH, STEPS_KMH
from sinks.statistics.datex import measured_data
from sinks.statistics.flows import FlowRoller
from sinks.statistics.publishing import publish
from sinks.statistics.register import Edition
from sinks.statistics.rolling import roll
from sinks.statistics.tables import ALL, TABLES, Row, told_rows
from sinks.statistics.telling import find_speeds
from sinks.statistics.times import find_travel_times
from sinks.store.questions import Period
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0, access, passage, seconds, transit
from tests.sinks.statistics.test_flows import BORDER, drive
from tests.sinks.statistics.test_publishing import DAY, HOUR, LATER, cars, told, write
from tests.sinks.statistics.test_suppression import possible_lines

K = 5
ROUNDED = 0.051
SITE = Site.model_validate(
    BORDER.model_dump()
    | {
        "sections": [
            {"id": "n177", "entry": ["west-in"], "exit": ["markt"], "length_m": 1240,
             "limit_kmh": 70}
        ]
    }
)  # fmt: skip


def timed(number: int, since: int = 0) -> list[Passage]:
    """Make vehicles at one camera whose speed was measured."""
    return [one.model_copy(update={"speed_kmh": 45.0}) for one in cars(number, since=since)]


def whole(edition: Edition) -> tuple[Any, ...]:
    """Give the totals of a table's groups."""
    part = TABLES[edition.table].part
    return tuple(row["count"] for row in edition.rows if part is None or row[part] == ALL)


@pytest.mark.parametrize(("without", "told_n"), [(0, 60), (1, None), (4, None), (5, 60)])
def test_how_many_had_no_speed_is_not_told_of_few(
    engine: Engine, without: int, told_n: int | None
) -> None:
    write(engine, [*timed(60), *cars(without, since=60)])
    (counted,) = publish(engine, SITE, "counts", DAY, LATER)
    (speeds,) = publish(engine, SITE, "speeds", DAY, LATER)

    assert whole(counted) == (60 + without,)
    assert whole(speeds) == (told_n,)
    is_hidden = None in (row["count"] for row in speeds.rows if row["from_kmh"] != ALL)
    assert is_hidden is (told_n is None), "so that classes cannot be added up either"


@pytest.mark.parametrize("table", ["speeds", "travel-times"])
def test_how_many_at_the_end_of_a_section_did_not_drive_it_is_not_told_of_few(
    engine: Engine, table: str
) -> None:
    driven = [transit(str(n), duration_s=60.0, at=T0 + seconds(n)) for n in range(60)]
    write(engine, cars(61), driven)
    publish(engine, SITE, "counts", DAY, LATER)
    (edition,) = publish(engine, SITE, table, DAY, LATER)

    assert whole(edition) == (None,)
    if table == "travel-times":
        assert edition.rows[0]["median_s"] == 60, "how long they took is told all the same"


def test_how_many_at_a_gate_had_no_plate_is_not_told_of_few(engine: Engine) -> None:
    decided = [access(str(n)) for n in range(59)]
    write(engine, cars(60), decided)
    publish(engine, SITE, "counts", DAY, LATER)
    (gates,) = publish(engine, SITE, "compliance", DAY, LATER)
    assert told(gates, "decision", "count") == [(ALL, None), ("allow", None)]


@pytest.mark.parametrize("first", ["counts", "speeds"])
@pytest.mark.parametrize(("late", "is_told"), [(1, False), (5, True)])
def test_who_came_between_two_tables_is_in_no_difference(
    engine: Engine, first: str, late: int, *, is_told: bool
) -> None:
    second = {"counts": "speeds", "speeds": "counts"}[first]
    write(engine, timed(60))
    (before,) = publish(engine, SITE, first, DAY, LATER)
    write(engine, timed(late, since=60))
    (after,) = publish(engine, SITE, second, DAY, LATER)

    assert whole(before) == (60,)
    assert whole(after) == ((60 + late) if is_told else None,)


def test_who_comes_while_another_publishes_is_in_no_difference(engine: Engine) -> None:
    write(engine, timed(60))
    counted: list[Edition] = []
    looking = engine.execution_options()  # the same store, with a listener of its own

    @event.listens_for(looking, "rollback")
    def meanwhile(_: Connection) -> None:  # it has looked what it may publish
        if not counted:
            write(engine, timed(1, since=60))
            counted.extend(publish(engine, SITE, "counts", DAY, LATER))

    (speeds,) = publish(looking, SITE, "speeds", DAY, LATER)
    assert [whole(one) for one in (*counted, speeds)] == [(61,), (61,)]


def test_the_flows_of_a_camera_add_up_to_what_it_counts(engine: Engine) -> None:
    """Also who could not be read: without them the difference would be their number."""
    through = [one for n in range(20) for one in drive(f"1AAA0{n:02}", ("west-in", n))]
    unread = [
        passage(f"unread/{n}", camera="west-in", plate=None, at=T0 + seconds(n)) for n in range(2)
    ]
    write(engine, [*through, *unread])
    (flows,) = publish(engine, SITE, "flows", DAY, LATER)
    (counted,) = publish(engine, SITE, "counts", DAY, LATER)
    assert told(flows, "origin", "destination", "count") == [("west-in", None, 22)]
    assert whole(counted) == (22,)


def test_flows_of_a_day_do_not_tell_the_hour_that_counts_hide(engine: Engine) -> None:
    daily = of_hours(24)
    busy = [one for n in range(20) for one in drive(f"1AAA0{n:02}", ("west-in", n))]
    quiet = [one for n in range(3) for one in drive(f"1BBB0{n:02}", ("west-in", 3600 + n))]
    StoreWriter(engine, lambda: T0).write([*busy, *quiet], [])
    roll(engine)
    FlowRoller(engine, daily).roll()
    (flows,) = publish(engine, daily, "flows", DAY, LATER)
    hours = publish(engine, daily, "counts", DAY, LATER)

    assert [whole(one) for one in hours] == [(20,), (None,)]
    assert told(flows, "origin", "destination", "count") == [("west-in", None, None)]


def test_flows_do_not_tell_who_came_after_the_counts(engine: Engine) -> None:
    write(engine, [one for n in range(20) for one in drive(f"1AAA0{n:02}", ("west-in", n))])
    publish(engine, SITE, "counts", DAY, LATER)
    write(engine, drive("1LAT001", ("west-in", 50)))
    (flows,) = publish(engine, SITE, "flows", DAY, LATER)
    assert told(flows, "origin", "destination", "count") == [("west-in", None, None)]


def test_flows_bring_the_counts_they_are_held_against(engine: Engine) -> None:
    write(engine, [one for n in range(20) for one in drive(f"1AAA0{n:02}", ("west-in", n))])
    publish(engine, SITE, "flows", DAY, LATER)
    write(engine, drive("1LAT001", ("west-in", 50)))
    (counted,) = publish(engine, SITE, "counts", DAY, LATER)
    assert whole(counted) == (20,)


def test_vehicles_are_published_in_one_cut_whatever_the_site_says_later(engine: Engine) -> None:
    write(engine, [one for n in range(20) for one in drive(f"1AAA0{n:02}", ("west-in", n))])
    (before,) = publish(engine, SITE, "flows", DAY, LATER)
    more = [one for n in range(9) for one in drive(f"1BBB0{n:02}", ("west-in", 3600 + n))]
    StoreWriter(engine, lambda: T0).write(more, [])
    roll(engine)
    FlowRoller(engine, of_hours(24)).roll()
    assert publish(engine, of_hours(24), "flows", Period(T0 - HOUR * 20, T0 + HOUR), LATER) == [
        before
    ]


def test_each_way_of_writing_tells_the_same(engine: Engine) -> None:
    driven = [transit(str(n), duration_s=60.0, at=T0 + seconds(n)) for n in range(60)]
    write(engine, [*timed(60), *cars(1, since=60)], driven)
    editions = [
        one
        for table in ("counts", "speeds", "travel-times")
        for one in publish(engine, SITE, table, DAY, LATER)
    ]
    written = ET.fromstring(measured_data(SITE, editions, LATER))  # noqa: S314  our own
    numbers = [one.get("numberOfInputValuesUsed") for one in written.iter()]
    assert [one for one in numbers if one is not None] == ["61"], "only the counts have a total"


def test_five_minutes_of_few_cannot_be_worked_out_from_the_hour(engine: Engine) -> None:
    """The speeds of the section tell how many drove it in the hour."""
    windows = (9, 8, 3)
    driven = [
        transit(f"{place}/{n}", at=T0 + seconds(300 * place))
        for place, vehicles in enumerate(windows)
        for n in range(vehicles)
    ]
    write(engine, [], driven)
    with engine.connect() as connection:
        (speeds,) = find_speeds(connection, DAY, K)
        times = find_travel_times(connection, DAY, None, K)
        later = find_travel_times(connection, Period(T0 + seconds(300), DAY.until), None, K)

    assert speeds.n == sum(windows)
    assert sum(one.suppressed for one in times) > 1
    assert {one.n for one in times} - {None} <= {9, 8}
    assert later == [one for one in times if one.start > T0], "whatever period is asked for"


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 6),
    st.lists(st.integers(0, 7), min_size=2, max_size=3),
    st.lists(st.floats(0.0, 9.9), min_size=3, max_size=3),
)
@example(1, [9, 0, 0], [5.0, 5.0, 5.0])
@example(1, [5, 0, 6], [0.0, 0.0, 9.9])
@example(2, [1, 7, 7], [5.0, 5.0, 5.0])
def test_counts_and_speeds_of_an_hour_together_tell_of_no_single_vehicle(
    without: int, vehicles: list[int], within: list[float]
) -> None:
    """The attacker has both tables, and goes through all that they allow, the mean too."""
    if sum(vehicles) < K:
        return
    every = [*vehicles, *[0] * (len(STEPS_KMH) - len(vehicles))]
    sum_kmh = sum((s + w) * n for s, w, n in zip(STEPS_KMH, within, vehicles, strict=False))
    rows = table(every, sum_kmh / sum(vehicles))
    total, *classes = told_rows(TABLES["speeds"], rows, K, lambda _group: [sum(vehicles) + without])
    shown = {row["from_kmh"]: row["count"] for row in classes}
    hidden = [
        total["count"] is None,
        *(shown.get(str(s), 0) is None or not shown for s in STEPS_KMH),
    ]
    some = len(every) if shown else len(vehicles)  # these are enough to be in doubt
    line = np.array([without, *every[:some]], dtype=np.int64)
    possible = possible_lines(line, np.array(hidden[: some + 1]))
    driven = possible[:, 1:].sum(axis=1)
    lowest = possible[:, 1:] @ np.array(STEPS_KMH[:some])
    possible = possible[
        (lowest <= (total["mean_kmh"] + ROUNDED) * driven)
        & ((total["mean_kmh"] - ROUNDED) * driven <= lowest + STEP_KMH * driven)
        & (driven > 0)
    ]
    for at in np.flatnonzero((line > 0) & (line < K)):
        assert len(set(possible[:, at].tolist())) > 1


def table(every: list[int], mean_kmh: float) -> list[Row]:
    named = {"kind": "camera", "subject": "a"}
    parts = zip(STEPS_KMH, every, strict=True)
    return [
        {**named, "from_kmh": ALL, "count": sum(every), "mean_kmh": mean_kmh},
        *({**named, "from_kmh": str(step), "count": n, "mean_kmh": None} for step, n in parts),
    ]


def of_hours(hours: int) -> Site:
    statistics = SITE.statistics.model_copy(update={"flow_hours": hours})
    return SITE.model_copy(update={"statistics": statistics})
