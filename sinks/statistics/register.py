"""The register of what left the house: every table of figures, as it did, for good."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from anpr.events import Wire
from anpr.time import from_us, to_us
from sinks.store.questions import Period
from sinks.store.traffic import published


class Edition(Wire):
    """A table as it was published."""

    table: str
    start: datetime
    end: datetime
    edition: int
    published_at: datetime
    k: int
    rows: tuple[dict[str, Any], ...]


def find_published(connection: Connection, table: str, period: Period) -> list[Edition]:
    """Give the newest edition of each table that was published of a period, in order."""
    return list({one.start: one for one in editions_in(connection, table, period)}.values())


def editions_in(connection: Connection, table: str, period: Period) -> list[Edition]:
    """Give all editions of windows that begin in a period, by window and number."""
    start = published.c.start_us
    return _editions(connection, table, start >= to_us(period.since), start < to_us(period.until))


def editions_within(
    connection: Connection, table: str, start_us: int, end_us: int
) -> Sequence[Edition]:
    """Give all editions of windows that share any moment with one."""
    of = published.c
    return _editions(connection, table, of.start_us < end_us, of.end_us > start_us)


def keep(connection: Connection, edition: Edition) -> None:
    """Enter an edition."""
    row = {
        "table": edition.table,
        "start_us": to_us(edition.start),
        "edition": edition.edition,
        "end_us": to_us(edition.end),
        "published_us": to_us(edition.published_at),
        "k": edition.k,
        "body": json.dumps(edition.rows, separators=(",", ":")),
    }
    connection.execute(published.insert().values(**row))


def _editions(connection: Connection, table: str, *where: ColumnElement[bool]) -> list[Edition]:
    of = published.c
    wanted = select(published).where(of["table"] == table, *where)
    return [
        Edition(
            table=table,
            start=from_us(row.start_us),
            end=from_us(row.end_us),
            edition=row.edition,
            published_at=from_us(row.published_us),
            k=row.k,
            rows=json.loads(row.body),
        )
        for row in connection.execute(wanted.order_by(of.start_us, of.edition))
    ]
