"""What leaves the house: tables of figures, each once, as the register keeps them for good.

A table covers one window, and there is no other cut of the same vehicles: nothing to subtract one
table from. It appears when its lateness has passed. It is corrected only where no number in it
changes by fewer than k: the difference of two editions tells as little of one vehicle as either.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, select

from anpr.events import Wire
from anpr.sites import Site
from anpr.time import from_us, to_us
from sinks.statistics.rolling import frozen_before
from sinks.statistics.tables import ALL, TABLES, Table, starts_in, told_rows
from sinks.store.dialects import take_turn
from sinks.store.engine import writing
from sinks.store.questions import Period
from sinks.store.traffic import published
from sinks.store.windows import TRAVEL

Rows = Sequence[Mapping[str, Any]]


class Edition(Wire):
    """A table as it was published."""

    table: str
    start: datetime
    end: datetime
    edition: int
    published_at: datetime
    k: int
    rows: tuple[dict[str, Any], ...]


def publish(engine: Engine, site: Site, table: str, period: Period, now: datetime) -> list[Edition]:
    """Publish a kind of table for the windows that begin in a period and are complete.

    What was published before comes as it was, or corrected where it may be.
    """
    with engine.connect() as connection:
        fresh = list(_complete(connection, site, TABLES[table], period, now))
    with writing(engine) as connection:
        take_turn(connection, "publish")
        kept = {one.start: one.edition for one in find_published(connection, table, period)}
        for edition in fresh:
            if edition.edition == kept.get(edition.start, 0) + 1:  # nobody else was faster
                _keep(connection, edition)
        return find_published(connection, table, period)


def _complete(
    connection: Connection, site: Site, table: Table, period: Period, now: datetime
) -> Iterator[Edition]:
    """Make the tables that can be published now, or corrected."""
    k = site.statistics.k
    kept: dict[datetime, list[Edition]] = defaultdict(list)
    for one in _editions(connection, table.name, period):
        kept[one.start].append(one)
    frozen_us = frozen_before(connection).get(TRAVEL, 0) if table.name == "travel-times" else 0
    for start_us in starts_in(connection, table, period):
        if table.complete_us(site, start_us) > to_us(now) or start_us < frozen_us:
            continue
        known, end_us = kept[from_us(start_us)], table.end_us(site, start_us)
        rows = tuple(told_rows(table, table.make(connection, start_us, end_us), k))
        # Against each of them: whoever keeps all editions can subtract any from any.
        if not all(may_follow(table, one.rows, rows, max(k, one.k)) for one in known):
            continue
        yield Edition(
            table=table.name,
            start=from_us(start_us),
            end=from_us(end_us),
            edition=len(known) + 1,
            published_at=now,
            k=k,
            rows=rows,
        )


def find_published(connection: Connection, table: str, period: Period) -> list[Edition]:
    """Give the newest edition of each table that was published of a period, in order."""
    return list({one.start: one for one in _editions(connection, table, period)}.values())


def _editions(connection: Connection, table: str, period: Period) -> list[Edition]:
    """Give all editions, by window and number."""
    of = published.c
    wanted = (
        select(published)
        .where(
            of["table"] == table,
            of.start_us >= to_us(period.since),
            of.start_us < to_us(period.until),
        )
        .order_by(of.start_us, of.edition)
    )
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
        for row in connection.execute(wanted)
    ]


def may_follow(table: Table, old: Rows, new: Rows, k: int) -> bool:
    """Say whether an edition may take another's place: no number changes by fewer than k.

    Nor may another number be hidden than before, or what is hidden altogether change by a few.
    """
    before, after = _numbers(table, old), _numbers(table, new)
    keys = before.keys() | after.keys()
    pairs = [(before.get(key, 0), after.get(key, 0)) for key in keys]
    if any((one is None) is not (other is None) for one, other in pairs):
        return False
    changes = [abs(other - one) for one, other in pairs if one is not None and other is not None]
    return any(changes) and all(change == 0 or change >= k for change in changes)


def _numbers(table: Table, rows: Rows) -> Mapping[tuple[Any, ...], int | None]:
    """Give the numbers of a table by row, and of each group what is hidden of its total."""
    numbers: dict[tuple[Any, ...], int | None] = {}
    hidden: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        group = tuple(row[name] for name in table.group)
        part = row[table.part] if table.part else ALL
        numbers[*group, part] = row["count"]
        if table.part and row["count"] is not None:
            hidden[group] += row["count"] if part == ALL else -row["count"]
    return numbers | {(*group, "hidden"): left for group, left in hidden.items()}


def _keep(connection: Connection, edition: Edition) -> None:
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
