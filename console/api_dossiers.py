"""The API of dossiers: keep a question with its answer under its case, note, close, and annex."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from anpr.time import Moment
from console.access import requires
from console.api_passages import MOST_BYTES, REFUSALS, refuse_unknown_cameras
from console.asking import Asked, cameras_of
from console.context import Here
from console.filing import (
    Kept,
    add_note,
    dossiers_of,
    end_dossier,
    keep_question,
    read_dossier,
)
from console.views import render
from sinks.store.dossiers import Dossier, DossierItem
from sinks.store.people import Account
from sinks.store.rights import Right

router = APIRouter(prefix="/api/dossiers", tags=["dossiers"], responses=REFUSALS)

Searcher = Annotated[Account, Depends(requires(Right.SEARCH))]
Number = Annotated[int, Path(ge=1, le=2**62)]
NoteText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]
MISSING: dict[int | str, dict[str, Any]] = {404: {"description": "No such dossier"}}


class KeepIn(BaseModel):
    """A question to ask and to keep with its answer, and what to note with it."""

    asked: Asked
    note: Annotated[str, Field(max_length=10_000)] = ""


class KeptOut(BaseModel):
    """Where a question was kept, and how many rows it gave."""

    dossier: int
    item: int
    rows: int


class NoteIn(BaseModel):
    """A note."""

    text: NoteText


class CloseIn(BaseModel):
    """Whether a dossier is closed; its term runs from then."""

    closed: bool


class DossierOut(BaseModel):
    """A dossier."""

    id: int
    case_ref: str
    opened_by: str
    opened_at: Moment
    closed_at: Moment | None


class ItemOut(BaseModel):
    """A question with its answer, or a note, in a dossier."""

    id: int
    at: Moment
    account: str
    kind: str
    note: str
    question: dict[str, Any] | None = None
    rows: list[dict[str, Any]] = []
    dark: list[dict[str, Any]] = []
    is_partial: bool = False


class DossiersOut(BaseModel):
    """Dossiers, newest first."""

    dossiers: list[DossierOut]


class OpenedOut(DossierOut):
    """A dossier with all it holds, oldest first."""

    items: list[ItemOut]


@router.get("")
def read_dossiers(
    console: Here,
    account: Searcher,
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> DossiersOut:
    """Give the dossiers."""
    return DossiersOut(dossiers=[_dossier(one) for one in dossiers_of(console, account, before)])


@router.post("/keep", status_code=HTTPStatus.CREATED, max_body_size=MOST_BYTES)
def post_keep(wanted: KeepIn, console: Here, account: Searcher) -> KeptOut:
    """Ask a question and keep it with its answer under its case reference."""
    question = wanted.asked.question
    refuse_unknown_cameras(console, cameras_of(question))
    dossier, item, told = keep_question(console, account, wanted.asked.kind, question, wanted.note)
    return KeptOut(dossier=dossier.id, item=item, rows=len(told.rows))


@router.get("/{number}", responses=MISSING)
def read_one(number: Number, console: Here, account: Searcher) -> OpenedOut:
    """Open a dossier."""
    opened = read_dossier(console, account, number, "dossier")
    return OpenedOut(**asdict(opened.dossier), items=[_item(one) for one in opened.items])


@router.post(
    "/{number}/notes", status_code=HTTPStatus.CREATED, responses=MISSING, max_body_size=MOST_BYTES
)
def post_note(number: Number, note: NoteIn, console: Here, account: Searcher) -> KeptOut:
    """Write a note into a dossier."""
    return KeptOut(dossier=number, item=add_note(console, account, number, note.text), rows=0)


@router.put("/{number}/closed", responses=MISSING, max_body_size=MOST_BYTES)
def put_closed(number: Number, wanted: CloseIn, console: Here, account: Searcher) -> DossierOut:
    """Close a dossier, or open it again."""
    return _dossier(end_dossier(console, account, number, is_closed=wanted.closed))


@router.get(
    "/{number}/annex",
    response_class=Response,
    responses={**MISSING, 200: {"content": {"text/html": {}}}},
)
def read_annex(request: Request, number: Number, console: Here, account: Searcher) -> Response:
    """Give the annex in Dutch, to print: questions, their times, authors, answers, dark cameras."""
    opened = read_dossier(console, account, number, "dossier_annex")
    page = render(
        request, "questions/annex.html", account, opened=opened, made_at=console.now(),
        is_question=lambda item: isinstance(item, Kept),
    )  # fmt: skip
    return Response(page, media_type="text/html; charset=utf-8")


def _dossier(one: Dossier) -> DossierOut:
    return DossierOut(**asdict(one))


def _item(one: Kept | DossierItem) -> ItemOut:
    if isinstance(one, DossierItem):
        return ItemOut(id=one.id, at=one.at, account=one.account, kind=one.kind, note=one.body)
    return ItemOut(
        id=one.item.id,
        at=one.item.at,
        account=one.item.account,
        kind=one.kind,
        note=one.note,
        question=dict(one.question),
        rows=[dict(row) for row in one.rows],
        dark=[dict(row) for row in one.dark],
        is_partial=one.is_partial,
    )
