"""Statistics follow the rows: late, revised and withdrawn ones too, until their windows freeze."""

from collections import Counter
from datetime import datetime
from itertools import islice
from statistics import median
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, func, select

from anpr.events import Passage, Vehicle
from anpr.time import to_us
from sinks.statistics.computing import SECTION, travel_time
from sinks.statistics.flows import FlowRoller
from sinks.statistics.rolling import BATCH, freeze, mark_period, roll
from sinks.store.engine import writing
from sinks.store.questions import Period
from sinks.store.schema import counts, dirty_windows, travel_times
from sinks.store.traffic import compliance, speeds
from sinks.store.windows import COUNT, TRAVEL, start_of
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0, access, passage, seconds, site, transit
from tests.sinks.databases import empty

CAR = Vehicle.model_validate({"class": "car"})


def write(engine: Engine, *values: Any) -> None:
    kept = [one for one in values if isinstance(one, Passage)]
    StoreWriter(engine, lambda: T0).write(
        kept, [one for one in values if not isinstance(one, Passage)]
    )


def counted(engine: Engine) -> dict[tuple[str | int, ...], int]:
    with engine.connect() as connection:
        rows = connection.execute(select(counts)).mappings().all()
    return {
        (row["camera"], row["lane"], row["class"], row["start_us"]): row["count"] for row in rows
    }


def travelled(engine: Engine) -> list[tuple[str, int, int, float, float]]:
    with engine.connect() as connection:
        rows = connection.execute(select(travel_times)).all()
    return [(row.section, row.start_us, row.n, row.median_s, row.p85_s) for row in rows]


def at(moment: datetime) -> int:
    return to_us(moment)


def test_passages_are_counted_per_camera_lane_class_and_five_minutes(engine: Engine) -> None:
    write(
        engine,
        passage("a", lane=1, vehicle=CAR),
        passage("b", lane=1, vehicle=CAR, at=T0 + seconds(299.999999)),
        passage("c", lane=2, vehicle=CAR),
        passage("d", lane=1, vehicle=CAR, at=T0 + seconds(300)),
        passage("e", camera="south"),
    )

    assert roll(engine) == 3

    assert counted(engine) == {
        ("north", 1, "car", at(T0)): 2,
        ("north", 2, "car", at(T0)): 1,
        ("north", 1, "car", at(T0 + seconds(300))): 1,
        ("south", -1, "unknown", at(T0)): 1,
    }


def test_passages_are_counted_by_direction(engine: Engine) -> None:
    ways = ("approaching", "approaching", "receding")
    write(engine, *(passage(str(n), direction=way) for n, way in enumerate(ways)))
    roll(engine)

    with engine.connect() as connection:
        rows = connection.execute(select(counts.c.direction, counts.c["count"])).all()
    assert sorted(map(tuple, rows)) == [("approaching", 2), ("receding", 1)]


def test_an_unread_passage_counts(engine: Engine) -> None:
    write(engine, passage(plate=None))
    roll(engine)

    assert sum(counted(engine).values()) == 1


def test_a_late_passage_is_added_to_its_window(engine: Engine) -> None:
    write(engine, passage("a"))
    roll(engine)

    write(engine, passage("b", late=True))
    roll(engine)

    assert list(counted(engine).values()) == [2]


def test_a_withdrawn_passage_no_longer_counts(engine: Engine) -> None:
    write(engine, passage("a"))
    roll(engine)

    write(engine, passage("a", withdrawn=True, revision=2))
    roll(engine)

    assert counted(engine) == {}


def test_a_passage_that_moves_leaves_its_old_window(engine: Engine) -> None:
    write(engine, passage("a"))
    roll(engine)

    write(engine, passage("a", revision=2, at=T0 - seconds(1)))
    roll(engine)

    assert [key[3] for key in counted(engine)] == [at(T0 - seconds(300))]


def test_nothing_is_rolled_where_nothing_changed(engine: Engine) -> None:
    write(engine, passage())
    roll(engine)
    write(engine, passage())

    assert roll(engine) == 0


