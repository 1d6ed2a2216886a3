"""What is remembered of alerts, in the store: those raised, and events held back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeGuard

from sqlalchemy import Connection, and_, delete, func, select, update

from anpr.events import (
    CameraState,
    Hit,
    RuleEvent,
    SectionTransit,
    SectionVerdict,
    parse_event,
)
from anpr.journeys import AROUND, journeys
from anpr.time import from_us, to_us
from sinks.alerts.conditions import camera
from sinks.alerts.routing import Known, Reason, filed_under, subject
from sinks.store.dialects import among, replacing
from sinks.store.schema import alerts, unraised

OPEN: Literal["open"] = "open"
RECALLED: Literal["recalled"] = "recalled"

_TRACK = timedelta(days=1)
"""How long an alert at another camera counts as news of the same thing."""


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert that was raised: its number, when, and the version of the event it told of."""

    id: int
    raised_at: datetime
    event: RuleEvent | CameraState


def remembered(connection: Connection, ids: Iterable[str]) -> Mapping[str, Known]:
    """Tell what is known of events, by id."""
    known: dict[str, Known] = {}
    wanted = set(ids)
    if not wanted:
        return known
    alerted = select(*alerts.c["event_id", "event_revision", "state"])
    for row in connection.execute(alerted.where(among(connection, alerts.c.event_id, wanted))):
        is_open = row.state == OPEN
        known[row.event_id] = Known(row.event_revision, not is_open, is_open)
    held = select(*unraised.c["event_id", "event_revision", "withdrawn"])
    for row in connection.execute(held.where(among(connection, unraised.c.event_id, wanted))):
        # held after a recall, or never raised: the newer of the two in either case
        known[row.event_id] = Known(row.event_revision, row.withdrawn, is_open=False)
    return known


def told(
    connection: Connection, event: RuleEvent | CameraState, within: timedelta
) -> datetime | None:
    """Give the moment nearest to the event's when the same was alerted at the same camera."""
    about, at_us, reach_us = subject(event), to_us(event.at), within // timedelta(microseconds=1)
    if about is None:
        return None
    nearest = (
        select(alerts.c.at_us)
        .where(
            alerts.c.subject == about,
            alerts.c.at_us.between(at_us - reach_us, at_us + reach_us),
            alerts.c.kind == event.kind,
            alerts.c.camera == camera(event),
            alerts.c.state == OPEN,
            alerts.c.event_id != event.id,
        )
        .order_by(func.abs(alerts.c.at_us - at_us))
        .limit(1)
    )
    found = connection.execute(nearest).scalar()
    return None if found is None else from_us(found)


def followed(connection: Connection, event: RuleEvent | CameraState) -> int | None:
    """Give the latest alert of the same thing at another camera, if it is recent."""
    about, at_us = subject(event), to_us(event.at)
    if about is None:
        return None
    latest = (
        select(alerts.c.id)
        .where(
            alerts.c.subject == about,
            alerts.c.at_us.between(to_us(event.at - _TRACK), at_us),
            alerts.c.kind == event.kind,
            alerts.c.camera != camera(event),
            alerts.c.state == OPEN,
        )
        .order_by(alerts.c.at_us.desc())
        .limit(1)
    )
    return connection.execute(latest).scalar()


def case_of(connection: Connection, event: RuleEvent | CameraState) -> list[SectionTransit]:
    """Give what open alerts tell of the case of a violation: those on sections in a row with it."""
    if not _is_violation(event):
        return []
    near = (to_us(event.at - AROUND), to_us(event.at + AROUND))
    told_of = select(alerts.c.body).where(
        alerts.c.subject == filed_under(event),
        alerts.c.at_us.between(*near),
        alerts.c.kind == event.kind,
        alerts.c.state == OPEN,
        alerts.c.event_id != event.id,
    )
    opened = [one for one in map(parse_event, connection.scalars(told_of)) if _is_violation(one)]
    # What was held back may be the section between two that were told of.
    parts = select(unraised.c.body).where(
        unraised.c.subject == filed_under(event),
        unraised.c.at_us.between(*near),
        unraised.c.reason == Reason.PART_OF_CASE.value,
        unraised.c.withdrawn.is_(False),
        unraised.c.event_id != event.id,
    )
    held = [one for one in map(parse_event, connection.scalars(parts)) if _is_violation(one)]
    ids = {
        one.id
        for journey in journeys([event, *opened, *held])
        if event in journey.transits
        for one in journey.transits
    }
    return [one for one in opened if one.id in ids]


