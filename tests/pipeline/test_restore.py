"""A zone on one machine whose store is put back from a backup, as docs/operations.md has it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from deploy.processes import wait_for
from pipeline.cli import app
from pipeline.zone import RunningZone
from sinks.store import schema
from tests.pipeline.test_readiness import push, zone_in

pytestmark = pytest.mark.slow


@contextmanager
def stored(data: Path, *plates: str) -> Iterator[tuple[RunningZone, httpx.Client]]:
    """Run the zone until its store has exactly these plates."""

    def plates_of(zone: RunningZone) -> set[str]:
        with zone.engine.connect() as connection:
            return {plate for plate in connection.scalars(select(schema.passages.c.plate)) if plate}

    with zone_in(data) as (zone, client):
        yield zone, client
        wait_for(lambda: plates_of(zone) == set(plates), f"{len(plates)} are stored", 60)


def test_a_store_put_back_from_its_backup_catches_up(tmp_path: Path) -> None:
    store, copy = tmp_path / "store.db", tmp_path / "copy.db"
    with stored(tmp_path, "1ABC001") as (_, client):
        assert push(client, "1ABC001") == 202
    with stored(tmp_path, "1ABC001", "1ABC002") as (_, client):
        with closing(sqlite3.connect(store)) as held, closing(sqlite3.connect(copy)) as backup:
            held.backup(backup)
        assert push(client, "1ABC002") == 202
    for name in ("store.db", "store.db-wal", "store.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    copy.rename(store)
    said = CliRunner().invoke(app, ["reread", "--data", str(tmp_path)])
    assert said.exit_code == 0, said.output
    with stored(tmp_path, "1ABC001", "1ABC002"):
        pass
