"""The review of cases and each case's own page: the pictures, one question, and what follows."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from starlette.responses import FileResponse, RedirectResponse, Response

from console.access import requires
from console.api_passages import NAME_SIGNS
from console.cards import Shot
from console.context import Console, Here
from console.opening import image_urls
from console.problems import NothingHereError
from console.reviewing import Look, desk_of, look_at, open_case, resend_of, waiting_for
from console.sending import batch_file, batches, start_export
from console.views import is_partial, show
from sinks.cases.deciding import Acceptance, Desk, Registry, Seen
from sinks.cases.ledger import Case
from sinks.cases.life import MOVES, Act, CaseError, Reason, State
from sinks.cases.obstacles import CannotAcceptError
from sinks.cases.receipts import Word
from sinks.store.audit import record_audit
from sinks.store.people import Account
from sinks.store.questions import passages_by_id
from sinks.store.rights import Right

router = APIRouter(include_in_schema=False)

MOST_BYTES = 8192

Officer = Annotated[Account, Depends(requires(Right.CASES))]
CaseId = Annotated[str, Path(max_length=100, pattern=NAME_SIGNS)]
ConsignmentId = Annotated[int, Path(ge=0, le=2**63 - 1)]
FileName = Annotated[str, Path(max_length=40, pattern=NAME_SIGNS)]
Before = Annotated[str | None, Query(max_length=100, pattern=NAME_SIGNS)]
Version = Annotated[int, Form(ge=0, le=2**62)]
Text = Annotated[str, Form(max_length=500)]
Short = Annotated[str, Form(max_length=60)]


@router.get("/review")
def queue(request: Request, console: Here, account: Officer, before: Before = None) -> Response:
    """Show the case that waits longest, and what became of the one before it."""
    found = waiting_for(console, account)
    look = look_at(console, found.cases[0].id) if found.cases else None
    previous = _previous(console, account, before)
    return _page(
        request, console, account, look, previous=previous, waiting=len(found.cases),
        more=found.more,
    )  # fmt: skip


@router.get("/review/{case}")
def one_case(request: Request, case: CaseId, console: Here, account: Officer) -> Response:
    """Show one case, to be reviewed for the first time or again."""
    return _page(request, console, account, open_case(console, account, case))


@router.post("/review/{case}", max_body_size=MOST_BYTES)
def judge(
    request: Request,
    case: CaseId,
    console: Here,
    account: Officer,
    seen: Annotated[str, Form(max_length=40)] = "",
    outcome: Annotated[str, Form(max_length=20)] = "",
    note: Text = "",
    version: Version = 0,
    revision: Annotated[int | None, Form(ge=0, le=2**62)] = None,
) -> Response:
    """Record what the officer found; where they read the case's plate, ask what belongs to it."""
    at, looked = desk_of(console), Seen(version, revision)
    if outcome not in set(Reason) and not seen.strip():
        return RedirectResponse(f"/review/{case}", HTTPStatus.SEE_OTHER)

    def decide() -> Case:
        if outcome in set(Reason):
            return at.reject(account, case, looked, Reason(outcome), seen, note.strip())
        return at.review(account, case, looked, seen, note.strip())

    def onward(found: Case) -> str:
        is_agreed = found.state is State.REVIEWED
        return f"/review/{found.id}" if is_agreed else f"/review?before={found.id}"

    return _done(request, account, case, decide, onward)


@router.get("/cases/export")
def exporting(request: Request, console: Here, account: Officer) -> Response:
    """Show how far the export is, what came of it, and the batches that lie here."""
    return show(
        request, "export_parts.html" if is_partial(request) else "exported.html", account,
        progress=console.exports.progress, batches=batches(console),
    )  # fmt: skip


@router.get("/cases/export/{name}")
def batch(name: FileName, console: Here, account: Officer) -> FileResponse:
    """Give a file of a batch: its list on paper, or its rows."""
    path = batch_file(console, name)
    query = {"file": path.name}
    record_audit(console.engine, account, "case_batch", console.now(), query=query, results=1)
    return FileResponse(path, filename=path.name)


@router.get("/cases/{case}")
def case_page(request: Request, case: CaseId, console: Here, account: Officer) -> Response:
    """Show a case with its history."""
    look = open_case(console, account, case)
    state = look.case.state
    may = {act for act in Act if MOVES[act].get(state, state) is not state}
    return show(
        request, "case.html", account, look=look, shots=_shots(console, look), may=may,
        reasons=list(Reason), word_in=Word.read,
    )  # fmt: skip


