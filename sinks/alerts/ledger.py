"""What is remembered of alerts, in the store: those raised, and events held back."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, delete, or_, select

from anpr.events import CameraState, CameraStatus, Hit, SectionTransit, parse_event
from anpr.journeys import AROUND
from anpr.time import from_us, to_us
from sinks.alerts.book import OPEN, TRACK, Book, Held, Raised
from sinks.alerts.conditions import AnyEvent, camera
from sinks.alerts.routing import Reason, filed_under
from sinks.alerts.words import apart, joined
from sinks.store.dialects import among, ranges, replacing, reserve
from sinks.store.schema import alerts, unraised

_CASE = 3 * AROUND
"""What a transit lets out may itself let others out: so far apart the parts of a case may lie."""

_ENDLESS_US = 2**62

Span = tuple[int, int]
"""The first and the last moment, in microseconds."""


def remembered(connection: Connection, ids: Collection[str]) -> set[str]:
    """Name those of some events of which anything is known."""
    if not ids:
        return set()
    tables = (alerts, unraised)
    queries = [
        select(one.c.event_id).where(among(connection, one.c.event_id, ids)) for one in tables
    ]
    return {event for query in queries for event in connection.scalars(query)}


def read_book(
    connection: Connection,
    events: Sequence[AnyEvent],
    since: datetime,
    silence: timedelta,
    kinds: Mapping[str, tuple[datetime, datetime]],
) -> Book:
    """Read what deciding on events may ask for, in as many statements as for a single one.

    What was held back before `since` is let out no more. `silence` is the longest time in which
    nothing is repeated. Of some `kinds` all open alerts matter that lie within a span of time.
    """
    ids = [event.id for event in events]
    own = raised(connection, select(alerts).where(among(connection, alerts.c.event_id, ids)))
    remembering = select(*unraised.c["body", "reason"])
    held = _held(connection, remembering.where(among(connection, unraised.c.event_id, ids)))

    is_open = {one.event.id for one in own if one.is_open}
    hidden = _spans(_hidden(one, since, may_recall=one.id in is_open) for one in events)
    waits = remembering.where(unraised.c.reason.in_([Reason.REPEAT, Reason.PART_OF_CASE]))
    held += _held(connection, _within(connection, waits, unraised, hidden))

    near = _spans(_near(one, silence) for one in (*events, *(one.event for one in held)))
    others = raised(connection, _within(connection, select(alerts), alerts, near))
    if kinds:
        spans = [
            and_(alerts.c.kind == kind, alerts.c.at_us.between(to_us(first), to_us(last)))
            for kind, (first, last) in kinds.items()
        ]
        opened = select(alerts).where(alerts.c.state == OPEN, or_(*spans))
        others += raised(connection, opened)
    return Book([*others, *own], held)


def write_book(connection: Connection, book: Book) -> None:
    """Write what a turn changed: each event once, in the state that the turn left it in."""
    told = [_alert_row(book.raised[one]) for one in book.changed if one in book.raised]
    if told:
        connection.execute(replacing(connection, alerts, "event_id", told[0]), told)
    gone = [one for one in book.changed if one not in book.held]
    if gone:
        connection.execute(delete(unraised).where(among(connection, unraised.c.event_id, gone)))
    held = [_held_row(book.held[one]) for one in book.changed if one in book.held]
    if held:
        connection.execute(replacing(connection, unraised, "event_id", held[0]), held)


def numbers(connection: Connection, count: int) -> Sequence[int]:
    """Give numbers for alerts that are to be raised; some of them may stay unused."""
    return reserve(connection, alerts, count) if count else ()


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


def _hidden(
    event: AnyEvent, since: datetime, *, may_recall: bool
) -> Iterator[tuple[str | None, Span]]:
    """Tell where lies what an event may let out."""
    if isinstance(event, SectionTransit):
        yield event.plate, _around(event.at, _CASE, _CASE)
    elif isinstance(event, CameraState):
        for state in CameraStatus:
            yield state, (to_us(since), _ENDLESS_US)
    elif may_recall:
        yield filed_under(event), (to_us(since), _ENDLESS_US)


def _near(event: AnyEvent, silence: timedelta) -> Iterator[tuple[str | None, Span]]:
    """Tell where lie the alerts that a decision on an event may have to do with."""
    if isinstance(event, SectionTransit):
        yield event.plate, _around(event.at, _CASE, _CASE)
    elif isinstance(event, CameraState):
        for state in CameraStatus:
            yield state, (0, to_us(event.at + silence))
    else:
        yield filed_under(event), _around(event.at, max(TRACK, silence), silence)


def _around(at: datetime, before: timedelta, after: timedelta) -> Span:
    return to_us(at - before), to_us(at + after)


def _spans(said: Iterable[Iterable[tuple[str | None, Span]]]) -> dict[str, Span]:
    """Put together what is asked of one subject."""
    spans: dict[str, Span] = {}
    for about, (first, last) in (one for some in said for one in some):
        if about is not None:
            known = spans.get(about, (first, last))
            spans[about] = min(first, known[0]), max(last, known[1])
    return spans


def _within(
    connection: Connection, query: Select[Any], table: Table, spans: Mapping[str, Span]
) -> Select[Any] | None:
    """Ask for the rows of some subjects, each within its span of time."""
    if not spans:
        return None
    asked = [(number, about, *span) for number, (about, span) in enumerate(spans.items())]
    wanted = ranges(connection, asked)
    is_near = and_(
        table.c.subject == wanted.c.key, table.c.at_us.between(wanted.c.first, wanted.c.last)
    )
    return query.select_from(wanted.join(table, is_near))


def raised(connection: Connection, query: Select[Any] | None) -> list[Raised]:
    """Give the alerts that a query selects."""
    if query is None:
        return []
    return [
        Raised(
            row.id,
            from_us(row.raised_us),
            parse_event(row.body),
            row.state,
            apart(row.words),
            row.dispatch_only,
        )
        for row in connection.execute(query)
    ]


def _held(connection: Connection, query: Select[Any] | None) -> list[Held]:
    if query is None:
        return []
    rows = connection.execute(query)
    return [Held(parse_event(row.body), Reason(row.reason)) for row in rows]


def _alert_row(alert: Raised) -> dict[str, Any]:
    event = alert.event
    return {
        "id": alert.id,
        **_row(event),
        "kind": event.kind,
        "raised_us": to_us(alert.raised_at),
        "priority": event.priority if isinstance(event, Hit) else None,
        "state": alert.state,
        "words": joined(alert.words),
        "dispatch_only": alert.dispatch_only,
    }


def _held_row(held: Held) -> dict[str, Any]:
    row = _row(held.event)
    return {**row, "withdrawn": held.event.withdrawn, "reason": held.reason.value}


def _row(event: AnyEvent) -> dict[str, Any]:
    return {
        "event_id": event.id,
        "event_revision": event.revision,
        "subject": filed_under(event),
        "at_us": to_us(event.at),
        "camera": camera(event),
        "body": event.to_json().decode(),
    }
