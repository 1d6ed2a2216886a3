"""Several zones on one database: none sees, keeps or loses anything of another."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, Table, func, select, text

from anpr.errors import StoreError
from anpr.sites import Retention
from sinks.alerts.raising import AlertsWorker
from sinks.images import FolderImages
from sinks.retention import sweep
from sinks.statistics.rolling import roll
from sinks.store.engine import open_store
from sinks.store.people import add_account, list_accounts
from sinks.store.rights import Role
from sinks.store.schema import alerts, counts, events, passages, plates
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0, hit, message, passage, site
from tests.sinks.databases import POSTGRES, Store, fresh_store

TABLES = (passages, events, plates, counts, alerts)


@pytest.fixture(params=[POSTGRES])
def zones(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Store]]:
    """Two zones on one database."""
    with ExitStack() as stack:
        yield [stack.enter_context(fresh_store(request.param, tmp_path)) for _ in range(2)]


def rows(engine: Engine, table: Table) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def fill(engine: Engine) -> None:
    StoreWriter(engine, lambda: T0).write([passage()], [hit()])
    AlertsWorker(engine, site(), lambda: T0, lambda: None).work([message(hit())])
    roll(engine)


def test_a_zone_sees_no_row_of_another(zones: list[Store]) -> None:
    one, other = (zone.open() for zone in zones)
    fill(one)

    assert [rows(one, table) for table in TABLES] == [1] * len(TABLES)
    assert [rows(other, table) for table in TABLES] == [0] * len(TABLES)


def test_the_same_ids_in_two_zones_are_two_things(zones: list[Store]) -> None:
    engines = [zone.open() for zone in zones]
    for engine in engines:
        fill(engine)
        with engine.begin() as connection:
            add_account(connection, "kim", [Role.ADMIN], None, T0)

    for engine in engines:
        assert [rows(engine, table) for table in TABLES] == [1] * len(TABLES)
        with engine.connect() as connection:
            assert [one.name for one in list_accounts(connection)] == ["kim"]


def test_a_zone_erases_its_own_rows_alone(zones: list[Store], tmp_path: Path) -> None:
    engines = [zone.open() for zone in zones]
    for engine in engines:
        fill(engine)

    terms = Retention(passages_days=30, images_days=30, hits_days=30, statistics_days=30)
    sweep(engines[0], FolderImages(tmp_path / "i"), terms, T0 + timedelta(days=90))

    assert [rows(engines[0], table) for table in TABLES] == [0] * len(TABLES)
    assert [rows(engines[1], table) for table in TABLES] == [1] * len(TABLES)


def test_a_zone_whose_tables_are_locked_holds_up_no_other(zones: list[Store]) -> None:
    one, other = (zone.open() for zone in zones)
    fill(one)
    fill(other)
    with one.begin() as connection:
        connection.execute(text("LOCK TABLE passages, alerts IN ACCESS EXCLUSIVE MODE"))
        StoreWriter(other, lambda: T0).write([passage("b")], [hit("b")])

    assert rows(other, passages) == 2


def test_a_connection_of_a_zone_looks_nowhere_else(zones: list[Store]) -> None:
    for zone in zones:
        with zone.open().connect() as connection:
            assert connection.scalar(text("SHOW search_path")) == f'"zone_{zone.zone}"'


@pytest.mark.parametrize("name", ["", "A", "zone one", 'x"; DROP SCHEMA public', "-x", "a" * 51])
@pytest.mark.parametrize("engine_kind", [POSTGRES])
def test_a_name_that_cannot_name_a_zone_is_refused(
    name: str, engine_kind: str, tmp_path: Path
) -> None:
    with fresh_store(engine_kind, tmp_path) as store, pytest.raises(StoreError, match="zone"):
        open_store(store.url, name)


def test_a_file_holds_one_zone_and_takes_no_name(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="a file of its own"):
        open_store(f"sqlite:///{tmp_path}/store.db", "rupel")
