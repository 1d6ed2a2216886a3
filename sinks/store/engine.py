"""Open the store: set it up for one writer and many readers, bring its tables up to date."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from anpr.errors import StoreError

MIGRATIONS = Path(__file__).parent / "migrations"

_PRAGMAS = (
    "PRAGMA busy_timeout = 30000",  # first: changing the journal mode may itself have to wait
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # the log commits after us, durably: a row must be there by then
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what retention erases must not linger in free pages
)


def open_store(url: str) -> Engine:
    """Open the store at a SQLAlchemy URL, such as `sqlite:////data/store.db`, and migrate it.

    Safe to call from several processes at once. Raises StoreError.
    """
    try:
        engine = create_engine(url, hide_parameters=True)  # an error that is logged shows no plate
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        msg = "the store's URL cannot be used; write one such as sqlite:///data/store.db"
        raise StoreError(msg) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
    try:
        migrate(engine)
    except DBAPIError as error:
        engine.dispose()
        msg = f"the store cannot be opened: {error.orig}; check its path, rights and disk"
        raise StoreError(msg) from error
    except CommandError as error:
        engine.dispose()
        msg = "the store was made by a newer version of this program; install that one or newer"
        raise StoreError(msg) from error
    return engine


def migrate(engine: Engine) -> None:
    """Bring the tables to the newest form, in one transaction."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", MIGRATIONS.as_posix().replace("%", "%%"))
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(7351)"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that writes: on SQLite it takes the write lock at its start.

    A transaction that reads first and writes later would fail there as soon as another wrote
    in between.
    """
    with engine.execution_options(writes=True).begin() as connection:
        yield connection


def _set_pragmas(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours: the driver's leaves reads and DDL outside
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
