"""What PostgreSQL lets only one do at a time, and what others do not wait for."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Engine, select, text

from anpr.sites import Retention
from anpr.time import to_us
from sinks.alerts.raising import AlertsWorker
from sinks.images import FolderImages
from sinks.retention import sweep
from sinks.statistics.rolling import roll
from sinks.store.dialects import take_turn
from sinks.store.engine import writing
from sinks.store.plates import erase_plates
from sinks.store.schema import counts
from sinks.store.weeks import WRITING
from sinks.store.windows import COUNT, Window, mark
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0, hit, message, passage
from tests.sinks.conftest import Clock
from tests.sinks.databases import Store
from tests.sinks.desk import ROUTED
from tests.sinks.test_delivery import eventually

TERMS = Retention(passages_days=100, images_days=30)


@pytest.fixture
def store(server_store: Store) -> Store:
    server_store.open()
    return server_store


def waiting(engine: Engine) -> int:
    """Count who waits for a turn of this zone."""
    query = text(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        " AND classid = (hashtext(current_schema())::bigint & 4294967295)::oid"
    )
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def write(engine: Engine, folder: Path) -> None:
    StoreWriter(engine, lambda: T0).write([passage("b")], [])


def alert(engine: Engine, folder: Path) -> None:
    AlertsWorker(engine, ROUTED, Clock(), lambda: None).work([message(hit())])


def forget_plates(engine: Engine, folder: Path) -> None:
    erase_plates(engine, to_us(T0))


def forget_all(engine: Engine, folder: Path) -> None:
    sweep(engine, FolderImages(folder), TERMS, T0 + timedelta(days=101))


@pytest.mark.parametrize(
    "what, act",
    [(WRITING, write), (WRITING, forget_plates), (WRITING, forget_all), ("alerts", alert)],
)
def test_whoever_needs_a_turn_waits_until_it_is_free(
    engine: Engine, store: Store, tmp_path: Path, what: str, act: Callable[[Engine, Path], None]
) -> None:
    write(engine, tmp_path)
    thread = Thread(target=act, args=(store.open(), tmp_path))
    with writing(engine) as connection:
        take_turn(connection, what)
        thread.start()
        eventually(lambda: waiting(engine) == 1)
    thread.join(20)

    assert not thread.is_alive()


@pytest.mark.parametrize("what, act", [("alerts", write), (WRITING, alert)])
def test_storing_and_alerting_do_not_wait_for_each_other(
    engine: Engine, store: Store, tmp_path: Path, what: str, act: Callable[[Engine, Path], None]
) -> None:
    write(engine, tmp_path)
    with writing(engine) as connection:
        take_turn(connection, what)
        act(store.open(), tmp_path)


def test_a_window_that_a_writer_marks_again_is_left_to_the_next_roll(
    engine: Engine, store: Store, tmp_path: Path
) -> None:
    StoreWriter(engine, lambda: T0).write([passage("a")], [])
    with writing(engine) as connection:
        mark(connection, {Window(COUNT, "north", to_us(T0))})
        before = roll(store.open())

    assert (before, roll(engine)) == (0, 1)
    with engine.connect() as connection:
        assert list(connection.scalars(select(counts.c.count))) == [1]
