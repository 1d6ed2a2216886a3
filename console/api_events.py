"""The API of what the rules made of passages: hits, cases, accesses, alerts."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AliasChoices, BaseModel, Field

from anpr.events import (
    Access,
    Event,
    Hit,
    LockTransit,
    SectionTransit,
)
from anpr.journeys import Journey
from anpr.time import Moment, rfc3339
from console.access import requires
from console.api_passages import NAME_SIGNS, REFUSALS
from console.context import Console, Here
from console.question import MOST_ROWS, Page, cursor_of, text_of
from sinks.fitness import UnfitDay, unfit_days
from sinks.store.audit import record_audit
from sinks.store.casework import Feedback
from sinks.store.closed import history_of
from sinks.store.people import Account
from sinks.store.questions import (
    Alert,
    AnyEvent,
    Cursor,
    Period,
    find_alerts,
    find_events,
    journeys_of,
)
from sinks.store.rights import Right

router = APIRouter(prefix="/api", tags=["events"], responses=REFUSALS)

Limit = Annotated[int, Query(ge=1, le=MOST_ROWS)]
Since = Annotated[Moment | None, Query(alias="from", description="Default: a month ago")]
Until = Annotated[Moment | None, Query(alias="to", description="Exclusive. Default: now")]
Subject = Annotated[str | None, Query(max_length=100, pattern=NAME_SIGNS)]
After = Annotated[Page | None, Query(description="The `next` of the page before")]

Alerted = Annotated[Account, Depends(requires(Right.ALERTS))]
CaseWorker = Annotated[Account, Depends(requires(Right.CASES))]

_MONTH = timedelta(days=31)
_AHEAD = timedelta(minutes=5)


class Hits(BaseModel):
    """Hits, newest first; `next` is the `after` of the next page, null on the last."""

    hits: list[Hit]
    next: str | None


class Case(BaseModel):
    """Violations on sections in a row are one case: the `leading` one, the highest."""

    leading: str
    transits: list[str]


class Violations(BaseModel):
    """Section transits, newest first; `next` is the `after` of the next page.

    `cases` says which of the violations are one case together, and which leads it.
    """

    violations: list[SectionTransit]
    cases: list[Case]
    next: str | None


class UnfitDayOut(BaseModel):
    """A day on which a lock asked people about more transits than its site allows."""

    lock: str
    day: date
    reviews: int
    most: int


class Locks(BaseModel):
    """Truck lock transits, newest first; `next` is the `after` of the next page.

    The transits of an `unfit` day that wait for a person are held back.
    """

    locks: list[LockTransit]
    unfit: list[UnfitDayOut]
    next: str | None


class Accesses(BaseModel):
    """Accesses to permit zones, newest first; `next` is the `after` of the next page."""

    accesses: list[Access]
    next: str | None


class SaidBeforeOut(BaseModel):
    """What an event said until a moment."""

    until: Moment
    event: Event


class History(BaseModel):
    """What an event said before; its body names the control that it was judged by."""

    before: list[SaidBeforeOut]


class SaidOut(BaseModel):
    """What somebody said of an alert."""

    says: Feedback
    account: str
    at: Moment
    note: str


class AlertOut(BaseModel):
    """An alert: whether it is open or recalled, what a person must be told, and its event.

    `feedback` is what people said of it, oldest first: the last word counts.
    """

    id: int
    state: str
    raised_at: Moment
    camera: str | None
    priority: int | None
    words: str
    event: Event
    feedback: Annotated[list[SaidOut], Field(validation_alias=AliasChoices("said", "feedback"))]

    @classmethod
    def of(cls, alert: Alert) -> "AlertOut":
        """Write out a stored alert."""
        return cls.model_validate(alert, from_attributes=True)


class Alerts(BaseModel):
    """Alerts, newest first; `next` is the `before` of the next page."""

    alerts: list[AlertOut]
    next: int | None


# A case worker lists cases: whoever behaved is looked up by a search, with its purpose.
SectionCase = Literal["violation", "cancelled"]
LockCase = Literal["through", "exempt", "review", "cancelled"]
AccessCase = Literal["deny", "flag"]
ACCESS_CASES: tuple[AccessCase, ...] = ("deny", "flag")


def period_of(console: Console, since: Moment | None, until: Moment | None) -> Period:
    """Complete a period: a month that ends now, unless said otherwise."""
    until = until or console.now() + _AHEAD
    return Period(since or until - _MONTH, until)


def ask_events(
    console: Console,
    account: Account,
    kind: str,
    period: Period,
    limit: int,
    *,
    verdicts: tuple[str, ...] = (),
    subject: str | None = None,
    after: str | None = None,
) -> tuple[list[AnyEvent], str | None]:
    """Find events, put the question in the audit, and only then give them, with the next page."""
    unfit = unfit_of(console, period) if kind == "lock_transit" else []
    with console.engine.connect() as connection:
        found = find_events(
            connection,
            kind,
            period,
            limit,
            console.clearance(account),
            verdicts=verdicts,
            subject=subject,
            after=cursor_of(after),
            without=[day.held_back for day in unfit],
        )
    query = {
        "from": rfc3339(period.since),
        "to": rfc3339(period.until),
        "verdicts": verdicts,
        "subject": subject,
    }
    record_audit(console.engine, account, kind, console.now(), query=query, results=len(found))
    return found, text_of(Cursor.after(found[-1])) if len(found) == limit else None


def unfit_of(console: Console, period: Period) -> list[UnfitDay]:
    """Give the days of a period on which locks asked people too often."""
    until = min(period.until, console.now() + _AHEAD)  # what lies ahead has no days to count
    with console.engine.connect() as connection:
        return unfit_days(connection, console.site, Period(period.since, until))


def ask_journeys(console: Console, found: Sequence[AnyEvent]) -> list[Journey]:
    """Join violations on sections in a row."""
    with console.engine.connect() as connection:
        return journeys_of(connection, found)


@router.get("/hits")
def read_hits(
    console: Here,
    account: Alerted,
    since: Since = None,
    until: Until = None,
    list_: Annotated[str | None, Query(alias="list", max_length=100, pattern=NAME_SIGNS)] = None,
    limit: Limit = 100,
    after: After = None,
) -> Hits:
    """Give the hits of a period."""
    period = period_of(console, since, until)
    found, following = ask_events(
        console, account, "hit", period, limit, subject=list_, after=after
    )
    return Hits(hits=[one for one in found if isinstance(one, Hit)], next=following)


@router.get("/violations")
def read_violations(
    console: Here,
    account: CaseWorker,
    verdict: SectionCase = "violation",
    since: Since = None,
    until: Until = None,
    section: Subject = None,
    limit: Limit = 100,
    after: After = None,
) -> Violations:
    """Give the section cases of a verdict: the violations, unless said otherwise."""
    found, following = ask_events(
        console,
        account,
        "section_transit",
        period_of(console, since, until),
        limit,
        verdicts=(verdict,),
        subject=section,
        after=after,
    )
    transits = [one for one in found if isinstance(one, SectionTransit)]
    cases = [
        Case(leading=one.leading.id, transits=[transit.id for transit in one.transits])
        for one in (ask_journeys(console, transits) if verdict == "violation" else ())
    ]
    return Violations(violations=transits, cases=cases, next=following)


@router.get("/locks")
def read_locks(
    console: Here,
    account: CaseWorker,
    verdict: LockCase = "through",
    since: Since = None,
    until: Until = None,
    lock: Subject = None,
    limit: Limit = 100,
    after: After = None,
) -> Locks:
    """Give the truck lock cases of a verdict: the through ones, unless said otherwise."""
    period = period_of(console, since, until)
    found, following = ask_events(
        console,
        account,
        "lock_transit",
        period,
        limit,
        verdicts=(verdict,),
        subject=lock,
        after=after,
    )
    transits = [one for one in found if isinstance(one, LockTransit)]
    unfit = [
        UnfitDayOut.model_validate(day, from_attributes=True)
        for day in unfit_of(console, period)
        if lock in (None, day.lock)
    ]
    return Locks(locks=transits, unfit=unfit, next=following)


@router.get("/accesses")
def read_accesses(
    console: Here,
    account: CaseWorker,
    decision: AccessCase | None = None,
    since: Since = None,
    until: Until = None,
    zone: Subject = None,
    limit: Limit = 100,
    after: After = None,
) -> Accesses:
    """Give the cases of permit zones: who was not allowed to pass."""
    found, following = ask_events(
        console,
        account,
        "access",
        period_of(console, since, until),
        limit,
        verdicts=(decision,) if decision else ACCESS_CASES,
        subject=zone,
        after=after,
    )
    return Accesses(accesses=[one for one in found if isinstance(one, Access)], next=following)


@router.get("/events/{event}/history")
def read_history(
    event: Annotated[str, Path(max_length=100, pattern=NAME_SIGNS)],
    console: Here,
    account: CaseWorker,
) -> History:
    """Tell what a case said before another verdict or reason took its place, oldest first."""
    found = history_of(console.engine, event)
    query = {"event": event}
    record_audit(
        console.engine, account, "event_history", console.now(), query=query, results=len(found)
    )
    return History(
        before=[SaidBeforeOut.model_validate(one, from_attributes=True) for one in found]
    )


@router.get("/alerts")
def read_alerts(
    console: Here,
    account: Alerted,
    limit: Limit = 100,
    before: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
) -> Alerts:
    """Give the alerts raised last, recalled ones too."""
    found = ask_alerts(console, account, limit, before)
    return Alerts(
        alerts=[AlertOut.of(alert) for alert in found],
        next=found[-1].id if len(found) == limit else None,
    )


def ask_alerts(
    console: Console, account: Account, limit: int, before: int | None = None
) -> list[Alert]:
    """Give the alerts raised last, after putting the question in the audit."""
    with console.engine.connect() as connection:
        found = find_alerts(connection, limit, console.clearance(account), before)
    record_audit(
        console.engine,
        account,
        "alerts",
        console.now(),
        query={"before": before},
        results=len(found),
    )
    return found
