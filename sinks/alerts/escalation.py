"""Who hears of an alert next when nobody takes it up."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, delete, exists, insert, select

from anpr.events import parse_event
from anpr.sites import Escalation, Site
from anpr.time import from_us, to_us
from sinks.alerts import outbox
from sinks.alerts.conditions import camera
from sinks.alerts.payload import AlertPayload
from sinks.store.alerting import escalations
from sinks.store.casework import feedback
from sinks.store.dialects import take_turn
from sinks.store.engine import writing
from sinks.store.schema import alerts


def plan(connection: Connection, alert: int, steps: Sequence[Escalation], now: datetime) -> None:
    """Note where an alert goes unless somebody takes it up."""
    connection.execute(delete(escalations).where(escalations.c.alert_id == alert))
    rows = [
        {
            "alert_id": alert,
            "step": number,
            "due_us": to_us(now + timedelta(seconds=step.after_s)),
            "channels": json.dumps(step.channels),
        }
        for number, step in enumerate(steps, 1)
        if step.channels
    ]
    if rows:
        connection.execute(insert(escalations), rows)


def escalate_due(engine: Engine, site: Site, now: datetime) -> int:
    """Send on what is due and nobody took up; tell how many alerts that were.

    An alert on which anybody said anything, or that was recalled, is left alone.
    """
    with engine.connect() as connection:  # a look costs no write lock
        if not connection.scalar(select(exists().where(escalations.c.due_us <= to_us(now)))):
            return 0
    with writing(engine) as connection:
        take_turn(connection, "alerts")
        taken = delete(escalations).where(escalations.c.due_us <= to_us(now))
        due = connection.execute(taken.returning(escalations)).all()
        sent = 0
        for row in sorted(due, key=lambda one: one.step):
            is_answered = exists().where(feedback.c.alert_id == alerts.c.id)
            waiting = select(alerts).where(
                alerts.c.id == row.alert_id, alerts.c.state == "open", ~is_answered
            )
            alert = connection.execute(waiting).one_or_none()
            if alert is None:
                continue
            event, raised_at = parse_event(alert.body), from_us(alert.raised_us)
            since = int((now - raised_at).total_seconds())
            word = f"nobody has taken it up for {since} s"
            said = tuple(filter(None, (word, *alert.words.split("; "))))
            payload = AlertPayload(
                alert=alert.id,
                state="open",
                kind=event.kind,
                site=site.site.name,
                camera=camera(event),
                raised_at=raised_at,
                words=said,
                event=event,
            )
            channels, occasion = json.loads(row.channels), f"escalation {row.step}"
            outbox.post(connection, payload, channels, now, site.channels, occasion)
            sent += 1
    return sent
