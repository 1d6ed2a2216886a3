"""Four eyes: a request is decided by another investigator; broken glass by the DPO, afterwards."""

import structlog

from anpr.errors import AccessDeniedError
from console.context import Console
from console.problems import NothingHereError
from console.question import Question
from sinks.store.audit import append_audit
from sinks.store.engine import writing
from sinks.store.people import Account
from sinks.store.requests import (
    DECIDED,
    WAITING,
    Request,
    RequestState,
    add_request,
    decide_request,
    find_requests,
    request_by_id,
)
from sinks.store.rights import Purpose, Right, purposes_of

log = structlog.get_logger()


def ask_for(
    console: Console,
    account: Account,
    kind: str,
    question: Question,
    why: str,
    *,
    is_urgent: bool,
) -> Request:
    """Ask a second person to approve a question, or break the glass.

    The request and its record in the audit are one transaction: neither is there without the other.
    Raises AccessDeniedError where the purpose is not the account's.
    """
    if question.purpose not in purposes_of(account.roles):
        msg = f"your roles do not search for the purpose {question.purpose.value!r}; take another"
        raise AccessDeniedError(msg)
    now = console.now()
    with writing(console.engine) as connection:
        request = add_request(
            connection, kind, account.name, question.grounds, question.text, why, now,
            is_urgent=is_urgent,
        )  # fmt: skip
        append_audit(
            connection,
            account.name,
            account.role_text,
            "break_glass" if is_urgent else "request",
            now,
            grounds=question.grounds,
            query={"request": request.id, "kind": kind, "why": why},
        )
    if is_urgent:
        log.warning("glass_broken", request=request.id, account=account.name, kind=kind)
    return request


def decide(
    console: Console, account: Account, number: int, state: RequestState, said: str
) -> Request:
    """Approve, refuse or review a request of somebody else, and put it into the audit.

    Raises NothingHereError (no such request waits) and AccessDeniedError (not by this account).
    """
    with console.engine.connect() as connection:
        request = request_by_id(connection, number)
    if request is None or not may_see(account, request):
        raise NothingHereError
    if request.asked_by == account.name:
        raise AccessDeniedError("nobody decides on a request of their own; ask another person")
    if not may_decide(account, request):
        raise AccessDeniedError("your roles do not decide on this request; ask a colleague")
    now = console.now()
    with writing(console.engine) as connection:
        if not decide_request(connection, number, account.name, state, said, now):
            raise NothingHereError
        append_audit(
            connection,
            account.name,
            account.role_text,
            "request_decided" if state in DECIDED else "glass_reviewed",
            now,
            grounds=request.grounds,
            query={"request": number, "kind": request.kind, "state": state.value, "said": said},
        )
        decided = request_by_id(connection, number)
    if decided is None:
        raise NothingHereError
    return decided


def requests_for(
    console: Console, account: Account, limit: int, *, waiting: bool, before: int | None
) -> list[Request]:
    """Give the requests an account may see: the DPO what was urgent, an investigator the others."""
    states = WAITING if waiting else frozenset[RequestState]()
    is_urgent = True if Right.SEARCH not in account.rights else None
    with console.engine.connect() as connection:
        found = find_requests(connection, limit, states=states, is_urgent=is_urgent, before=before)
    return [one for one in found if may_see(account, one)]


def may_see(account: Account, request: Request) -> bool:
    """Say whether an account may know of a request."""
    if Right.SEARCH in account.rights:
        return request.asked_by == account.name or _shares_purpose(account, request)
    return request.is_urgent and Right.AUDIT in account.rights


def may_decide(account: Account, request: Request) -> bool:
    """Say whose it is: a colleague's to approve, the data protection officer's to review."""
    if request.is_urgent:
        return Right.AUDIT in account.rights
    return Right.SEARCH in account.rights and _shares_purpose(account, request)


def is_shown(account: Account, request: Request) -> bool:
    """Say whether an account reads the question itself: who reviews sees no plates."""
    return Right.SEARCH in account.rights and may_see(account, request)


def _shares_purpose(account: Account, request: Request) -> bool:
    return Purpose(request.grounds.purpose or "") in purposes_of(account.roles)
