"""What people ask of the store: passages, events, alerts, cameras. Withdrawn rows stay out."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    exists,
    func,
    not_,
    or_,
    select,
)

from anpr.events import (
    CameraState,
    Event,
    Passage,
    RuleEvent,
    SectionTransit,
    SectionVerdict,
    parse_event,
)
from anpr.journeys import AROUND, Journey, journeys
from anpr.plates import fold
from anpr.time import from_us, to_us
from sinks.store.casework import Said, feedback, feedback_on
from sinks.store.clearance import Clearance
from sinks.store.dialects import among, fits
from sinks.store.filters import NO_FILTERS, Filters
from sinks.store.plates import WILDCARDS, plates_fitting
from sinks.store.schema import alerts, event_passages, events, passages
from sinks.store.spellings import is_spelled

AnyEvent = RuleEvent | CameraState

_is_cause = and_(event_passages.c.event_id == events.c.id, event_passages.c.at_us == events.c.at_us)

FEW_PLATES = 500
"""Passages of so many plates are looked up plate by plate; a pattern that more plates fit is so
common that the period is gone through, newest first, until a page is full."""


class Placed(Protocol):
    """What has its place in time."""

    @property
    def id(self) -> str:
        """Tell it from others of the same moment."""
        ...

    @property
    def at(self) -> datetime:
        """Tell when it happened."""
        ...


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: its last row's time and id. The next page starts right after it."""

    at_us: int
    id: str

    @classmethod
    def after(cls, row: "Placed") -> "Cursor":
        """Point after a row."""
        return cls(to_us(row.at), row.id)


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment, inclusive, to a moment, exclusive."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Events that nobody is shown: those of a subject with a verdict, in a period."""

    subject: str
    verdict: str
    period: Period

    @property
    def leaves_out(self) -> ColumnElement[bool]:
        """What is left of the table of events."""
        same = and_(events.c.subject == self.subject, events.c.verdict == self.verdict)
        return not_(and_(same, *within(events, self.period)))


@dataclass(frozen=True, slots=True)
class PassageQuery:
    """Which passages are wanted.

    `plate` may hold `?` (one character) and `*` (any run); `plates` is many whole ones. With
    `look_alikes` characters that cameras confuse count as equal; with `alternatives` a whole plate
    is also found where a camera thought it possible. No plate means all, unread ones too.
    """

    period: Period
    plate: str | None = None
    look_alikes: bool = False
    filters: Filters = NO_FILTERS
    plates: tuple[str, ...] = ()
    alternatives: bool = False
    oldest_first: bool = False


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert: whether it still stands, what a person must be told, and what people said of it."""

    id: int
    state: str
    raised_at: datetime
    camera: str | None
    priority: int | None
    words: str
    event: Event
    said: tuple[Said, ...] = ()
    dispatch_only: bool = False


class AlertMark(NamedTuple):
    """What tells an alert from what it was: its state, its event's revision, how much was said."""

    state: str
    revision: int
    said: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """A passage on the live page: whether a hit rests on it, and whether it still stands."""

    passage: Passage
    is_hit: bool
    is_withdrawn: bool


def find_passages(
    connection: Connection, query: PassageQuery, limit: int, after: Cursor | None = None
) -> list[Passage]:
    """Find passages, newest first unless asked otherwise."""
    narrowed = (*query.filters.conditions(connection), *within(passages, query.period))
    found: dict[str, Passage] = {}
    for matches in _matches(connection, query):
        wanted = select(passages.c.body).where(*narrowed, *matches)
        page = _page(wanted, passages, limit, after, oldest_first=query.oldest_first)
        bodies = connection.scalars(page)
        found |= {one.id: one for one in map(Passage.model_validate_json, bodies)}
    sign = 1 if query.oldest_first else -1
    in_order = sorted(found.values(), key=lambda one: (one.at, one.id))[::sign]
    return in_order[:limit]


