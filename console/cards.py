"""Alerts as people see them: with the images of the passages that they rest on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from anpr.events import Passage
from console.context import Console
from console.opening import image_urls, may_know
from console.problems import NothingHereError
from sinks.store.audit import record_audit
from sinks.store.casework import Feedback, give_feedback
from sinks.store.engine import writing
from sinks.store.people import Account
from sinks.store.questions import Alert, alerts_by_id, passages_by_id


@dataclass(frozen=True, slots=True)
class Shot:
    """A passage that an alert rests on, and where its images are, by what they show."""

    passage: Passage
    urls: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Card:
    """An alert with its images; without those that the account may not open."""

    alert: Alert
    shots: tuple[Shot, ...]

    @property
    def says(self) -> Feedback | None:
        """The last word on it."""
        return self.alert.said[-1].says if self.alert.said else None


def cards_of(console: Console, account: Account, alerts: Iterable[Alert]) -> list[Card]:
    """Give alerts their images."""
    shown = list(alerts)
    wanted = {
        passage
        for alert in shown
        if may_know(account, alert.event)
        for passage in alert.event.passages
    }
    with console.engine.connect() as connection:
        known = passages_by_id(connection, wanted) if wanted else {}
    return [
        Card(
            alert,
            tuple(
                Shot(known[one], image_urls(known[one]))
                for one in alert.event.passages
                if one in known and one in wanted
            ),
        )
        for alert in shown
    ]


def alert_of(console: Console, account: Account, alert: int) -> Alert:
    """Give one alert that an account may know of. Raises NothingHereError."""
    with console.engine.connect() as connection:
        found = alerts_by_id(connection, [alert])
    clearance = console.clearance(account)
    if not found or not clearance.covers_event(found[0].event):
        raise NothingHereError
    if found[0].dispatch_only and clearance.is_afield:
        raise NothingHereError
    return found[0]


def say_of(console: Console, account: Account, alert: int, says: Feedback, note: str = "") -> Alert:
    """Add what somebody makes of an alert, and to the audit; give the alert as it is then.

    Raises NothingHereError.
    """
    found = alert_of(console, account, alert)
    now = console.now()
    query = {"alert": alert, "says": says.value, "event": found.event.id}
    record_audit(console.engine, account, "feedback", now, query=query, results=1)
    with writing(console.engine) as connection:
        give_feedback(connection, alert, account, says, note, now)
    return alert_of(console, account, alert)
