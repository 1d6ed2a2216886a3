"""How the store is connected to: what each connection is told before its first question."""

import re
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.array import ListBinaryDumper
from sqlalchemy import URL, Connection, Engine, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.schema import CreateSchema

from anpr.errors import StoreError
from sinks.store.dialects import is_postgresql, tell_first_line

_PRAGMAS = (
    "PRAGMA busy_timeout = 30000",  # first: changing the journal mode may itself have to wait
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # the log commits after us, durably: a row must be there by then
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what retention erases must not linger in free pages
)

_LIVELY = {
    "application_name": "zone-anpr",
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",  # ms
}
"""A server that vanished is noticed within seconds, not waited for."""

_SESSION = (
    "SET idle_in_transaction_session_timeout = '60s'",  # who vanished does not keep its turn
    "SET jit = off",  # over many weeks it takes longer than any question of ours
    "SET random_page_cost = 1.1",  # what is written and asked lies in memory or on no spinning disk
)

_ZONE = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")


def completed(url: URL) -> URL:
    """Give a URL its driver and, where it does not set them itself, our terms of connecting."""
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        return url
    given = {name: value for name, value in _LIVELY.items() if name not in url.query}
    return url.set(drivername="postgresql+psycopg").update_query_dict(given)


def connect_to(engine: Engine, zone: str | None) -> None:
    """Let each new connection see one zone, and make its place where it is missing.

    Raises StoreError for a name that cannot name a zone.
    """
    if is_postgresql(engine):
        _connect_to_schema(engine, zone)
        return
    if zone is not None:
        msg = "a SQLite store holds one zone: give each zone a file of its own, and no name"
        raise StoreError(msg)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)


def schema_of(zone: str) -> str:
    """Name the schema that holds a zone's tables."""
    return f"zone_{zone}"


def _set_pragmas(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours: the driver's leaves reads and DDL outside
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _connect_to_schema(engine: Engine, zone: str | None) -> None:
    if zone is not None and not _ZONE.fullmatch(zone):
        msg = f"{zone!r} cannot name a zone; write at most 50 of a-z, 0-9, - and _"
        raise StoreError(msg)
    schema = None if zone is None else schema_of(zone)

    def tell(connection: psycopg.Connection, _record: object) -> None:
        # Planned for its own values each time: a plan made while a table was small stays for good.
        connection.prepare_threshold = None
        # As text, each sign of a list is looked at for what must be quoted: fifty times as slow.
        connection.adapters.register_dumper(list, ListBinaryDumper)
        connection.autocommit = True
        for setting in _SESSION:
            connection.execute(setting)
        if schema is not None:
            # Nothing else is on the path: a table that is missing here must not be another's.
            alone = sql.SQL("SET search_path = {}").format(sql.Identifier(schema))
            connection.execute(alone)
        connection.autocommit = False

    event.listen(engine, "connect", tell, insert=True)
    event.listen(engine, "handle_error", _hide_values)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(7351)"))
        found = text("SELECT to_regnamespace(quote_ident(:schema)) IS NOT NULL")
        if schema is not None and not connection.scalar(found, {"schema": schema}):
            connection.execute(CreateSchema(schema))
        known = text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        if not connection.scalar(known):
            # outside of the zones' schemas: erasing one zone must not take it from the others
            connection.execute(text("CREATE EXTENSION pg_trgm SCHEMA public"))


def _hide_values(context: ExceptionContext) -> None:
    tell_first_line(context.original_exception)
    if context.sqlalchemy_exception is not None:
        tell_first_line(context.sqlalchemy_exception)
