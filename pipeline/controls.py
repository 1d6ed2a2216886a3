"""The versions of lists and the displayed limits that hold, as the `controls` topic tells them."""

import threading
import time
from collections.abc import Sequence
from datetime import timedelta

import structlog
from pydantic import ValidationError

from anpr.errors import BrokenVersionError
from anpr.lists import ListPart, Lists
from anpr.ports import Log, Message, Record
from anpr.signs import KEY, DisplayedLimit, Signs
from anpr.topics import CONTROLS

log = structlog.get_logger()

FRESH_FOR = timedelta(milliseconds=250)
"""So long a worker goes by what was read: asking a broker at every turn would cost more."""

LOOK = timedelta(milliseconds=200)
"""How often a running zone reads what is new, beside its workers: none of them waits for a list
of a million plates, and all judge by the version before until the new one is whole."""

_NOT_YET = 2**63


class Controls:
    """Follows `controls`: read whole at the start, then as versions come.

    A version is known by the offset of the message that completed it, so that a worker can
    rebuild its state with the lists it had.
    """

    def __init__(self, log_: Log, fresh_for: timedelta = FRESH_FOR) -> None:
        self._log = log_
        self._fresh_for_s = fresh_for.total_seconds()
        self._read_at = 0.0
        self._reading = threading.Lock()
        self._known = Lists()
        self._completed_at: dict[tuple[str, int], int] = {}
        self._signs = Signs()
        self._limits: list[tuple[int, DisplayedLimit]] = []
        self._end = 0
        self._changed = 0
        self.refresh()

    def follow(self) -> int:
        """Read what is new, unless that was just done; return the offset after the last change."""
        is_fresh = time.monotonic() - self._read_at < self._fresh_for_s
        if not is_fresh and self._reading.acquire(blocking=False):
            try:
                self._read()
            finally:
                self._reading.release()
        return self._changed

    def refresh(self) -> int:
        """Read what is new; return the offset after the last message that changed anything."""
        with self._reading:
            self._read()
            return self._changed

    def lists(self, until: int | None = None) -> Lists:
        """Give the lists as they stood before an offset; without one, as they stand."""
        return Lists(
            (
                version
                for name in self._known.names()
                for version in self._known.versions(name)
                if until is None
                or self._completed_at.get((name, version.version), _NOT_YET) < until
            ),
            Signs(
                (offset + 1, limit)
                for offset, limit in tuple(self._limits)
                if until is None or offset < until
            ),
        )

    def newest(self) -> Lists:
        """Read what is new, and give the lists as they stand."""
        self.refresh()
        return self.lists()

    def _read(self) -> None:
        self._read_at = time.monotonic()
        for message in self._log.read(CONTROLS, self._end):
            self._take(message)
            self._end = message.offset + 1

    def _take(self, message: Message) -> None:
        try:
            if message.record.key.startswith(KEY):
                self._take_limit(message)
            else:
                self._take_part(message)
        except ValidationError as error:
            log.warning("control_refused", offset=message.offset, errors=error.error_count())
        except BrokenVersionError as error:
            log.warning("list_refused", offset=message.offset, why=str(error))

    def _take_part(self, message: Message) -> None:
        version = self._known.take(ListPart.model_validate_json(message.record.value))
        if version is not None:
            self._completed_at[version.name, version.version] = message.offset
            self._changed = message.offset + 1

    def _take_limit(self, message: Message) -> None:
        limit = DisplayedLimit.model_validate_json(message.record.value)
        self._limits.append((message.offset, limit))
        if self._signs.take(message.offset + 1, limit):
            self._changed = message.offset + 1


def publish_list(log_: Log, parts: Sequence[ListPart]) -> None:
    """Append a version of a list, durably."""
    for part in parts:
        log_.append(CONTROLS, Record(part.key, part.to_json()))
    log_.flush()


def publish_limit(log_: Log, limit: DisplayedLimit) -> None:
    """Append what the signs of a section display, durably."""
    log_.append(CONTROLS, Record(limit.key, limit.to_json()))
    log_.flush()
