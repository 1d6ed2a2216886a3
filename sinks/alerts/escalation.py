"""Who hears of an alert next when nobody takes it up."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, delete, exists, insert, select

from anpr.sites import Escalation, Site
from anpr.time import to_us
from sinks.alerts.book import OPEN, Raised
from sinks.alerts.ledger import raised
from sinks.alerts.posting import Tray, payload_of
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
        due = sorted(connection.execute(taken.returning(escalations)), key=lambda one: one.step)
        waiting = _unanswered(connection, [row.alert_id for row in due])
        tray = Tray(now, site.channels)
        steps = [row for row in due if row.alert_id in waiting]
        for row in steps:
            alert = waiting[row.alert_id]
            since = int((now - alert.raised_at).total_seconds())
            said = (f"nobody has taken it up for {since} s", *alert.words)
            payload = payload_of(alert, said, site)
            tray.post(payload, json.loads(row.channels), f"escalation {row.step}")
        tray.write(connection)
    return len(steps)


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
