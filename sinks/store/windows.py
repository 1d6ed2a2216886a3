"""The windows of the statistics: five minutes, aligned to UTC, marked when a row touches them."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection

from sinks.store.dialects import insert
from sinks.store.schema import dirty_windows

LENGTH_US = 300_000_000
COUNT = "count"
TRAVEL = "travel"


class Window(NamedTuple):
    """Five minutes of one camera's counts or of one section's travel times."""

    kind: str
    subject: str
    start_us: int

    @property
    def end_us(self) -> int:
        """The first microsecond after it."""
        return self.start_us + LENGTH_US


def start_of(at_us: int) -> int:
    """Give the start of the window in which a moment lies."""
    return at_us - at_us % LENGTH_US


def count_window(row: Mapping[str, Any]) -> Window:
    """Tell in which window a passage is counted."""
    return Window(COUNT, row["camera"], start_of(row["at_us"]))


def travel_window(row: Mapping[str, Any]) -> Window | None:
    """Tell in which window an event's travel time counts; None if it has none."""
    if row["kind"] != "section_transit":
        return None
    return Window(TRAVEL, row["subject"], start_of(row["at_us"]))


def mark(connection: Connection, windows: Iterable[Window]) -> None:
    """Mark windows to be computed again once this transaction has committed.

    A mark that is there already is written again: that locks it, so that a roller who is about
    to take it waits for this transaction's rows.
    """
    rows = [window._asdict() for window in sorted(set(windows))]
    if not rows:
        return
    statement = insert(connection, dirty_windows)
    again = {"start_us": statement.excluded.start_us}
    keys = ["kind", "subject", "start_us"]
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=again), rows)
