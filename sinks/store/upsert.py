"""Insert or replace, in the words of SQLite and PostgreSQL alike."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, and_, false, or_, select, true
from sqlalchemy.dialects import postgresql, sqlite

from sinks.store.rows import Row

Value = TypeVar("Value")

CHUNK = 1000
"""How many values one `IN` asks for: databases bound the number of parameters."""


def insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Begin an insert that knows `on conflict`."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def chunks(values: Iterable[Value], size: int = CHUNK) -> Iterator[list[Value]]:
    """Cut values into lists of at most `size`."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk


def rank(row: Mapping[str, Any]) -> tuple[int, bool]:
    """Order the versions of one id: highest revision wins, at equal revision a live one."""
    return row["revision"], not row["withdrawn"]


def newest(rows: Iterable[Row]) -> list[Row]:
    """Keep of each id the version that wins, in order of id (so that writers never deadlock)."""
    best: dict[str, Row] = {}
    for row in rows:
        known = best.get(row["id"])
        if known is None or rank(row) > rank(known):
            best[row["id"]] = row
    return [best[identity] for identity in sorted(best)]


def stored(
    connection: Connection, table: Table, ids: Sequence[str], columns: Sequence[str]
) -> dict[str, Row]:
    """Give the stored versions of ids, locked against other writers until this one is done."""
    wanted = [table.c[name] for name in ("id", "revision", "withdrawn", *columns)]
    found: dict[str, Row] = {}
    for chunk in chunks(ids):
        query = select(*wanted).where(table.c.id.in_(chunk)).with_for_update()
        found.update((row.id, row._asdict()) for row in connection.execute(query))
    return found


def put(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Write each row unless a version that beats it is stored already."""
    if not rows:
        return
    statement = insert(connection, table)
    given = statement.excluded
    beats = or_(
        given.revision > table.c.revision,
        and_(
            given.revision == table.c.revision,
            table.c.withdrawn == true(),
            given.withdrawn == false(),
        ),
    )
    change = {name: given[name] for name in rows[0] if name != "id"}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_=change, where=beats), rows
    )


def add(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert the rows that are not there yet."""
    if rows:
        connection.execute(insert(connection, table).on_conflict_do_nothing(), rows)
