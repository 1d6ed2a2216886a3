"""What people do with alerts: say what they make of them, and the patrol's page for a phone."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from starlette.responses import RedirectResponse, Response

from anpr.events import Hit
from anpr.plates import plain
from console.access import requires
from console.api_events import ask_alerts
from console.cards import Card, alert_of, cards_of, say_of
from console.comparing import ENDING, compare, ending_of
from console.context import Console, Here
from console.problems import NothingHereError
from console.views import is_partial, show
from sinks.store.casework import Feedback
from sinks.store.people import Account
from sinks.store.rights import Right

router = APIRouter(include_in_schema=False)

MOST_BYTES = 4096
LOOKED_THROUGH = 200
HITS = 20
RECALLED = 5
FRESH = timedelta(hours=4)
"""A patrol is shown what was seen since: an older hit is far away by now."""

Alerted = Annotated[Account, Depends(requires(Right.ALERTS))]
AlertId = Annotated[int, Path(ge=0, le=2**63 - 1)]


@router.post("/alerts/{alert}/feedback", max_body_size=MOST_BYTES)
def say(
    request: Request,
    alert: AlertId,
    console: Here,
    account: Alerted,
    says: Annotated[Feedback, Form()],
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Say what one makes of an alert: it is being dealt with, it is the vehicle, or it is not."""
    said = say_of(console, account, alert, says, note.strip())
    if is_partial(request):
        (card,) = cards_of(console, account, [said])
        return show(request, "alert.html", account, card=card)
    return RedirectResponse(f"/#a-{alert}", HTTPStatus.SEE_OTHER)


@router.get("/patrol")
def patrol(
    request: Request,
    console: Here,
    account: Alerted,
    area: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Show the open hits of the last hours, the newest first: of one area, or of the zone.

    Those that were recalled stand below them: somebody may be looking for such a vehicle.
    """
    since = console.now() - FRESH
    area = area if area in console.site.areas else ""
    found = [
        alert
        for alert in ask_alerts(console, account, LOOKED_THROUGH)
        if isinstance(alert.event, Hit) and alert.event.at >= since
        if _is_in(console, area, alert.event)
    ]
    opened = [alert for alert in found if alert.state == "open"][:HITS]
    over = [alert for alert in found if alert.state == "recalled"][:RECALLED]
    sheets = [_sheet(console, card) for card in cards_of(console, account, opened + over)]
    return show(request, "patrol.html", account, sheets=sheets, ending=ENDING, area=area)


@router.post("/patrol/{alert}", max_body_size=MOST_BYTES)
def confirm(
    request: Request,
    alert: AlertId,
    console: Here,
    account: Alerted,
    seen: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Confirm a vehicle by the last characters that an officer reads on it, not on the screen."""
    hit = alert_of(console, account, alert).event
    if not isinstance(hit, Hit):
        raise NothingHereError
    typed = plain(seen)[-ENDING:]
    if len(typed) == ENDING:
        is_it = typed == ending_of(hit.entry_plate, hit.plate)
        says = Feedback.CONFIRMED if is_it else Feedback.DIFFERS
        say_of(console, account, alert, says, f"…{typed}")
    if is_partial(request):
        (card,) = cards_of(console, account, [alert_of(console, account, alert)])
        return show(request, "hit.html", account, sheet=_sheet(console, card), ending=ENDING)
    return RedirectResponse(f"/patrol#h-{alert}", HTTPStatus.SEE_OTHER)


def _is_in(console: Console, area: str, hit: Hit) -> bool:
    """Say whether a hit's camera stands in an area; without one, everywhere."""
    place = console.site.camera(hit.camera)
    return not area or (place is not None and console.site.areas[area].holds(place.lat, place.lon))


def _sheet(console: Console, card: Card) -> dict[str, object]:
    """Put beside each other what the list asks for and what the camera read."""
    hit = card.alert.event
    assert isinstance(hit, Hit)  # noqa: S101 only hits come here
    wanted, read = compare(hit.entry_plate, hit.plate)
    return {"card": card, "wanted": wanted, "read": read, "place": console.site.camera(hit.camera)}
