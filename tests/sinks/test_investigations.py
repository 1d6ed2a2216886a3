"""The investigators' questions: each gives what going through all passages plainly would."""

from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from itertools import combinations, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from anpr.events import Passage
from anpr.plates import fold
from sinks.store.areas import Scene, find_recurring
from sinks.store.clearance import Clearance
from sinks.store.convoys import ConvoyQuery, Led, at_least, drives_of, find_companions
from sinks.store.couriers import CourierQuery, find_couriers
from sinks.store.filters import Filters
from sinks.store.habits import find_habits
from sinks.store.questions import Cursor, PassageQuery, Period, find_passages
from sinks.store.rights import Role
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0, hit, passage
from tests.sinks.databases import empty

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
EVER = Period(T0 - 100 * DAY, T0 + 100 * DAY)
BRUSSELS = ZoneInfo("Europe/Brussels")
BORDER = {"north": "in", "south": "out"}


@cache
def writer(engine: Engine) -> StoreWriter:
    """Keep one a store: a new one looks which weeks are made."""
    return StoreWriter(engine, lambda: T0, BORDER)


def write(engine: Engine, passages_: Iterable[Passage], *events: Any) -> None:
    writer(engine).write(list(passages_), events)


def found(engine: Engine, **query: Any) -> list[str]:
    with engine.connect() as connection:
        rows = find_passages(connection, PassageQuery(EVER, **query), 99)
    return [one.id for one in rows]


CAR = passage("car", vehicle={"class": "car", "colour": "red"}, country="BE")
TRUCK = passage(
    "truck", vehicle={"class": "truck", "colour": "blue"}, country="NL", plate="AB12CD",
    direction="receding", at=T0 + MINUTE,
)  # fmt: skip
BLANK = passage("blank", plate=None, camera="south", at=T0 + 2 * MINUTE)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), [BLANK, TRUCK, CAR]),
        (Filters(cameras=("north",)), [TRUCK, CAR]),
        (Filters(classes=("truck",)), [TRUCK]),
        (Filters(colours=("red", "green")), [CAR]),
        (Filters(countries=("NL", "DE")), [TRUCK]),
        (Filters(is_unread=True), [BLANK]),
        (Filters(direction="receding"), [TRUCK]),
        (Filters(direction="in", border=BORDER), [CAR]),
        (Filters(direction="out", border=BORDER), [BLANK, TRUCK]),
    ],
)
def test_a_filter_keeps_what_it_names(
    engine: Engine, filters: Filters, expected: list[Passage]
) -> None:
    write(engine, [CAR, TRUCK, BLANK])
    assert found(engine, filters=filters) == [one.id for one in expected]


def test_a_list_keeps_the_passages_of_its_hits_that_may_be_known(engine: Engine) -> None:
    seen = hit("car", at=CAR.at, passages=(CAR.id,))
    hidden = hit("truck", at=TRUCK.at, passages=(TRUCK.id,), action="discreet")
    write(engine, [CAR, TRUCK], seen, hidden)
    patrol, inspector = (
        Filters(lists=("stolen",), clearance=Clearance(frozenset({role})))
        for role in (Role.PATROL, Role.INVESTIGATOR)
    )
    assert found(engine, filters=patrol) == [CAR.id]
    assert found(engine, filters=inspector) == [TRUCK.id, CAR.id]


def test_a_plate_is_found_where_a_camera_thought_it_possible(engine: Engine) -> None:
    doubted = passage("a", plate="1XBC234", alternatives=[{"plate": "1ABC234", "confidence": 0.3}])
    unlikely = passage(
        "b",
        plate="1YBC234",
        at=T0 + MINUTE,
        alternatives=[{"plate": "1ABC234", "confidence": 0.01}],
    )
    exact = passage("c", at=T0 + 2 * MINUTE)
    write(engine, [doubted, unlikely, exact])
    assert found(engine, plate="1ABC234", alternatives=True) == [exact.id, doubted.id]
    write(engine, [doubted.model_copy(update={"revision": 2, "alternatives": ()})])
    assert found(engine, plate="1ABC234", alternatives=True) == [exact.id]


def test_a_batch_of_plates_is_one_question(engine: Engine) -> None:
    one, two = passage("a", plate="1AAA111"), passage("b", plate="1BBB222", at=T0 + MINUTE)
    write(engine, [one, two, passage("c", plate="1CCC333")])
    assert found(engine, plates=("1AAA111", "1BBB222", "1ZZZ999")) == [two.id, one.id]
    assert found(engine, plates=("IAAA111",), look_alikes=True) == [one.id]


