"""Published tables: each once, when complete, and two of them tell no more than one."""

import csv
import io
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from anpr.events import Passage
from anpr.sites import Site
from anpr.time import to_us
from sinks.statistics.computing import STEPS_KMH
from sinks.statistics.few import told_speeds
from sinks.statistics.flows import FlowRoller
from sinks.statistics.formats import to_csv, to_json, to_parquet
from sinks.statistics.publishing import may_follow, publish
from sinks.statistics.register import Edition, find_published
from sinks.statistics.rolling import roll
from sinks.statistics.suppression import hidden_in
from sinks.statistics.tables import ALL, TABLES, told_rows
from sinks.store.questions import Period
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0, access, passage, seconds, transit
from tests.sinks.statistics.test_flows import BORDER, drive
from tests.sinks.statistics.test_suppression import possible_lines

K = 5
HOUR = seconds(3600)
DAY = Period(T0 - timedelta(days=1), T0 + timedelta(days=1))
COMPLETE = T0 + HOUR + seconds(BORDER.site.lateness_s)
LATER = T0 + timedelta(days=3)


def cars(number: int, kind: str = "car", since: int = 0) -> list[Passage]:
    return [
        passage(f"{kind}/{n}", camera="markt", plate=f"1{kind[:3].upper()}{n:03}",
                at=T0 + seconds(n % 3600), vehicle={"class": kind})
        for n in range(since, since + number)
    ]  # fmt: skip


def write(engine: Engine, passages: list[Passage], events: Any = ()) -> None:
    StoreWriter(engine, lambda: T0).write(passages, list(events))
    roll(engine)
    FlowRoller(engine, BORDER).roll()


def told(edition: Edition, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in edition.rows]


def test_a_table_appears_when_its_lateness_has_passed(engine: Engine) -> None:
    write(engine, cars(6))

    assert publish(engine, BORDER, "counts", DAY, COMPLETE - timedelta(microseconds=1)) == []
    (edition,) = publish(engine, BORDER, "counts", DAY, COMPLETE)
    assert (edition.start, edition.end, edition.edition) == (T0, T0 + HOUR, 1)


def test_flows_appear_when_the_day_is_over_for_journeys_go_on(engine: Engine) -> None:
    write(engine, [one for n in range(5) for one in drive(f"1AAA00{n}", ("west-in", n))])
    midnight = T0 + timedelta(hours=15)  # 23:00 UTC is midnight in Brussels

    assert publish(engine, BORDER, "flows", DAY, midnight + seconds(3599)) == []
    (edition,) = publish(engine, BORDER, "flows", DAY, midnight + seconds(3600))
    assert told(edition, "origin", "destination", "count") == [("west-in", None, 5)]


def test_few_are_not_told_nor_what_gives_them_away(engine: Engine) -> None:
    write(engine, [*cars(60), *cars(12, "van"), *cars(2, "truck")])
    (edition,) = publish(engine, BORDER, "counts", DAY, LATER)
    assert told(edition, "class", "count") == [
        (ALL, 74), ("car", 60), ("van", None), ("truck", None),
    ]  # fmt: skip


def test_a_camera_that_saw_fewer_than_k_is_named_without_a_number(engine: Engine) -> None:
    write(engine, cars(4))
    (edition,) = publish(engine, BORDER, "counts", DAY, LATER)
    assert edition.rows == ({"camera": "markt", "class": ALL, "count": None},)


@pytest.mark.parametrize(("late", "editions"), [(1, 1), (4, 1), (5, 2)])
def test_a_published_table_is_corrected_from_k_vehicles_on(
    engine: Engine, late: int, editions: int
) -> None:
    write(engine, cars(60))
    (before,) = publish(engine, BORDER, "counts", DAY, COMPLETE)
    write(engine, cars(late, since=60))
    (after,) = publish(engine, BORDER, "counts", DAY, LATER)

    assert after.edition == editions
    assert after.rows[0]["count"] == 60 + (late if editions == 2 else 0)
    if editions == 1:
        assert after == before


def test_an_edition_is_held_against_all_before_it(engine: Engine) -> None:
    write(engine, cars(60))
    publish(engine, BORDER, "counts", DAY, COMPLETE)
    write(engine, cars(6, since=60))
    publish(engine, BORDER, "counts", DAY, LATER)
    gone = [one.model_copy(update={"withdrawn": True, "revision": 2}) for one in cars(5, since=60)]
    write(engine, gone)
    (edition,) = publish(engine, BORDER, "counts", DAY, LATER)

    assert (edition.edition, edition.rows[0]["count"]) == (2, 66), "61 would be one more than 60"


def test_what_was_published_stays_when_its_rows_are_gone(engine: Engine) -> None:
    write(engine, cars(60))
    (before,) = publish(engine, BORDER, "counts", DAY, LATER)
    write(engine, [one.model_copy(update={"withdrawn": True, "revision": 2}) for one in cars(60)])

    assert publish(engine, BORDER, "counts", DAY, LATER) == [before]
    with engine.connect() as connection:
        assert find_published(connection, "counts", DAY) == [before]


def test_travel_times_are_published_by_the_hour(engine: Engine) -> None:
    driven = [transit(str(n), duration_s=60.0 + n, at=T0 + seconds(700 * n)) for n in range(5)]
    write(engine, [], driven)
    (edition,) = publish(engine, BORDER, "travel-times", DAY, LATER)
    assert edition.rows == (
        {"section": "n177", "count": 5, "median_s": 62, "p85_s": 63, "fuzzy_share": 0.0},
    )


