"""The API of cases: the list, one case with its history, and what is decided of it."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from anpr.time import Moment
from console.access import requires
from console.api_passages import MOST_BYTES, NAME_SIGNS, REFUSALS
from console.background import Progress
from console.context import Console, Here
from console.problems import NothingHereError
from console.question import MOST_ROWS, Page, cursor_of, text_of
from console.reviewing import desk_of, list_cases, open_case, resend_of
from console.sending import batches, start_export
from sinks.cases.deadlines import Deadline, deadline_of
from sinks.cases.deciding import Acceptance, Registry, Seen
from sinks.cases.ledger import Case, Change
from sinks.cases.life import Act, Reason, State
from sinks.cases.obstacles import Obstacle
from sinks.delivery.ledger import Kind
from sinks.delivery.ledger import State as Consigned
from sinks.store.people import Account
from sinks.store.questions import Cursor
from sinks.store.rights import Right

router = APIRouter(
    prefix="/api",
    tags=["events"],
    responses={
        **REFUSALS,
        404: {"description": "No such thing"},
        409: {"description": "Somebody changed the case meanwhile, or its state does not allow it"},
    },
)

Officer = Annotated[Account, Depends(requires(Right.CASES))]
ConsignmentId = Annotated[int, Path(ge=0, le=2**63 - 1)]
CaseId = Annotated[str, Path(max_length=100, pattern=NAME_SIGNS)]
Short = Annotated[str, Field(max_length=60)]
Note = Annotated[str, Field(max_length=500)]


class CaseOut(BaseModel):
    """A case; until an officer has typed what the pictures show, its plate is not told.

    Its state, its deadline (met, ahead, near or overdue), and who changed it last.
    """

    id: str
    kind: str
    subject: str
    plate: str | None
    at: Moment
    state: State
    reason: str
    version: int
    revision: int
    due: Moment
    deadline: str
    days_left: int
    changed_by: str
    changed_at: Moment | None

    @classmethod
    def of(cls, case: Case, deadline: Deadline) -> "CaseOut":
        """Write out a case."""
        told = {name: getattr(case, name) for name in cls.model_fields if hasattr(case, name)}
        more = {
            "plate": None if case.is_blind else case.plate,
            "due": deadline.due,
            "deadline": deadline.state,
            "days_left": deadline.days_left,
        }
        return cls.model_validate({**told, **more})


class CasesOut(BaseModel):
    """Cases, newest first; `next` is the `after` of the next page, null on the last."""

    cases: list[CaseOut]
    next: str | None


class ChangeOut(BaseModel):
    """One line of a case's history."""

    version: int
    at: Moment
    account: str
    act: Act
    before: State
    after: State
    reason: str
    note: str

    @classmethod
    def of(cls, change: Change) -> "ChangeOut":
        """Write out a change."""
        return cls.model_validate(change, from_attributes=True)


class ConsignmentOut(BaseModel):
    """A package or a withdrawal on its way to a receiver, and what that said."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    receiver: str
    kind: Kind
    name: str
    state: Consigned
    attempts: int
    answered_at: Moment | None
    answer: str


class CaseWithHistory(BaseModel):
    """A case, what keeps it from being accepted, what was done to it, and who was sent what."""

    case: CaseOut
    obstacles: list[Obstacle]
    history: list[ChangeOut]
    consignments: list[ConsignmentOut]


class DecisionIn(BaseModel):
    """What is done to a case, which was looked at in this `version`.

    `reason` is of a rejection; `registry`, `pv_number`, `service_number` and `without_pictures` of
    an acceptance.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    act: Act
    version: Annotated[int, Field(ge=0, le=2**62)]
    reason: Reason = Reason.OTHER
    note: Note = ""
    registry: Registry = Registry.NOT_CONSULTED
    pv_number: Short = ""
    service_number: Short = ""
    without_pictures: Note = ""


class ProblemOut(BaseModel):
    """A case that could not be packed, and why; it stays accepted."""

    case: str
    problem: str