def test_a_trail_goes_on_where_its_page_ended(engine: Engine) -> None:
    trail = [passage(str(at), at=T0 + at * MINUTE) for at in range(5)]
    write(engine, trail)
    query = PassageQuery(EVER, "1ABC234", oldest_first=True)
    with engine.connect() as connection:
        first = find_passages(connection, query, 2)
        rest = find_passages(connection, query, 9, Cursor.after(first[-1]))
    assert [*first, *rest] == trail


PLATES = ("1OBC234", "10BC234", "1XYZ999")
TRAFFIC = st.lists(
    st.tuples(
        st.sampled_from(("north", "south", "markt")),
        st.integers(0, 240),
        st.sampled_from(PLATES),
    ),
    max_size=14,
    unique=True,
)
LAW = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def drive(traffic: list[tuple[str, int, str]]) -> list[Passage]:
    return [
        passage(str(number), camera=camera, at=T0 + minute * MINUTE, plate=plate)
        for number, (camera, minute, plate) in enumerate(traffic)
    ]


@pytest.mark.timeout(600)
@LAW
@given(traffic=TRAFFIC, longest=st.integers(0, 90), times=st.integers(1, 3))
def test_couriers_are_who_came_and_went_that_often(
    engine: Engine, traffic: list[tuple[str, int, str]], longest: int, times: int
) -> None:
    empty(engine)
    passages = drive(traffic)
    write(engine, passages)
    query = CourierQuery(EVER, BRUSSELS, longest * MINUTE, times)
    with engine.connect() as connection:
        answer = {one.fold: one.times for one in find_couriers(connection, query, 99)}
    expected: dict[str, int] = {}
    for like in {fold(plate) for plate in PLATES}:
        own = sorted(
            (one for one in passages if one.camera in BORDER and fold(one.plate or "") == like),
            key=lambda one: (one.at, one.camera == "north", one.id),
        )
        short = [
            exit_
            for entry, exit_ in pairwise(own)
            if (entry.camera, exit_.camera) == ("north", "south")
            and exit_.at - entry.at <= longest * MINUTE
        ]
        if len(short) >= times:
            expected[like] = len(short)
    assert answer == expected


@pytest.mark.parametrize(
    ("hours", "expected"), [((9, 10), 2), ((8, 9), 0), ((22, 10), 2), (None, 2), ((10, 9), 0)]
)
def test_hours_are_local_on_both_sides_of_a_change_of_the_clock(
    engine: Engine, hours: tuple[int, int] | None, expected: int
) -> None:
    winter, summer = T0.replace(hour=8), (T0 + 30 * DAY).replace(hour=7)  # both 9:00 in Brussels
    write(
        engine,
        [
            passage(f"{camera}{start}", camera=camera, at=start + after * MINUTE)
            for start in (winter, summer)
            for camera, after in (("north", 0), ("south", 5))
        ],
    )
    query = CourierQuery(EVER, BRUSSELS, HOUR, 1, hours=hours)
    with engine.connect() as connection:
        times = [one.times for one in find_couriers(connection, query, 9)]
    assert times == ([expected] if expected else [])


def test_couriers_leave_out_who_has_an_ordinary_reason_and_who_came_on_one_day(
    engine: Engine,
) -> None:
    write(
        engine,
        [
            passage(
                f"{plate}{day}{camera}", camera=camera, plate=plate, at=T0 + day * DAY + at * MINUTE
            )
            for plate, days in (("1AAA111", (0, 1)), ("1BBB222", (0, 1)), ("1CCC333", (0, 0.01)))
            for day in days
            for camera, at in (("north", 0), ("south", 5))
        ],
    )
    query = CourierQuery(
        EVER, BRUSSELS, HOUR, 2, days=2, is_ordinary=lambda plate, _: plate == "1BBB222"
    )
    with engine.connect() as connection:
        (one,) = find_couriers(connection, query, 9)
    assert (one.plates, one.times, one.days, one.median_s) == (("1AAA111",), 2, 2, 300.0)
    assert [visit.left_at for visit in one.visits] == [T0 + DAY + 5 * MINUTE, T0 + 5 * MINUTE]


@pytest.mark.timeout(600)
@LAW
@given(traffic=TRAFFIC, at_least=st.integers(1, 3))
def test_recurring_is_who_was_at_so_many_scenes(
    engine: Engine, traffic: list[tuple[str, int, str]], at_least: int
) -> None:
    empty(engine)
    passages = drive(traffic)
    write(engine, passages)
    scenes = [
        Scene(Period(T0, T0 + HOUR), ("north",)),
        Scene(Period(T0 + HOUR, T0 + 2 * HOUR), ("south", "markt")),
        Scene(Period(T0, T0 + 4 * HOUR), ("markt",)),
    ]
    with engine.connect() as connection:
        answer = find_recurring(connection, scenes, at_least, 99)
    expected: dict[str, set[int]] = {}
    for number, scene in enumerate(scenes):
        for one in passages:
            if one.camera in scene.cameras and scene.period.since <= one.at < scene.period.until:
                expected.setdefault(fold(one.plate or ""), set()).add(number)
    assert {one.fold: set(one.scenes) for one in answer} == {
        like: numbers for like, numbers in expected.items() if len(numbers) >= at_least
    }
    for found_ in answer:
        assert {spot.scene for spot in found_.spotted} == set(found_.scenes)


