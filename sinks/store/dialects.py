"""Where SQLite and PostgreSQL truly differ, behind one set of verbs; all else is the same SQL."""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

import psycopg
from psycopg import sql
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    Select,
    String,
    Subquery,
    Table,
    TableValuedAlias,
    any_,
    bindparam,
    column,
    func,
    literal,
    select,
    table,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from sinks.store.schema import plates

T = TypeVar("T")

_THREE_SIGNS = re.compile(r"[^?*]{3}")

_TRIGRAMS = table("plate_trigrams", column("plate"), column("fold"))
"""On SQLite: the same rows as `plates`, found by any three signs in a row."""


def is_postgresql(bind: Engine | Connection) -> bool:
    """Tell whether a server keeps the store: it has many writers at once, and tables in weeks."""
    return bind.dialect.name == "postgresql"


def insert(connection: Connection, into: Table) -> sqlite.Insert | postgresql.Insert:
    """Begin an insert that knows `on conflict`."""
    return postgresql.insert(into) if is_postgresql(connection) else sqlite.insert(into)


def replacing(
    connection: Connection, into: Table, key: str, names: Collection[str]
) -> sqlite.Insert | postgresql.Insert:
    """Insert a row of these columns, or let it take the place of the one with its key."""
    return _replacing(is_postgresql(connection), into, key, tuple(names))


# Made anew for each row, the statement would take several times as long as its row.
@cache
def _replacing(
    is_server: bool,
    into: Table,
    key: str,
    names: tuple[str, ...],
) -> sqlite.Insert | postgresql.Insert:
    statement = postgresql.insert(into) if is_server else sqlite.insert(into)
    fresh = statement.excluded
    again = {name: fresh[name] for name in names if name != key}
    return statement.on_conflict_do_update(index_elements=[key], set_=again)


