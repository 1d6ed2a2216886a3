"""What PostgreSQL lets only one do at a time, and what others do not wait for."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Connection, Engine, event, select, text

from anpr.sites import Retention
from anpr.time import to_us
from sinks.alerts.raising import AlertsWorker
from sinks.images import FolderImages
from sinks.retention import sweep
from sinks.statistics.rolling import roll, roll_batch
from sinks.store.dialects import take_turn
from sinks.store.engine import writing
from sinks.store.plates import erase_plates
from sinks.store.schema import counts, dirty_windows
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


def hasty(store: Store) -> Engine:
    """Open a store in which whoever must wait fails."""
    engine = store.open()

    @event.listens_for(engine, "begin")
    def hurry(connection: Connection) -> None:
        connection.exec_driver_sql("SET lock_timeout = '100ms'")

    return engine


def counted(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(select(counts.c.count)))


def test_a_writer_does_not_wait_for_whoever_computes_figures(engine: Engine, store: Store) -> None:
    StoreWriter(engine, lambda: T0).write([passage("a")], [])
    with writing(engine) as connection:
        rolled = roll_batch(connection, dirty_windows.c.kind == COUNT)
        StoreWriter(hasty(store), lambda: T0).write([passage("b")], [])

    assert rolled == [Window(COUNT, "north", to_us(T0))]
    assert counted(engine) == [1]
    assert roll(engine) == 1, "its mark is still there"
    assert counted(engine) == [2]


def test_whoever_computes_figures_does_not_wait_for_a_writer(engine: Engine, store: Store) -> None:
    StoreWriter(engine, lambda: T0).write([passage("a")], [])
    with writing(engine) as connection:
        take_turn(connection, WRITING)
        mark(connection, {Window(COUNT, "north", to_us(T0))})
        before = roll(hasty(store))

    assert (before, roll(engine), roll(engine)) == (1, 1, 0)


def test_two_who_compute_figures_take_turns(engine: Engine, store: Store) -> None:
    """Each would hold one mark of a window; the second sees what the first left."""
    writer = StoreWriter(engine, lambda: T0)
    writer.write([passage("a")], [])
    other = store.open()
    thread = Thread(target=roll, args=(other,))
    with writing(engine) as connection:
        roll_batch(connection, dirty_windows.c.kind == COUNT)
        writer.write([passage("b")], [])
        thread.start()
        eventually(lambda: waiting(engine) == 1)
    thread.join(20)

    assert not thread.is_alive()
    assert counted(engine) == [2]
    assert roll(engine) == 0
