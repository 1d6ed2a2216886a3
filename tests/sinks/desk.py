"""A worker of alerts on a store of its own, and what it left there."""

import json
from typing import Any

from sqlalchemy import Engine, select

from anpr.lists import Lists
from anpr.sites import Hours, Site
from sinks.alerts.conditions import Terms
from sinks.alerts.escalation import escalate_due
from sinks.alerts.muting import Silence, set_silence
from sinks.alerts.payload import AlertPayload
from sinks.alerts.raising import AlertsWorker, Surroundings
from sinks.store.casework import Feedback, give_feedback
from sinks.store.engine import writing
from sinks.store.people import Account
from sinks.store.rights import Role
from sinks.store.schema import alerts, deliveries
from tests.sinks.build import seconds, site
from tests.sinks.conftest import Clock

HOOK = {"type": "webhook", "url": "https://example.org/hook", "secret": "env:S"}
AN = Account("an", frozenset({Role.DISPATCHER}))
CAMERAS = [
    {"id": "north", "lat": 51.00, "lon": 4.0, "direction": "in"},
    {"id": "south", "lat": 51.10, "lon": 4.0, "direction": "out"},
    {"id": "markt", "lat": 51.05, "lon": 4.0},
]
ROUTED = site(
    alerts=[
        {"when": {"kind": "hit"}, "channels": ["dispatch", "console"]},
        {"when": {"kind": "section_transit", "verdicts": ["violation"]}, "channels": ["dispatch"]},
    ],
    channels={"dispatch": HOOK},
)


def zone(**changes: Any) -> Site:
    default: dict[str, Any] = {
        "cameras": CAMERAS,
        "areas": {"noord": {"lat": 51.0, "lon": 4.0, "radius_m": 900}},
        "alerts": [{"when": {"kind": "hit"}, "channels": ["dispatch", "field", "console"]}],
        "channels": {
            "dispatch": HOOK,
            "field": {**HOOK, "dispatch": False},
            "chief": {**HOOK, "dispatch": False},
        },
    }
    return site(**{**default, **changes})


def night(hours: Hours, at: Any) -> bool:
    """Stand in for the calendars, which the composition root hands over."""
    return bool(hours.from_ <= at.time() or at.time() < hours.to)


class Desk:
    """A worker on a store, with lists and a clock of its own."""

    def __init__(self, engine: Engine, clock: Clock, site_: Site = ROUTED) -> None:
        self.engine, self.clock, self.site = engine, clock, site_
        self.lists = Lists()
        self.woken = 0
        around = Surroundings(lambda: self.lists, Terms(night))
        self.worker = AlertsWorker(engine, site_, clock, self._wake, around)

    def _wake(self) -> None:
        self.woken += 1

    def take(self, *events: Any) -> list[str]:
        """Decide on events, not before they happened; give the reasons."""
        self.clock.moment = max(self.clock.moment, *(one.at for one in events))
        return [one.reason.value for one in self.worker.take(events)]

    def alerts(self) -> list[tuple[str, str, int]]:
        with self.engine.connect() as connection:
            rows = connection.execute(select(alerts).order_by(alerts.c.id)).all()
        return [(row.event_id, row.state, row.event_revision) for row in rows]

    def numbers(self) -> list[int]:
        with self.engine.connect() as connection:
            return list(connection.scalars(select(alerts.c.id).order_by(alerts.c.id)))

    def words(self) -> list[str]:
        with self.engine.connect() as connection:
            return list(connection.scalars(select(alerts.c.words).order_by(alerts.c.id)))

    def outbox(self) -> list[tuple[str, str]]:
        """The state of each delivery and of the alert in its payload."""
        return [(row.state, json.loads(row.body)["state"]) for row in self.deliveries()]

    def posted(self) -> list[tuple[str, str]]:
        """The channel of each delivery and the state of what it carries."""
        return [(row.channel, json.loads(row.body)["state"]) for row in self.deliveries()]

    def payloads(self) -> list[AlertPayload]:
        return [AlertPayload.model_validate_json(row.body) for row in self.deliveries()]

    def deliveries(self) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(select(deliveries).order_by(deliveries.c.id)))

    def tried(self) -> None:
        """Let every waiting delivery have been tried once."""
        with writing(self.engine) as connection:
            connection.execute(deliveries.update().values(attempts=1))

    def sent(self) -> None:
        """Let all that waits have been sent."""
        with writing(self.engine) as connection:
            connection.execute(deliveries.update().values(attempts=1, state="sent"))

    def say(self, which: int, says: Feedback) -> None:
        """Say something of the alert that came so many-th, counted from 1."""
        with writing(self.engine) as connection:
            number = self.numbers()[which - 1]
            give_feedback(connection, number, AN, says, "", self.clock())

    def escalate(self) -> int:
        return escalate_due(self.engine, self.site, Terms(night), self.clock())

    def silence(self, **terms: Any) -> int:
        default = {"kind": "hit", "until": self.clock() + seconds(3600), "reason": "a test drive"}
        with writing(self.engine) as connection:
            return set_silence(connection, Silence(**{**default, **terms}), AN, self.clock())
