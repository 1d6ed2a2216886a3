"""Write passages and events: whatever comes twice or in another order gives the same rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Table

from anpr.events import CameraState, Passage, RuleEvent
from anpr.ports import Message, Output
from anpr.time import to_us
from sinks.messages import Stateless, read
from sinks.store.engine import writing
from sinks.store.rows import Row, event_row, passage_row
from sinks.store.schema import event_passages, events, images, passages
from sinks.store.upsert import add, insert, newest, put, rank, stored
from sinks.store.windows import Window, count_window, mark, travel_window

Version = Mapping[str, Any]
"""A row or the stored version of one, by column."""


class StoreWriter:
    """The one way into `passages` and `events`; it marks the statistics that its rows touch."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def write(
        self, passages_: Sequence[Passage], events_: Sequence[RuleEvent | CameraState]
    ) -> int:
        """Write in one transaction; tell how many rows are new or changed."""
        if not passages_ and not events_:
            return 0
        stored_us = to_us(self._now())
        passage_rows = newest(passage_row(passage, stored_us) for passage in passages_)
        event_rows = newest(event_row(event, stored_us) for event in events_)
        causes = {event.id: event.passages for event in events_}
        with writing(self._engine) as connection:
            touched: set[Window] = set()
            fresh = _write(connection, passages, passage_rows, count_window, touched)
            _show(connection, fresh)
            judged = _write(connection, events, event_rows, travel_window, touched)
            add(connection, event_passages, list(_links(judged, causes)))
            mark(connection, touched)
        return len(fresh) + len(judged)


class StoreWorker(Stateless):
    """Takes `passages` and `events` from the log into the store."""

    def __init__(self, writer: StoreWriter) -> None:
        self._writer = writer

    def work(self, messages: Sequence[Message]) -> Sequence[Output]:
        """Write a batch; what cannot be understood becomes a dead letter."""
        brought = read(messages)
        self._writer.write(brought.passages, brought.events)
        return brought.refused


def _write(
    connection: Connection,
    table: Table,
    rows: Sequence[Row],
    window: Callable[[Version], Window | None],
    touched: set[Window],
) -> list[Row]:
    """Write the rows that win; collect the windows that they enter and those that they leave."""
    known = stored(connection, table, [row["id"] for row in rows], _WINDOWED[table.name])
    won = [row for row in rows if row["id"] not in known or rank(row) > rank(known[row["id"]])]
    put(connection, table, won)
    left = (known[row["id"]] for row in won if row["id"] in known)
    touched.update(found for row in (*won, *left) if (found := window(row)) is not None)
    return won


_WINDOWED = {"passages": ("camera", "at_us"), "events": ("kind", "subject", "at_us")}
"""The columns that say in which window a row counts."""


def _show(connection: Connection, rows: Iterable[Row]) -> None:
    """Note for each image the youngest passage that shows it."""
    shown: dict[str, int] = {}
    for row in rows:
        for reference in (row["crop"], row["overview"]):
            if reference is not None:
                shown[reference] = max(row["at_us"], shown.get(reference, 0))
    if not shown:
        return
    statement = insert(connection, images)
    at_us = statement.excluded.at_us
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["reference"], set_={"at_us": at_us}, where=at_us > images.c.at_us
        ),
        [{"reference": one, "at_us": shown[one]} for one in sorted(shown)],
    )


def _links(rows: Iterable[Row], causes: Mapping[str, Sequence[str]]) -> Iterable[Row]:
    for row in rows:
        for position, passage in enumerate(causes[row["id"]]):
            yield {"event_id": row["id"], "position": position, "passage_id": passage}
