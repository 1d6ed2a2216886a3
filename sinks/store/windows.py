"""The windows of the statistics: five minutes, aligned to UTC, marked when a row touches them."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from sinks.store.dialects import among, load
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


def mark(connection: Connection, windows: Collection[Window]) -> None:
    """Mark windows to be computed again once this transaction has committed.

    Marks that are there already are locked: a roller who is about to take one leaves it until
    this transaction's rows can be seen. Only whoever has the turn to write marks.
    """
    if not windows:
        return
    starts = {window.start_us for window in windows}
    there = select(dirty_windows).where(among(connection, dirty_windows.c.start_us, starts))
    marked = {Window(*row) for row in connection.execute(there.with_for_update())}
    rows = [window._asdict() for window in windows if window not in marked]
    load(connection, dirty_windows, rows)
