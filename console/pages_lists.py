"""The lists: what they hold, changing them after a dry run, and what waits for a second person."""

import re
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Path, Request, UploadFile
from starlette.responses import RedirectResponse, Response

from anpr.errors import AccessDeniedError, ListError, Problem
from anpr.list_file import COLUMNS
from console.access import requires
from console.alerting import demoted_lists
from console.api_zone import read_list, summaries
from console.context import Console, Here
from console.list_editing import (
    MASS,
    Plan,
    StaleListError,
    plan,
    proposal_of,
    proposals_for,
    publish,
    put_forward,
    settle,
    text_of,
)
from console.views import show
from sinks.store.people import Account
from sinks.store.rights import Right

router = APIRouter(include_in_schema=False)

LIST_ROWS = 500
CHANGES_SHOWN = 100
MOST_BYTES = 64 << 20
"""A million entries are 50 MB of CSV."""

NAME = r"^[a-z0-9][a-z0-9._-]{0,63}$"

Reader = Annotated[Account, Depends(requires(Right.LISTS))]
Editor = Annotated[Account, Depends(requires(Right.LIST_CHANGES))]
ListName = Annotated[str, Path(max_length=64, pattern=NAME)]
Number = Annotated[int, Path(ge=0, le=2**63 - 1)]


@router.get("/lists")
def lists(request: Request, console: Here, account: Reader) -> Response:
    """Show which lists there are, and which changes wait."""
    may_change = Right.LIST_CHANGES in account.rights
    return show(
        request,
        "lists.html",
        account,
        lists=summaries(console, account),
        may_change=may_change,
        proposals=proposals_for(console, account) if may_change else [],
        demoted=demoted_lists(console, account),
        name_pattern=NAME.strip("^$"),
    )


@router.get("/lists/new", dependencies=[Depends(requires(Right.LIST_CHANGES))])
def new_list(name: str = "") -> Response:
    """Go to the editor of a list that there may not be yet."""
    clean = name.strip().lower()
    if re.fullmatch(NAME, clean) is None:
        return RedirectResponse("/lists", HTTPStatus.SEE_OTHER)
    return RedirectResponse(f"/lists/{clean}/edit", HTTPStatus.SEE_OTHER)


@router.get("/lists/{name}")
def one_list(
    request: Request,
    name: Annotated[str, Path(max_length=100)],
    console: Here,
    account: Reader,
) -> Response:
    """Show the entries of a list."""
    one = read_list(name, console, account, limit=LIST_ROWS)
    may_change = Right.LIST_CHANGES in account.rights
    return show(request, "list.html", account, one=one, shown=LIST_ROWS, may_change=may_change)


@router.get("/lists/{name}/edit")
def edit(request: Request, name: ListName, console: Here, account: Editor) -> Response:
    """Show a list as text that can be changed."""
    return _editor(request, console, account, name, text_of(console, account, name))


@router.post("/lists/{name}/preview", max_body_size=MOST_BYTES)
def preview(
    request: Request,
    name: ListName,
    console: Here,
    account: Editor,
    text: Annotated[str, Form()] = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Say what a new version would change; nothing changes yet."""
    given = text
    try:
        given = _given(text, file)
        wanted = plan(console, account, name, given)
    except UnicodeDecodeError:
        problem = Problem("file", "it is not UTF-8 text", "Save it as UTF-8.")
        return _editor(request, console, account, name, text, [problem])
    except ListError as error:
        return _editor(request, console, account, name, given, error.problems)
    return _preview(request, account, wanted)


@router.post("/lists/{name}/import", max_body_size=MOST_BYTES)
def bring_in(
    request: Request,
    name: ListName,
    console: Here,
    account: Editor,
    over: Annotated[int, Form()],
    text: Annotated[str, Form()] = "",
) -> Response:
    """Make the text the newest version, or put a mass change before a second person."""
    try:
        wanted = plan(console, account, name, text)
    except ListError as error:
        return _editor(request, console, account, name, text, error.problems)
    if wanted.known.version != over:
        return _preview(request, account, wanted, is_stale=True)
    if wanted.needs_second:
        put_forward(console, account, wanted)
        return RedirectResponse("/lists", HTTPStatus.SEE_OTHER)
    publish(console, account, wanted)
    return RedirectResponse(f"/lists/{name}", HTTPStatus.SEE_OTHER)


@router.get("/proposals/{number}")
def proposal(request: Request, number: Number, console: Here, account: Editor) -> Response:
    """Show what a proposal would change, to whoever may decide on it."""
    one = proposal_of(console, account, number)
    return _preview(request, account, plan(console, account, one.list, one.text), proposal=one)


@router.post("/proposals/{number}", max_body_size=4096)
def decide(
    request: Request,
    number: Number,
    console: Here,
    account: Editor,
    answer: Annotated[str, Form(pattern="^(accept|refuse)$")],
) -> Response:
    """Accept or refuse a proposal."""
    try:
        settle(console, account, number, accept=answer == "accept")
    except StaleListError:
        one = proposal_of(console, account, number)
        wanted = plan(console, account, one.list, one.text)
        return _preview(request, account, wanted, proposal=one, is_stale=True)
    except AccessDeniedError:
        return RedirectResponse(f"/proposals/{number}", HTTPStatus.SEE_OTHER)
    return RedirectResponse("/lists", HTTPStatus.SEE_OTHER)


def _given(text: str, file: UploadFile | None) -> str:
    if file is not None and file.filename:
        return file.file.read().decode("utf-8-sig")
    return text


def _editor(
    request: Request,
    console: Console,
    account: Account,
    name: str,
    text: str | None,
    problems: list[Problem] | tuple[Problem, ...] = (),
) -> Response:
    is_permits = name in console.site.permit_lists
    return show(
        request,
        "list_edit.html",
        account,
        HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK,
        name=name,
        text=text,
        problems=list(problems)[:CHANGES_SHOWN],
        columns=COLUMNS,
        life_days=console.site.life_days(name),
        is_permits=is_permits,
        mass=MASS,
    )


def _preview(
    request: Request,
    account: Account,
    wanted: Plan,
    *,
    proposal: object | None = None,
    is_stale: bool = False,
) -> Response:
    changes = wanted.changes
    return show(
        request,
        "list_preview.html",
        account,
        HTTPStatus.CONFLICT if is_stale else HTTPStatus.OK,
        plan=wanted,
        kinds=[
            ("bijgevoegd", "+", changes.added),
            ("gewijzigd", "~", changes.changed),
            ("weggenomen", "-", changes.removed),
        ],
        shown=CHANGES_SHOWN,
        proposal=proposal,
        is_stale=is_stale,
        mass=MASS,
    )
