"""The page of one passage, and the plate that a person read instead of the camera."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from starlette.responses import RedirectResponse, Response

from anpr.plates import MAX_LENGTH, plain
from console.access import Caller
from console.api_passages import NAME_SIGNS
from console.context import Console, Here
from console.opening import BlindCaseError, Opened, correct_passage, image_urls, open_passage
from console.views import show
from sinks.store.audit import Grounds
from sinks.store.casework import corrections_of
from sinks.store.people import Account

router = APIRouter(include_in_schema=False)

MOST_BYTES = 4096

PassageId = Annotated[str, Path(max_length=100, pattern=NAME_SIGNS)]


@router.get("/passages/{passage}")
def passage_page(request: Request, passage: PassageId, console: Here, account: Caller) -> Response:
    """Show a passage with its images and what rests on it; a case to be reviewed comes first."""
    try:
        opened = open_passage(console, account, passage, Grounds())
    except BlindCaseError as error:
        return RedirectResponse(f"/review/{error.case}", HTTPStatus.SEE_OTHER)
    return _page(request, console, account, opened)


@router.post("/passages/{passage}/plate", max_body_size=MOST_BYTES)
def correct_plate(
    request: Request,
    passage: PassageId,
    console: Here,
    account: Caller,
    plate: Annotated[str, Form(max_length=40)] = "",
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Write down the plate that the images show; what the camera read stays."""
    opened = open_passage(console, account, passage, Grounds())
    read = plain(plate)
    if not 0 < len(read) <= MAX_LENGTH:
        return _page(request, console, account, opened, wrong=True)
    correct_passage(console, account, opened, read, note.strip())
    return RedirectResponse(f"/passages/{passage}", HTTPStatus.SEE_OTHER)


def _page(
    request: Request, console: Console, account: Account, opened: Opened, *, wrong: bool = False
) -> Response:
    with console.engine.connect() as connection:
        corrections = corrections_of(connection, opened.passage.id)
    return show(
        request,
        "passage.html",
        account,
        HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        passage=opened.passage,
        events=opened.events,
        urls=image_urls(opened.passage),
        corrections=corrections,
        wrong=wrong,
    )
