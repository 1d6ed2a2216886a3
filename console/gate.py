"""The gate before stored passages: the purpose, the law's terms, a second person, and the audit."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError

from anpr.errors import AccessDeniedError
from console.context import Console
from console.lawful import Reason, Ruling, rule_on
from console.metrics import SEARCHES
from console.problems import SecondPersonError, UnauditedError, UnlawfulError
from console.question import Question
from sinks.analysis.dark import Dark
from sinks.analysis.dark_days import dark_in
from sinks.store.audit import Grounds, record_audit
from sinks.store.people import Account
from sinks.store.questions import Period
from sinks.store.requests import Request, request_by_id
from sinks.store.rights import purposes_of

# Cameras' clocks may run a little ahead of ours.
_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Passed:
    """What the gate let pass: the period that is really asked, and how far back it could go."""

    kind: str
    question: Question
    now: datetime
    period: Period
    earliest: datetime


def open_gate(
    console: Console,
    account: Account,
    kind: str,
    question: Question,
    whole: Period | None = None,
) -> Passed:
    """Let a question pass, or refuse it; a refusal is in the audit too.

    `whole` is the period of a question that gives none of its own.

    Raises AccessDeniedError (not for this purpose), UnlawfulError (not so far back) and
    SecondPersonError (nobody approved it yet).
    """
    now = console.now()
    if question.purpose not in purposes_of(account.roles):
        _refuse(console, account, kind, question, now, "purpose_not_of_role")
        msg = f"your roles do not search for the purpose {question.purpose.value!r}; take another"
        raise AccessDeniedError(msg)
    request = _request(console, account, kind, question, now)
    if request is None and kind in console.site.inquiry.second_person:
        _refuse(console, account, kind, question, now, "second_person_needed")
        raise SecondPersonError
    ruling, period = _period(console, question, now, request, whole)
    if not ruling.is_lawful:
        _refuse(console, account, kind, question, now, ruling.reason)
        raise UnlawfulError(ruling)
    return Passed(kind, question, now, period, ruling.earliest)


def close_gate(console: Console, account: Account, passed: Passed, results: int) -> None:
    """Put the look-up into the audit. Whoever asked gets nothing before this has returned."""
    record(console, account, "search", passed.kind, passed.question, passed.now, results)
    SEARCHES.labels("answered").inc()


def dark_of(console: Console, passed: Passed) -> list[Dark]:
    """Give the cameras that were dark in what was asked: what they missed is in no answer."""
    return dark_in(console.engine, console.site, passed.period, passed.now, passed.question.cameras)


def record(
    console: Console,
    account: Account,
    action: str,
    kind: str,
    question: Question,
    now: datetime,
    results: int,
    **more: object,
) -> None:
    """Record what somebody did with a question. Raises UnauditedError: then it is not done."""
    named = {} if kind == "passages" else {"kind": kind}
    try:
        record_audit(
            console.engine,
            account,
            action,
            now,
            grounds=question.grounds,
            query={**question.asked, **named, **more},
            results=results,
        )
    except DBAPIError as error:
        raise UnauditedError from error


def _request(
    console: Console, account: Account, kind: str, question: Question, now: datetime
) -> Request | None:
    """Give the request that opens this very question to this very account now."""
    if question.request is None:
        return None
    with console.engine.connect() as connection:
        request = request_by_id(connection, question.request)
    is_this = request is not None and (request.kind, request.asked_by, request.question) == (
        kind,
        account.name,
        question.text,
    )
    return request if is_this and request is not None and request.opens(now) else None


def _period(
    console: Console,
    question: Question,
    now: datetime,
    request: Request | None,
    whole: Period | None,
) -> tuple[Ruling, Period]:
    until = question.to or (whole.until if whole else now + _AHEAD)
    grounds: Grounds = question.grounds
    if request is not None and request.is_urgent and grounds.decision_ref is None:
        # what cannot wait goes before the written decision; it is reviewed within days
        grounds = replace(grounds, decision_ref=f"urgent {request.id}")
    opened = rule_on(grounds, now, now, console.terms)
    widest = whole.since if whole else min(opened.earliest, until - timedelta(microseconds=1))
    since = question.from_ or widest
    ruling = rule_on(grounds, since, now, console.terms)
    return ruling, Period(max(since, ruling.earliest), until)


def _refuse(
    console: Console,
    account: Account,
    kind: str,
    question: Question,
    now: datetime,
    reason: str | Reason,
) -> None:
    SEARCHES.labels("refused").inc()
    record(console, account, "search_refused", kind, question, now, 0, reason=str(reason))
