"""Write passages and events: whatever comes twice or in another order gives the same rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Engine, Table

from anpr.events import CameraState, Passage, RuleEvent
from anpr.ports import Message, Output
from anpr.time import to_us
from sinks.cases.following import follow
from sinks.messages import Stateless, read
from sinks.store.dialects import load, take_turn
from sinks.store.engine import writing
from sinks.store.plates import note_plates
from sinks.store.rows import Row, event_row, passage_row
from sinks.store.schema import (
    event_passages,
    events,
    images,
    passages,
    said_before,
    spellings,
    visits,
)
from sinks.store.spellings import note_spellings
from sinks.store.upsert import add, keep_youngest, newest, rank, remove, stored
from sinks.store.visits import NO_BORDER, Border, note_visits
from sinks.store.weeks import WRITING, Weeks
from sinks.store.windows import Window, count_window, event_window, mark

CASES = frozenset({"section_transit", "lock_transit", "access"})
"""Kinds of events whose change must be told: a person may have acted on what they said."""

JUDGED = ("kind", "subject", "verdict", "reason", "body")


class StoreWriter:
    """The one way into `passages` and `events`; it marks the statistics that its rows touch."""

    def __init__(
        self, engine: Engine, now: Callable[[], datetime], border: Border = NO_BORDER
    ) -> None:
        self._engine = engine
        self._now = now
        self._border = border
        self._weeks = Weeks(engine, now)

    def write(
        self, passages_: Sequence[Passage], events_: Sequence[RuleEvent | CameraState]
    ) -> int:
        """Write in one transaction; tell how many rows are new or changed."""
        return self.write_told(
            [(one, one.to_json()) for one in passages_], [(one, one.to_json()) for one in events_]
        )

    def write_told(
        self,
        passages_: Sequence[tuple[Passage, bytes]],
        events_: Sequence[tuple[RuleEvent | CameraState, bytes]],
    ) -> int:
        """Write what came with the JSON that told of it, as `write` does."""
        if not passages_ and not events_:
            return 0
        stored_us = to_us(self._now())
        passage_rows = newest(passage_row(*told, stored_us) for told in passages_)
        event_rows = newest(event_row(*told, stored_us) for told in events_)
        spelled = {(one.id, one.revision, one.withdrawn): one.alternatives for one, _ in passages_}
        causes = {event.id: event.passages for event, _ in events_}
        self._weeks.make(row["at_us"] for row in (*passage_rows.values(), *event_rows.values()))
        with writing(self._engine) as connection:
            take_turn(connection, WRITING)
            seen = _write(connection, passages, passage_rows, ("camera", "plate", "fold"))
            note_plates(connection, seen.won, seen.left)
            note_spellings(connection, seen.won, seen.left, spelled)
            note_visits(connection, self._border, seen.won, seen.left)
            keep_youngest(connection, images.c.reference, images.c.at_us, list(_shown(seen.won)))
            judged = _write(connection, events, event_rows, JUDGED)
            remove(connection, event_passages.c.event_id, judged.replacing)
            load(connection, event_passages, list(_links(judged.won, causes)))
            add(connection, said_before, list(_traces(judged, stored_us)))
            follow(connection, *_cases(judged), stored_us)
            mark(connection, {*_windows(seen, count_window), *_windows(judged, event_window)})
        for table, rows in (
            *((one, seen.won) for one in (passages, visits, spellings)),
            *((one, judged.won) for one in (events, event_passages)),
        ):
            self._weeks.weigh(table, (row["at_us"] for row in rows))
        return len(seen.won) + len(judged.won)


class StoreWorker(Stateless):
    """Takes `passages` and `events` from the log into the store."""

    def __init__(self, writer: StoreWriter) -> None:
        self._writer = writer

    def work(self, messages: Sequence[Message]) -> Sequence[Output]:
        """Write a batch; what cannot be understood becomes a dead letter."""
        brought = read(messages)
        self._writer.write_told(brought.passages, brought.events)
        return brought.refused


class _Written(NamedTuple):
    """The rows that won, those of them that replaced others, and the versions replaced."""

    won: list[Row]
    replacing: list[Row]
    left: list[Row]


def _write(
    connection: Connection, table: Table, rows: Mapping[str, Row], columns: Sequence[str]
) -> _Written:
    """Write the rows that beat what is stored of them."""
    known = stored(connection, table, rows.values(), columns)
    best = newest(known)
    won = [
        row for row in rows.values() if row["id"] not in best or rank(row) > rank(best[row["id"]])
    ]
    replacing = [row for row in won if row["id"] in best]
    ids = {row["id"] for row in replacing}
    remove(connection, table.c.id, replacing)
    load(connection, table, won)
    return _Written(won, replacing, [row for row in known if row["id"] in ids])


def _traces(judged: _Written, now_us: int) -> Iterable[Row]:
    """Keep what a case said where another verdict or reason takes its place."""
    now = {row["id"]: row for row in judged.replacing}
    for row in judged.left:
        if row["kind"] in CASES and any(
            row[name] != now[row["id"]][name] for name in ("verdict", "reason", "withdrawn")
        ):
            yield {
                "event_id": row["id"],
                "revision": row["revision"],
                "at_us": row["at_us"],
                "until_us": now_us,
                "body": row["body"],
            }


def _cases(judged: _Written) -> tuple[list[Row], list[Row]]:
    """Give the events of cases as they were and as they are."""
    was, now = (
        [row for row in rows if row["kind"] in CASES] for rows in (judged.left, judged.replacing)
    )
    return was, now


def _windows(written: _Written, window: Callable[[Row], Window | None]) -> Iterable[Window]:
    """Give the windows that rows enter and those that they leave."""
    found = map(window, (*written.won, *written.left))
    return (one for one in found if one is not None)


def _shown(rows: Iterable[Row]) -> Iterable[Row]:
    for row in rows:
        for reference in (row["crop"], row["overview"]):
            if reference is not None:
                yield {"reference": reference, "at_us": row["at_us"]}


def _links(rows: Iterable[Row], causes: Mapping[str, Sequence[str]]) -> Iterable[Row]:
    for row in rows:
        for position, passage in enumerate(causes[row["id"]]):
            yield {
                "event_id": row["id"],
                "position": position,
                "at_us": row["at_us"],
                "passage_id": passage,
            }
