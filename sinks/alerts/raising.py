"""Turn events into alerts: each decision and its outbox are one transaction."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import structlog
from sqlalchemy import Connection, Engine

from anpr.events import CameraState, LockTransit, LockVerdict, RuleEvent, SectionTransit
from anpr.ports import Message, Output
from anpr.sites import Site
from sinks.alerts import ledger, outbox
from sinks.alerts.ledger import Raised
from sinks.alerts.payload import AlertPayload
from sinks.alerts.routing import (
    Circumstances,
    Decision,
    Known,
    Reason,
    Routing,
    Step,
    camera,
    decide,
    leads,
    route,
)
from sinks.alerts.words import HIGHEST_OF_CASE, PART_OF_CASE, RECALLED, gist, words
from sinks.fitness import is_unfit
from sinks.messages import Stateless, read
from sinks.store.dialects import take_turn
from sinks.store.engine import writing

log = structlog.get_logger()


class AlertsWorker(Stateless):
    """Takes `events` from the log; `on_new` is called once what it raised is committed."""

    def __init__(
        self,
        engine: Engine,
        site: Site,
        now: Callable[[], datetime],
        on_new: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._site = site
        self._now = now
        self._on_new = on_new

    def work(self, messages: Sequence[Message]) -> Sequence[Output]:
        """Decide on each event; what cannot be understood becomes a dead letter."""
        brought = read(messages)
        self.take(event for event, _ in brought.events)
        return brought.refused

    def take(self, events: Iterable[RuleEvent | CameraState]) -> list[Decision]:
        """Decide on events that a route asks for or that are remembered, in one transaction."""
        routed = [(event, route(event, self._site)) for event in events]
        with self._engine.connect() as connection:
            known = ledger.remembered(connection, (event.id for event, _ in routed))
        asked = [event for event, routing in routed if routing is not None or event.id in known]
        if not asked:
            return []
        with writing(self._engine) as connection:
            take_turn(connection, "alerts")  # what is a repeat depends on all that went before
            desk = _Desk(connection, self._site, self._now(), [event.id for event in asked])
            decisions = [desk.take(event) for event in asked]
        for event, decision in zip(asked, decisions, strict=True):
            log.info("alert_decided", event_id=event.id, step=decision.step, why=decision.reason)
        self._on_new()
        return decisions


class _Desk:
    """One transaction's decisions, each seeing what the ones before it did."""

    def __init__(
        self, connection: Connection, site: Site, now: datetime, events: Sequence[str]
    ) -> None:
        self._connection = connection
        self._site = site
        self._now = now
        # Asked for at once; an entry goes as soon as a decision may have changed what it says.
        remembered = ledger.remembered(connection, events)
        self._known = {event: remembered.get(event) for event in events}

    def take(self, event: RuleEvent | CameraState) -> Decision:
        """Decide on one event and carry the decision out."""
        routing = route(event, self._site)
        case = ledger.case_of(self._connection, event) if routing else []
        silence = routing.repeat_after if routing else timedelta(0)
        decision = decide(
            event,
            routing,
            Circumstances(
                known=self._remembered(event.id),
                told=ledger.told(self._connection, event, silence),
                now=self._now,
                live_for=timedelta(seconds=self._site.site.stall_s),
                is_unfit=self._is_unfit(event),
                case=case,
            ),
        )
        if decision.step is not Step.IGNORE:
            self._known.pop(event.id, None)
        if decision.step is Step.RAISE and routing:
            self._raise(event, routing, case)
        elif decision.step is Step.REVISE and routing:
            self._revise(event, routing)
        elif decision.step is Step.RECALL:
            self._recall(event)
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
        return is_unfit(self._connection, self._site, event.lock, event.at)

    def _raise(
        self, event: RuleEvent | CameraState, routing: Routing, case: Sequence[SectionTransit]
    ) -> None:
        follows = ledger.followed(self._connection, event)
        said = words(event, is_update=follows is not None, now=self._now)
        if case:
            follows = self._join(case, event)
            said = (HIGHEST_OF_CASE, *said)
        alert = ledger.open_alert(self._connection, event, said, self._now)
        outbox.supersede(self._connection, alert.id)
        payload = self._payload(alert, event, said, follows=follows)
        self._post(payload, routing.channels)

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
        said = words(event, is_update=False, now=alert.raised_at)
        ledger.change(self._connection, event, ledger.OPEN, said)
        channels = set(routing.channels)
        if gist(event) == gist(alert.event):
            channels -= outbox.addressed(self._connection, alert.id)
        else:
            outbox.supersede(self._connection, alert.id)
        payload = self._payload(alert, event, said)
        self._post(payload, sorted(channels))
        if isinstance(event, SectionTransit):
            self._let_out(event)  # one of the case may be the highest now

    def _recall(self, event: RuleEvent | CameraState) -> None:
        """Take an alert back, and let out what it held back: its repeats, or parts of its case."""
        self._let_out(self._take_back(event, RECALLED).event)

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
