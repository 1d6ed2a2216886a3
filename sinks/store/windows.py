"""The windows of the statistics, aligned to UTC, marked when a row touches them.

Marks only come: a writer adds one for each window that its rows touch and looks at none, so that it
waits for nobody and nobody for it. A mark commits with the rows it is for: whoever sees it sees
them. Whoever takes marks takes those it sees, of some windows all of them, and computes these
windows afterwards, from at least the rows of those marks; what it has not seen stays for the next.
Marks go with the commit of the figures, and those who compute take turns: no older reading is ever
written over a younger one.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection

from sinks.store.dialects import load
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
"""A local day of flows over the border that follow from hours marked before, of no subject."""


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
    """Mark windows, and the hours they lie in, to be computed again once this has committed."""
    load(connection, dirty_windows, [window._asdict() for window in with_hours(windows)])
