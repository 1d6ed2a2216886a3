"""A fresh store, and a clock that stands still until it is moved."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.sinks.build import T0
from tests.sinks.databases import ENGINES, POSTGRES, Store, empty, fresh_store
from tests.sinks.receiver import Receiver, receiving


class Clock:
    """A clock of the test's own."""

    def __init__(self, moment: datetime = T0) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, time: timedelta) -> None:
        self.moment += time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session", params=ENGINES)
def lasting_store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """Migrate once: emptying a store is much faster than making one for every test."""
    with fresh_store(request.param, tmp_path_factory.mktemp("sinks")) as store:
        store.open()
        yield store


@pytest.fixture
def store(lasting_store: Store) -> Iterator[Store]:
    """A store that is open and empty; a test may open it more often."""
    empty(lasting_store.opened[0])
    yield lasting_store
    lasting_store.close_all_but_first()


@pytest.fixture
def engine(store: Store) -> Engine:
    return store.opened[0]


@pytest.fixture(params=ENGINES)
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store that nobody has opened yet."""
    with fresh_store(request.param, tmp_path) as store:
        yield store


@pytest.fixture(params=[POSTGRES])
def server_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """The same on PostgreSQL alone."""
    with fresh_store(request.param, tmp_path) as store:
        yield store


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver
