"""The pages of what people set about alerts: one alert, silences and precision, networks."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request
from starlette.responses import RedirectResponse, Response

from anpr.errors import UnusableInputError
from anpr.sites.alerts import Kind
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
from console.api_alerting import Neighbour, Number, Silencer
from console.api_events import Alerted
from console.api_passages import MOST_BYTES
from console.cards import alert_of, cards_of
from console.context import Console, Here
from console.views import show
from sinks.alerts.muting import Silence
from sinks.alerts.networks import LONGEST
from sinks.store.people import Account
from sinks.store.rights import Right

router = APIRouter(include_in_schema=False)

KINDS: tuple[Kind, ...] = (
    "hit", "camera_state", "section_transit", "lock_transit", "access", "clone_suspect",
)  # fmt: skip
HOURS = (1, 4, 12, 24, 72, 168)

Text = Annotated[str, Form(max_length=500)]


@router.get("/alerts/{alert}")
def alert_page(
    request: Request,
    alert: Annotated[int, Path(ge=0, le=2**63 - 1)],
    console: Here,
    account: Alerted,
) -> Response:
    """Show one alert, and where it went."""
    found = alert_of(console, account, alert)
    audit_alert(console, account, alert, found.event.id)
    (card,) = cards_of(console, account, [found])
    sent = deliveries_of(console, alert)
    return show(
        request, "alert_page.html", account, card=card, sent=sent, hours=HOURS,
        may_silence=Right.SILENCES in account.rights,
    )  # fmt: skip


@router.get("/silences")
def silences_page(request: Request, console: Here, account: Silencer) -> Response:
    """Show what is silent, and how often hits were right."""
    return _silences(request, console, account)


@router.post("/silences", max_body_size=MOST_BYTES)
def set_silence(
    request: Request,
    console: Here,
    account: Silencer,
    kind: Annotated[Kind, Form()],
    hours: Annotated[int, Form(ge=1, le=168)],
    reason: Text = "",
    camera: Text = "",
    list_: Annotated[str, Form(alias="list", max_length=64)] = "",
    subject: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Set a silence."""
    until = console.now() + timedelta(hours=hours)
    named, entry = (list_, subject) if kind == "hit" else ("", "")
    wanted = Silence(
        kind, until, reason, list=named or None, camera=camera or None, subject=entry or None
    )
    try:
        silence(console, account, wanted)
    except UnusableInputError:
        return _silences(request, console, account, problem="silence")
    return RedirectResponse("/silences", HTTPStatus.SEE_OTHER)


@router.post("/silences/{number}", max_body_size=MOST_BYTES)
def end_silence(number: Number, console: Here, account: Silencer) -> Response:
    """End a silence."""
    unsilence(console, account, number)
    return RedirectResponse("/silences", HTTPStatus.SEE_OTHER)


@router.post("/lists/{name}/restore", max_body_size=MOST_BYTES)
def restore(
    name: Annotated[str, Path(max_length=100)],
    console: Here,
    account: Annotated[Account, Depends(requires(Right.LIST_CHANGES))],
    why: Text = "",
) -> Response:
    """Take a demoted list up again."""
    take_up_again(console, account, name, why)
    return RedirectResponse("/lists", HTTPStatus.SEE_OTHER)


@router.get("/networks")
def networks_page(request: Request, console: Here, account: Neighbour) -> Response:
    """Show the messages to neighbourhood networks."""
    return _networks(request, console, account)


@router.post("/networks", max_body_size=MOST_BYTES)
def write(
    request: Request,
    console: Here,
    account: Neighbour,
    network: Annotated[str, Form(max_length=64)],
    text: Annotated[str, Form(max_length=LONGEST)] = "",
) -> Response:
    """Put a message before a colleague."""
    try:
        write_message(console, account, network, text)
    except UnusableInputError:
        return _networks(request, console, account, typed=text, problem="plate")
    return RedirectResponse("/networks", HTTPStatus.SEE_OTHER)


@router.post("/networks/{number}", max_body_size=MOST_BYTES)
def decide(
    request: Request,
    number: Number,
    console: Here,
    account: Neighbour,
    do: Annotated[str, Form()] = "",
) -> Response:
    """Send or refuse a message that a colleague wrote."""
    try:
        decide_message(console, account, number, send=do == "send")
    except UnusableInputError:
        return _networks(request, console, account, problem="plate")
    return RedirectResponse("/networks", HTTPStatus.SEE_OTHER)


def _silences(request: Request, console: Console, account: Account, problem: str = "") -> Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    covers = console.clearance(account).covers
    names = [one for one in console.lists().names() if one not in console.site.permit_lists]
    return show(
        request,
        "silences.html",
        account,
        status,
        silences=silences_of(console),
        found=judgement_of(console, account),
        kinds=KINDS,
        hours=HOURS,
        names=[one for one in names if covers(one)],
        problem=problem,
    )


def _networks(
    request: Request, console: Console, account: Account, typed: str = "", problem: str = ""
) -> Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return show(
        request,
        "networks.html",
        account,
        status,
        messages=messages_of(console),
        typed=typed,
        longest=LONGEST,
        problem=problem,
    )
