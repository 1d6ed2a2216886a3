"""What goes into the outbox: alerts, recalls and notices, each once for a channel."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select, update

from anpr.events import Hit
from anpr.ids import computed
from anpr.sites import Site
from anpr.sites.channels import AnyChannel
from anpr.time import to_us
from sinks.alerts.book import Raised
from sinks.alerts.conditions import AnyEvent, camera
from sinks.alerts.outbox import PENDING, SENT, SUPERSEDED
from sinks.alerts.payload import AlertPayload, ListNotice, Notice
from sinks.alerts.routing import CONSOLE
from sinks.store.dialects import among
from sinks.store.schema import deliveries
from sinks.store.upsert import add

URGENT = 80
"""A hit of this priority waits for no others to go together with."""

PLAIN = AnyChannel()
"""What holds for a channel that the site no longer has: what it carried is recalled there."""


class Tray:
    """What one transaction sends: put together in memory, and written in one go."""

    def __init__(self, now: datetime, channels: Mapping[str, AnyChannel]) -> None:
        self._now = now
        self._channels = channels
        self._rows: list[dict[str, Any]] = []
        self._carried: dict[int, set[str]] = defaultdict(set)
        self._waiting: dict[int, set[str]] = defaultdict(set)
        self._superseded: dict[int, None] = {}
        self._used: set[str] = set()
        self._free_us: dict[tuple[str, str], int] = {}

    def look(
        self, connection: Connection, alerts: Collection[int], events: Iterable[AnyEvent]
    ) -> None:
        """Read what became of what was sent of some alerts, and what events may wait for.

        What waits is locked: nobody sends meanwhile what is superseded here.
        """
        if alerts:
            sent = select(*deliveries.c["alert_id", "channel", "state", "attempts", "key"])
            of_these = sent.where(among(connection, deliveries.c.alert_id, alerts))
            for row in connection.execute(of_these.order_by(deliveries.c.id).with_for_update()):
                self._used.add(row.key)
                if row.attempts > 0:
                    self._carried[row.alert_id].add(row.channel)
                elif row.state == PENDING:
                    self._waiting[row.alert_id].add(row.channel)
        patient = [name for name, terms in self._channels.items() if terms.group_s]
        groups = {group for event in events if (group := _group(event))}
        if patient and groups:
            self._look_at_groups(connection, patient, groups)

    def _look_at_groups(
        self, connection: Connection, channels: Sequence[str], groups: Collection[str]
    ) -> None:
        """Tell when the next of each group may go: with those that wait, or after the last."""
        now_us = to_us(self._now)
        longest = max(self._wait_us(name) for name in channels)
        last = (
            select(
                deliveries.c.channel,
                deliveries.c.group,
                func.max(case((deliveries.c.state == PENDING, deliveries.c.next_us))),
                func.max(case((deliveries.c.state == SENT, deliveries.c.settled_us))),
            )
            .where(
                among(connection, deliveries.c.channel, channels),
                among(connection, deliveries.c.group, groups),
                or_(
                    deliveries.c.state == PENDING,
                    and_(deliveries.c.state == SENT, deliveries.c.settled_us >= now_us - longest),
                ),
            )
            .group_by(deliveries.c.channel, deliveries.c.group)
        )
        for channel, group, waiting_us, sent_us in connection.execute(last):
            is_waited_for = waiting_us is not None and waiting_us > now_us
            after_us = (sent_us or 0) + self._wait_us(channel)
            self._free_us[channel, group] = waiting_us if is_waited_for else max(now_us, after_us)

    def _wait_us(self, channel: str) -> int:
        terms = self._channels.get(channel, PLAIN)
        return timedelta(seconds=terms.group_s) // timedelta(microseconds=1)

    def post(self, payload: AlertPayload, channels: Iterable[str], occasion: str = "") -> None:
        """Send an alert, once to each channel; the console reads the alerts itself.

        `occasion` tells apart what is said again of the same version, such as an escalation.
        """
        for name in dict.fromkeys(channels):
            if name != CONSOLE:
                self._rows.append(self._row(payload, name, occasion))
                self._waiting[payload.alert].add(name)

    def _row(self, payload: AlertPayload, channel: str, occasion: str) -> dict[str, Any]:
        event, now_us = payload.event, to_us(self._now)
        terms = self._channels.get(channel, PLAIN)
        said = (payload.state, occasion) if occasion else (payload.state,)
        key = computed("delivery", event.id, event.revision, *said, channel)
        if key in self._used:  # said before the alert was taken back, and came again
            key = computed("delivery", key, to_us(payload.raised_at))
        self._used.add(key)
        is_open = payload.state == "open"
        since = self._now if occasion else event.at
        live_until = since + timedelta(seconds=terms.live_s + terms.group_s)
        group = _group(event) if terms.group_s and is_open else None
        return {
            "alert_id": payload.alert,
            "channel": channel,
            "key": key,
            "state": PENDING,
            "attempts": 0,
            "created_us": now_us,
            "next_us": self._free_us.get((channel, group), now_us) if group else now_us,
            "body": payload.model_copy(update={"key": key}).to_json().decode(),
            "group": group,
            "live_until_us": to_us(live_until) if is_open else None,
        }

    def supersede(self, alert: int) -> None:
        """Stop what waits of an alert: newer messages follow."""
        self._superseded[alert] = None
        self._waiting.pop(alert, None)
        for row in self._rows:
            if row["alert_id"] == alert:
                row["state"] = SUPERSEDED

    def addressed(self, alert: int) -> set[str]:
        """Name the channels that carry an alert or may: all but those that were never tried."""
        return self._carried[alert] | self._waiting[alert]

    def write(self, connection: Connection) -> None:
        """Put it all in the outbox, and stop there what newer messages follow."""
        if self._superseded:
            old = among(connection, deliveries.c.alert_id, self._superseded)
            waiting = and_(old, deliveries.c.state == PENDING)
            connection.execute(update(deliveries).where(waiting).values(state=SUPERSEDED))
        add(connection, deliveries, self._rows)


def payload_of(
    alert: Raised, words: Sequence[str], site: Site, *, follows: int | None = None
) -> AlertPayload:
    """Write what is sent of an alert as it is now, with what must be said of it."""
    event = alert.event
    return AlertPayload(
        alert=alert.id,
        state=alert.state,
        kind=event.kind,
        site=site.site.name,
        camera=camera(event),
        raised_at=alert.raised_at,
        follows=follows,
        words=tuple(words),
        event=event,
    )


def _group(event: AnyEvent) -> str | None:
    """Name what an alert may wait for: others at the same camera. What is urgent waits for none."""
    if isinstance(event, Hit) and event.priority >= URGENT:
        return None
    return f"{event.kind} {camera(event)}"


def post_notice(
    connection: Connection,
    notice: Notice | ListNotice,
    about: str,
    channels: Iterable[str],
    now: datetime,
) -> None:
    """Put words for people in the outbox, once for each channel; `about` makes them the same."""
    now_us = to_us(now)
    rows = []
    for name in channels:
        key = _notice_key(about, name)
        row = {"channel": name, "key": key, "state": PENDING, "attempts": 0, "created_us": now_us}
        body = notice.model_copy(update={"key": key}).to_json().decode()
        rows.append({**row, "alert_id": None, "next_us": now_us, "body": body})
    add(connection, deliveries, rows)


def untold(connection: Connection, about: str, channels: Iterable[str]) -> list[str]:
    """Name those of some channels that were not told of something yet."""
    keys = {_notice_key(about, name): name for name in channels}
    told = select(deliveries.c.key).where(among(connection, deliveries.c.key, keys))
    return [keys[one] for one in keys.keys() - connection.scalars(told)] if keys else []


def _notice_key(about: str, channel: str) -> str:
    return computed("notice", about, channel)
