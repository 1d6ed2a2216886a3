"""Open the store: connect to it, and bring its tables up to date."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from anpr.errors import StoreError
from sinks.store.connections import completed, connect_to
from sinks.store.dialects import take_turn

MIGRATIONS = Path(__file__).parent / "migrations"


def open_store(url: str, zone: str | None = None) -> Engine:
    """Open the store at a URL and migrate it.

    `sqlite:////data/store.db` is a file, which holds one zone; `postgresql://NAME:PASSWORD@HOST/DB`
    is a database, in which each zone that is named has tables of its own and sees no others.
    Safe to call from several processes at once. Raises StoreError.
    """
    try:
        # an error that is logged shows no plate
        engine = create_engine(completed(make_url(url)), hide_parameters=True, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        msg = (
            "the store's URL cannot be used; write one such as sqlite:///data/store.db or "
            "postgresql://NAME:PASSWORD@HOST/DATABASE"
        )
        raise StoreError(msg) from error
    try:
        connect_to(engine, zone)
        migrate(engine)
    except DBAPIError as error:
        engine.dispose()
        msg = f"the store cannot be opened: {error.orig}; check its URL, its rights and its disk"
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
        take_turn(connection, "migrations")
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
