"""Ask bollards to lower: at once, to the same effect as once, and never on old news."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event
from typing import Literal

import httpx
import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy import Engine, select, update

from anpr.events import Access, Decision, Wire
from anpr.ports import Message, Output
from anpr.sites import Site
from anpr.time import Moment, to_us
from sinks.alerts.channel import Channel, Fate
from sinks.alerts.webhook import Webhook
from sinks.messages import Stateless, read
from sinks.signing import Secrets
from sinks.store.dialects import among, insert
from sinks.store.engine import writing
from sinks.store.schema import actuations

log = structlog.get_logger()

OLD_AFTER = timedelta(seconds=10)
"""The driver has moved on, or waits for his next read: a bollard must not move by surprise."""

TIMEOUT = httpx.Timeout(1.0)

ATTEMPTS = 3
"""So often an actuator is asked that does not answer; it knows a repeat by its key."""

PAUSE_S = 0.2

SECONDS = Histogram(
    "anpr_actuation_seconds",
    "From a vehicle's passage to the actuator's confirmation",
    ["zone"],
    buckets=(0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5, 10),
)
OUTCOMES = Counter(
    "anpr_actuations", "Vehicles to let in, by what the actuator said", ["zone", "fate"]
)


class Lowering(Wire):
    """What an actuator is asked. It needs no plate."""

    action: Literal["lower"] = "lower"
    zone: str
    gate: str
    event: str
    at: Moment


class Actuators:
    """The actuators of a site: each is asked in its own thread, so that none waits for another."""

    def __init__(
        self,
        engine: Engine,
        site: Site,
        channels: Mapping[str, Channel],
        now: Callable[[], datetime],
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self._engine = engine
        self._pause = pause or Event().wait
        self._fails = {zone.id: zone.fail for zone in site.zones}
        self._channels = dict(channels)
        self._now = now
        self._threads = {
            zone: ThreadPoolExecutor(1, thread_name_prefix=f"actuator-{zone}") for zone in channels
        }

    def consider(self, events: Sequence[Access]) -> None:
        """Ask for each allowed vehicle, unless the event is late, revised, repeated or old.

        Each event is written down before it is asked for: after a crash in between it is not
        asked again. The first version of an event decides; a later one comes too late.
        """
        mine = [event for event in events if event.zone in self._channels]
        if not mine or not (fresh := self._unseen(mine)):
            return
        outcomes = {event.id: self._refusal(event) for event in fresh}
        rows = [
            {
                "event_id": event.id,
                "zone": event.zone,
                "gate": event.gate,
                "requested_us": to_us(self._now()),
                "outcome": outcomes[event.id] or "requested",
            }
            for event in fresh
        ]
        with writing(self._engine) as connection:
            first = insert(connection, actuations).on_conflict_do_nothing()
            new = set(connection.execute(first.returning(actuations.c.event_id), rows).scalars())
        for event in fresh:
            if event.id in new and outcomes[event.id] is None:
                self._threads[event.zone].submit(self._serve, event)

    def close(self) -> None:
        """Wait for the calls under way and close the connections."""
        for thread in self._threads.values():
            thread.shutdown()
        for channel in self._channels.values():
            channel.close()

    def _unseen(self, events: Sequence[Access]) -> list[Access]:
        first: dict[str, Access] = {}
        for event in events:
            first.setdefault(event.id, event)
        with self._engine.connect() as connection:
            known = among(connection, actuations.c.event_id, first)
            query = select(actuations.c.event_id).where(known)
            seen = set(connection.execute(query).scalars())
        return [event for event in first.values() if event.id not in seen]

    def _refusal(self, event: Access) -> str | None:
        """Say why an event is not asked for; None where it is."""
        if event.withdrawn:
            return "withdrawn"
        if event.decision is not Decision.ALLOW:
            return event.decision.value
        if event.late:
            return "late"
        return "old" if self._now() - event.at > OLD_AFTER else None

    def _serve(self, event: Access) -> None:
        try:
            # it may have waited meanwhile
            refusal = self._refusal(event)
            told = {"outcome": refusal} if refusal else self._ask(event)
            row = actuations.c.event_id == event.id
            with writing(self._engine) as connection:
                connection.execute(update(actuations).where(row).values(**told))
        except Exception:  # the outermost ring: the next vehicle must still be let in
            log.exception("actuation_failed", zone=event.zone, event_id=event.id)

    def _ask(self, event: Access) -> Mapping[str, object]:
        """Ask until the actuator answers, or it is no use any more; say what the ledger keeps."""
        lowering = Lowering(zone=event.zone, gate=event.gate, event=event.id, at=event.at)
        attempts = 1
        answer = self._channels[event.zone].send(lowering.to_json(), event.id)
        while answer.fate is Fate.RETRY and attempts < ATTEMPTS and not self._refusal(event):
            self._pause(PAUSE_S)
            attempts += 1
            answer = self._channels[event.zone].send(lowering.to_json(), event.id)
        answered_at = self._now()
        outcome = f"{answer.fate.value}: {answer.detail}"
        OUTCOMES.labels(event.zone, answer.fate.value).inc()
        if answer.fate is Fate.SENT:
            SECONDS.labels(event.zone).observe((answered_at - event.at).total_seconds())
        report = log.info if answer.fate is Fate.SENT else log.error
        report(
            "actuation",
            zone=event.zone,
            event_id=event.id,
            outcome=outcome,
            attempts=attempts,
            fail=self._fails.get(event.zone),
        )
        did_answer = answer.fate is not Fate.RETRY
        return {
            "outcome": outcome,
            "attempts": attempts,
            "answered_us": to_us(answered_at) if did_answer else None,
        }


class ActuatorWorker(Stateless):
    """Takes access decisions from `events` to the actuators."""

    def __init__(self, actuators: Actuators) -> None:
        self._actuators = actuators

    def work(self, messages: Sequence[Message]) -> Sequence[Output]:
        """Consider a batch; what cannot be understood becomes a dead letter."""
        brought = read(messages)
        self._actuators.consider([one for one, _ in brought.events if isinstance(one, Access)])
        return brought.refused


def actuator_channels(
    site: Site, secrets: Secrets, now: Callable[[], datetime]
) -> dict[str, Webhook]:
    """Make the way to the actuator of each zone that has one, by zone."""
    return {
        zone.id: Webhook(zone.actuator, zone.secret, secrets, now, TIMEOUT)
        for zone in site.zones
        if zone.actuator is not None
    }
