"""One's own account: its password, its second factor, and what was looked up with it."""

from http import HTTPStatus
from typing import Annotated

import segno
from fastapi import APIRouter, Form, Request
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from anpr.errors import StoreError
from anpr.time import from_us
from console.access import Caller, cookie_name
from console.context import Console, Here
from console.views import show
from sinks.store import people, second_factor
from sinks.store.audit import audit_of, record_audit
from sinks.store.engine import writing
from sinks.store.logins import SESSION_LIFE, authenticate_password, close_sessions_of, open_session
from sinks.store.people import Account

router = APIRouter(include_in_schema=False)

MOST_BYTES = 8192
OWN_ROWS = 30


@router.get("/me")
def me(request: Request, console: Here, account: Caller) -> Response:
    """Show one's own account."""
    return _page(request, console, account)


@router.post("/me/password", max_body_size=MOST_BYTES)
def change_password(
    request: Request,
    console: Here,
    account: Caller,
    old: Annotated[str, Form(max_length=1000)] = "",
    new: Annotated[str, Form(max_length=1000)] = "",
    code: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Change one's password; every other session of the account ends."""
    now = console.now()
    outcome = authenticate_password(console.engine, account.name, old, now, code, console.vault)
    if outcome.account is None:
        return _page(request, console, account, wrong="old")
    try:
        with writing(console.engine) as connection:
            people.set_password(connection, account.name, new)
            close_sessions_of(connection, account.name)
            secret = open_session(connection, account, now)
    except StoreError:
        return _page(request, console, account, wrong="new")
    record_audit(console.engine, account, "own_password", now)
    answer = RedirectResponse("/me", HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        cookie_name(console), secret, max_age=int(SESSION_LIFE.total_seconds()),
        secure=console.secure_cookies, httponly=True, samesite="strict",
    )  # fmt: skip
    return answer


@router.post("/me/phone", max_body_size=MOST_BYTES)
def enrol_phone(
    request: Request,
    console: Here,
    account: Caller,
    secret: Annotated[str, Form(max_length=64)] = "",
    code: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Take a phone as second factor, once it shows the right code."""
    with console.engine.connect() as connection:
        if account.name in second_factor.holders(connection):
            return RedirectResponse("/me", HTTPStatus.SEE_OTHER)
    now = console.now()
    step = second_factor.step_of(secret, code, now) if secret else None
    if step is None:
        return _page(request, console, account, wrong="code", secret=secret)
    record_audit(console.engine, account, "own_phone", now)
    with writing(console.engine) as connection:
        second_factor.enrol(connection, console.vault, account.name, secret, step)
    return RedirectResponse("/me", HTTPStatus.SEE_OTHER)


def _page(
    request: Request,
    console: Console,
    account: Account,
    *,
    wrong: str | None = None,
    secret: str | None = None,
) -> Response:
    with console.engine.connect() as connection:
        has_factor = account.name in second_factor.holders(connection)
        rows = audit_of(connection, account.name, OWN_ROWS)
    enrolment = (
        second_factor.enrolment_of(account.name, secret)
        if secret
        else second_factor.new_secret(account.name)
    )
    return show(
        request,
        "me.html",
        account,
        HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        has_factor=has_factor,
        enrolment=None if has_factor else enrolment,
        drawing=None if has_factor else _drawing(enrolment.uri),
        shortest=people.MIN_PASSWORD,
        wrong=wrong,
        records=[(from_us(row.at_us), row) for row in rows],
    )


def _drawing(text: str) -> Markup:
    """Draw a text for a phone's camera."""
    return Markup(segno.make(text, error="m").svg_inline(scale=4, border=2, light="#fff"))  # noqa: S704 made here of no one's markup