def load(connection: Connection, into: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns, as fast as it goes: PostgreSQL copies them."""
    if not rows:
        return
    if is_postgresql(connection):
        _copy(connection, into, rows)
    else:
        connection.execute(into.insert(), list(rows))


def given(columns: Mapping[str, tuple[ColumnElement[Any], Sequence[Any]]]) -> TableValuedAlias:
    """Make a table of columns, each of the type of another: one parameter each. PostgreSQL only."""
    arrays = (
        literal(list(values), postgresql.ARRAY(like.type)) for like, values in columns.values()
    )
    return func.unnest(*arrays).table_valued(*columns, name="given").render_derived()


def change(
    connection: Connection, key: Column[str], changed: Column[T], values: Mapping[str, T]
) -> None:
    """Give some rows, named by their key, another value in a column: one statement."""
    if not values:
        return
    if is_postgresql(connection):
        told = given({"thing": (key, [*values]), "value": (changed, [*values.values()])})
        those = update(key.table).where(key == told.c.thing)
        connection.execute(those.values({changed: told.c.value}))
    else:
        each = update(key.table).where(key == bindparam("thing"))
        rows = [{"thing": thing, "value": value} for thing, value in values.items()]
        connection.execute(each.values({changed: bindparam("value")}), rows)


def take_turn(connection: Connection, what: str) -> None:
    """Keep everybody else of this zone from doing the same until this transaction ends.

    SQLite has one writer at a time already.
    """
    if is_postgresql(connection):
        zone, act = func.hashtext(func.current_schema()), func.hashtext(what)
        connection.execute(select(func.pg_advisory_xact_lock(zone, act)))


def reserve(connection: Connection, counted: Table, count: int) -> Sequence[int]:
    """Give numbers that no row of a counted table has or will get; on SQLite in a write turn."""
    if is_postgresql(connection):
        drawn = select(func.nextval(func.pg_get_serial_sequence(counted.name, "id")))
        each = func.generate_series(1, count).table_valued("number")
        return connection.scalars(drawn.select_from(each)).all()
    known = table("sqlite_sequence", column("seq"), column("name"))
    last = connection.scalar(select(known.c.seq).where(known.c.name == counted.name)) or 0
    return range(last + 1, last + 1 + count)


def among(
    connection: Connection, known: ColumnElement[T], values: Iterable[T]
) -> ColumnElement[bool]:
    """Compare with any number of values; they are one parameter, so that the statement stays."""
    if is_postgresql(connection):
        return known == any_(literal(list(values), postgresql.ARRAY(known.type)))
    each = func.json_each(json.dumps(list(values))).table_valued("value")
    return known.in_(select(each.c.value))


def ranges(connection: Connection, rows: Sequence[tuple[int, str, int, int]]) -> Subquery:
    """Give a table of ranges to join with: number, key, first and last; they are one parameter."""
    if is_postgresql(connection):
        numbers, keys, firsts, lasts = zip(*rows, strict=True)
        whole, texts = column("number", BigInteger()), column("key", String())
        asked = given(
            {
                "number": (whole, numbers),
                "key": (texts, keys),
                "first": (whole, firsts),
                "last": (whole, lasts),
            }
        )
        return select(*asked.c).subquery()
    each = func.json_each(json.dumps(rows)).table_valued("value")
    fields = (
        func.json_extract(each.c.value, f"$[{place}]").label(name)
        for place, name in enumerate(("number", "key", "first", "last"))
    )
    return select(*fields).subquery()


def told_in(connection: Connection, body: ColumnElement[str], *path: str) -> ColumnElement[str]:
    """Take a text out of a column of JSON."""
    if is_postgresql(connection):
        # JSONB would make a tree of the whole body first.
        return func.json_extract_path_text(body.cast(postgresql.JSON), *path)
    return func.json_extract(body, f"$.{'.'.join(path)}")


def fits(connection: Connection, text: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
    """Compare with a pattern of plate signs: `?` is one character, `*` any run."""
    if is_postgresql(connection):
        return text.like(pattern.replace("?", "_").replace("*", "%"))
    return text.op("GLOB", return_type=Boolean())(pattern)  # unlike LIKE it uses an index


def entries_fitting(connection: Connection, spelling: str, pattern: str) -> Select[tuple[str]]:
    """Select from the dictionary, by the index that serves a pattern best."""
    if is_postgresql(connection):
        # The trigrams are of `upper`, which changes nothing: an index of the column itself would
        # be taken for comparing whole plates too, at a thousand times the cost.
        entry = plates.c[spelling]
        return select(entry).where(fits(connection, func.upper(entry), pattern))
    source = _TRIGRAMS if _THREE_SIGNS.search(pattern) else plates
    return select(source.c[spelling]).where(fits(connection, source.c[spelling], pattern))


def merge_trigrams(connection: Connection, pages: int) -> bool:
    """Merge so many pages of the trigrams' parts; tell whether there was anything to merge.

    What was erased stays in SQLite's parts until then; below 0 all parts are to become one.
    """
    if is_postgresql(connection):
        return False
    count = select(func.total_changes(type_=Integer))
    before = connection.execute(count).scalar_one()
    merge = "INSERT INTO plate_trigrams (plate_trigrams, rank) VALUES ('merge', ?)"
    connection.exec_driver_sql(merge, (pages,))
    # as documented: less than two changes, and nothing was left to do
    return connection.execute(count).scalar_one() - before > 1


def tell_first_line(error: BaseException) -> None:
    """Cut a server's error down to what is wrong: what follows quotes rows, which hold plates."""
    error.args = tuple(str(said).partition("\n")[0] for said in error.args[:1])


def _copy(connection: Connection, into: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Raise what SQLAlchemy would: COPY is outside of what it knows."""
    names = list(rows[0])
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(into.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    driver: psycopg.Connection = connection.connection.driver_connection  # type: ignore[assignment] # `open_store` names no other
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row([row[name] for name in names])
    except psycopg.Error as error:
        tell_first_line(error)
        if driver.closed:
            connection.invalidate(error)
        raise DBAPIError.instance(None, None, error, psycopg.Error) from None