@router.post("/cases/export", max_body_size=MOST_BYTES)
def export(console: Here, account: Officer) -> Response:
    """Begin to export what is accepted, and show how far that is."""
    start_export(console, account)
    return RedirectResponse("/cases/export", HTTPStatus.SEE_OTHER)


@router.post("/cases/{case}/resend/{consignment}", max_body_size=MOST_BYTES)
def resend(
    case: CaseId, consignment: ConsignmentId, console: Here, account: Officer
) -> RedirectResponse:
    """Send a package or a withdrawal to its receiver again."""
    resend_of(console, account, case, consignment)
    return RedirectResponse(f"/cases/{case}", HTTPStatus.SEE_OTHER)


@router.post("/cases/{case}/accept", max_body_size=MOST_BYTES)
def accept(
    request: Request,
    case: CaseId,
    console: Here,
    account: Officer,
    version: Version = 0,
    registry: Annotated[Registry, Form()] = Registry.NOT_CONSULTED,
    pv_number: Short = "",
    service_number: Short = "",
    without_pictures: Text = "",
    note: Text = "",
) -> Response:
    """Accept a reviewed case, and go on with the next."""
    adding = Acceptance(registry, pv_number, service_number, without_pictures, note)

    def decide() -> Case:
        return desk_of(console).accept(account, case, Seen(version), adding)

    try:
        return _done(request, account, case, decide, lambda one: f"/review?before={one.id}")
    except CannotAcceptError:
        return RedirectResponse(f"/review/{case}", HTTPStatus.SEE_OTHER)


@router.post("/cases/{case}/{act}", max_body_size=MOST_BYTES)
def act_on(
    request: Request,
    case: CaseId,
    act: Annotated[Act, Path()],
    console: Here,
    account: Officer,
    version: Version = 0,
    reason: Annotated[Reason, Form()] = Reason.OTHER,
    note: Text = "",
) -> Response:
    """Reject, reopen or withdraw a case, or record what its receiver said."""
    at, seen = desk_of(console), Seen(version)
    return _done(
        request, account, case, lambda: _acted(at, account, case, act, seen, reason, note),
        lambda one: f"/cases/{one.id}",
    )  # fmt: skip


def _acted(
    at: Desk, account: Account, case: str, act: Act, seen: Seen, reason: Reason, note: str
) -> Case:
    match act:
        case Act.REJECT:
            return at.reject(account, case, seen, reason, note=note)
        case Act.REOPEN | Act.WITHDRAW:
            return at.undo(account, case, seen, note)
        case Act.RECEIVE | Act.REFUSE:
            return at.answer(account, case, seen, act, note)
        case _:
            raise NothingHereError


def _done(
    request: Request,
    account: Account,
    case: str,
    decide: Callable[[], Case],
    onward: Callable[[Case], str],
) -> Response:
    """Do it and go on; or say what stands in the way, and lead back to the case."""
    try:
        found = decide()
    except CannotAcceptError:
        raise
    except CaseError as error:
        look = look_at(request.app.state.console, case)
        return show(
            request, "conflict.html", account, HTTPStatus.CONFLICT, look=look, why=str(error)
        )
    return RedirectResponse(onward(found), HTTPStatus.SEE_OTHER)


def _page(
    request: Request,
    console: Console,
    account: Account,
    look: Look | None,
    *,
    previous: Look | None = None,
    waiting: int | None = None,
    more: bool = False,
) -> Response:
    return show(
        request,
        "review.html",
        account,
        look=look,
        shots=[] if look is None else _shots(console, look),
        previous=previous,
        waiting=waiting,
        more=more,
        reasons=[one for one in Reason if one is not Reason.DIFFERS],
    )


def _previous(console: Console, account: Account, case: str | None) -> Look | None:
    """Give the case that came before; somebody else's would show one that was never opened."""
    if case is None:
        return None
    try:
        found = look_at(console, case)
    except NothingHereError:
        return None
    return found if found.review is not None and found.case.changed_by == account.name else None


def _shots(console: Console, look: Look) -> list[Shot]:
    with console.engine.connect() as connection:
        known = passages_by_id(connection, look.event.passages)
    return [Shot(known[one], image_urls(known[one])) for one in look.event.passages if one in known]