def test_speeds_and_decisions_are_published_with_their_totals(engine: Engine) -> None:
    fast = [one.model_copy(update={"speed_kmh": 45.0 + n}) for n, one in enumerate(cars(11))]
    decided = [access(str(n), decision="allow" if n < 8 else "deny") for n in range(11)]
    write(engine, fast, decided)
    (speeds,) = publish(engine, BORDER, "speeds", DAY, LATER)
    (gates,) = publish(engine, BORDER, "compliance", DAY, LATER)
    assert told(speeds, "from_kmh", "count", "mean_kmh") == [
        (ALL, 11, 50.0), ("40", 5, None), ("50", 6, None),
    ]  # fmt: skip
    assert told(gates, "decision", "count") == [(ALL, 11), ("allow", None), ("deny", None)]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.integers(0, 9), min_size=2, max_size=4),
    st.lists(st.sampled_from([0, 0, 0, 1, -1, 5, 6, -5]), min_size=4, max_size=4),
)
@example([2, 9, 9], [1, -1, 5, 0])
@example([1, 5, 6], [1, 0, 5, 0])
def test_subtracting_two_editions_tells_of_no_single_vehicle(
    classes: list[int], changes: list[int]
) -> None:
    """The attacker has both editions with their totals, and goes through all that they allow."""
    after = [max(one + change, 0) for one, change in zip(classes, changes, strict=False)]
    old, new = (np.array(line, dtype=np.int64) for line in (classes, after))
    first, second = (list(told_rows(TABLES["counts"], lines(line), K)) for line in (old, new))
    if min(old.sum(), new.sum()) < K or not may_follow(TABLES["counts"], first, second, K):
        return  # there is no second edition to subtract
    before, then = (possible_lines(line, hidden_in(line, K)) for line in (old, new))
    for at in np.flatnonzero((np.abs(new - old) > 0) & (np.abs(new - old) < K)):
        differences = {int(b - a) for a in before[:, at] for b in then[:, at]}
        assert len(differences) > 1


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 7), min_size=3, max_size=4),
    st.lists(st.floats(0.0, 9.9), min_size=4, max_size=4),
)
@example([5, 0, 0, 1], [5.0, 5.0, 5.0, 5.0])
def test_a_mean_speed_tells_no_more_of_hidden_classes_than_their_sum(
    vehicles: list[int], within: list[float]
) -> None:
    """The attacker knows the total, what is told of each class, and that each lies in its class."""
    every = [*vehicles, *[0] * (len(STEPS_KMH) - len(vehicles))]
    sum_kmh = sum((s + w) * n for s, w, n in zip(STEPS_KMH, within, vehicles, strict=False))
    if sum(vehicles) < K:
        return
    _, told = told_speeds(sum_kmh, every, K)
    if not told:
        return
    line = np.array(vehicles, dtype=np.int64)
    possible = possible_lines(line, np.array([one is None for one in told[: len(vehicles)]]))
    lowest = possible @ np.array(STEPS_KMH[: len(vehicles)])
    rounding = 0.06 * line.sum()
    fits = (lowest <= sum_kmh + rounding) & (sum_kmh <= lowest + 10 * line.sum() + rounding)
    for at in np.flatnonzero((line > 0) & (line < K)):
        near = {n for n in set(possible[:, at]) if abs(n - line[at]) < K}
        assert set(possible[fits][:, at]) >= near


def test_how_many_plates_only_look_alike_is_not_told_of_few(engine: Engine) -> None:
    driven = [
        transit(str(n), at=T0 + seconds(600 * n), **doubt)
        for n in range(6)
        for doubt in ({"verdict": "cancelled", "reason": "look_alike"} if n == 0 else {},)
    ]
    write(engine, [], driven)
    (edition,) = publish(engine, BORDER, "travel-times", DAY, LATER)
    assert told(edition, "count", "fuzzy_share") == [(6, None)]


def lines(classes: Any) -> list[dict[str, Any]]:
    parts = [{"camera": "a", "class": str(n), "count": int(one)} for n, one in enumerate(classes)]
    return [{"camera": "a", "class": ALL, "count": int(classes.sum())}, *parts]


def test_tables_of_one_kind_never_overlap(engine: Engine) -> None:
    many = [
        one.model_copy(update={"id": f"{one.id}/{n}", "at": one.at + n * HOUR})
        for one in cars(6)
        for n in range(4)
    ]
    write(engine, many)
    for since, until in ((0, 4), (0, 1), (1, 3)):
        publish(engine, BORDER, "counts", Period(T0 + since * HOUR, T0 + until * HOUR), LATER)
    editions = publish(engine, BORDER, "counts", DAY, LATER)
    assert [(one.start, one.end) for one in editions] == [
        (T0 + n * HOUR, T0 + (n + 1) * HOUR) for n in range(4)
    ]
    assert {one.edition for one in editions} == {1}


def test_files_say_what_the_tables_say(engine: Engine) -> None:
    write(engine, [*cars(60), *cars(12, "van"), *cars(2, "truck")])
    editions = publish(engine, BORDER, "counts", DAY, LATER)

    rows = list(csv.DictReader(io.StringIO(to_csv(editions).decode())))
    table = pq.read_table(io.BytesIO(to_parquet(editions))).to_pylist()
    (line,) = to_json(editions).splitlines()

    assert [row["count"] for row in rows] == ["74", "60", "", ""]
    assert [row["count"] for row in table] == [74, 60, None, None]
    assert {row["start"] for row in (*rows, *table)} == {"2026-03-02T08:00:00.000000Z"}
    assert Edition.model_validate_json(line) == editions[0]


def test_a_site_may_ask_for_tables_by_name_alone() -> None:
    fields = BORDER.model_dump(mode="json") | {"statistics": {"publish": ["plates"]}}
    with pytest.raises(ValueError, match="statistics"):
        Site.model_validate(fields)
    assert to_us(T0) % 3_600_000_000 == 0