def _matches(
    connection: Connection, query: PassageQuery
) -> Iterator[tuple[ColumnElement[bool], ...]]:
    """Give the ways in which a plate is found, each by an index of its own."""
    if query.plates:
        column = passages.c.fold if query.look_alikes else passages.c.plate
        known = {fold(one) for one in query.plates} if query.look_alikes else query.plates
        yield (among(connection, column, sorted(known)),)
        likes = sorted(map(fold, query.plates))
    elif query.plate is not None:
        yield (_plate_matches(connection, query.plate, query.look_alikes),)
        likes = [fold(query.plate)]
    else:
        yield ()
        return
    if query.alternatives:
        yield (is_spelled(connection, likes, *_bounds(query.period)),)


def passage_by_id(connection: Connection, passage: str) -> Passage | None:
    """Give a passage, unless it is unknown or withdrawn."""
    found = select(passages.c.body).where(passages.c.id == passage, passages.c.withdrawn.is_(False))
    body = connection.scalar(found)
    return None if body is None else Passage.model_validate_json(body)


def passages_by_id(connection: Connection, ids: Collection[str]) -> dict[str, Passage]:
    """Give passages by their ids; those that are unknown or withdrawn are left out."""
    found = select(passages.c.body).where(passages.c.id.in_(ids), passages.c.withdrawn.is_(False))
    known = map(Passage.model_validate_json, connection.scalars(found))
    return {one.id: one for one in known}


def events_on(connection: Connection, passage: str, clearance: Clearance) -> list[AnyEvent]:
    """Give the events that rest on a passage and may be known, oldest first."""
    resting = (
        select(events.c.body)
        .join(event_passages, _is_cause)
        .where(
            event_passages.c.passage_id == passage,
            events.c.withdrawn.is_(False),
            clearance.events,
        )
        .order_by(events.c.at_us, events.c.id)
    )
    return [parse_event(body) for body in connection.scalars(resting)]


def find_events(
    connection: Connection,
    kind: str,
    period: Period,
    limit: int,
    clearance: Clearance,
    *,
    verdicts: Collection[str] = (),
    subject: str | None = None,
    after: Cursor | None = None,
    without: Collection[HeldBack] = (),
) -> list[AnyEvent]:
    """Find events of a kind, newest first. `subject` is a section, lock, zone, list or camera."""
    wanted = select(events.c.body).where(
        events.c.kind == kind,
        events.c.withdrawn.is_(False),
        clearance.events,
        *within(events, period),
    )
    if verdicts:
        wanted = wanted.where(events.c.verdict.in_(verdicts))
    if subject is not None:
        wanted = wanted.where(events.c.subject == subject)
    wanted = wanted.where(*(held.leaves_out for held in without))
    return [parse_event(body) for body in connection.scalars(_page(wanted, events, limit, after))]


def journeys_of(connection: Connection, found: Iterable[AnyEvent]) -> list[Journey]:
    """Give the journeys of section violations, with what else of them lies beside those found."""
    violations = [one for one in found if isinstance(one, SectionTransit)]
    if not violations:
        return []
    times = [one.at for one in violations]
    period = Period(min(times) - AROUND, max(times) + AROUND)
    wanted = select(events.c.body).where(
        events.c.kind == "section_transit",
        events.c.verdict == SectionVerdict.VIOLATION.value,
        events.c.withdrawn.is_(False),
        among(connection, events.c.plate, {one.plate for one in violations}),
        *within(events, period),
    )
    beside = map(parse_event, connection.scalars(wanted))
    ids = {one.id for one in violations}
    return [
        journey
        for journey in journeys(one for one in beside if isinstance(one, SectionTransit))
        if not ids.isdisjoint(one.id for one in journey.transits)
    ]


def find_alerts(
    connection: Connection, limit: int, clearance: Clearance, before: int | None = None
) -> list[Alert]:
    """Give the alerts raised last, newest first, from before an alert's id on."""
    newest = alerts.select().where(clearance.alerts).order_by(alerts.c.id.desc()).limit(limit)
    if before is not None:
        newest = newest.where(alerts.c.id < before)
    return _alerts(connection, newest)


def alerts_by_id(connection: Connection, ids: Collection[int]) -> list[Alert]:
    """Give these alerts, oldest first."""
    return _alerts(connection, alerts.select().where(alerts.c.id.in_(ids)).order_by(alerts.c.id))


