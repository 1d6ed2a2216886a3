"""The pages of the second person, of the DPO's reviews, and of dossiers."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request
from starlette.responses import RedirectResponse, Response

from console.access import requires
from console.api_requests import request_out
from console.context import Here
from console.filing import Kept, add_note, dossiers_of, end_dossier, read_dossier
from console.pages_questions import MOST_BYTES, Searcher
from console.second_person import decide, may_decide, requests_for
from console.views import show
from sinks.store.people import Account
from sinks.store.requests import WAITING, RequestState
from sinks.store.rights import Right

router = APIRouter(include_in_schema=False)

Reviewer = Annotated[Account, Depends(requires(Right.AUDIT))]
Number = Annotated[int, Path(ge=1, le=2**62)]
ROWS = 100


@router.get("/requests")
def requests_page(request: Request, console: Here, account: Searcher) -> Response:
    """Show the requests of colleagues, and one's own."""
    return _requests(request, console, account, "/requests")


@router.get("/urgent")
def reviews_page(request: Request, console: Here, account: Reviewer) -> Response:
    """Show the data protection officer what was urgent."""
    return _requests(request, console, account, "/urgent")


@router.post("/requests/{number}", max_body_size=MOST_BYTES)
def decided(
    number: Number,
    console: Here,
    account: Searcher,
    do: Annotated[str, Form()] = "",
    said: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Approve or refuse."""
    state = RequestState.APPROVED if do == "approve" else RequestState.REFUSED
    decide(console, account, number, state, said)
    return RedirectResponse("/requests", HTTPStatus.SEE_OTHER)


@router.post("/urgent/{number}", max_body_size=MOST_BYTES)
def reviewed(
    number: Number,
    console: Here,
    account: Reviewer,
    do: Annotated[str, Form()] = "",
    said: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Find an urgent question lawful or not."""
    state = RequestState.LAWFUL if do == "lawful" else RequestState.UNLAWFUL
    decide(console, account, number, state, said)
    return RedirectResponse("/urgent", HTTPStatus.SEE_OTHER)


@router.get("/dossiers")
def dossiers_page(request: Request, console: Here, account: Searcher) -> Response:
    """Show the dossiers."""
    found = dossiers_of(console, account, None)
    return show(request, "questions/dossiers.html", account, dossiers=found)


@router.get("/dossiers/{number}")
def dossier_page(request: Request, number: Number, console: Here, account: Searcher) -> Response:
    """Show what a dossier holds."""
    opened = read_dossier(console, account, number, "dossier")
    return show(
        request, "questions/dossier.html", account, opened=opened,
        is_question=lambda item: isinstance(item, Kept),
    )  # fmt: skip


@router.post("/dossiers/{number}", max_body_size=MOST_BYTES)
def dossier_changed(
    number: Number,
    console: Here,
    account: Searcher,
    do: Annotated[str, Form()] = "",
    text: Annotated[str, Form(max_length=10_000)] = "",
) -> Response:
    """Note, close or open again, as the button says."""
    if do == "note" and text.strip():
        add_note(console, account, number, text.strip())
    elif do in {"close", "open"}:
        end_dossier(console, account, number, is_closed=do == "close")
    return RedirectResponse(f"/dossiers/{number}", HTTPStatus.SEE_OTHER)


def _requests(request: Request, console: Here, account: Account, action: str) -> Response:
    found = requests_for(console, account, ROWS, waiting=False, before=None)
    rows = [
        (
            request_out(console, account, one),
            one.state in WAITING and may_decide(account, one) and one.asked_by != account.name,
        )
        for one in found
    ]
    return show(request, "questions/requests.html", account, rows=rows, action=action)
