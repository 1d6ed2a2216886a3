"""Who hears of an alert next when nobody takes it up."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, delete, exists, insert, select

from anpr.sites import Escalation, Site
from anpr.time import to_us
from sinks.alerts.book import OPEN, Raised
from sinks.alerts.conditions import AnyEvent, Terms, awake
from sinks.alerts.demotion import demoted
from sinks.alerts.ledger import raised
from sinks.alerts.muting import silenced_by, silences_at
from sinks.alerts.posting import Tray, payload_of
from sinks.alerts.routing import route
from sinks.store.alerting import escalations
from sinks.store.casework import feedback
from sinks.store.dialects import among, take_turn
from sinks.store.engine import writing
from sinks.store.schema import alerts


def plan(connection: Connection, plans: Mapping[int, Sequence[Escalation]], now: datetime) -> None:
    """Note where alerts go unless somebody takes them up."""
    if not plans:
        return
    connection.execute(delete(escalations).where(among(connection, escalations.c.alert_id, plans)))
    rows = [
        {
            "alert_id": alert,
            "step": number,
            "due_us": to_us(now + timedelta(seconds=step.after_s)),
            "channels": json.dumps(step.channels),
        }
        for alert, steps in plans.items()
        for number, step in enumerate(steps, 1)
        if step.channels
    ]
    if rows:
        connection.execute(insert(escalations), rows)


def escalate_due(engine: Engine, site: Site, terms: Terms, now: datetime) -> int:
    """Send on what is due and nobody took up; tell how many alerts that were.

    An alert on which anybody said anything, or that was recalled, is left alone; so is one that
    was silenced since. It goes where it may go now: its list may be demoted, or its match in doubt.
    """
    with engine.connect() as connection:  # a look costs no write lock
        if not connection.scalar(select(exists().where(escalations.c.due_us <= to_us(now)))):
            return 0
    with writing(engine) as connection:
        take_turn(connection, "alerts")
        taken = delete(escalations).where(escalations.c.due_us <= to_us(now))
        due = sorted(connection.execute(taken.returning(escalations)), key=lambda one: one.step)
        waiting = _unanswered(connection, [row.alert_id for row in due])
        terms = replace(terms, demoted=frozenset(demoted(connection)))
        silences = silences_at(connection, now)
        tray = Tray(now, site.channels)
        sent = 0
        for row in due:
            alert = waiting.get(row.alert_id)
            if alert is None or silenced_by(alert.event, site, silences):
                continue
            allowed = _allowed(alert.event, site, terms, now)
            channels = [name for name in json.loads(row.channels) if name in allowed]
            since = int((now - alert.raised_at).total_seconds())
            said = (f"nobody has taken it up for {since} s", *alert.words)
            tray.post(payload_of(alert, said, site), channels, f"escalation {row.step}")
            sent += bool(channels)
        tray.write(connection)
    return sent


def _allowed(event: AnyEvent, site: Site, terms: Terms, now: datetime) -> set[str]:
    """Name the channels to which an event may go on now; some sleep."""
    routing = route(event, site, terms)
    names = {name for step in routing.escalate for name in step.channels} if routing else set()
    return {*awake(names, event, site, terms, now)}


def _unanswered(connection: Connection, numbers: Sequence[int]) -> dict[int, Raised]:
    """Give those of some open alerts of which nobody has said anything."""
    is_answered = exists().where(feedback.c.alert_id == alerts.c.id)
    found = raised(
        connection,
        select(alerts).where(
            among(connection, alerts.c.id, numbers), alerts.c.state == OPEN, ~is_answered
        ),
    )
    return {alert.id: alert for alert in found}
