"""The dictionary of plates: a pattern is searched among distinct plates, not among passages."""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, Engine, delete, exists, update

from sinks.store.dialects import among, entries_fitting, merge_trigrams, take_turn
from sinks.store.engine import writing
from sinks.store.rows import Row
from sinks.store.schema import passages, plates
from sinks.store.upsert import keep_youngest
from sinks.store.weeks import WRITING

WILDCARDS = frozenset("?*")
"""One character, and any run of characters."""

_DAY_US = 86_400_000_000

_PAGES = 500
"""How much one transaction merges: writers wait no longer than that takes."""


def note_plates(connection: Connection, rows: Collection[Row], left: Iterable[Row]) -> None:
    """Enter the plates of passages written; `left` are the versions that these replace."""
    seen = [
        {"plate": row["plate"], "fold": row["fold"], "seen_us": row["at_us"] // _DAY_US * _DAY_US}
        for row in rows
        if row["plate"] is not None
    ]
    keep_youngest(connection, plates.c.plate, plates.c.seen_us, seen)
    lost = {row["plate"] for row in left} - {row["plate"] for row in rows} - {None}
    if lost:
        doubted = update(plates).where(among(connection, plates.c.plate, lost))
        connection.execute(doubted.values(seen_us=0))


def plates_fitting(connection: Connection, spelling: str, pattern: str, limit: int) -> list[str]:
    """Give plates, or their folds (`spelling`), that fit a pattern: at most `limit`."""
    entries = entries_fitting(connection, spelling, pattern).distinct().limit(limit)
    return list(connection.scalars(entries))


def erase_plates(engine: Engine, before_us: int) -> int:
    """Erase the plates that no passage has; only those not seen since a moment may be such."""
    has_passage = exists().where(passages.c.plate == plates.c.plate)
    gone = delete(plates).where(plates.c.seen_us < before_us, ~has_passage)
    with writing(engine) as connection:
        take_turn(connection, WRITING)  # a plate must not go while a passage with it is written
        erased = connection.execute(gone).rowcount
    if erased:
        _purge(engine)
    return erased


def _purge(engine: Engine) -> None:
    """Let the trigrams of erased plates go, in small transactions."""
    pages, is_more = -_PAGES, True
    while is_more:
        with writing(engine) as connection:
            is_more = merge_trigrams(connection, pages)
        pages = _PAGES