class ExportOut(BaseModel):
    """How far the export is, or the last one was; `batches` are files of their lists that lie here.

    `exported` counts the packages, `problems` names the last cases that could not be packed.
    """

    is_running: bool
    total: int
    exported: int
    problems: list[ProblemOut]
    failure: str
    batches: list[str]


@router.get("/cases")
def read_cases(
    console: Here,
    account: Officer,
    state: State | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 100,
    after: Annotated[Page | None, Query(description="The `next` of the page before")] = None,
) -> CasesOut:
    """Give the cases, or those of a state."""
    found = list_cases(console, account, state, limit, cursor_of(after))
    return CasesOut(
        cases=[CaseOut.of(one, found.deadlines[one.id]) for one in found.cases],
        next=text_of(Cursor.after(found.last)) if found.last else None,
    )


@router.get("/cases/export")
def read_export(console: Here, account: Officer) -> ExportOut:  # noqa: ARG001 - it must be one
    """Tell how far the export is. Its lists: `/cases/export/{batch}.pdf`, `.csv` and `.json`."""
    return _exported(console, console.exports.progress)


@router.get("/cases/{case}")
def read_case(case: CaseId, console: Here, account: Officer) -> CaseWithHistory:
    """Give a case with its history."""
    look = open_case(console, account, case)
    return CaseWithHistory(
        case=CaseOut.of(look.case, look.deadline),
        obstacles=list(look.obstacles),
        history=[ChangeOut.of(one) for one in look.history],
        consignments=[ConsignmentOut.model_validate(one) for one in look.consignments],
    )


@router.post("/cases/{case}/decision", max_body_size=MOST_BYTES)
def decide(case: CaseId, said: DecisionIn, console: Here, account: Officer) -> CaseOut:
    """Accept, reject, reopen or withdraw a case, or record what its receiver said."""
    return _out(console, _decided(console, account, case, said))


@router.post("/cases/export", max_body_size=MOST_BYTES, status_code=HTTPStatus.ACCEPTED)
def export(console: Here, account: Officer) -> ExportOut:
    """Begin to export the accepted cases, one package each; `GET` tells how far that is."""
    return _exported(console, start_export(console, account))


@router.post("/cases/{case}/consignments/{consignment}/resend", max_body_size=MOST_BYTES)
def resend(
    case: CaseId, consignment: ConsignmentId, console: Here, account: Officer
) -> CaseWithHistory:
    """Send a package or a withdrawal to its receiver again."""
    resend_of(console, account, case, consignment)
    return read_case(case, console, account)


def _decided(console: Console, account: Account, case: str, said: DecisionIn) -> Case:
    desk, seen = desk_of(console), Seen(said.version)
    match said.act:
        case Act.ACCEPT:
            adding = Acceptance(
                said.registry, said.pv_number, said.service_number, said.without_pictures, said.note
            )
            return desk.accept(account, case, seen, adding)
        case Act.REJECT:
            return desk.reject(account, case, seen, said.reason, note=said.note)
        case Act.REOPEN | Act.WITHDRAW:
            return desk.undo(account, case, seen, said.note)
        case Act.RECEIVE | Act.REFUSE:
            return desk.answer(account, case, seen, said.act, said.note)
        case _:
            raise NothingHereError


def _exported(console: Console, progress: Progress | None) -> ExportOut:
    if progress is None:
        return ExportOut(
            is_running=False, total=0, exported=0, problems=[], failure="",
            batches=batches(console),
        )  # fmt: skip
    return ExportOut(
        is_running=progress.is_running,
        total=progress.total,
        exported=progress.done,
        problems=[ProblemOut(case=one.case, problem=one.problem) for one in progress.problems],
        failure=progress.failure,
        batches=batches(console),
    )


def _out(console: Console, case: Case) -> CaseOut:
    return CaseOut.of(case, deadline_of(case, console.site, console.now()))
