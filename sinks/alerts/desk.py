"""The decisions of one turn, in memory, each seeing what the ones before it did."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from anpr.events import CameraState, CameraStatus, Hit, LockTransit, LockVerdict, SectionTransit
from anpr.lists import Lists
from anpr.sites import Escalation, Site
from sinks.alerts.book import OPEN, RECALLED, Book, Raised
from sinks.alerts.conditions import AnyEvent, Terms, awake
from sinks.alerts.muting import Silence, muted_by
from sinks.alerts.posting import Tray, payload_of
from sinks.alerts.routing import (
    Circumstances,
    Decision,
    Reason,
    Routing,
    Step,
    decide,
    leads,
    route,
)
from sinks.alerts.words import (
    CAMERA_CHANGED,
    CAMERA_UP,
    HIGHEST_OF_CASE,
    LAPSED,
    PART_OF_CASE,
    asleep_at,
    gist,
    unsent,
    words,
)
from sinks.alerts.words import (
    RECALLED as NO_MORE,
)


@dataclass(frozen=True, slots=True)
class Moment:
    """What holds while a turn is decided."""

    now: datetime
    lists: Lists
    terms: Terms
    silences: Sequence[Silence] = ()
    unfit: frozenset[tuple[str, date]] = frozenset()
    """the locks that ask people too often, with the day"""

    def is_lapsed(self, event: AnyEvent) -> bool:
        """Say whether the entry of a hit has been taken off its list since, or has expired.

        Where the list is not known yet in the version that gave the hit, it has not.
        """
        if not isinstance(event, Hit):
            return False
        held = self.lists.at(event.list, self.now)
        if held.version < max(event.list_version, 1):
            return False
        found = held.find(event.plate, None, self.now, (event.entry_plate,))
        return all(one.entry.id != event.entry for one in found)


_NO_NEWS = {Reason.STALE, Reason.WITHDRAWN}


class Desk:
    """Decides on events and carries the decisions out, on a book and a tray."""

    def __init__(self, site: Site, moment: Moment, book: Book, tray: Tray) -> None:
        self._site = site
        self._moment = moment
        self._now = moment.now
        self._book = book
        self._tray = tray
        self.escalating: dict[int, tuple[Escalation, ...]] = {}
        """Where the alerts that were raised go unless somebody takes them up."""

    def take(self, event: AnyEvent) -> Decision:
        """Decide on one event and carry the decision out."""
        book = self._book
        routing = route(event, self._site, self._moment.terms)
        case = book.case_of(event) if routing else []
        silence = routing.repeat_after if routing else timedelta(0)
        known = book.known(event.id)
        decision = decide(
            event,
            routing,
            Circumstances(
                known=known,
                told=book.told(event, silence),
                now=self._now,
                live_for=timedelta(seconds=self._site.site.stall_s),
                is_lapsed=self._moment.is_lapsed(event),
                is_unfit=self._is_unfit(event),
                case=case,
            ),
        )
        if isinstance(event, CameraState) and decision.reason not in _NO_NEWS:
            self._overtake(event)
        if decision.step is Step.RAISE and routing:
            self._raise(event, routing, case, is_new=known is None)
        elif decision.step is Step.REVISE and routing:
            self._revise(event, routing)
        elif decision.step is Step.RECALL:
            self._recall(event, LAPSED if decision.reason is Reason.LAPSED else NO_MORE)
        elif decision.step is Step.HOLD:
            self._hold(event, decision.reason, case)
        return decision

    def recall_open(self, events: Iterable[AnyEvent], why: str) -> None:
        """Take alerts back, unless somebody did meanwhile."""
        for event in events:
            known = self._book.known(event.id)
            if known is not None and known.is_open:
                self._recall(event, why)

    def _recall(self, event: AnyEvent, why: str) -> None:
        """Take an alert back, and let out what it held back: its repeats, or parts of its case."""
        self._let_out(self._take_back(event, why).event)

    def _raise(
        self,
        event: AnyEvent,
        routing: Routing,
        case: Sequence[SectionTransit],
        *,
        is_new: bool,
    ) -> None:
        follows = self._book.followed(event)
        said = self._words(event, is_update=follows is not None, now=self._now)
        if case:
            follows = self._join(case, event)
            said = (HIGHEST_OF_CASE, *said)
        muted, awake, kept = self._heard(routing.channels, event)
        said = (*said, *kept)
        alert = self._book.open(event, said, self._now, dispatch_only=routing.dispatch_only)
        if not is_new:
            self._tray.supersede(alert.id)
        self._tray.post(payload_of(alert, said, self._site, follows=follows), awake)
        if not muted and (routing.escalate or not is_new):
            self.escalating[alert.id] = routing.escalate

    def _revise(self, event: AnyEvent, routing: Routing) -> None:
        """Send a new version to all where it matters, else only where the one before had no way.

        One that says the same goes nowhere that a silence or quiet hours kept the other from.
        """
        before = self._book.raised[event.id]
        channels = set(routing.channels)
        said = self._words(event, is_update=False, now=before.raised_at)
        if gist(event) == gist(before.event):
            channels -= {*self._tray.addressed(before.id), *self._ways(before.event)}
            said = (*said, *unsent(before.words))
        else:
            self._tray.supersede(before.id)
            self._take_back_elsewhere(event, routing)
        _, awake, kept = self._heard(sorted(channels), event)
        said = tuple(dict.fromkeys((*said, *kept)))
        self._book.change(event, OPEN, said, dispatch_only=routing.dispatch_only)
        self._tray.post(payload_of(self._book.raised[event.id], said, self._site), awake)
        if isinstance(event, SectionTransit):
            self._let_out(event)  # one of the case may be the highest now

    def _hold(self, event: AnyEvent, reason: Reason, case: Sequence[SectionTransit]) -> None:
        self._book.hold(event, reason)
        if reason is Reason.PART_OF_CASE:
            self._join(case, leads(event, case))
        elif isinstance(event, SectionTransit):
            self._let_out(event)  # it may have been what joined the others

    def _join(self, case: Iterable[SectionTransit], leading: AnyEvent) -> int | None:
        """Let one alert tell of a case: take back those of its other parts; give the last one."""
        number = None
        for part in case:
            if part.id != leading.id:
                number = self._take_back(part, PART_OF_CASE).id
                self._book.hold(part, Reason.PART_OF_CASE)
        return number

    def _overtake(self, event: CameraState) -> None:
        """Take back what was told of a camera that is in another state since, repeats and all."""
        why = CAMERA_UP if event.state is CameraStatus.UP else CAMERA_CHANGED
        for past in self._book.overtaken(event):
            self._take_back(past, why)
            for one in (past, *self._book.release(past)):
                self._book.hold(one, Reason.OVERTAKEN)

    def _take_back(self, event: AnyEvent, why: str) -> Raised:
        """Take an alert back wherever it may have gone; give it as it was."""
        before = self._book.change(event, RECALLED, (why,))
        self._tray.supersede(before.id)
        alert = self._book.raised[event.id]
        channels = sorted(self._tray.addressed(alert.id))
        self._tray.post(payload_of(alert, (why,), self._site), channels)
        return before

    def _take_back_elsewhere(self, event: AnyEvent, routing: Routing) -> None:
        """Recall an alert where its new version may not go."""
        alert = replace(self._book.raised[event.id], state=RECALLED)
        allowed = {
            *routing.channels,
            *(name for step in routing.escalate for name in step.channels),
        }
        gone = sorted(self._tray.addressed(alert.id) - allowed)
        self._tray.post(payload_of(alert, (NO_MORE,), self._site), gone)

    def _let_out(self, event: AnyEvent) -> None:
        """Decide again on what was held back for an event's sake."""
        for held in self._book.release(event):
            self.take(held)

    def _is_unfit(self, event: AnyEvent) -> bool:
        if not isinstance(event, LockTransit) or event.verdict is not LockVerdict.REVIEW:
            return False
        day = event.at.astimezone(self._site.site.zone).date()
        return (event.lock, day) in self._moment.unfit

    def _heard(
        self, channels: Sequence[str], event: AnyEvent
    ) -> tuple[bool, list[str], tuple[str, ...]]:
        """Tell whether an event is muted, where it may be heard of now, and why not elsewhere."""
        moment = self._moment
        muted = muted_by(event, self._site, moment.silences, moment.terms, self._book)
        if muted is not None:
            return True, [], (muted,)
        heard = awake(channels, event, self._site, moment.terms, self._now)
        asleep = [name for name in channels if name not in heard]
        return False, heard, (asleep_at(asleep),) if asleep else ()

    def _words(self, event: AnyEvent, *, is_update: bool, now: datetime) -> tuple[str, ...]:
        is_demoted = isinstance(event, Hit) and event.list in self._moment.terms.demoted
        return words(event, is_update=is_update, now=now, is_demoted=is_demoted)

    def _ways(self, event: AnyEvent) -> Sequence[str]:
        routing = route(event, self._site, self._moment.terms)
        return routing.channels if routing else ()