def alert_marks(connection: Connection, newest: int, clearance: Clearance) -> dict[int, AlertMark]:
    """Give what a stream compares of the newest alerts, by id."""
    said = select(func.count()).where(feedback.c.alert_id == alerts.c.id).scalar_subquery()
    marks = (
        select(alerts.c.id, alerts.c.state, alerts.c.event_revision, said.label("said"))
        .where(clearance.alerts)
        .order_by(alerts.c.id.desc())
        .limit(newest)
    )
    return {
        row.id: AlertMark(row.state, row.event_revision, row.said)
        for row in connection.execute(marks)
    }


def latest_sightings(connection: Connection, limit: int, clearance: Clearance) -> list[Sighting]:
    """Give the passages stored last, newest first; withdrawn ones too, so that they can go."""
    hit = (
        select(events.c.id)
        .join(event_passages, _is_cause)
        .where(
            event_passages.c.passage_id == passages.c.id,
            events.c.kind == "hit",
            events.c.withdrawn.is_(False),
            clearance.events,
        )
    )
    latest = (
        select(passages.c.body, passages.c.withdrawn, exists(hit).label("is_hit"))
        .order_by(passages.c.stored_us.desc(), passages.c.id)
        .limit(limit)
    )
    return [
        Sighting(Passage.model_validate_json(row.body), bool(row.is_hit), row.withdrawn)
        for row in connection.execute(latest)
    ]


def camera_states(connection: Connection, cameras: Iterable[str]) -> Mapping[str, CameraState]:
    """Give each camera's newest state; a camera that never had one is left out."""
    states = {}
    for camera in cameras:
        newest = (
            select(events.c.body)
            .where(
                events.c.subject == camera,
                events.c.kind == "camera_state",
                events.c.withdrawn.is_(False),
            )
            .order_by(events.c.at_us.desc())
            .limit(1)
        )
        body = connection.scalar(newest)
        if body is not None:
            states[camera] = CameraState.model_validate_json(body)
    return states


def last_passages(connection: Connection, cameras: Iterable[str]) -> Mapping[str, datetime]:
    """Tell when each camera last saw a vehicle."""
    seen = {}
    for camera in cameras:
        newest = select(func.max(passages.c.at_us)).where(passages.c.camera == camera)
        at_us = connection.scalar(newest)
        if at_us is not None:
            seen[camera] = from_us(at_us)
    return seen


def _bounds(period: Period) -> tuple[int, int]:
    return to_us(period.since), to_us(period.until)


def within(table: Table, period: Period) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Say that a row's time lies in a period."""
    return table.c.at_us >= to_us(period.since), table.c.at_us < to_us(period.until)


def _page(
    wanted: Select[Any],
    table: Table,
    limit: int,
    after: Cursor | None,
    *,
    oldest_first: bool = False,
) -> Select[Any]:
    if oldest_first:
        if after is not None:
            later = and_(table.c.at_us == after.at_us, table.c.id > after.id)
            wanted = wanted.where(or_(table.c.at_us > after.at_us, later))
        return wanted.order_by(table.c.at_us, table.c.id).limit(limit)
    if after is not None:
        earlier = and_(table.c.at_us == after.at_us, table.c.id < after.id)
        wanted = wanted.where(or_(table.c.at_us < after.at_us, earlier))
    return wanted.order_by(table.c.at_us.desc(), table.c.id.desc()).limit(limit)


def _plate_matches(connection: Connection, plate: str, look_alikes: bool) -> ColumnElement[bool]:
    column = passages.c.fold if look_alikes else passages.c.plate
    pattern = fold(plate) if look_alikes else plate
    if not WILDCARDS & set(pattern):
        return column == pattern
    known = plates_fitting(connection, column.name, pattern, FEW_PLATES + 1)
    if len(known) > FEW_PLATES:
        return fits(connection, column, pattern)
    return among(connection, column, known)


def _alerts(connection: Connection, wanted: Select[Any]) -> list[Alert]:
    rows = connection.execute(wanted).all()
    said = feedback_on(connection, [row.id for row in rows])
    return [_alert(row, said.get(row.id, [])) for row in rows]


def _alert(row: Row[Any], said: list[Said]) -> Alert:
    return Alert(
        id=row.id,
        state=row.state,
        raised_at=from_us(row.raised_us),
        camera=row.camera,
        priority=row.priority,
        words=row.words,
        event=parse_event(row.body),
        said=tuple(said),
        dispatch_only=row.dispatch_only,
    )
