"""A fresh zone for every test, and a client of its server."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import Engine

from tests.console.server import serving
from tests.console.zone import Zone
from tests.sinks.databases import ENGINES, Store, empty, fresh_store


@pytest.fixture(scope="session", params=ENGINES)
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """Migrate once: emptying a store is much faster than making one for every test."""
    with fresh_store(request.param, tmp_path_factory.mktemp("console")) as store:
        store.open()
        yield store


@pytest.fixture
def engine(store: Store) -> Engine:
    (engine,) = store.opened
    empty(engine)
    return engine


@pytest.fixture
def zone(engine: Engine) -> Zone:
    return Zone(engine)


@pytest.fixture
def client(zone: Zone) -> Iterator[httpx.Client]:
    with serving(zone.app(), zone.stop) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield client
