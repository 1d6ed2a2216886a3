"""The weeks of the large tables on PostgreSQL: there before they are needed, erased whole."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import ColumnElement, Engine, Table, func, literal_column, select, text

from anpr.events import Passage
from anpr.sites import Retention
from anpr.time import from_us, to_us
from sinks.images import FolderImages
from sinks.retention import sweep
from sinks.store.schema import event_passages, events, passages
from sinks.store.weeks import part_of, week_of
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0, hit, passage
from tests.sinks.conftest import Clock
from tests.sinks.databases import Store

DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
MONDAY = T0.replace(hour=0)
"""The test's day is a Monday, of week 10."""


@pytest.fixture
def store(server_store: Store) -> Store:
    server_store.open()
    return server_store


@pytest.fixture
def writer(engine: Engine, clock: Clock) -> StoreWriter:
    return StoreWriter(engine, clock)


def seen(name: str, at: datetime, revision: int = 1) -> Passage:
    return passage(name, at=at, revision=revision)


def held(engine: Engine, table: Table = passages) -> dict[str, int]:
    """Count the rows of each part of a table that holds any."""
    part: ColumnElement[str] = literal_column("tableoid::regclass::text")
    with engine.connect() as connection:
        rows = connection.execute(select(part, func.count()).select_from(table).group_by(part))
        return {name.removeprefix(f"{table.name}_"): number for name, number in rows}


def parts(engine: Engine) -> set[str]:
    query = text(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'passages'::regclass"
    )
    with engine.connect() as connection:
        return {name.removeprefix("passages_") for name in connection.scalars(query)}


@pytest.mark.parametrize(
    "moment, part",
    [
        (MONDAY, "passages_2026w10"),
        (MONDAY - timedelta(microseconds=1), "passages_2026w09"),
        (MONDAY + WEEK - timedelta(microseconds=1), "passages_2026w10"),
        (datetime.fromisoformat("2027-01-01T12:00:00Z"), "passages_2026w53"),
        (datetime.fromisoformat("1969-12-31T12:00:00Z"), "passages_1970w01"),
    ],
)
def test_a_week_runs_from_monday_to_monday_and_is_named_as_calendars_do(
    moment: datetime, part: str
) -> None:
    assert part_of(passages, week_of(to_us(moment))) == part


def test_this_week_and_the_next_two_are_made_before_they_are_needed(
    engine: Engine, writer: StoreWriter, clock: Clock
) -> None:
    writer.write([seen("a", T0)], [])
    assert parts(engine) == {"2026w10", "2026w11", "2026w12", "rest"}

    clock.forward(WEEK)
    writer.write([seen("b", T0)], [])
    assert parts(engine) == {"2026w10", "2026w11", "2026w12", "2026w13", "rest"}


def test_every_moment_finds_a_place_and_only_a_false_one_the_rest(
    engine: Engine, writer: StoreWriter
) -> None:
    moments = (T0, T0 - 60 * DAY, T0 - 366 * DAY, T0 + 20 * DAY, T0 - 5000 * DAY, T0 + 400 * DAY)
    writer.write([seen(f"{at}", at) for at in moments], [])

    assert held(engine) == {"2026w10": 1, "2026w01": 1, "2025w09": 1, "2026w12": 1, "rest": 2}


def test_an_event_and_its_causes_lie_in_the_same_week(engine: Engine, writer: StoreWriter) -> None:
    writer.write([], [hit("a"), hit("b", at=T0 - WEEK)])

    assert held(engine, events) == held(engine, event_passages) == {"2026w10": 1, "2026w09": 1}


def test_rows_of_the_rest_move_to_their_week_once_it_comes(
    engine: Engine, writer: StoreWriter, clock: Clock
) -> None:
    writer.write([seen("early", T0 + 30 * DAY), seen("false", T0 + 400 * DAY)], [])
    before = held(engine)
    clock.forward(20 * DAY)
    writer.write([seen("now", clock())], [])

    assert before == {"rest": 2}
    assert held(engine) == {"2026w14": 1, "rest": 1, "2026w12": 1}


