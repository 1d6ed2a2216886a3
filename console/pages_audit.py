"""The pages of the audit: who looked at what, whether that is whole, and what must be explained."""

import json
from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import BeforeValidator, Field
from sqlalchemy import Row
from starlette.responses import RedirectResponse, Response

from anpr.errors import AccessDeniedError, UnknownAccountError
from anpr.time import from_us
from console.access import requires
from console.context import Console, Here
from console.problems import NothingHereError
from console.question import blank_is_none
from console.views import show
from console.watching import name_own_plates, report_on
from sinks.store.audit import latest_audit, record_audit, verify_chain
from sinks.store.own_plates import own_plates, read_plates
from sinks.store.people import LONGEST_NAME, Account, list_accounts
from sinks.store.questions import Period
from sinks.store.rights import Right
from sinks.store.sealing import opened
from sinks.store.vault import Vault

router = APIRouter(include_in_schema=False)

AUDIT_ROWS = 100
MOST_BYTES = 8192
LOOKED_BACK_DAYS = 30
ONE_DAY = timedelta(days=1)

Watcher = Annotated[Account, Depends(requires(Right.AUDIT))]
Day = Annotated[
    Annotated[date, Field(ge=date(2000, 1, 1), le=date(2999, 1, 1))] | None,
    BeforeValidator(blank_is_none),
]


@router.get("/audit")
def audit(
    request: Request,
    console: Here,
    account: Watcher,
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


@router.get("/audit/report")
def report(
    request: Request,
    console: Here,
    account: Watcher,
    since: Annotated[Day, Query(alias="from")] = None,
    to: Annotated[Day, Query()] = None,
) -> Response:
    """Show which look-ups of a number of days must be explained: the last month, unless told."""
    return _report(request, console, account, since, to)


@router.post("/audit/plates", max_body_size=MOST_BYTES)
def plates(
    request: Request,
    console: Here,
    account: Watcher,
    name: Annotated[str, Form(max_length=LONGEST_NAME)] = "",
    own: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Say which plates are somebody else's own."""
    try:
        own_now = read_plates(own)
        name_own_plates(console.engine, console.vault, account, name, own_now, console.now())
    except AccessDeniedError:
        return _report(request, console, account, None, None, is_own=True)
    except UnknownAccountError as error:
        raise NothingHereError from error
    return RedirectResponse("/audit/report", HTTPStatus.SEE_OTHER)


def _report(
    request: Request,
    console: Console,
    account: Account,
    since: date | None,
    to: date | None,
    *,
    is_own: bool = False,
) -> Response:
    zone, now = console.site.site.zone, console.now()
    today = now.astimezone(zone).date()
    last = to or max(today, since or today)
    first = min(since or last - timedelta(days=LOOKED_BACK_DAYS - 1), last)
    period = Period(
        datetime.combine(first, time(), zone), datetime.combine(last + ONE_DAY, time(), zone)
    )
    found = report_on(console.engine, console.vault, console.site, account, period, now)
    with console.engine.connect() as connection:
        own = own_plates(connection, console.vault)
        names = [one.name for one in list_accounts(connection)]
    return show(
        request,
        "audit_report.html",
        account,
        HTTPStatus.FORBIDDEN if is_own else HTTPStatus.OK,
        findings=found,
        first=first,
        last=last,
        names=sorted({*names, *own}),
        known={name: len(plates) for name, plates in own.items()},
        is_own=is_own,
    )


def _told(row: Row[Any], vault: Vault) -> dict[str, Any]:
    """Write out a record, its plates opened for who watches over the look-ups."""
    query = opened(json.loads(row.query), vault)
    return {**row._asdict(), "moment": from_us(row.at_us), "query": query}
