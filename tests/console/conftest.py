"""A fresh zone for every test, and a client of its server."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from sinks.store.engine import open_store
from tests.console.server import serving
from tests.console.zone import Zone


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate once: a copy is much faster than running the migrations for every test."""
    path = tmp_path_factory.mktemp("console") / "empty.db"
    open_store(f"sqlite:///{path}").dispose()
    return path


@pytest.fixture
def engine(empty_store: Path, tmp_path: Path) -> Iterator[Engine]:
    path = tmp_path / "store.db"
    shutil.copy(empty_store, path)
    engine = open_store(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture
def zone(engine: Engine) -> Zone:
    return Zone(engine)


@pytest.fixture
def client(zone: Zone) -> Iterator[httpx.Client]:
    with serving(zone.app(), zone.stop) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield client