@pytest.mark.parametrize("move", [6 * DAY, 7 * DAY, -DAY, timedelta(0)])
def test_a_version_that_moves_to_another_week_takes_the_place_of_the_one_before(
    engine: Engine, writer: StoreWriter, move: timedelta
) -> None:
    old, new = seen("a", T0), seen("a", T0 + move, revision=2)

    assert [writer.write([one], []) for one in (old, new, old)] == [1, 1, 0]

    with engine.connect() as connection:
        rows = connection.execute(select(passages.c.revision, passages.c.at_us)).all()
    assert [(2, to_us(T0 + move))] == [tuple(row) for row in rows]


def test_an_event_that_moves_takes_its_causes_along(engine: Engine, writer: StoreWriter) -> None:
    writer.write([], [hit()])
    writer.write([], [hit(revision=2, at=T0 + WEEK)])

    assert held(engine, events) == held(engine, event_passages) == {"2026w11": 1}


def test_a_reader_of_everything_does_not_hold_up_writing(
    engine: Engine, writer: StoreWriter, clock: Clock, store: Store
) -> None:
    writer.write([seen("a", T0)], [])
    with store.open().connect() as backup:
        backup.execute(select(passages.c.id)).all()
        writer.write([seen("b", T0 - 60 * DAY)], [])
        meanwhile = held(engine)
    clock.forward(timedelta(minutes=2))
    writer.write([seen("c", T0 - 60 * DAY)], [])

    assert meanwhile == {"2026w10": 1, "rest": 1}
    assert held(engine) == {"2026w10": 1, "2026w01": 2}


def test_writers_that_start_together_make_each_week_once(store: Store, clock: Clock) -> None:
    engines = [store.open() for _ in range(4)]
    writers = [StoreWriter(engine, clock) for engine in engines]
    threads = [
        Thread(target=one.write, args=([seen(f"{n}", T0 - 7 * n * DAY) for n in range(9)], []))
        for one in writers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(held(engines[0]).values()) == {1: 9}


def test_retention_drops_whole_weeks_and_cuts_the_one_in_which_the_term_ends(
    engine: Engine, writer: StoreWriter, tmp_path: Path
) -> None:
    days = [MONDAY + n * DAY for n in range(-14, 7)]
    hits = [hit(f"{at}", at=at) for at in days]
    writer.write([seen(f"{at}", at) for at in days], hits)
    terms = Retention(passages_days=100, images_days=30, cleared_days=14, hits_days=100)

    swept = sweep(engine, FolderImages(tmp_path / "i"), terms, MONDAY + 102 * DAY)

    assert (swept.passages, swept.events) == (16, 16)
    for table in (passages, events, event_passages):
        assert held(engine, table) == {"2026w10": 5}
    assert parts(engine) == {"2026w10", "2026w11", "2026w12", "rest"}


def test_a_week_that_is_being_read_is_erased_row_by_row(
    engine: Engine, writer: StoreWriter, tmp_path: Path, store: Store
) -> None:
    writer.write([seen("a", T0)], [])
    terms = Retention(passages_days=100, images_days=30)
    with store.open().connect() as backup:
        backup.execute(select(passages.c.id)).all()
        swept = sweep(engine, FolderImages(tmp_path / "i"), terms, T0 + 120 * DAY)

    assert swept.passages == 1
    assert held(engine) == {}
    assert "2026w10" in parts(engine)


def test_a_row_that_comes_after_its_week_was_erased_is_kept_until_the_next_sweep(
    engine: Engine, writer: StoreWriter, clock: Clock, tmp_path: Path
) -> None:
    writer.write([seen("a", T0)], [])
    terms, folder = Retention(passages_days=30, images_days=30), FolderImages(tmp_path / "i")
    clock.forward(50 * DAY)
    sweep(engine, folder, terms, clock())
    writer.write([seen("late", T0)], [])

    assert held(engine) == {"rest": 1}
    assert sweep(engine, folder, terms, clock()).passages == 1


def test_moments_and_weeks_agree_at_every_border() -> None:
    for week in range(200):
        start = to_us(MONDAY + week * WEEK)
        assert week_of(start) == week_of(start + 604_799_999_999) == start
        assert from_us(start).weekday() == 0
