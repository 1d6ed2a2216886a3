"""The API of what people set about alerts: silences, demoted lists, messages to networks."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from anpr.sites.alerts import Kind
from anpr.sites.values import Id
from anpr.time import Moment
from console.access import requires
from console.alerting import (
    audit_alert,
    decide_message,
    deliveries_of,
    judgement_of,
    messages_of,
    silence,
    silences_of,
    take_up_again,
    unsilence,
    write_message,
)
from console.api_events import Alerted, AlertOut
from console.api_passages import MOST_BYTES, NAME_SIGNS, REFUSALS
from console.cards import alert_of
from console.context import Here
from sinks.alerts.muting import Silence
from sinks.alerts.networks import LONGEST
from sinks.alerts.precision import Precision
from sinks.store.people import Account
from sinks.store.rights import Right

router = APIRouter(
    prefix="/api",
    tags=["alerts"],
    responses={**REFUSALS, 404: {"description": "No such thing"}},
)

Number = Annotated[int, Path(ge=1, le=2**62)]
Silencer = Annotated[Account, Depends(requires(Right.SILENCES))]
Neighbour = Annotated[Account, Depends(requires(Right.NETWORKS))]
ListName = Annotated[str, Path(max_length=100, pattern=NAME_SIGNS)]
Reason = Annotated[str, Field(min_length=1, max_length=500)]


class DeliveryOut(BaseModel):
    """Where something of an alert went, how that ended, and when."""

    channel: str
    state: str
    attempts: int
    created_at: Moment
    ended_at: Moment | None
    error: str | None


class AlertDetail(AlertOut):
    """An alert with its delivery log, oldest first."""

    deliveries: list[DeliveryOut]


class SilenceIn(BaseModel):
    """What nobody is to be told of until a moment, and why; what is absent may be anything."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    kind: Kind
    until: Moment
    reason: Reason
    list: Id | None = None
    camera: Id | None = None
    entry: Annotated[str, Field(max_length=64)] | None = None
    priority_max: Annotated[int, Field(ge=0, le=100)] | None = None

    def silence(self) -> Silence:
        """Make a silence of it; an entry is one of its list."""
        subject = f"{self.list}/{self.entry}" if self.list and self.entry else None
        terms = (self.list, self.camera, subject, self.priority_max)
        return Silence(self.kind, self.until, self.reason, *terms)


class SilenceOut(BaseModel):
    """A silence that holds."""

    id: int
    kind: str
    until: Moment
    reason: str
    list: str | None
    camera: str | None
    subject: str | None
    priority_max: int | None
    account: str
    set_at: Moment


class Silences(BaseModel):
    """The silences that hold, the newest first."""

    silences: list[SilenceOut]


class PrecisionOut(BaseModel):
    """Of the hits that somebody judged: how many were right; `interval` is Wilson's, 95 %."""

    name: str
    judged: int
    right: int
    wrong_plate: int
    outdated: int
    share: float | None
    interval: tuple[float, float] | None
    demoted: bool = False

    @classmethod
    def of(cls, name: str, found: Precision, *, demoted: bool = False) -> "PrecisionOut":
        """Write it out."""
        return cls(
            name=name, judged=found.judged, right=found.right, wrong_plate=found.wrong_plate,
            outdated=found.outdated, share=found.share, interval=found.interval, demoted=demoted,
        )  # fmt: skip


class Judgements(BaseModel):
    """How often hits were right in the last 30 days, by list and by camera."""

    lists: list[PrecisionOut]
    cameras: list[PrecisionOut]
    demoted: list[str]


class Why(BaseModel):
    """Why a list is to be trusted again."""

    model_config = ConfigDict(extra="forbid")

    why: Reason


class MessageIn(BaseModel):
    """A message to a neighbourhood network: what people should look out for, and no plate."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    network: Id
    text: Annotated[str, Field(min_length=1, max_length=LONGEST)]


class MessageOut(BaseModel):
    """A message, and what became of it."""

    id: int
    network: str
    text: str
    written_by: str
    written_at: Moment
    state: str
    decided_by: str | None


class Messages(BaseModel):
    """Messages, newest first."""

    messages: list[MessageOut]


class DecisionIn(BaseModel):
    """Whether a message goes out."""

    model_config = ConfigDict(extra="forbid")

    send: bool


@router.get("/alerts/{alert}")
def read_alert(
    alert: Annotated[int, Path(ge=0, le=2**63 - 1)], console: Here, account: Alerted
) -> AlertDetail:
    """Give one alert, and where it went."""
    found = alert_of(console, account, alert)
    audit_alert(console, account, alert, found.event.id)
    sent = [DeliveryOut(**_fields(one)) for one in deliveries_of(console, alert)]
    return AlertDetail(**AlertOut.of(found).model_dump(), deliveries=sent)


@router.get("/silences")
def read_silences(
    console: Here,
    account: Silencer,  # noqa: ARG001 - the right is what is asked for
) -> Silences:
    """Give the silences that hold."""
    return Silences(
        silences=[
            SilenceOut.model_validate(one, from_attributes=True) for one in silences_of(console)
        ]
    )


@router.post("/silences", status_code=HTTPStatus.CREATED, max_body_size=MOST_BYTES)
def post_silence(wanted: SilenceIn, console: Here, account: Silencer) -> Silences:
    """Set a silence: it ends within 7 days. The console shows all the same what it is about."""
    silence(console, account, wanted.silence())
    return read_silences(console, account)


@router.delete("/silences/{number}")
def delete_silence(number: Number, console: Here, account: Silencer) -> Silences:
    """End a silence."""
    unsilence(console, account, number)
    return read_silences(console, account)


@router.get("/precision")
def read_precision(console: Here, account: Alerted) -> Judgements:
    """Tell how often hits were right, as people answered."""
    found = judgement_of(console, account)
    return Judgements(
        lists=[
            PrecisionOut.of(name, one, demoted=name in found.demoted)
            for name, one in found.lists.items()
        ],
        cameras=[PrecisionOut.of(name, one) for name, one in found.cameras.items()],
        demoted=sorted(found.demoted),
    )


@router.post("/lists/{name}/restore", max_body_size=MOST_BYTES)
def restore_list(
    name: ListName,
    given: Why,
    console: Here,
    account: Annotated[Account, Depends(requires(Right.LIST_CHANGES))],
) -> dict[str, str]:
    """Take a demoted list up again."""
    take_up_again(console, account, name, given.why)
    return {"list": name}


@router.get("/networks/messages")
def read_messages(
    console: Here,
    account: Neighbour,  # noqa: ARG001 - the right is what is asked for
) -> Messages:
    """Give the messages to neighbourhood networks, newest first."""
    found = messages_of(console)
    return Messages(
        messages=[MessageOut.model_validate(one, from_attributes=True) for one in found]
    )


@router.post("/networks/messages", status_code=HTTPStatus.CREATED, max_body_size=MOST_BYTES)
def post_message(written: MessageIn, console: Here, account: Neighbour) -> Messages:
    """Put a message before a colleague, who sends it; text that holds a plate is refused."""
    write_message(console, account, written.network, written.text)
    return read_messages(console, account)


@router.post("/networks/messages/{number}/decision", max_body_size=MOST_BYTES)
def post_decision(
    number: Number, decision: DecisionIn, console: Here, account: Neighbour
) -> Messages:
    """Send or refuse a message that a colleague wrote."""
    decide_message(console, account, number, send=decision.send)
    return read_messages(console, account)


def _fields(sending: object) -> dict[str, object]:
    return {name: getattr(sending, name) for name in DeliveryOut.model_fields}
