"""The review of cases: two images, one question, and the next case."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from starlette.responses import RedirectResponse, Response

from console.access import requires
from console.api_passages import NAME_SIGNS
from console.cards import Shot
from console.context import Console, Here
from console.opening import image_urls
from console.problems import NothingHereError
from console.reviewing import case_of, decide, last_reviews, open_case, waiting_for
from console.views import show
from sinks.store.casework import Outcome, Reviewable
from sinks.store.people import Account
from sinks.store.questions import passages_by_id
from sinks.store.rights import Right

router = APIRouter(include_in_schema=False)

MOST_BYTES = 8192
GIVEN = {"unreadable": Outcome.UNREADABLE, "dismissed": Outcome.DISMISSED}
"""The outcomes that need no plate."""

Officer = Annotated[Account, Depends(requires(Right.CASES))]
CaseId = Annotated[str, Path(max_length=100, pattern=NAME_SIGNS)]
Before = Annotated[str | None, Query(max_length=100, pattern=NAME_SIGNS)]


@router.get("/review")
def queue(request: Request, console: Here, account: Officer, before: Before = None) -> Response:
    """Show the case that waits longest, and what became of the one before it."""
    found = waiting_for(console, account)
    case = found.cases[0] if found.cases else None
    return _page(request, console, account, case, before, waiting=len(found.cases), more=found.more)


@router.get("/review/{case}")
def one_case(request: Request, case: CaseId, console: Here, account: Officer) -> Response:
    """Show one case, to be reviewed for the first time or again."""
    return _page(
        request, console, account, open_case(console, account, case), None, waiting=None, more=False
    )


@router.post("/review/{case}", max_body_size=MOST_BYTES)
def judge(
    case: CaseId,
    console: Here,
    account: Officer,
    seen: Annotated[str, Form(max_length=40)] = "",
    outcome: Annotated[str, Form(max_length=20)] = "",
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Record what the officer found, and go on with the next case."""
    found = case_of(console, case)
    given = GIVEN.get(outcome)
    if given is None and not seen.strip():
        return RedirectResponse(f"/review/{found.id}", HTTPStatus.SEE_OTHER)
    decide(console, account, found, seen, given=given, note=note.strip())
    return RedirectResponse(f"/review?before={found.id}", HTTPStatus.SEE_OTHER)


def _page(
    request: Request,
    console: Console,
    account: Account,
    case: Reviewable | None,
    before: str | None,
    *,
    waiting: int | None,
    more: bool,
) -> Response:
    previous = _previous(console, before)
    review = last_reviews(console, [previous]).get(previous.id) if previous else None
    return show(
        request,
        "review.html",
        account,
        case=case,
        shots=[] if case is None else _shots(console, case),
        reviewed=None if case is None else last_reviews(console, [case]).get(case.id),
        previous=previous,
        # somebody else's would show a case that was never opened
        previous_review=review if review and review.account == account.name else None,
        waiting=waiting,
        more=more,
    )


def _previous(console: Console, case: str | None) -> Reviewable | None:
    if case is None:
        return None
    try:
        return case_of(console, case)
    except NothingHereError:
        return None


def _shots(console: Console, case: Reviewable) -> list[Shot]:
    with console.engine.connect() as connection:
        known = passages_by_id(connection, case.passages)
    return [Shot(known[one], image_urls(known[one])) for one in case.passages if one in known]
