"""Turn events into alerts: each decision and its outbox are one transaction."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import structlog
from sqlalchemy import Connection, Engine

from anpr.events import CameraState, LockTransit, LockVerdict, RuleEvent
from anpr.ports import Message, Output
from anpr.sites import Site
from sinks.alerts import ledger, outbox
from sinks.alerts.ledger import Raised
from sinks.alerts.payload import AlertPayload
from sinks.alerts.routing import (
    Circumstances,
    Decision,
    Known,
    Routing,
    Step,
    camera,
    decide,
    route,
)
from sinks.alerts.words import RECALLED, gist, words
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
        self.take(brought.events)
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
        # Asked for at once; an entry goes as soon as anything may have changed what it says.
        remembered = ledger.remembered(connection, events)
        self._known = {event: remembered.get(event) for event in events}

    def take(self, event: RuleEvent | CameraState) -> Decision:
        """Decide on one event and carry the decision out."""
        routing = route(event, self._site)
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
            ),
        )
        if decision.step is Step.RAISE and routing:
            self._raise(event, routing)
        elif decision.step is Step.REVISE and routing:
            self._revise(event, routing)
        elif decision.step is Step.RECALL:
            self._recall(event)
        elif decision.step is Step.HOLD:
            ledger.hold(self._connection, event, decision.reason)
        return decision

    def _remembered(self, event: str) -> Known | None:
        if event in self._known:
            return self._known.pop(event)
        return ledger.remembered(self._connection, [event]).get(event)

    def _is_unfit(self, event: RuleEvent | CameraState) -> bool:
        if not isinstance(event, LockTransit) or event.verdict is not LockVerdict.REVIEW:
            return False
        return is_unfit(self._connection, self._site, event.lock, event.at)

    def _raise(self, event: RuleEvent | CameraState, routing: Routing) -> None:
        follows = ledger.followed(self._connection, event)
        said = words(event, is_update=follows is not None, now=self._now)
        alert = ledger.open_alert(self._connection, event, said, self._now)
        outbox.supersede(self._connection, alert.id)
        payload = self._payload(alert, event, said, follows=follows)
        outbox.post(self._connection, payload, routing.channels, self._now)

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
        outbox.post(self._connection, payload, sorted(channels), self._now)

    def _recall(self, event: RuleEvent | CameraState) -> None:
        """Take an alert back wherever it may have gone, and let the repeats it hid come out."""
        alert = ledger.raised(self._connection, event.id)
        ledger.change(self._connection, event, ledger.RECALLED, (RECALLED,))
        outbox.supersede(self._connection, alert.id)
        channels = sorted(outbox.addressed(self._connection, alert.id))
        payload = self._payload(alert, event, (RECALLED,), state=ledger.RECALLED)
        outbox.post(self._connection, payload, channels, self._now)
        for repeat in ledger.release(self._connection, alert.event):
            self._known.pop(repeat.id, None)
            self.take(repeat)

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
