"""Turn events into alerts: each decision and its outbox are one transaction."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal

import structlog
from sqlalchemy import Connection, Engine

from anpr.events import CameraState, Hit, LockTransit, LockVerdict, RuleEvent, SectionTransit
from anpr.lists import Lists
from anpr.ports import Message, Output
from anpr.sites import Site
from sinks.alerts import escalation, ledger, outbox
from sinks.alerts.conditions import Terms, camera
from sinks.alerts.ledger import Raised
from sinks.alerts.muting import muted_by, silences_at
from sinks.alerts.payload import AlertPayload
from sinks.alerts.precision import demoted
from sinks.alerts.routing import (
    Circumstances,
    Decision,
    Known,
    Reason,
    Routing,
    Step,
    decide,
    leads,
    route,
)
from sinks.alerts.words import HIGHEST_OF_CASE, LAPSED, PART_OF_CASE, RECALLED, gist, words
from sinks.fitness import is_unfit
from sinks.messages import Stateless, read
from sinks.store.dialects import take_turn
from sinks.store.engine import writing

log = structlog.get_logger()


OPEN_FOR = timedelta(days=1)
"""An older alert nobody acts on any more: it is not recalled when its entry lapses."""

LOOK_AGAIN = timedelta(minutes=1)
"""How soon an entry is noticed that expires, without any list having changed."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What alerts rest on beside the site: the lists as they are now, and the terms of routing."""

    lists: Callable[[], Lists] = Lists
    terms: Terms = field(default_factory=Terms)

    def is_lapsed(self, event: RuleEvent | CameraState, now: datetime) -> bool:
        """Say whether the entry of a hit has been taken off its list since, or has expired.

        Where the list is not known yet in the version that gave the hit, it has not.
        """
        if not isinstance(event, Hit):
            return False
        held = self.lists().at(event.list, now)
        if held.version < max(event.list_version, 1):
            return False
        found = held.find(event.plate, None, now, (event.entry_plate,))
        return all(one.entry.id != event.entry for one in found)


class AlertsWorker(Stateless):
    """Takes `events` from the log; `on_new` is called once what it raised is committed."""

    def __init__(
        self,
        engine: Engine,
        site: Site,
        now: Callable[[], datetime],
        on_new: Callable[[], None],
        around: Surroundings | None = None,
    ) -> None:
        self._engine = engine
        self._site = site
        self._now = now
        self._on_new = on_new
        self._around = around or Surroundings()
        self._looked_at: tuple[object, datetime] | None = None

    def work(self, messages: Sequence[Message]) -> Sequence[Output]:
        """Decide on each event; what cannot be understood becomes a dead letter."""
        brought = read(messages)
        self.take(event for event, _ in brought.events)
        return brought.refused

    def take(self, events: Iterable[RuleEvent | CameraState]) -> list[Decision]:
        """Decide on events that a route asks for or that are remembered, in one transaction."""
        routed = [(event, route(event, self._site, self._around.terms)) for event in events]
        with self._engine.connect() as connection:
            known = ledger.remembered(connection, (event.id for event, _ in routed))
        asked = [event for event, routing in routed if routing is not None or event.id in known]
        if not asked:
            return []
        with writing(self._engine) as connection:
            take_turn(connection, "alerts")  # what is a repeat depends on all that went before
            desk = self._desk(connection, asked)
            decisions = [desk.take(event) for event in asked]
        for event, decision in zip(asked, decisions, strict=True):
            log.info("alert_decided", event_id=event.id, step=decision.step, why=decision.reason)
        self._on_new()
        return decisions

    def recall_lapsed(self) -> int:
        """Recall open alerts whose entry was taken off its list or has expired; tell how many."""
        now, lists = self._now(), self._around.lists()
        versions = [(name, lists.latest(name).version) for name in lists.names()]
        if self._looked_at is not None:
            seen, at = self._looked_at
            if seen == versions and now - at < LOOK_AGAIN:
                return 0
        with self._engine.connect() as connection:
            hits = ledger.open_hits(connection, now - OPEN_FOR)
        lapsed = [hit for hit in hits if self._around.is_lapsed(hit, now)]
        if lapsed:
            with writing(self._engine) as connection:
                take_turn(connection, "alerts")
                desk = self._desk(connection, lapsed)
                for hit in lapsed:
                    desk.recall(hit, LAPSED)
            log.info("alerts_recalled", why=Reason.LAPSED, count=len(lapsed))
            self._on_new()
        self._looked_at = versions, now
        return len(lapsed)

    def _desk(self, connection: Connection, events: Sequence[RuleEvent | CameraState]) -> "_Desk":
        terms = replace(self._around.terms, demoted=frozenset(demoted(connection)))
        around = replace(self._around, terms=terms)
        ids = [event.id for event in events]
        return _Desk(connection, self._site, self._now(), around, ids)


