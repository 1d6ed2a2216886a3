"""What else plates may be: the folds of a passage's alternatives, for a search that misses none."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, select, tuple_

from anpr.events import Alternative
from anpr.plates import fold
from sinks.store.dialects import among, load
from sinks.store.rows import Row
from sinks.store.schema import passages, spellings
from sinks.store.upsert import remove

Version = tuple[str, int, bool]
"""The id, revision and withdrawal of a passage: a batch may hold several versions of one."""

LEAST = 0.05
"""A text less likely than this stands for hardly any vehicle, and there are many of them."""


def note_spellings(
    connection: Connection,
    won: Collection[Row],
    left: Collection[Row],
    alternatives: Mapping[Version, Sequence[Alternative]],
) -> None:
    """Enter the other spellings of passages written; `left` are the versions that they replace."""
    remove(connection, spellings.c.passage_id, left)
    load(connection, spellings, list(_others(won, alternatives)))


def _others(
    won: Collection[Row], alternatives: Mapping[Version, Sequence[Alternative]]
) -> Iterator[Row]:
    for row in won:
        version = row["id"], row["revision"], row["withdrawn"]
        folds = {fold(one.plate) for one in alternatives[version] if one.confidence >= LEAST}
        for other in sorted(folds - {row["fold"]}):
            yield {"passage_id": row["id"], "fold": other, "at_us": row["at_us"]}


def is_spelled(
    connection: Connection, folds: Collection[str], since_us: int, until_us: int
) -> ColumnElement[bool]:
    """Say in SQL that a passage of a period may be of one of some folds, by what else was read."""
    spelled = select(spellings.c.passage_id, spellings.c.at_us).where(
        among(connection, spellings.c.fold, folds),
        spellings.c.at_us >= since_us,
        spellings.c.at_us < until_us,
    )
    return tuple_(passages.c.id, passages.c.at_us).in_(spelled)
