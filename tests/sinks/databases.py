"""A fresh store on either engine: a file, or a zone of its own in a database for tests."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine
from sqlalchemy.schema import DropSchema

from sinks.store.audit import GENESIS, audit_head
from sinks.store.connections import schema_of
from sinks.store.engine import open_store, writing
from sinks.store.schema import metadata

DATABASE = os.environ.get("ANPR_TEST_DATABASE")

POSTGRES = pytest.param(
    "postgres",
    marks=[
        pytest.mark.postgres,
        pytest.mark.skipif(
            DATABASE is None,
            reason="ANPR_TEST_DATABASE holds no URL of an empty PostgreSQL database",
        ),
    ],
)

ENGINES = ["sqlite", POSTGRES]
"""What a fixture that gives a store is parametrised with."""


@dataclass(slots=True)
class Store:
    """Where a store is, and every opening of it."""

    url: str
    zone: str | None = None
    opened: list[Engine] = field(default_factory=list)

    def open(self) -> Engine:
        """Open the store, as one process would."""
        engine = open_store(self.url, self.zone)
        self.opened.append(engine)
        return engine

    def close_all_but_first(self) -> None:
        """End the processes that came later."""
        while len(self.opened) > 1:
            self.opened.pop().dispose()


@contextmanager
def fresh_store(engine: str, folder: Path) -> Iterator[Store]:
    """Give an empty store; close and remove it in the end."""
    if engine == "sqlite":
        store = Store(f"sqlite:///{folder}/store.db")
    else:
        assert DATABASE is not None
        store = Store(DATABASE, f"test-{uuid4().hex}")
    try:
        yield store
    finally:
        if store.zone is not None and store.opened:
            with writing(store.opened[0]) as connection:
                connection.execute(DropSchema(schema_of(store.zone), cascade=True))
        for one in store.opened:
            one.dispose()


def empty(engine: Engine) -> None:
    """Erase every row of a store: faster than a fresh one, for tests that need many."""
    with writing(engine) as connection:
        for table in reversed(metadata.sorted_tables):
            if table is audit_head:
                connection.execute(table.update().values(id=0, digest=GENESIS))
            else:
                connection.execute(table.delete())
