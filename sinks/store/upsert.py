"""One row an id, whatever comes twice or in another order: the version that wins stays."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    and_,
    delete,
    select,
)

from sinks.store.dialects import among, change, given, insert, is_postgresql, load
from sinks.store.rows import Row
from sinks.store.weeks import WEEK_US, week_of

Value = TypeVar("Value")

CHUNK = 1000
"""How many values one `IN` asks for: databases bound the number of parameters."""


def chunks(values: Iterable[Value], size: int = CHUNK) -> Iterator[list[Value]]:
    """Cut values into lists of at most `size`."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk


def rank(row: Mapping[str, Any]) -> tuple[int, bool]:
    """Order the versions of one id: highest revision wins, at equal revision a live one."""
    return row["revision"], not row["withdrawn"]


def newest(rows: Iterable[Row]) -> dict[str, Row]:
    """Keep of each id the version that wins."""
    best: dict[str, Row] = {}
    for row in rows:
        known = best.get(row["id"])
        if known is None or rank(row) > rank(known):
            best[row["id"]] = row
    return best


def stored(
    connection: Connection, table: Table, rows: Iterable[Row], columns: Sequence[str]
) -> list[Row]:
    """Give the stored versions of some rows."""
    wanted = select(*table.c["id", "revision", "withdrawn", "at_us", *columns])
    return [
        found._asdict()
        for near in _near(connection, table.c.id, rows)
        for found in connection.execute(wanted.where(near))
    ]


def remove(connection: Connection, key: Column[str], rows: Iterable[Row]) -> None:
    """Remove what is stored under the ids of some rows, in whatever version."""
    for near in _near(connection, key, rows):
        connection.execute(delete(key.table).where(near))


def _near(
    connection: Connection, key: Column[str], rows: Iterable[Row]
) -> Iterator[ColumnElement[bool]]:
    """Search the ids of rows from the week before each to the week after it, and no others.

    No camera sees one vehicle for a week, so that no version lies further off.
    """
    by_week: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        by_week[week_of(row["at_us"])].append(row["id"])
    for week, ids in by_week.items():
        at_us = key.table.c.at_us.between(week - WEEK_US, week + 2 * WEEK_US - 1)
        yield and_(among(connection, key, ids), at_us)


def keep_youngest(
    connection: Connection, key: Column[str], at: Column[int], rows: Sequence[Row]
) -> None:
    """Keep of each thing one row, with the youngest moment of all that was said of it."""
    if not rows:
        return
    told: dict[str, Row] = {}
    for row in rows:
        known = told.setdefault(row[key.name], row)
        if row[at.name] > known[at.name]:
            told[row[key.name]] = row
    there = connection.execute(select(key, at).where(among(connection, key, told)))
    stored_at = {row[0]: row[1] for row in there}
    load(connection, key.table, [row for thing, row in told.items() if thing not in stored_at])
    younger = {
        thing: told[thing][at.name]
        for thing, moment in stored_at.items()
        if told[thing][at.name] > moment
    }
    change(connection, key, at, younger)


def add(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert the rows that are not there yet, in one statement; all have the same columns."""
    if not rows:
        return
    fresh = insert(connection, table)
    if is_postgresql(connection):
        names = list(rows[0])
        told = given({name: (table.c[name], [row[name] for row in rows]) for name in names})
        connection.execute(fresh.from_select(names, select(*told.c)).on_conflict_do_nothing())
    else:
        connection.execute(fresh.on_conflict_do_nothing(), rows)