def test_a_window_is_computed_once_however_often_it_is_marked(engine: Engine) -> None:
    write(engine, passage("a"))
    write(engine, passage("b"))

    with engine.connect() as connection:
        marks = select(dirty_windows).where(dirty_windows.c.kind == COUNT)
        assert len(connection.execute(marks).all()) == 2
    assert [roll(engine), roll(engine)] == [1, 0]
    assert list(counted(engine).values()) == [2]


def test_more_windows_than_one_batch_are_all_rolled(engine: Engine) -> None:
    write(engine, *(passage(str(n), at=T0 + seconds(300 * n)) for n in range(2 * BATCH + 1)))

    assert roll(engine) == 2 * BATCH + 1
    assert len(counted(engine)) == 2 * BATCH + 1


def test_a_roll_ends_however_much_comes_meanwhile(engine: Engine) -> None:
    fresh = (passage(str(n), at=T0 + seconds(300 * n)) for n in range(4 * BATCH))
    write(engine, *islice(fresh, BATCH))

    assert roll(engine, done=lambda _: write(engine, *islice(fresh, BATCH))) == BATCH
    assert roll(engine) == 2 * BATCH


def test_travel_times_are_summed_up_where_vehicles_left_the_section(engine: Engine) -> None:
    write(engine, *(transit(str(n), duration_s=float(n)) for n in (10, 20, 30)))
    roll(engine)

    ((section, start_us, n, median_s, p85_s),) = travelled(engine)
    assert (section, start_us, n, median_s) == ("n177", at(T0), 3, 20.0)
    assert p85_s == pytest.approx(27.0)


@pytest.mark.parametrize(
    "reason", ["receipt_time", "ambiguous_entry", "ambiguous_exit", "implausible_speed"]
)
def test_a_doubtful_pair_is_no_travel_time(engine: Engine, reason: str) -> None:
    write(engine, transit(verdict="cancelled", reason=reason))
    roll(engine)

    assert travelled(engine) == []


@pytest.mark.parametrize("reason", ["low_confidence", "look_alike"])
def test_a_pair_cancelled_for_how_its_plate_was_read_is_a_travel_time(
    engine: Engine, reason: str
) -> None:
    write(engine, transit(verdict="cancelled", reason=reason))
    roll(engine)

    assert len(travelled(engine)) == 1


def test_how_many_travel_times_are_of_look_alikes_is_kept(engine: Engine) -> None:
    write(engine, transit("a"), transit("b", verdict="cancelled", reason="look_alike"))
    roll(engine)

    with engine.connect() as connection:
        row = connection.execute(select(travel_times)).one()
    assert (row.n, row.fuzzy) == (2, 1)


@pytest.mark.parametrize(("measured_kmh", "told"), [(299.9, 2), (300.0, 2), (300.1, 1)])
def test_a_look_alike_faster_than_anybody_drives_is_another_vehicle(
    engine: Engine, measured_kmh: float, told: int
) -> None:
    doubted = transit("b", verdict="cancelled", reason="look_alike", duration_s=9.0)
    write(engine, transit("a"), doubted.model_copy(update={"measured_kmh": measured_kmh}))
    roll(engine)
    FlowRoller(engine, site()).roll()

    with engine.connect() as connection:
        assert connection.execute(select(travel_times.c.n)).scalar_one() == told
        of_section = select(func.sum(speeds.c.count)).where(speeds.c.kind == SECTION)
        assert connection.execute(of_section).scalar_one() == told


def test_speeds_are_sorted_by_hour_at_cameras_and_on_sections(engine: Engine) -> None:
    fast = [passage(str(n), speed_kmh=speed) for n, speed in enumerate((49.9, 50.0, 51.2))]
    later = passage("later", speed_kmh=30.0, at=T0 + seconds(3599.999999))
    write(engine, *fast, later, passage("no speed"), transit(measured_kmh=74.4))
    FlowRoller(engine, site()).roll()

    with engine.connect() as connection:
        rows = connection.execute(select(speeds).order_by(speeds.c.kind, speeds.c.from_kmh))
        told = [
            (row["kind"], row["subject"], row["from_kmh"], row["count"], round(row["sum_kmh"], 1))
            for row in rows.mappings()
        ]
    assert told == [
        ("camera", "north", 30, 1, 30.0), ("camera", "north", 40, 1, 49.9),
        ("camera", "north", 50, 2, 101.2), ("section", "n177", 70, 1, 74.4),
    ]  # fmt: skip


