"""The pages that people use; what they show comes through the same doors as the API."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from console.access import Caller, Visitor, requires
from console.alerting import demoted_lists
from console.api_events import ask_alerts, ask_events, ask_journeys, period_of, unfit_of
from console.cards import cards_of
from console.context import Console, Here
from console.question import Page, cursor_of, text_of
from console.reviewing import count_open, list_cases
from console.views import home_of, show
from sinks.cases.ledger import cases_of
from sinks.cases.life import State
from sinks.store.audit import record_audit
from sinks.store.people import Account
from sinks.store.questions import Cursor, latest_sightings
from sinks.store.rights import Right

router = APIRouter(include_in_schema=False)

TRAFFIC_ROWS = 40
ALERT_ROWS = 20
CASE_ROWS = 50

TABS = {
    "violations": ("section_transit", ("violation",)),
    "cancelled": ("section_transit", ("cancelled",)),
    "locks": ("lock_transit", ("through", "review")),
    "locks-other": ("lock_transit", ("exempt", "cancelled")),
    "accesses": ("access", ("deny", "flag")),
}
"""The kinds of cases: their events, and the verdicts that count."""


@router.get("/")
def live(request: Request, console: Here, account: Caller) -> Response:
    """Show passing traffic, plates masked but for hits, and the alerts."""
    if Right.LIVE not in account.rights:
        return RedirectResponse(home_of(account), HTTPStatus.SEE_OTHER)
    sees_alerts = Right.ALERTS in account.rights
    with console.engine.connect() as connection:
        sightings = latest_sightings(connection, TRAFFIC_ROWS, console.clearance(account))
    record_audit(console.engine, account, "live", console.now(), results=len(sightings))
    alerts = ask_alerts(console, account, ALERT_ROWS) if sees_alerts else []
    cards = cards_of(console, account, alerts)
    standing = [one for one in sightings if not one.is_withdrawn]
    return show(
        request,
        "live.html",
        account,
        sightings=standing,
        cards=cards,
        demoted=demoted_lists(console, account) if sees_alerts else [],
        sees_alerts=sees_alerts,
    )


@router.get("/cases")
def cases(
    request: Request,
    console: Here,
    account: Annotated[Account, Depends(requires(Right.CASES))],
    tab: str = "all",
    state: str = "",
    after: Annotated[Page | None, Query()] = None,
) -> Response:
    """Show the cases and their states, or what the rules said of sections, locks and zones."""
    if tab not in TABS:
        return _all_cases(request, console, account, state, after)
    kind, verdicts = TABS[tab]
    period = period_of(console, None, None)
    found, following = ask_events(
        console, account, kind, period, CASE_ROWS, verdicts=verdicts, after=after
    )
    with console.engine.connect() as connection:
        known = cases_of(connection, found)
    joined = {
        transit.id: journey
        for journey in (ask_journeys(console, found) if tab == "violations" else ())
        for transit in journey.transits
    }
    return show(
        request,
        "cases.html",
        account,
        tab=tab,
        tabs=["all", *TABS],
        wanted=None,
        events=found,
        joined=joined,
        known=known,
        unfit=unfit_of(console, period) if tab == "locks" else [],
        following=following,
    )


def _all_cases(
    request: Request, console: Console, account: Account, state: str, after: str | None
) -> Response:
    wanted = State(state) if state in set(State) else None
    listed = list_cases(console, account, wanted, CASE_ROWS, cursor_of(after))
    counted = count_open(console)
    return show(
        request,
        "cases.html",
        account,
        tab="all",
        tabs=["all", *TABS],
        wanted=wanted,
        states=list(State),
        listed=listed,
        overdue=counted["overdue"],
        near=counted["near"],
        accepted=counted["accepted"],
        unfit=[],
        events=[],
        following=text_of(Cursor.after(listed.last)) if listed.last else None,
    )


@router.get("/nowhere")
def nowhere(request: Request, account: Visitor) -> Response:
    """Tell an account without any page that it has none."""
    return show(
        request, "error.html", account, HTTPStatus.FORBIDDEN, code=HTTPStatus.FORBIDDEN.value
    )
