"""What judging closed events again asks of the store, and what events said before they changed."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, select

from anpr.events import CameraState, Passage, RuleEvent, parse_event
from anpr.time import from_us, to_us
from sinks.store.questions import Period
from sinks.store.schema import events, passages, said_before

FETCH = 5000
"""How many rows are held at once of a year's events."""


@dataclass(frozen=True, slots=True)
class Closed:
    """An event, as far as one must know it to see whether a change concerns it."""

    id: str
    plate: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SaidBefore:
    """What an event said until another verdict or reason took its place."""

    until: datetime
    event: RuleEvent | CameraState


def closed_events(
    connection: Connection, kind: str, subject: str, period: Period
) -> Iterator[Closed]:
    """Go through the events of a section, lock or zone, oldest first."""
    wanted = (
        select(events.c.id, events.c.plate, events.c.at_us)
        .where(
            events.c.kind == kind,
            events.c.subject == subject,
            events.c.at_us >= to_us(period.since),
            events.c.at_us < to_us(period.until),
            events.c.withdrawn.is_(False),
        )
        .order_by(events.c.at_us, events.c.id)
    )
    rows = connection.execution_options(yield_per=FETCH).execute(wanted)
    return (Closed(row.id, row.plate, from_us(row.at_us)) for row in rows)


def stored_event(connection: Connection, id_: str, at: datetime) -> RuleEvent | None:
    """Give an event as it is stored, unless it is gone or withdrawn."""
    wanted = select(events.c.body).where(
        events.c.id == id_, events.c.at_us == to_us(at), events.c.withdrawn.is_(False)
    )
    body = connection.scalar(wanted)
    event = None if body is None else parse_event(body)
    return None if isinstance(event, CameraState) else event


def passages_of(
    connection: Connection, fold: str, cameras: Collection[str], period: Period
) -> list[Passage]:
    """Give the live passages of a plate fold at some cameras, as rules judge them: in order."""
    wanted = select(passages.c.body).where(
        passages.c.fold == fold,
        passages.c.camera.in_(cameras),
        passages.c.at_us >= to_us(period.since),
        passages.c.at_us <= to_us(period.until),
        passages.c.withdrawn.is_(False),
    )
    found = [Passage.model_validate_json(body) for body in connection.scalars(wanted)]
    return sorted(found, key=lambda passage: (passage.at, passage.camera, passage.id))


def history_of(engine: Engine, event: str) -> list[SaidBefore]:
    """Give what an event said before, oldest first."""
    wanted = (
        select(said_before.c.until_us, said_before.c.body)
        .where(said_before.c.event_id == event)
        .order_by(said_before.c.revision)
    )
    with engine.connect() as connection:
        rows = connection.execute(wanted).all()
    return [SaidBefore(from_us(row.until_us), parse_event(row.body)) for row in rows]
