"""The API of the second person: requests, their approval, and the review of what was urgent."""

import json
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field, StringConstraints

from anpr.errors import AccessDeniedError
from anpr.time import Moment
from console.access import Caller, requires
from console.api_passages import MOST_BYTES, REFUSALS, refuse_unknown_cameras
from console.asking import Asked, cameras_of
from console.context import Console, Here
from console.second_person import ask_for, decide, is_shown, requests_for
from sinks.store.people import Account
from sinks.store.requests import Request, RequestState
from sinks.store.rights import Right

router = APIRouter(prefix="/api/requests", tags=["questions"], responses=REFUSALS)

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=1000)]
Number = Annotated[int, Path(ge=1, le=2**62)]
MISSING: dict[int | str, dict[str, Any]] = {404: {"description": "No such request waits"}}


class RequestIn(BaseModel):
    """A question to approve, and why it is asked. `urgent`: it cannot wait, and runs at once."""

    asked: Asked
    why: Words
    urgent: bool = False


class DecisionIn(BaseModel):
    """What the second person says."""

    approve: bool
    said: Annotated[str, Field(max_length=1000)] = ""


class ReviewIn(BaseModel):
    """What the data protection officer finds of an urgent question."""

    lawful: bool
    said: Words


class RequestOut(BaseModel):
    """A request; `question` is absent for who only reviews. `review_by` is of urgent ones."""

    id: int
    kind: str
    state: RequestState
    asked_by: str
    asked_at: Moment
    purpose: str | None
    case_ref: str | None
    decision_ref: str | None
    question: dict[str, object] | None
    why: str
    urgent: bool
    review_by: Moment | None
    is_overdue: bool
    decided_by: str | None
    decided_at: Moment | None
    said: str | None


class RequestsOut(BaseModel):
    """Requests, newest first."""

    requests: list[RequestOut]


@router.post("", status_code=HTTPStatus.CREATED, max_body_size=MOST_BYTES)
def post_request(
    wanted: RequestIn,
    console: Here,
    account: Annotated[Account, Depends(requires(Right.SEARCH))],
) -> RequestOut:
    """Ask for a second person; an urgent question may run at once, and is reviewed."""
    question = wanted.asked.question
    refuse_unknown_cameras(console, cameras_of(question))
    request = ask_for(
        console, account, wanted.asked.kind, question, wanted.why, is_urgent=wanted.urgent
    )
    return request_out(console, account, request)


@router.get("")
def read_requests(
    console: Here,
    account: Caller,
    state: Literal["waiting", "all"] = "waiting",
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> RequestsOut:
    """Give the requests that wait: a colleague's to approve, urgent ones for the DPO to review."""
    refuse_others(account)
    found = requests_for(console, account, limit, waiting=state == "waiting", before=before)
    return RequestsOut(requests=[request_out(console, account, one) for one in found])


@router.post("/{number}/decision", responses=MISSING, max_body_size=MOST_BYTES)
def post_decision(
    number: Number,
    decision: DecisionIn,
    console: Here,
    account: Annotated[Account, Depends(requires(Right.SEARCH))],
) -> RequestOut:
    """Approve or refuse the request of somebody else."""
    state = RequestState.APPROVED if decision.approve else RequestState.REFUSED
    return request_out(console, account, decide(console, account, number, state, decision.said))


@router.post("/{number}/review", responses=MISSING, max_body_size=MOST_BYTES)
def post_review(
    number: Number,
    review: ReviewIn,
    console: Here,
    account: Annotated[Account, Depends(requires(Right.AUDIT))],
) -> RequestOut:
    """Review what was urgent."""
    state = RequestState.LAWFUL if review.lawful else RequestState.UNLAWFUL
    return request_out(console, account, decide(console, account, number, state, review.said))


def refuse_others(account: Account) -> None:
    """Refuse who neither asks nor reviews. Raises AccessDeniedError."""
    if not {Right.SEARCH, Right.AUDIT} & account.rights:
        raise AccessDeniedError("your roles neither ask questions nor review them")


def request_out(console: Console, account: Account, request: Request) -> RequestOut:
    """Write a request as somebody may see it."""
    return RequestOut(
        id=request.id,
        kind=request.kind,
        state=request.state,
        asked_by=request.asked_by,
        asked_at=request.asked_at,
        purpose=request.grounds.purpose,
        case_ref=request.grounds.case_ref,
        decision_ref=request.grounds.decision_ref,
        question=json.loads(request.question) if is_shown(account, request) else None,
        why=request.why,
        urgent=request.is_urgent,
        review_by=request.review_by,
        is_overdue=request.is_overdue(console.now()),
        decided_by=request.decided_by,
        decided_at=request.decided_at,
        said=request.said,
    )
