"""The API of what people make of what the machine says: of alerts, of plates, of cases."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from anpr.plates import MAX_LENGTH, plain
from anpr.time import Moment
from console.access import Caller, requires
from console.api_events import AlertOut
from console.api_passages import MOST_BYTES, NAME_SIGNS, REFUSALS, Given
from console.cards import say_of
from console.context import Here
from console.opening import correct_passage, open_passage
from console.reviewing import desk_of, last_review
from sinks.cases.deciding import Seen
from sinks.cases.life import Outcome, Reason
from sinks.store.casework import Feedback, corrections_of
from sinks.store.people import Account
from sinks.store.rights import Right

router = APIRouter(prefix="/api", responses={**REFUSALS, 404: {"description": "No such thing"}})

Note = Annotated[str, Field(max_length=500)]
Version = Annotated[int, Field(ge=0, le=2**62)]
Officer = Annotated[Account, Depends(requires(Right.CASES))]


def _plate(text: str) -> str:
    read = plain(text)
    if not 0 < len(read) <= MAX_LENGTH:
        raise ValueError(f"write a plate of 1 to {MAX_LENGTH} letters and digits")
    return read


ReadPlate = Annotated[str, Field(max_length=40), AfterValidator(_plate)]


class Said(BaseModel):
    """What somebody makes of an alert."""

    model_config = ConfigDict(extra="forbid")

    says: Feedback
    note: Note = ""


class CorrectionIn(BaseModel):
    """The plate that a person read on the images."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    plate: ReadPlate
    note: Note = ""


class CorrectionOut(BaseModel):
    """A correction: who read which plate, and when."""

    plate: str
    account: str
    at: Moment
    note: str


class Corrections(BaseModel):
    """The corrections of a passage, newest first; what the camera read stays in the passage."""

    corrections: list[CorrectionOut]


class ReviewIn(BaseModel):
    """What an officer found of a case: the plate that both images show, or why there is none."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    seen: Annotated[str, Field(max_length=40)] = ""
    outcome: Outcome | None = None
    reason: Reason | None = None
    note: Note = ""
    version: Version = 0
    revision: Version | None = None

    @property
    def given(self) -> Reason | None:
        """The reason for which the officer rejects it, whatever the plate."""
        if self.outcome in {Outcome.UNREADABLE, Outcome.DISMISSED}:
            return self.reason or Reason(self.outcome)
        return self.reason


class ReviewOut(BaseModel):
    """What the review came to: `agreed` where the officer read the plate that the case names.

    What is sent names the `version` of the case that was looked at; 0: nobody had touched it.
    """

    outcome: Outcome
    seen: str
    account: str
    at: Moment
    note: str


@router.post("/alerts/{alert}/feedback", tags=["events"], max_body_size=MOST_BYTES)
def give_feedback(
    alert: Annotated[int, Path(ge=0, le=2**63 - 1)],
    said: Said,
    console: Here,
    account: Annotated[Account, Depends(requires(Right.ALERTS))],
) -> AlertOut:
    """Say what one makes of an alert; everybody who sees it sees that too."""
    return AlertOut.of(say_of(console, account, alert, said.says, said.note))


@router.post(
    "/passages/{passage}/corrections",
    tags=["passages"],
    max_body_size=MOST_BYTES,
    status_code=HTTPStatus.CREATED,
)
def correct_plate(
    passage: Annotated[str, Path(max_length=100, pattern=NAME_SIGNS)],
    correction: CorrectionIn,
    console: Here,
    account: Caller,
    given: Given,
) -> Corrections:
    """Write down the plate that the images show, on the same grounds as opening the passage."""
    opened = open_passage(console, account, passage, given)
    correct_passage(console, account, opened, correction.plate, correction.note)
    with console.engine.connect() as connection:
        known = corrections_of(connection, passage)
    return Corrections(
        corrections=[CorrectionOut.model_validate(one, from_attributes=True) for one in known]
    )


@router.post(
    "/cases/{case}/reviews",
    tags=["events"],
    max_body_size=MOST_BYTES,
    status_code=HTTPStatus.CREATED,
)
def review_case(
    case: Annotated[str, Path(max_length=100, pattern=NAME_SIGNS)],
    found: ReviewIn,
    console: Here,
    account: Officer,
) -> ReviewOut:
    """Review a case; where a plate was read, whether it is the case's own decides the outcome."""
    desk, at = desk_of(console), Seen(found.version, found.revision)
    if found.given is not None:
        desk.reject(account, case, at, found.given, found.seen, found.note)
    else:
        desk.review(account, case, at, found.seen, found.note)
    last = last_review(console, case)
    return ReviewOut.model_validate({**last.model_dump(), "seen": last.plate_seen})
