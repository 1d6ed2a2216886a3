"""The outbox: what is to be sent lies in the store, so that a crash loses nothing of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, Update, and_, func, select, update

from anpr.ids import computed
from anpr.time import from_us, to_us
from sinks.alerts.payload import AlertPayload, Together
from sinks.store.dialects import among
from sinks.store.schema import deliveries

PENDING, SENT, FAILED, SUPERSEDED = "pending", "sent", "failed", "superseded"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one channel; `attempts` counts the one it was claimed for.

    Those of one group that are tried for the same time go together.
    """

    id: int
    alert: int | None
    key: str
    body: bytes = field(repr=False)  # it holds a plate, and an error may be logged with it
    attempts: int
    created_at: datetime
    group: str | None = None
    live_until: datetime | None = None


def together(claimed: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    """Give what was claimed as messages: one delivery each, or those of a group that go together.

    Those that were tried before stay together, so that they come under the same key again.
    """
    groups: dict[tuple[object, ...], list[Delivery]] = {}
    for one in claimed:
        key = (one.group, one.attempts) if one.group else (one.id,)
        groups.setdefault(key, []).append(one)
    yield from groups.values()


def key_of(batch: Sequence[Delivery]) -> str:
    """Give the idempotency key of a message."""
    return batch[0].key if len(batch) == 1 else computed("batch", *(one.key for one in batch))


def body_of(batch: Sequence[Delivery], now: datetime) -> bytes:
    """Write what is sent; an alert that is no longer live says so."""
    bodies = [_as_of(one, now) for one in batch]
    if len(bodies) == 1:
        return bodies[0]
    return Together(alerts=tuple(map(AlertPayload.model_validate_json, bodies))).to_json()


def _as_of(delivery: Delivery, now: datetime) -> bytes:
    if delivery.live_until is None or now <= delivery.live_until:
        return delivery.body
    return AlertPayload.model_validate_json(delivery.body).aged(now).to_json()


@dataclass(frozen=True, slots=True)
class Sending:
    """A line of the delivery log: where something went, how that ended, and when."""

    channel: str
    state: str
    attempts: int
    created_at: datetime
    ended_at: datetime | None
    error: str | None


def sendings(connection: Connection, alert: int) -> list[Sending]:
    """Give the delivery log of an alert, oldest first."""
    found = select(deliveries).where(deliveries.c.alert_id == alert).order_by(deliveries.c.id)
    return [
        Sending(
            row.channel, row.state, row.attempts, from_us(row.created_us),
            None if row.settled_us is None else from_us(row.settled_us), row.last_error,
        )
        for row in connection.execute(found)
    ]  # fmt: skip


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
        .returning(deliveries)
    )
    rows = sorted(connection.execute(taken), key=lambda row: (row.attempts, row.id))
    return [
        Delivery(
            row.id,
            row.alert_id,
            row.key,
            row.body.encode(),
            row.attempts,
            from_us(row.created_us),
            row.group,
            None if row.live_until_us is None else from_us(row.live_until_us),
        )
        for row in rows
    ]


def settle(
    connection: Connection,
    ended: Iterable[Delivery],
    state: str,
    error: str | None,
    now: datetime,
) -> None:
    """Record how deliveries ended, unless newer ones overtook them meanwhile."""
    told = {"state": state, "last_error": error, "settled_us": to_us(now)}
    connection.execute(_still(connection, ended).values(told))


def postpone(
    connection: Connection, waiting: Iterable[Delivery], until: datetime, error: str
) -> None:
    """Let deliveries wait for their next attempt."""
    told = {"next_us": to_us(until), "last_error": error}
    connection.execute(_still(connection, waiting).values(told))


def give_back(connection: Connection, untried: Iterable[Delivery], now: datetime) -> None:
    """Let deliveries that were claimed and not tried be due at once."""
    told = {"attempts": deliveries.c.attempts - 1, "next_us": to_us(now)}
    connection.execute(_still(connection, untried).values(told))


def abandon(connection: Connection, channels: Iterable[str]) -> None:
    """Give up what waits for channels that the site no longer has."""
    gone = and_(deliveries.c.state == PENDING, deliveries.c.channel.not_in(sorted(channels)))
    error = "the site has no such channel"
    connection.execute(update(deliveries).where(gone).values(state=FAILED, last_error=error))


def _still(connection: Connection, claimed: Iterable[Delivery]) -> Update:
    ours = among(connection, deliveries.c.id, [one.id for one in claimed])
    return update(deliveries).where(ours, deliveries.c.state == PENDING)
