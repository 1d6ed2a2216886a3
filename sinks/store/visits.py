"""Visits: each exit of the zone paired with the entry before it, kept true as passages come.

Look-alike plates are one vehicle here: a visit is a lead, never a verdict. An exit pairs with the
sighting at the border just before it, if that was an entry, at most `LONGEST` ago.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import Connection, Engine, and_, delete, select

from anpr.events import Direction
from sinks.store.dialects import among, load, take_turn
from sinks.store.engine import writing
from sinks.store.rows import Row
from sinks.store.schema import passages, visits
from sinks.store.upsert import remove
from sinks.store.weeks import WRITING, week_of

DAY_US = 86_400_000_000

LONGEST_US = DAY_US
"""A longer stay is no visit: who lives here comes and goes by ways that no camera sees."""


class Way(StrEnum):
    """Over the border of the zone."""

    IN = "in"
    OUT = "out"


_IN, _OUT, _RECEDING = Way.IN, Way.OUT, Direction.RECEDING.value

Border = Mapping[str, str]
"""The cameras at the border, and the way (`in` or `out`) of who approaches them."""

NO_BORDER: Border = MappingProxyType({})


class Crossing(NamedTuple):
    """A vehicle seen at the border, as much as pairing needs."""

    fold: str
    at_us: int
    id: str
    camera: str
    plate: str
    way: Way


def way_of(border: Border, camera: str, direction: str) -> Way | None:
    """Tell which way a passage crosses the border; a receding vehicle reverses its camera's."""
    marked = border.get(camera)
    if marked is None:
        return None
    return _IN if (marked == _IN) is not (direction == _RECEDING) else _OUT


def paired(crossings: Iterable[Crossing]) -> Iterator[Row]:
    """Pair the crossings of one vehicle, in order of time: the rows of its visits."""
    in_order = sorted(crossings, key=lambda one: (one.at_us, one.way is _IN, one.id))
    for entry, exit_ in pairwise(in_order):
        stay_us = exit_.at_us - entry.at_us
        if entry.way is _IN and exit_.way is _OUT and stay_us <= LONGEST_US:
            yield {
                "exit_id": exit_.id,
                "at_us": exit_.at_us,
                "entry_id": entry.id,
                "entry_us": entry.at_us,
                "stay_us": stay_us,
                "entry_camera": entry.camera,
                "exit_camera": exit_.camera,
                "plate": exit_.plate,
                "fold": exit_.fold,
            }


def note_visits(
    connection: Connection, border: Border, won: Collection[Row], left: Collection[Row]
) -> None:
    """Pair again whatever passages written touch; `left` are the versions that these replace.

    Only exits within `LONGEST` after a change can have another entry now. A new entry changes
    nothing before it, so that it asks for nothing that came before.
    """
    lost = [row for row in left if row["camera"] in border and row["fold"] is not None]
    live = [row for row in won if row["camera"] in border and row["fold"] is not None]
    if not lost and not live:
        return
    remove(connection, visits.c.exit_id, lost)
    known = {row["id"] for row in lost}
    spans: dict[str, _Span] = {}
    for row in (*live, *lost):
        is_new = row["id"] not in known and not row["withdrawn"]
        is_entry = is_new and way_of(border, row["camera"], row["direction"]) is _IN
        span = _Span(row["at_us"], row["at_us"], is_entry)
        spans[row["fold"]] = spans.get(row["fold"], span).with_(span)
    near: dict[tuple[int, bool], dict[str, _Span]] = defaultdict(dict)
    for fold, span in spans.items():
        near[week_of(span.since_us), span.is_entry][fold] = span
    for (_, is_entry), some in near.items():
        _pair_again(connection, border, some, 0 if is_entry else LONGEST_US, known)


def rebuild_visits(engine: Engine, border: Border, since_us: int, until_us: int) -> int:
    """Make the visits of a period anew from stored passages, day by day; tell how many."""
    made = 0
    for start_us in range(since_us, until_us, DAY_US):
        end_us = min(start_us + DAY_US, until_us)
        with writing(engine) as connection:
            take_turn(connection, WRITING)
            connection.execute(delete(visits).where(visits.c.at_us.between(start_us, end_us - 1)))
            crossings = _crossings(connection, border, start_us - LONGEST_US, end_us - 1)
            rows = [row for row in _visits(crossings) if row["at_us"] >= start_us]
            load(connection, visits, rows)
            made += len(rows)
    return made


class _Span(NamedTuple):
    """From when to when the crossings of a vehicle changed; whether it only entered anew."""

    since_us: int
    until_us: int
    is_entry: bool

    def with_(self, other: "_Span") -> "_Span":
        return _Span(
            min(self.since_us, other.since_us),
            max(self.until_us, other.until_us),
            self.is_entry and other.is_entry,
        )

    def covers(self, exit_us: int) -> bool:
        """Say whether an exit may have another entry now; one at an entry's moment precedes it."""
        is_after = exit_us > self.since_us if self.is_entry else exit_us >= self.since_us
        return is_after and exit_us <= self.until_us + LONGEST_US


def _pair_again(
    connection: Connection,
    border: Border,
    spans: Mapping[str, _Span],
    back_us: int,
    removed: Collection[str],
) -> None:
    """Make the visits of some vehicles anew whose exits their changes cover."""
    since_us = min(span.since_us for span in spans.values()) - back_us
    until_us = max(span.until_us for span in spans.values()) + LONGEST_US
    crossings = _crossings(connection, border, since_us, until_us, spans)
    exits = [one for one in crossings if one.way is _OUT and spans[one.fold].covers(one.at_us)]
    stale = [{"id": one.id, "at_us": one.at_us} for one in exits if one.id not in removed]
    made = [row for row in _visits(crossings) if spans[row["fold"]].covers(row["at_us"])]
    remove(connection, visits.c.exit_id, stale)
    load(connection, visits, made)


def _visits(crossings: Iterable[Crossing]) -> Iterator[Row]:
    by_fold: dict[str, list[Crossing]] = defaultdict(list)
    for one in crossings:
        by_fold[one.fold].append(one)
    for group in by_fold.values():
        yield from paired(group)


def _crossings(
    connection: Connection,
    border: Border,
    since_us: int,
    until_us: int,
    folds: Collection[str] | None = None,
) -> list[Crossing]:
    """Give what was seen at the border from a moment to another, both included."""
    of = passages.c
    wanted = select(of.fold, of.at_us, of.id, of.camera, of.plate, of.direction).where(
        and_(passages.c.at_us >= since_us, passages.c.at_us <= until_us),
        passages.c.withdrawn.is_(False),
    )
    if folds is None:
        wanted = wanted.where(passages.c.fold.is_not(None))
    else:
        wanted = wanted.where(among(connection, passages.c.fold, folds))
    return [
        Crossing(fold, at_us, id_, camera, plate, way)
        for fold, at_us, id_, camera, plate, direction in connection.execute(wanted)
        if (way := way_of(border, camera, direction)) is not None
    ]
