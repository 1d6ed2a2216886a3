"""The one place that reads the real clock; everything else is given `now`."""

from datetime import UTC, datetime


def now() -> datetime:
    """Tell the time, aware and in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is the clock that is handed out
