"""Reviewing cases: an officer types the plate that the images show, before the case's own is shown.

A candidate becomes a case for prosecution only where a person read the same plate; evidence
packages are made of cases whose last review agreed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, exists, or_, select

from anpr.events import LockTransit, SectionTransit, parse_event
from anpr.plates import plain
from console.api_events import period_of, unfit_of
from console.context import Console
from console.problems import NothingHereError
from sinks.store.audit import record_audit
from sinks.store.casework import Outcome, Review, Reviewable, review, reviews, reviews_of
from sinks.store.engine import writing
from sinks.store.people import Account
from sinks.store.questions import AnyEvent, HeldBack, Period, within
from sinks.store.schema import events

WAITING = or_(
    and_(events.c.kind == "section_transit", events.c.verdict == "violation"),
    and_(events.c.kind == "lock_transit", events.c.verdict.in_(["through", "review"])),
)
"""The candidates that a person must look at."""

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Queue:
    """The cases that wait for a person, oldest first; `more`: there are others after them."""

    cases: Sequence[Reviewable]
    more: bool


def waiting_for(console: Console, account: Account) -> Queue:
    """Give the cases of the last month that nobody has reviewed as they stand.

    The first is the one that is looked at: the audit names it.
    """
    period = period_of(console, None, None)
    held = [day.held_back for day in unfit_of(console, period)]
    with console.engine.connect() as connection:
        found = _unreviewed(connection, period, held)
    query = {"event": found[0].id, "plate": found[0].plate} if found else {}
    record_audit(
        console.engine, account, "review_queue", console.now(), query=query, results=len(found)
    )
    return Queue(found[:SHOWN], len(found) > SHOWN)


def case_of(console: Console, case: str) -> Reviewable:
    """Give a case of a section or a lock. Raises NothingHereError."""
    found = select(events.c.body).where(events.c.id == case, events.c.withdrawn.is_(False))
    with console.engine.connect() as connection:
        body = connection.scalar(found)
    event: AnyEvent | None = None if body is None else parse_event(body)
    if not isinstance(event, SectionTransit | LockTransit):
        raise NothingHereError
    return event


def open_case(console: Console, account: Account, case: str) -> Reviewable:
    """Give a case that somebody opens, after putting it in the audit. Raises NothingHereError."""
    found = case_of(console, case)
    query = {"event": found.id, "plate": found.plate}
    record_audit(console.engine, account, "review_open", console.now(), query=query, results=1)
    return found


def decide(
    console: Console,
    account: Account,
    case: Reviewable,
    seen: str,
    *,
    given: Outcome | None,
    note: str,
) -> Review:
    """Record what an officer found; where they typed a plate, whether it agrees decides."""
    typed = plain(seen)
    outcome = given or (Outcome.AGREED if typed == case.plate else Outcome.DIFFERS)
    now = console.now()
    # the plates stand here for when the case itself is past its term
    plates = sorted({plate for plate in (case.plate, typed) if plate})
    query = {
        "event": case.id, "revision": case.revision, "outcome": outcome.value, "plates": plates,
    }  # fmt: skip
    record_audit(console.engine, account, "review", now, query=query, results=1)
    with writing(console.engine) as connection:
        review(connection, case, account, outcome, typed, note, now)
    return Review(outcome, typed, account.name, now, note)


def last_reviews(console: Console, cases: Sequence[AnyEvent]) -> dict[str, Review]:
    """Give the last review of each case that has one as it stands."""
    with console.engine.connect() as connection:
        known = reviews_of(
            connection, [one for one in cases if isinstance(one, SectionTransit | LockTransit)]
        )
    return {case: found[-1] for case, found in known.items()}


def _unreviewed(
    connection: Connection, period: Period, held: Sequence[HeldBack]
) -> list[Reviewable]:
    is_reviewed = exists().where(
        reviews.c.event_id == events.c.id, reviews.c.event_revision == events.c.revision
    )
    wanted = (
        select(events.c.body)
        .where(
            WAITING,
            events.c.withdrawn.is_(False),
            ~is_reviewed,
            *within(events, period),
            *(one.leaves_out for one in held),
        )
        .order_by(events.c.at_us, events.c.id)
        .limit(SHOWN + 1)
    )
    found = map(parse_event, connection.scalars(wanted))
    return [one for one in found if isinstance(one, SectionTransit | LockTransit)]