def _is_violation(event: RuleEvent | CameraState) -> TypeGuard[SectionTransit]:
    return isinstance(event, SectionTransit) and event.verdict is SectionVerdict.VIOLATION


def open_alert(
    connection: Connection,
    event: RuleEvent | CameraState,
    words: Sequence[str],
    now: datetime,
    *,
    dispatch_only: bool = False,
) -> Raised:
    """Raise the alert of an event, or open it again."""
    row = {
        "event_id": event.id,
        "event_revision": event.revision,
        "kind": event.kind,
        "subject": filed_under(event),
        "at_us": to_us(event.at),
        "raised_us": to_us(now),
        "camera": camera(event),
        "priority": event.priority if isinstance(event, Hit) else None,
        "state": OPEN,
        "words": "; ".join(words),
        "dispatch_only": dispatch_only,
        "body": event.to_json().decode(),
    }
    upsert = replacing(connection, alerts, "event_id", row)
    number = connection.execute(upsert.returning(alerts.c.id), row).scalar_one()
    return Raised(number, now, event)


def forget_held(connection: Connection, event: RuleEvent | CameraState) -> None:
    """Forget that an event was held back: it is raised now."""
    connection.execute(delete(unraised).where(unraised.c.event_id == event.id))


def raised(connection: Connection, event: str) -> Raised:
    """Give the alert of an event that has one."""
    query = select(*alerts.c["id", "raised_us", "body"]).where(alerts.c.event_id == event)
    row = connection.execute(query).one()
    return Raised(row.id, from_us(row.raised_us), parse_event(row.body))


def change(
    connection: Connection,
    event: RuleEvent | CameraState,
    state: Literal["open", "recalled"],
    words: Sequence[str],
) -> None:
    """Let the alert of an event tell of its new version."""
    connection.execute(
        update(alerts)
        .where(alerts.c.event_id == event.id)
        .values(
            event_revision=event.revision,
            state=state,
            at_us=to_us(event.at),
            words="; ".join(words),
            body=event.to_json().decode(),
        )
    )


def open_hits(connection: Connection, since: datetime) -> list[Hit]:
    """Give the hits of open alerts, oldest first."""
    bodies = select(alerts.c.body).where(
        alerts.c.kind == "hit", alerts.c.state == OPEN, alerts.c.at_us >= to_us(since)
    )
    events = map(parse_event, connection.scalars(bodies.order_by(alerts.c.id)))
    return [event for event in events if isinstance(event, Hit)]


def alerted_plates(connection: Connection, since: datetime) -> set[str]:
    """Give the plates that alerts told of."""
    bodies = select(alerts.c.body).where(alerts.c.at_us >= to_us(since))
    events = map(parse_event, connection.scalars(bodies.where(alerts.c.kind != "camera_state")))
    return {event.plate for event in events if not isinstance(event, CameraState)}


def hold(connection: Connection, event: RuleEvent | CameraState, reason: Reason) -> None:
    """Remember an event that raised no alert."""
    row = {
        "event_id": event.id,
        "event_revision": event.revision,
        "withdrawn": event.withdrawn,
        "reason": reason.value,
        "subject": filed_under(event),
        "camera": camera(event),
        "at_us": to_us(event.at),
        "body": event.to_json().decode(),
    }
    connection.execute(replacing(connection, unraised, "event_id", row), row)


def release(
    connection: Connection, event: RuleEvent | CameraState
) -> list[RuleEvent | CameraState]:
    """Forget, and give in order of time, what was held back for an event's sake.

    These are its repeats, or the other parts of its case.
    """
    about = filed_under(event)
    if about is None:
        return []
    if isinstance(event, SectionTransit):
        near = unraised.c.at_us.between(to_us(event.at - AROUND), to_us(event.at + AROUND))
        held = and_(near, unraised.c.reason == Reason.PART_OF_CASE.value)
    else:
        held = and_(unraised.c.camera == camera(event), unraised.c.reason == Reason.REPEAT.value)
    wanted = and_(unraised.c.subject == about, held)
    rows = connection.execute(delete(unraised).where(wanted).returning(unraised.c.body)).scalars()
    return sorted(map(parse_event, rows), key=lambda one: (one.at, one.id))
