"""The windows of the statistics, aligned to UTC, marked when a row touches them."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from sinks.store.dialects import among, load
from sinks.store.schema import dirty_windows

LENGTH_US = 300_000_000
HOUR_US = 3_600_000_000

COUNT = "count"
TRAVEL = "travel"
"""Five minutes: the counts of a camera, the travel times of a section."""

PASSED = "passed"
TRANSITS = "transits"
ACCESS = "access"
"""An hour: the speeds at a camera and the flows over the border, the speeds on a section, what
the gates of a zone decided."""

FLOWS = "flows"
"""A local day of flows over the border that follow from hours marked before; its subject tells
one mark from the next."""


class Window(NamedTuple):
    """Five minutes or an hour of what concerns a camera, a section or a zone."""

    kind: str
    subject: str
    start_us: int


def start_of(at_us: int) -> int:
    """Give the start of the five minutes in which a moment lies."""
    return at_us - at_us % LENGTH_US


def hour_of(at_us: int) -> int:
    """Give the start of the hour in which a moment lies."""
    return at_us - at_us % HOUR_US


def count_window(row: Mapping[str, Any]) -> Window:
    """Tell in which window a passage is counted."""
    return Window(COUNT, row["camera"], start_of(row["at_us"]))


def event_window(row: Mapping[str, Any]) -> Window | None:
    """Tell in which window an event counts; None if it counts in none."""
    match row["kind"]:
        case "section_transit":
            return Window(TRAVEL, row["subject"], start_of(row["at_us"]))
        case "access":
            return Window(ACCESS, row["subject"], hour_of(row["at_us"]))
        case _:
            return None


def with_hours(windows: Collection[Window]) -> set[Window]:
    """Add the hours in which some five minutes lie."""
    return {*windows, *_hours(windows)}


def _hours(windows: Collection[Window]) -> Iterator[Window]:
    for window in windows:
        if window.kind == COUNT:
            yield Window(PASSED, window.subject, hour_of(window.start_us))
        elif window.kind == TRAVEL:
            yield Window(TRANSITS, window.subject, hour_of(window.start_us))


def mark(connection: Connection, windows: Collection[Window]) -> None:
    """Mark windows, and the hours they lie in, to be computed again once this has committed.

    Marks that are there already are locked: a roller who is about to take one leaves it until
    this transaction's rows can be seen. Only whoever has the turn to write marks.
    """
    if not windows:
        return
    all_ = with_hours(windows)
    starts = {window.start_us for window in all_}
    there = select(dirty_windows).where(among(connection, dirty_windows.c.start_us, starts))
    marked = {Window(*row) for row in connection.execute(there.with_for_update())}
    rows = [window._asdict() for window in all_ if window not in marked]
    load(connection, dirty_windows, rows)