def test_decisions_at_gates_are_counted_by_hour(engine: Engine) -> None:
    write(engine, access("a"), access("b"), access("c", decision="deny"),
          access("d", decision="deny", revision=2, withdrawn=True))  # fmt: skip
    FlowRoller(engine, site()).roll()

    with engine.connect() as connection:
        rows = connection.execute(select(compliance)).mappings().all()
    told = {(row["zone"], row["gate"], row["decision"]): row["count"] for row in rows}
    assert told == {("centre", "markt", "allow"): 2, ("centre", "markt", "deny"): 1}


def test_a_period_marked_is_computed_anew(engine: Engine) -> None:
    write(engine, passage("a"), passage("b", at=T0 + seconds(300)), transit(), access())
    roll(engine)
    FlowRoller(engine, site()).roll()
    with writing(engine) as connection:
        for table in (counts, travel_times, speeds, compliance):
            connection.execute(delete(table))

    marked = mark_period(engine, Period(T0, T0 + seconds(3600)))
    rolled: list[int] = []
    total = roll(engine, rolled.append) + FlowRoller(engine, site()).roll(rolled.append)

    assert marked == sum(rolled) == total == 6
    assert sum(counted(engine).values()) == 2
    assert len(travelled(engine)) == 1


def test_a_withdrawn_transit_is_no_travel_time_any_more(engine: Engine) -> None:
    write(engine, transit())
    roll(engine)
    write(engine, transit(revision=3, withdrawn=True))
    roll(engine)

    assert travelled(engine) == []


@given(st.lists(st.floats(0.1, 1e5), min_size=1, max_size=30))
def test_the_median_is_no_more_than_the_85th_percentile(durations_s: list[float]) -> None:
    median_s, p85_s = travel_time(durations_s)

    assert median_s == median(durations_s)
    assert min(durations_s) <= median_s
    assert p85_s <= max(durations_s) * (1 + 1e-12)


def test_a_frozen_window_is_never_computed_again(engine: Engine) -> None:
    write(engine, passage("a"), passage("b", at=T0 + seconds(300)), transit())
    freeze(engine, COUNT, to_us(T0 + seconds(1)))
    roll(engine)

    write(engine, passage("c"), passage("d", at=T0 + seconds(301)), transit("t"))
    roll(engine)

    assert counted(engine) == {
        ("north", -1, "unknown", at(T0)): 1,
        ("north", -1, "unknown", at(T0 + seconds(300))): 2,
    }
    assert travelled(engine)[0][2] == 2


def test_what_is_frozen_stays_frozen_when_the_term_gets_longer(engine: Engine) -> None:
    freeze(engine, TRAVEL, to_us(T0 + seconds(1)))
    freeze(engine, TRAVEL, to_us(T0 - seconds(900)))
    write(engine, transit())
    roll(engine)

    assert travelled(engine) == []


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # it is emptied each time
)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.integers(1, 4), st.booleans(), st.booleans()),
        max_size=15,
    )
)
def test_rolling_now_and_then_gives_what_counting_at_the_end_gives(
    engine: Engine, steps: list[tuple[str, int, bool, bool]]
) -> None:
    empty(engine)
    live: dict[str, tuple[int, bool, int]] = {}
    for name, revision, withdrawn, is_rolled in steps:
        moment = T0 + seconds(200 * revision)
        write(engine, passage(name, revision=revision, withdrawn=withdrawn, at=moment))
        version = (revision, not withdrawn, start_of(to_us(moment)))
        live[name] = max(version, live.get(name, version))
        if is_rolled:
            roll(engine)
    roll(engine)

    expected = Counter(start for _, is_live, start in live.values() if is_live)
    assert {key[3]: number for key, number in counted(engine).items()} == dict(expected)
    with engine.connect() as connection:
        left = select(dirty_windows).where(dirty_windows.c.kind == COUNT)
        assert connection.execute(left).all() == []
