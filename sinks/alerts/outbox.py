"""The outbox: what is to be sent lies in the store, so that a crash loses nothing of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, Update, and_, func, select, update

from anpr.ids import computed
from anpr.time import from_us, to_us
from sinks.alerts.payload import AlertPayload
from sinks.alerts.routing import CONSOLE
from sinks.store.schema import deliveries
from sinks.store.upsert import add

PENDING, SENT, FAILED, SUPERSEDED = "pending", "sent", "failed", "superseded"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one channel; `attempts` counts the one it was claimed for."""

    id: int
    alert: int
    key: str
    body: bytes = field(repr=False)  # it holds a plate, and an error may be logged with it
    attempts: int
    created_at: datetime


def post(
    connection: Connection, payload: AlertPayload, channels: Iterable[str], now: datetime
) -> None:
    """Put a payload in the outbox, once for each channel; the console reads the alerts itself."""
    event, now_us = payload.event, to_us(now)
    rows = [
        {
            "alert_id": payload.alert,
            "channel": name,
            "key": computed("delivery", event.id, event.revision, payload.state, name),
            "state": PENDING,
            "attempts": 0,
            "created_us": now_us,
            "next_us": now_us,
            "body": payload.to_json().decode(),
        }
        for name in channels
        if name != CONSOLE
    ]
    add(connection, deliveries, rows)


def supersede(connection: Connection, alert: int) -> None:
    """Stop the deliveries of an alert that wait: newer ones follow."""
    waiting = and_(deliveries.c.alert_id == alert, deliveries.c.state == PENDING)
    connection.execute(update(deliveries).where(waiting).values(state=SUPERSEDED))


def addressed(connection: Connection, alert: int) -> set[str]:
    """Name the channels that carry an alert or may have carried it: all but the never tried."""
    tried = (deliveries.c.attempts > 0) | (deliveries.c.state == PENDING)
    query = select(deliveries.c.channel).where(deliveries.c.alert_id == alert, tried)
    return set(connection.execute(query).scalars())


def next_due(connection: Connection, channel: str) -> datetime | None:
    """Tell when the channel's next delivery is due; None if nothing waits."""
    waiting = and_(deliveries.c.channel == channel, deliveries.c.state == PENDING)
    found = connection.execute(select(func.min(deliveries.c.next_us)).where(waiting)).scalar()
    return None if found is None else from_us(found)


def claim(
    connection: Connection, channel: str, now: datetime, lease: timedelta, limit: int
) -> list[Delivery]:
    """Take what is due, the least tried first: one dead message must not hold up a new alert.

    It is nobody else's until the lease ends; after a crash it is due again then.
    """
    due = (
        select(deliveries.c.id)
        .where(
            deliveries.c.channel == channel,
            deliveries.c.state == PENDING,
            deliveries.c.next_us <= to_us(now),
        )
        .order_by(deliveries.c.attempts, deliveries.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(deliveries)
        .where(deliveries.c.id.in_(due))
        .values(attempts=deliveries.c.attempts + 1, next_us=to_us(now + lease))
        .returning(*deliveries.c["id", "alert_id", "key", "body", "attempts", "created_us"])
    )
    rows = sorted(connection.execute(taken), key=lambda row: (row.attempts, row.id))
    return [
        Delivery(
            row.id, row.alert_id, row.key, row.body.encode(), row.attempts, from_us(row.created_us)
        )
        for row in rows
    ]


def settle(connection: Connection, delivery: Delivery, state: str, error: str | None) -> None:
    """Record how a delivery ended, unless a newer one overtook it meanwhile."""
    connection.execute(_still(delivery).values(state=state, last_error=error))


def postpone(connection: Connection, delivery: Delivery, until: datetime, error: str) -> None:
    """Let a delivery wait for its next attempt."""
    connection.execute(_still(delivery).values(next_us=to_us(until), last_error=error))


def give_back(connection: Connection, delivery: Delivery, now: datetime) -> None:
    """Let a delivery that was claimed and not tried be due at once."""
    untried = {"attempts": delivery.attempts - 1, "next_us": to_us(now)}
    connection.execute(_still(delivery).values(untried))


def abandon(connection: Connection, channels: Iterable[str]) -> None:
    """Give up what waits for channels that the site no longer has."""
    gone = and_(deliveries.c.state == PENDING, deliveries.c.channel.not_in(sorted(channels)))
    error = "the site has no such channel"
    connection.execute(update(deliveries).where(gone).values(state=FAILED, last_error=error))


def _still(delivery: Delivery) -> Update:
    pending = and_(deliveries.c.id == delivery.id, deliveries.c.state == PENDING)
    return update(deliveries).where(pending)
