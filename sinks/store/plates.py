"""The dictionary of plates: a pattern is searched among distinct plates, not among passages."""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, delete, exists, select, update

from sinks.store.dialects import dictionary, fits
from sinks.store.rows import Row
from sinks.store.schema import passages, plates
from sinks.store.upsert import chunks, keep_youngest

WILDCARDS = frozenset("?*")
"""One character, and any run of characters."""

_DAY_US = 86_400_000_000


def note_plates(connection: Connection, rows: Collection[Row], left: Iterable[Row]) -> None:
    """Enter the plates of passages written; `left` are the versions that these replace."""
    seen = [
        {"plate": row["plate"], "fold": row["fold"], "seen_us": row["at_us"] // _DAY_US * _DAY_US}
        for row in rows
        if row["plate"] is not None
    ]
    keep_youngest(connection, plates.c.plate, plates.c.seen_us, seen)
    lost = {row["plate"] for row in left} - {row["plate"] for row in rows} - {None}
    for chunk in chunks(sorted(lost)):
        doubted = update(plates).where(plates.c.plate.in_(chunk)).values(seen_us=0)
        connection.execute(doubted)


def plates_like(connection: Connection, pattern: str, column: str, limit: int) -> list[str]:
    """Give plates, or folds of plates (`column`), that fit a pattern: at most `limit`."""
    source = dictionary(connection, pattern)
    text = source.c[column]
    found = select(text).distinct().where(fits(connection, text, pattern)).limit(limit)
    return list(connection.scalars(found))


def erase_plates(connection: Connection, before_us: int) -> int:
    """Erase the plates that no passage has; only those not seen since a moment may be such."""
    has_passage = exists().where(passages.c.plate == plates.c.plate)
    gone = delete(plates).where(plates.c.seen_us < before_us, ~has_passage)
    return connection.execute(gone).rowcount
