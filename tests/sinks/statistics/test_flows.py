"""Flows over the border: who is paired, by which day, and what is told of few."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from anpr.events import Passage
from anpr.time import to_us
from sinks.statistics.flows import FlowRoller, Sighting, Trip, trips_of
from sinks.statistics.rolling import roll
from sinks.statistics.telling import Flow, find_balance, find_flows, find_through
from sinks.store.questions import Period
from sinks.store.schema import dirty_windows
from sinks.store.traffic import flows
from sinks.store.visits import Way
from sinks.store.windows import FLOWS, PASSED
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0, passage, seconds, site

BORDER = site(
    cameras=[
        {"id": "west-in", "lat": 51.0, "lon": 4.0, "direction": "in"},
        {"id": "west-out", "lat": 51.0, "lon": 4.0, "direction": "out"},
        {"id": "east", "lat": 51.0, "lon": 4.1, "direction": "in"},
        {"id": "markt", "lat": 51.0, "lon": 4.05},
    ]
)
DAY = Period(T0 - timedelta(days=1), T0 + timedelta(days=1))


def drive(plate: str, *stops: tuple[str, float], at: datetime = T0) -> list[Passage]:
    """See a vehicle at cameras, so many seconds later; `east` sees those who leave from behind."""
    return [
        passage(f"{plate}/{camera}/{after}", plate=plate, camera=camera.removesuffix("-out!"),
                direction="receding" if camera.endswith("-out!") else "approaching",
                at=at + seconds(after))
        for camera, after in stops
    ]  # fmt: skip


def written(engine: Engine, *passages: Sequence[Passage]) -> None:
    StoreWriter(engine, lambda: T0).write([one for some in passages for one in some], [])


def told(engine: Engine) -> dict[tuple[str | None, str | None, str], int | None]:
    with engine.connect() as connection:
        return {_key(one): one.count for one in find_flows(connection, DAY)}


def _key(one: Flow) -> tuple[str | None, str | None, str]:
    return one.origin, one.destination, f"{one.start:%H:%M}"


def days_marked(engine: Engine) -> Sequence[Any]:
    of = dirty_windows.c
    with engine.connect() as connection:
        return connection.execute(
            select(of.id, of.start_us).where(of.kind == FLOWS).order_by(of.id)
        ).all()


def sighting(who: str, camera: str, at_us: int, way: Way) -> Sighting:
    return Sighting(at_us, who.encode(), camera, way)


def test_an_exit_pairs_with_the_entry_just_before_it() -> None:
    seen = [
        sighting("a", "west", 0, Way.IN), sighting("b", "east", 1, Way.IN),
        sighting("a", "west", 2, Way.IN), sighting("a", "east", 3, Way.OUT),
        sighting("c", "west", 4, Way.OUT),
    ]  # fmt: skip
    assert list(trips_of(seen)) == [
        Trip("west", "", 0, 0), Trip("west", "east", 2, 3), Trip("", "west", 4, 4),
        Trip("east", "", 1, 1),
    ]  # fmt: skip


def test_flows_are_counted_by_ends_and_by_the_hour_they_began(engine: Engine) -> None:
    written(
        engine,
        *(drive(f"1AAA00{n}", ("west-in", 3590), ("east-out!", 3700)) for n in range(6)),
        *(drive(f"1BBB00{n}", ("east", 10), ("west-out", 4000)) for n in range(7)),
        drive("1CCC001", ("markt", 5)),
    )
    FlowRoller(engine, BORDER).roll()

    assert told(engine) == {("west-in", "east", "08:00"): 6, ("east", "west-out", "08:00"): 7}


def test_fewer_than_k_are_not_told_nor_what_gives_them_away(engine: Engine) -> None:
    written(
        engine,
        *(drive(f"1AAA00{n}", ("west-in", n), ("east-out!", 300)) for n in range(4)),
        *(drive(f"1BBB00{n}", ("west-in", n)) for n in range(9)),
    )
    FlowRoller(engine, BORDER).roll()

    assert told(engine) == {
        ("west-in", "east", "08:00"): None,
        ("west-in", None, "08:00"): None,
        (None, "east", "08:00"): None,
    }


def test_plates_that_look_alike_are_one_vehicle(engine: Engine) -> None:
    for n in range(5):
        written(engine, drive(f"1O{n}AAA", ("west-in", n)), drive(f"10{n}AAA", ("east-out!", 60)))
    FlowRoller(engine, BORDER).roll()

    assert told(engine) == {("west-in", "east", "08:00"): 5}


def test_a_late_passage_corrects_the_day(engine: Engine) -> None:
    written(engine, *(drive(f"1AAA00{n}", ("west-in", n), ("east-out!", 300)) for n in range(5)))
    roller = FlowRoller(engine, BORDER)
    roller.roll()
    written(engine, drive("1ZZZ999", ("west-in", 40), ("east-out!", 200)))
    roller.roll()

    assert told(engine) == {("west-in", "east", "08:00"): 6}
    assert roller.roll() == 0


def test_a_trip_over_local_midnight_is_lost(engine: Engine) -> None:
    midnight = datetime(2026, 3, 1, 23, tzinfo=UTC)
    for n in range(5):
        written(engine, drive(f"1AAA00{n}", ("west-in", -60), ("east-out!", 60), at=midnight))
    FlowRoller(engine, BORDER).roll()

    assert told(engine) == {("west-in", None, "22:00"): 5, (None, "east", "23:00"): 5}


def test_a_site_says_how_many_hours_a_table_covers(engine: Engine) -> None:
    written(engine, *(drive(f"1AAA00{n}", ("west-in", n * 3600)) for n in range(5)))
    daily = BORDER.model_copy(
        update={"statistics": BORDER.statistics.model_copy(update={"flow_hours": 24})}
    )
    FlowRoller(engine, daily).roll()

    assert told(engine) == {("west-in", None, "23:00"): 5}


def test_what_only_drives_through_is_a_share_of_who_comes_in(engine: Engine) -> None:
    written(
        engine,
        *(drive(f"1AAA00{n}", ("west-in", 0), ("east-out!", 900)) for n in range(5)),
        *(drive(f"1BBB00{n}", ("west-in", 0), ("east-out!", 901)) for n in range(5)),
        *(drive(f"1CCC00{n}", ("east", 0)) for n in range(10)),
    )
    FlowRoller(engine, BORDER).roll()

    with engine.connect() as connection:
        (one,) = find_through(connection, DAY)
    assert (one.entered, one.through, one.share) == (20, 5, 0.25)


@pytest.mark.parametrize("others", [1, 4])
def test_a_share_is_not_told_where_it_or_the_rest_is_few(engine: Engine, others: int) -> None:
    written(
        engine,
        *(drive(f"1AAA00{n}", ("west-in", 0), ("east-out!", 100)) for n in range(9)),
        *(drive(f"1CCC00{n}", ("east", 0)) for n in range(others)),
    )
    FlowRoller(engine, BORDER).roll()

    with engine.connect() as connection:
        (one,) = find_through(connection, DAY)
    assert (one.entered, one.through, one.share) == (9 + others, None, None)


def test_no_plate_and_no_pseudonym_is_kept(engine: Engine) -> None:
    written(engine, drive("1AAA001", ("west-in", 0), ("east-out!", 100)))
    FlowRoller(engine, BORDER).roll()

    with engine.connect() as connection:
        kept = {str(value) for row in connection.execute(select(flows)) for value in row}
    assert {name for name in kept if not name.isdigit()} == {"west-in", "east", "", "None"}


def test_a_roll_that_was_cut_short_is_finished_by_the_next(engine: Engine) -> None:
    written(engine, *(drive(f"1AAA00{n}", ("west-in", n)) for n in range(5)))
    first = FlowRoller(engine, BORDER)
    first._roll_hours(lambda _: None)  # ends before the days are computed
    with engine.connect() as connection:
        kinds = set(connection.scalars(select(dirty_windows.c.kind)))
    assert FLOWS in kinds
    assert PASSED not in kinds

    assert FlowRoller(engine, BORDER).roll() == 1
    assert told(engine) == {("west-in", None, "08:00"): 5}


def test_an_older_reading_is_not_written_over_a_younger_one(engine: Engine) -> None:
    """One who reads is overtaken by one who marks the day anew, reads more, and writes first."""
    slow, quick = FlowRoller(engine, BORDER), FlowRoller(engine, BORDER)
    written(engine, *(drive(f"1AAA00{n}", ("west-in", n)) for n in range(5)))
    slow._roll_hours(lambda _: None)
    (mark,) = days_marked(engine)

    written(engine, *(drive(f"1BBB00{n}", ("west-in", n)) for n in range(5)))
    quick.roll()
    slow._compute(mark.start_us, [mark.id])

    assert told(engine) == {("west-in", None, "08:00"): 10}


def test_a_day_of_which_another_took_some_marks_is_left_to_the_next(engine: Engine) -> None:
    """Who read after the first mark may have read more than who read after both."""
    written(engine, *(drive(f"1AAA00{n}", ("west-in", n)) for n in range(5)))
    one = FlowRoller(engine, BORDER)
    one._roll_hours(lambda _: None)
    written(engine, *(drive(f"1BBB00{n}", ("west-in", n)) for n in range(5)))
    one._roll_hours(lambda _: None)
    first, second = days_marked(engine)

    one._compute(first.start_us, [first.id])
    one._compute(first.start_us, [first.id, second.id])
    assert [mark.id for mark in days_marked(engine)] == [second.id]

    assert one.roll() == 1
    assert told(engine) == {("west-in", None, "08:00"): 10}


def test_a_day_that_is_marked_anew_while_it_is_read_is_read_again(engine: Engine) -> None:
    written(engine, *(drive(f"1AAA00{n}", ("west-in", n)) for n in range(5)))
    one, other = FlowRoller(engine, BORDER), FlowRoller(engine, BORDER)
    one._roll_hours(lambda _: None)
    (old,) = days_marked(engine)
    written(engine, *(drive(f"1BBB00{n}", ("west-in", n)) for n in range(5)))
    other._roll_hours(lambda _: None)  # and is cut short

    one._compute(old.start_us, [old.id])

    assert len(days_marked(engine)) == 1
    assert one.roll() == 1
    assert told(engine) == {("west-in", None, "08:00"): 10}


def test_the_balance_counts_unread_plates_too(engine: Engine) -> None:
    written(
        engine,
        drive("1AAA001", ("west-in", 0), ("east-out!", 100)),
        [passage("x", plate=None, camera="east", direction="approaching")],
    )
    roll(engine)

    with engine.connect() as connection:
        (one,) = find_balance(connection, BORDER, DAY)
    assert (one.entering, one.leaving, one.balance) == (2, 1, 1)
    assert to_us(one.start) == to_us(T0)
