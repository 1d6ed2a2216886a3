"""The analyses over what is stored: withdrawn and unread passages count for nothing."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from anpr.events import Passage
from anpr.sites import Site
from sinks.analysis.figures import find_captures, find_dark, find_drifts, find_inversions
from sinks.analysis.seen import seen_in
from sinks.statistics.rolling import roll
from sinks.store.questions import Period
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0, camera_state, passage, seconds, site
from tests.sinks.conftest import Clock

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

ZONE: Site = site(
    lines=[{"id": "n177", "cameras": ["north", "markt", "south"]}],
    overtaking=[{"id": "n177", "entry": ["north"], "exit": ["south"]}],
)


def drive(name: str, plate: str, *stops: tuple[str, float], **known: Any) -> list[Passage]:
    return [
        passage(f"{name}/{camera}", plate=plate, camera=camera, at=T0 + seconds(at_s),
                confidence=0.99, vehicle={"class": "truck"}, **known)
        for camera, at_s in stops
    ]  # fmt: skip


def test_passages_are_seen_by_plate_and_time(engine: Engine, clock: Clock) -> None:
    unread = passage("unread", plate=None)
    gone = passage("gone", plate="1GON000", withdrawn=True, revision=2)
    StoreWriter(engine, clock).write(
        [*drive("b", "2BBB222", ("south", 60), ("north", 0)), *drive("a", "1AAA111", ("north", 5)),
         unread, gone], []
    )  # fmt: skip
    with engine.connect() as connection:
        seen = seen_in(connection, Period(T0, T0 + HOUR))
        south = seen_in(connection, Period(T0, T0 + HOUR), ["south"])
    assert [(one.plate, one.camera) for one in seen] == [
        ("1AAA111", "north"), ("2BBB222", "north"), ("2BBB222", "south"),
    ]  # fmt: skip
    assert [one.camera for one in south] == ["south"]


def test_a_passage_without_its_cameras_time_is_seen_as_such(engine: Engine, clock: Clock) -> None:
    by_receipt = drive("a", "1AAA111", ("north", 5), time_source="receipt")
    StoreWriter(engine, clock).write([*by_receipt, *drive("b", "2BBB222", ("north", 0))], [])
    with engine.connect() as connection:
        seen = seen_in(connection, Period(T0, T0 + HOUR))
    assert [(one.plate, one.is_timed) for one in seen] == [("1AAA111", False), ("2BBB222", True)]


def test_overtaking_and_capture_are_told_without_a_plate(engine: Engine, clock: Clock) -> None:
    StoreWriter(engine, clock).write(
        [*drive("slow", "1SLW001", ("north", 0), ("markt", 60), ("south", 130)),
         *drive("fast", "1FST001", ("north", 10), ("south", 120))], []
    )  # fmt: skip
    with engine.connect() as connection:
        (one,) = find_inversions(connection, ZONE, Period(T0, T0 + HOUR))
        gates = find_captures(connection, ZONE, Period(T0, T0 + HOUR))
    assert (one.verdict, one.reason) == ("overtaking", "inversion")
    assert "1SLW001" not in one.model_dump_json() + "".join(map(str, gates))
    middle = gates[1]
    assert middle.captured is not None
    assert (middle.gate, middle.captured.n, middle.captured.share) == ("markt", 2, 0.5)


def test_dark_times_join_what_a_camera_said_and_what_its_silence_says(
    engine: Engine, clock: Clock
) -> None:
    writer = StoreWriter(engine, clock)
    busy = [
        passage(f"n{day}/{minute}", camera="north", at=T0 - day * DAY + seconds(60 * minute))
        for day in range(8)
        for minute in range(0, 180, 2)
        if day or minute not in range(60, 120)
    ]
    states = [
        camera_state("down", camera="south", state="down", at=T0 + HOUR, since=T0 + HOUR),
        camera_state("up", camera="south", state="up", at=T0 + 2 * HOUR, since=T0 + 2 * HOUR),
    ]
    writer.write(busy, states)
    roll(engine)
    with engine.connect() as connection:
        dark = find_dark(connection, ZONE, Period(T0, T0 + 9 * HOUR), T0 + 3 * HOUR)
    told = [(one.camera, one.why, one.since, one.until) for one in dark]
    assert ("south", "down", T0 + HOUR, T0 + 2 * HOUR) in told
    (silent,) = [one for one in dark if one.camera == "north"]
    assert (silent.why, silent.since, silent.until) == (
        "silence", T0 + seconds(58 * 60), T0 + seconds(120 * 60),
    )  # fmt: skip
    assert silent.expected is not None
    assert 25 <= silent.expected <= 35


def test_clocks_are_compared_with_the_week_before(engine: Engine, clock: Clock) -> None:
    driven = [
        one
        for day in range(8)
        for number in range(30)
        for one in drive(
            f"{day}/{number}", f"1D{day}{number:04}",
            ("north", number * 100 - day * 86_400),
            ("markt", number * 100 - day * 86_400 + 60 + number % 3 + (0 if day else 20)),
            ("south", number * 100 - day * 86_400 + 120 + number % 5),
        )
    ]  # fmt: skip
    StoreWriter(engine, clock).write(driven, [])
    with engine.connect() as connection:
        drifts = find_drifts(connection, Period(T0, T0 + HOUR * 24))
    (sure,) = [one for one in drifts.cameras if one.is_sure]
    assert (sure.camera, sure.pairs) == ("markt", 2)
    assert 19 <= sure.drift_s <= 21