class _Desk:
    """One transaction's decisions, each seeing what the ones before it did."""

    def __init__(
        self,
        connection: Connection,
        site: Site,
        now: datetime,
        around: Surroundings,
        events: Sequence[str],
    ) -> None:
        self._connection = connection
        self._site = site
        self._now = now
        self._around = around
        # Asked for at once; an entry goes as soon as a decision may have changed what it says.
        remembered = ledger.remembered(connection, events)
        self._known = {event: remembered.get(event) for event in events}
        self._silences = silences_at(connection, now)
        self._unfit: dict[tuple[str, date], bool] = {}

    def take(self, event: RuleEvent | CameraState) -> Decision:
        """Decide on one event and carry the decision out."""
        routing = route(event, self._site, self._around.terms)
        case = ledger.case_of(self._connection, event) if routing else []
        silence = routing.repeat_after if routing else timedelta(0)
        known = self._remembered(event.id)
        decision = decide(
            event,
            routing,
            Circumstances(
                known=known,
                told=ledger.told(self._connection, event, silence),
                now=self._now,
                live_for=timedelta(seconds=self._site.site.stall_s),
                is_lapsed=self._around.is_lapsed(event, self._now),
                is_unfit=self._is_unfit(event),
                case=case,
            ),
        )
        if decision.step is not Step.IGNORE:
            self._known.pop(event.id, None)
        if decision.step is Step.RAISE and routing:
            self._raise(event, routing, case, is_new=known is None)
        elif decision.step is Step.REVISE and routing:
            self._revise(event, routing)
        elif decision.step is Step.RECALL:
            self.recall(event, LAPSED if decision.reason is Reason.LAPSED else RECALLED)
        elif decision.step is Step.HOLD:
            ledger.hold(self._connection, event, decision.reason)
            if decision.reason is Reason.PART_OF_CASE:
                self._join(case, leads(event, case))
            elif isinstance(event, SectionTransit):
                self._let_out(event)  # it may have been what joined the others
        return decision

    def _remembered(self, event: str) -> Known | None:
        if event in self._known:
            return self._known[event]
        return ledger.remembered(self._connection, [event]).get(event)

    def _is_unfit(self, event: RuleEvent | CameraState) -> bool:
        if not isinstance(event, LockTransit) or event.verdict is not LockVerdict.REVIEW:
            return False
        day = event.lock, event.at.astimezone(self._site.site.zone).date()
        if day not in self._unfit:
            self._unfit[day] = is_unfit(self._connection, self._site, event.lock, event.at)
        return self._unfit[day]

    def _raise(
        self,
        event: RuleEvent | CameraState,
        routing: Routing,
        case: Sequence[SectionTransit],
        *,
        is_new: bool,
    ) -> None:
        follows = ledger.followed(self._connection, event)
        said = self._words(event, is_update=follows is not None, now=self._now)
        if case:
            follows = self._join(case, event)
            said = (HIGHEST_OF_CASE, *said)
        muted = self._muted(event)
        awake = self._awake(routing.channels, event)
        asleep = [name for name in routing.channels if name not in awake]
        if muted is not None:
            said = (*said, muted)
        elif asleep:
            said = (*said, f"not sent to {', '.join(asleep)}: quiet hours")
        if not is_new:
            ledger.forget_held(self._connection, event)
        alert = ledger.open_alert(
            self._connection, event, said, self._now, dispatch_only=routing.dispatch_only
        )
        if not is_new:
            outbox.supersede(self._connection, alert.id)
        if muted is None:
            payload = self._payload(alert, event, said, follows=follows)
            self._post(payload, awake)
            if routing.escalate or not is_new:
                escalation.plan(self._connection, alert.id, routing.escalate, self._now)

    def _muted(self, event: RuleEvent | CameraState) -> str | None:
        return muted_by(self._connection, event, self._site, self._silences, self._around.terms)

    def _words(
        self, event: RuleEvent | CameraState, *, is_update: bool, now: datetime
    ) -> tuple[str, ...]:
        is_demoted = isinstance(event, Hit) and event.list in self._around.terms.demoted
        return words(event, is_update=is_update, now=now, is_demoted=is_demoted)

    def _awake(self, channels: Iterable[str], event: RuleEvent | CameraState) -> list[str]:
        """Leave out the channels in whose quiet hours an event is not urgent enough."""
        priority = event.priority if isinstance(event, Hit) else -1
        return [name for name in channels if not self._is_quiet(name, priority)]

    def _is_quiet(self, channel: str, priority: int) -> bool:
        terms = self._site.channels.get(channel)
        if terms is None or terms.quiet is None or priority >= terms.quiet.priority_min:
            return False
        return self._around.terms.is_within(terms.quiet, self._now)

    def _join(self, case: Iterable[SectionTransit], leading: RuleEvent | CameraState) -> int | None:
        """Let one alert tell of a case: take back those of its other parts; give the last one."""
        number = None
        for part in case:
            if part.id != leading.id:
                number = self._take_back(part, PART_OF_CASE).id
                ledger.hold(self._connection, part, Reason.PART_OF_CASE)
                self._known.pop(part.id, None)
        return number

    def _revise(self, event: RuleEvent | CameraState, routing: Routing) -> None:
        """Send a new version to all where it matters, else only where the alert was not sent."""
        alert = ledger.raised(self._connection, event.id)
        said = self._words(event, is_update=False, now=alert.raised_at)
        ledger.change(self._connection, event, ledger.OPEN, said)
        channels = set(routing.channels)
        if gist(event) == gist(alert.event):
            channels -= outbox.addressed(self._connection, alert.id)
        else:
            outbox.supersede(self._connection, alert.id)
        payload = self._payload(alert, event, said)
        if self._muted(event) is None:
            self._post(payload, self._awake(sorted(channels), event))
        if isinstance(event, SectionTransit):
            self._let_out(event)  # one of the case may be the highest now

    def recall(self, event: RuleEvent | CameraState, why: str) -> None:
        """Take an alert back, and let out what it held back: its repeats, or parts of its case."""
        self._let_out(self._take_back(event, why).event)

    def _take_back(self, event: RuleEvent | CameraState, why: str) -> Raised:
        """Take an alert back wherever it may have gone."""
        alert = ledger.raised(self._connection, event.id)
        ledger.change(self._connection, event, ledger.RECALLED, (why,))
        outbox.supersede(self._connection, alert.id)
        channels = sorted(outbox.addressed(self._connection, alert.id))
        payload = self._payload(alert, event, (why,), state=ledger.RECALLED)
        self._post(payload, channels)
        return alert

    def _let_out(self, event: RuleEvent | CameraState) -> None:
        """Decide again on what was held back for an event's sake."""
        for held in ledger.release(self._connection, event):
            self._known.pop(held.id, None)
            self.take(held)

    def _post(self, payload: AlertPayload, channels: Iterable[str], occasion: str = "") -> None:
        known = self._site.channels
        outbox.post(self._connection, payload, channels, self._now, known, occasion)

    def _payload(
        self,
        alert: Raised,
        event: RuleEvent | CameraState,
        said: Sequence[str],
        *,
        state: Literal["open", "recalled"] = ledger.OPEN,
        follows: int | None = None,
    ) -> AlertPayload:
        return AlertPayload(
            alert=alert.id,
            state=state,
            kind=event.kind,
            site=self._site.site.name,
            camera=camera(event),
            raised_at=alert.raised_at,
            follows=follows,
            words=tuple(said),
            event=event,
        )
