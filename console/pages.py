"""The pages that people use; what they show comes through the same doors as the API."""

import json
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import Row
from starlette.responses import RedirectResponse, Response

from anpr.time import from_us
from console.access import Caller, Visitor, requires
from console.api_events import ask_alerts, ask_events, ask_journeys, period_of, unfit_of
from console.cards import cards_of
from console.context import Here
from console.question import Page
from console.reviewing import last_reviews
from console.views import home_of, show
from sinks.store.audit import latest_audit, record_audit, verify_chain
from sinks.store.people import Account
from sinks.store.questions import latest_sightings
from sinks.store.rights import Right
from sinks.store.sealing import opened
from sinks.store.vault import Vault

router = APIRouter(include_in_schema=False)

TRAFFIC_ROWS = 40
ALERT_ROWS = 20
CASE_ROWS = 50
AUDIT_ROWS = 100

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
        sees_alerts=sees_alerts,
    )


@router.get("/cases")
def cases(
    request: Request,
    console: Here,
    account: Annotated[Account, Depends(requires(Right.CASES))],
    tab: str = "violations",
    after: Annotated[Page | None, Query()] = None,
) -> Response:
    """Show the cases of sections, locks and zones."""
    tab = tab if tab in TABS else "violations"
    kind, verdicts = TABS[tab]
    period = period_of(console, None, None)
    found, following = ask_events(
        console, account, kind, period, CASE_ROWS, verdicts=verdicts, after=after
    )
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
        tabs=list(TABS),
        events=found,
        joined=joined,
        reviewed=last_reviews(console, found),
        unfit=unfit_of(console, period) if tab == "locks" else [],
        following=following,
    )


@router.get("/audit")
def audit(
    request: Request,
    console: Here,
    account: Annotated[Account, Depends(requires(Right.AUDIT))],
    before: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
    check: Annotated[int, Query(ge=0, le=1)] = 0,
) -> Response:
    """Show who looked at what, and when asked, whether the record of it is whole."""
    query = {"before": before, "check": check}
    record_audit(console.engine, account, "audit", console.now(), query=query)
    with console.engine.connect() as connection:
        records = latest_audit(connection, AUDIT_ROWS, before)
        chain = verify_chain(connection) if check else None
    following = records[-1].id if len(records) == AUDIT_ROWS else None
    shown = [_told(row, console.vault) for row in records]
    return show(request, "audit.html", account, records=shown, chain=chain, following=following)


def _told(row: Row[Any], vault: Vault) -> dict[str, Any]:
    """Write out a record, its plates opened for who watches over the look-ups."""
    query = opened(json.loads(row.query), vault)
    return {**row._asdict(), "moment": from_us(row.at_us), "query": query}


@router.get("/nowhere")
def nowhere(request: Request, account: Visitor) -> Response:
    """Tell an account without any page that it has none."""
    return show(
        request, "error.html", account, HTTPStatus.FORBIDDEN, code=HTTPStatus.FORBIDDEN.value
    )
