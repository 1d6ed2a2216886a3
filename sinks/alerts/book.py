"""What is known of alerts around the events of one turn: each decision of it sees those before it.

The ledger reads a book from the store, and writes back what a turn changed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, TypeGuard

from anpr.events import CameraState, SectionTransit, SectionVerdict
from anpr.journeys import AROUND, journeys
from sinks.alerts.conditions import AnyEvent, camera
from sinks.alerts.routing import Known, Reason, filed_under, subject

State = Literal["open", "recalled"]

OPEN: Literal["open"] = "open"
RECALLED: Literal["recalled"] = "recalled"

TRACK = timedelta(days=1)
"""How long an alert at another camera counts as news of the same thing."""


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert that was raised: its number, when, and the version of the event it tells of."""

    id: int
    raised_at: datetime
    event: AnyEvent
    state: State
    words: tuple[str, ...]
    dispatch_only: bool = False

    @property
    def is_open(self) -> bool:
        """Whether somebody may still act on it."""
        return self.state == OPEN


@dataclass(frozen=True, slots=True)
class Held:
    """An event that raised no alert, or whose alert was taken back, and why."""

    event: AnyEvent
    reason: Reason


class Book:
    """Alerts and events held back, those that the events of a turn may have to do with."""

    def __init__(self, raised: Iterable[Raised] = (), held: Iterable[Held] = ()) -> None:
        self.raised = {one.event.id: one for one in raised}
        self.held = {one.event.id: one for one in held}
        self.changed: dict[str, None] = {}
        """The ids of the events of which a turn changed something, in order."""
        self._numbers: Iterator[int] = iter(())
        self._about: dict[str | None, dict[str, None]] = defaultdict(dict)
        for alert in self.raised.values():
            self._index(alert.event)
        for one in self.held.values():
            self._index(one.event)

    def take_numbers(self, numbers: Iterable[int]) -> None:
        """Have numbers for the alerts that will be raised."""
        self._numbers = iter(numbers)

    def known(self, event: str) -> Known | None:
        """Tell what is known of an event."""
        if held := self.held.get(event):
            # held after a recall, or never raised: the newer of the two in either case
            return Known(held.event.revision, held.event.withdrawn, is_open=False)
        if alert := self.raised.get(event):
            return Known(alert.event.revision, not alert.is_open, alert.is_open)
        return None

    def told(self, event: AnyEvent, within: timedelta) -> datetime | None:
        """Give the moment nearest to the event's when the same was alerted at the same camera."""
        said = [
            one.event.at
            for one in self._of_the_same(event)
            if camera(one.event) == camera(event) and abs(one.event.at - event.at) <= within
        ]
        return min(said, key=lambda at: abs(at - event.at), default=None)

    def followed(self, event: AnyEvent) -> int | None:
        """Give the latest alert of the same thing at another camera, if it is recent."""
        before = [
            one
            for one in self._of_the_same(event)
            if camera(one.event) != camera(event)
            and timedelta(0) <= event.at - one.event.at <= TRACK
        ]
        latest = max(before, key=lambda one: one.event.at, default=None)
        return None if latest is None else latest.id

    def case_of(self, event: AnyEvent) -> list[SectionTransit]:
        """Give what open alerts tell of the case of a violation: sections in a row with it."""
        if not _is_violation(event):
            return []
        opened = [one.event for one in self._filed_with(event) if _is_violation(one.event)]
        # What was held back may be the section between two that were told of.
        parts = [one for one in self._parts(event) if _is_violation(one) and not one.withdrawn]
        ids = {
            one.id
            for journey in journeys([event, *opened, *parts])
            if event in journey.transits
            for one in journey.transits
        }
        return [one for one in opened if one.id in ids]

    def open_alerts(self, kind: str) -> list[Raised]:
        """Give the open alerts of a kind, newest first."""
        found = [one for one in self.raised.values() if one.is_open and one.event.kind == kind]
        return sorted(found, key=lambda one: -one.id)

    def overtaken(self, event: CameraState) -> list[AnyEvent]:
        """Give what open alerts tell of a camera that is in another state since."""
        return [
            one.event
            for one in self.open_alerts(event.kind)
            if camera(one.event) == event.camera
            and one.event.at <= event.at
            and subject(one.event) != event.state
        ]

    def open(
        self, event: AnyEvent, words: Sequence[str], now: datetime, *, dispatch_only: bool = False
    ) -> Raised:
        """Raise the alert of an event, or open it again under its number."""
        known = self.raised.get(event.id)
        number = known.id if known else next(self._numbers)
        alert = Raised(number, now, event, OPEN, tuple(words), dispatch_only)
        self.held.pop(event.id, None)
        self._note(event)
        self.raised[event.id] = alert
        return alert

    def change(
        self,
        event: AnyEvent,
        state: State,
        words: Sequence[str],
        *,
        dispatch_only: bool | None = None,
    ) -> Raised:
        """Let the alert of an event tell of its new version; give it as it was."""
        before = self.raised[event.id]
        is_bound = before.dispatch_only if dispatch_only is None else dispatch_only
        self._note(event)
        self.raised[event.id] = replace(
            before, event=event, state=state, words=tuple(words), dispatch_only=is_bound
        )
        return before

    def hold(self, event: AnyEvent, reason: Reason) -> None:
        """Remember an event that raised no alert."""
        self._note(event)
        self.held[event.id] = Held(event, reason)

    def release(self, event: AnyEvent) -> list[AnyEvent]:
        """Forget, and give in order of time, what was held back for an event's sake.

        These are its repeats, or the other parts of its case.
        """
        if filed_under(event) is None:
            return []
        released = self._parts(event) if isinstance(event, SectionTransit) else self._repeats(event)
        for one in released:
            del self.held[one.id]
            self._note(one)
        return sorted(released, key=lambda one: (one.at, one.id))

    def _filed_with(self, event: AnyEvent) -> Iterator[Raised]:
        """Give the other open alerts of the same thing or vehicle."""
        for other in self._about.get(filed_under(event), ()):
            alert = self.raised.get(other)
            if alert and alert.is_open and other != event.id and alert.event.kind == event.kind:
                yield alert

    def _of_the_same(self, event: AnyEvent) -> Iterator[Raised]:
        return iter(()) if subject(event) is None else self._filed_with(event)

    def _parts(self, event: SectionTransit) -> list[AnyEvent]:
        return self._held_with(
            event, Reason.PART_OF_CASE, lambda one: abs(one.at - event.at) <= AROUND
        )

    def _repeats(self, event: AnyEvent) -> list[AnyEvent]:
        return self._held_with(event, Reason.REPEAT, lambda one: camera(one) == camera(event))

    def _held_with(
        self, event: AnyEvent, reason: Reason, is_meant: Callable[[AnyEvent], bool]
    ) -> list[AnyEvent]:
        found = (self.held.get(other) for other in self._about.get(filed_under(event), ()))
        return [
            one.event
            for one in found
            if one and one.reason is reason and one.event.id != event.id and is_meant(one.event)
        ]

    def _note(self, event: AnyEvent) -> None:
        self.changed[event.id] = None
        self._index(event)

    def _index(self, event: AnyEvent) -> None:
        self._about[filed_under(event)][event.id] = None


def _is_violation(event: AnyEvent) -> TypeGuard[SectionTransit]:
    return isinstance(event, SectionTransit) and event.verdict is SectionVerdict.VIOLATION
