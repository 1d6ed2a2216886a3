"""What leaves the house: tables of figures, each once, as the register keeps them for good.

A table covers one window, and there is no other cut of the same vehicles: nothing to subtract one
table from. It appears when its lateness has passed. It is corrected only where no number in it
changes by fewer than k: the difference of two editions tells as little of one vehicle as either.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from anpr.sites import Site
from anpr.time import from_us, to_us
from sinks.statistics.register import Edition, editions_within, find_published, keep
from sinks.statistics.rolling import frozen_before
from sinks.statistics.siblings import known_beside, without_totals
from sinks.statistics.tables import ALL, TABLES, Row, Table, starts_in, told_rows
from sinks.store.dialects import take_turn
from sinks.store.engine import writing
from sinks.store.questions import Period
from sinks.store.windows import TRAVEL

A_DAY = timedelta(days=1)

Rows = Sequence[Mapping[str, Any]]


def publish(engine: Engine, site: Site, table: str, period: Period, now: datetime) -> list[Edition]:
    """Publish a kind of table for the windows that begin in a period and are complete.

    What was published before comes as it was, or corrected where it may be. With flows come the
    counts of their hours, which they are held against.
    """
    if table == "flows":
        publish(engine, site, "counts", Period(period.since, period.until + A_DAY), now)
    kind = TABLES[table]
    with engine.connect() as connection:
        fresh = [
            start_us
            for start_us in starts_in(connection, kind, period)
            if _edition(connection, site, kind, start_us, now)
        ]
    for start_us in fresh:
        with writing(engine) as connection:
            take_turn(connection, "publish")  # what may be told depends on all that was told before
            if edition := _edition(connection, site, kind, start_us, now):
                keep(connection, edition)
    with engine.connect() as connection:
        return find_published(connection, table, period)


def _edition(
    connection: Connection, site: Site, table: Table, start_us: int, now: datetime
) -> Edition | None:
    """Make the table of a window, if it can be published now or corrected."""
    if table.complete_us(site, start_us) > to_us(now) or _is_frozen(connection, table, start_us):
        return None
    start, end = from_us(start_us), from_us(table.end_us(site, start_us))
    known = editions_within(connection, table.name, start_us, to_us(end))
    if any((one.start, one.end) != (start, end) for one in known):
        return None  # these vehicles are in a table of another cut
    k = site.statistics.k
    rows = tuple(_rows(connection, site, table, start_us, to_us(end)))
    # Against each of them: whoever keeps all editions can subtract any from any.
    if not all(may_follow(table, one.rows, rows, max(k, one.k)) for one in known):
        return None
    return Edition(
        table=table.name, start=start, end=end, edition=len(known) + 1,
        published_at=now, k=k, rows=rows,
    )  # fmt: skip


def _is_frozen(connection: Connection, table: Table, start_us: int) -> bool:
    return table.name == "travel-times" and start_us < frozen_before(connection).get(TRAVEL, 0)


def _rows(
    connection: Connection, site: Site, table: Table, start_us: int, end_us: int
) -> Iterable[Row]:
    """Make a table's rows, and hide what they would tell of few, alone or beside others."""
    rows = table.make(connection, start_us, end_us)
    if table.name == "flows":  # small numbers were hidden when it was made
        return without_totals(connection, site, rows, start_us, end_us)
    k = site.statistics.k
    return told_rows(table, rows, k, known_beside(connection, site, table.name, start_us, k))


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
        group = table.group_of(row)
        part = row[table.part] if table.part else ALL
        numbers[*group, part] = row["count"]
        if table.part and row["count"] is not None:
            hidden[group] += row["count"] if part == ALL else -row["count"]
    return numbers | {(*group, "hidden"): left for group, left in hidden.items()}