@pytest.mark.timeout(600)
@LAW
@given(traffic=TRAFFIC, within=st.integers(0, 20), cameras=st.integers(1, 3))
def test_companions_are_who_was_near_at_so_many_cameras(
    engine: Engine, traffic: list[tuple[str, int, str]], within: int, cameras: int
) -> None:
    empty(engine)
    passages = drive(traffic)
    write(engine, passages)
    leader = fold("1XYZ999")
    query = ConvoyQuery(EVER, leader, within * MINUTE, cameras)
    with engine.connect() as connection:
        answer = {one.fold: one for one in find_companions(connection, query, 99)}
    near: dict[str, set[str]] = {}
    for one, other in combinations(passages, 2):
        for led, beside in ((one, other), (other, one)):
            is_other = fold(led.plate or "") == leader != fold(beside.plate or "")
            is_near = led.camera == beside.camera and abs(led.at - beside.at) <= within * MINUTE
            if is_other and is_near:
                near.setdefault(fold(beside.plate or ""), set()).add(led.camera)
    expected = {like for like, at in near.items() if len(at) >= cameras}
    assert set(answer) == expected
    assert all(answer[like].cameras == len(near[like]) for like in expected)


def test_who_follows_on_every_drive_stands_before_who_commutes_at_the_same_hour(
    engine: Engine,
) -> None:
    days = range(20)
    leader = [
        passage(f"x{day}{at}", camera=at, plate="1XXX111", at=T0 + day * DAY + after * MINUTE)
        for day in days[::4]
        for at, after in (("north", 37 * day), ("markt", 37 * day + 5))
    ]  # fmt: skip
    follower = [
        one.model_copy(
            update={"id": f"f{one.id}", "plate": "1FFF111", "at": one.at + 3 * MINUTE / 60}
        )
        for one in leader
    ]
    commuter = [
        passage(
            f"c{day}{camera}", camera=camera, plate="1CCC111", at=T0 + day * DAY + after * MINUTE
        )
        for day in days
        for camera, after in (("north", 0), ("markt", 5))
    ]
    write(engine, [*leader, *follower, *commuter])
    query = ConvoyQuery(Period(T0, T0 + 20 * DAY), fold("1XXX111"), timedelta(seconds=10), 2)
    with engine.connect() as connection:
        first, second = find_companions(connection, query, 9)
    assert (first.plates, first.together, first.drives) == (("1FFF111",), 5, 5)
    assert (second.plates, second.together) == (("1CCC111",), 1)
    assert first.p < 1e-6 < second.p
    assert first.lift > second.lift


def test_a_drive_in_one_line_of_traffic_is_one_coincidence() -> None:
    minute_us = 60_000_000
    led = [Led(at * minute_us, f"camera-{at}", str(at)) for at in (0, 10, 20, 51, 60)]
    assert drives_of(led) == [0, 0, 0, 1, 1]


@given(chances=st.lists(st.floats(0, 1), max_size=6), successes=st.integers(0, 6))
def test_the_chance_of_so_many_is_that_of_all_ways_to_get_there(
    chances: list[float], successes: int
) -> None:
    total = 0.0
    for outcome in range(2 ** len(chances)):
        won = [bool(outcome >> place & 1) for place in range(len(chances))]
        if sum(won) >= successes:
            likely = 1.0
            for is_won, chance in zip(won, chances, strict=True):
                likely *= chance if is_won else 1 - chance
            total += likely
    assert at_least(successes, chances) == pytest.approx(total)


def test_habits_count_places_days_and_local_hours(engine: Engine) -> None:
    write(
        engine,
        [
            passage("a", at=T0),
            passage("b", at=T0 + DAY, camera="markt"),
            passage("c", at=T0 + DAY + MINUTE, camera="markt", plate="1A8C234"),
            passage("d", plate="1ZZZ999"),
        ],
    )
    with engine.connect() as connection:
        habits = find_habits(connection, EVER, fold("1ABC234"), BRUSSELS)
    assert (habits.passages, habits.days) == (3, 2)
    assert (habits.first_at, habits.last_at) == (T0, T0 + DAY + MINUTE)
    assert habits.cameras == (("markt", 2), ("north", 1))
    assert habits.plates == ("1ABC234", "1A8C234")
    assert (habits.hours[0][9], habits.hours[1][9], sum(map(sum, habits.hours))) == (1, 2, 3)
