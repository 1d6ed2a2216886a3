"""Signing in at the organisation's own service, and coming back from it."""

from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from anpr.errors import StoreError
from console.access import cookie_name
from console.context import Console, Here
from console.metrics import LOGINS
from console.oidc import UNDERWAY, Elsewhere, ElsewhereError, Journey, Person
from console.pages_login import local
from console.problems import NothingHereError
from console.views import home_of, show
from sinks.store.audit import record_audit
from sinks.store.engine import writing
from sinks.store.logins import SESSION_LIFE, open_session
from sinks.store.people import Account, welcome

router = APIRouter(include_in_schema=False)
log = structlog.get_logger()

COOKIE = "anpr-journey"
BACK = "/login/back"


@router.get("/login/elsewhere")
def leave(request: Request, console: Here, next: str = "") -> Response:  # noqa: A002 the word of the address
    """Send somebody to the service."""
    elsewhere = _elsewhere(console)
    try:
        url, journey = elsewhere.leave(_back(request), local(next))
    except ElsewhereError:
        return _refused(request, HTTPStatus.BAD_GATEWAY)
    answer = RedirectResponse(url, HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        COOKIE, journey.sealed(console.vault), max_age=int(UNDERWAY.total_seconds()), path=BACK,
        secure=console.secure_cookies, httponly=True, samesite="lax",
    )  # fmt: skip
    return answer


@router.get(BACK)
def come_back(
    request: Request,
    console: Here,
    code: Annotated[str, Query(max_length=4000)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Open a session for whom the service names.

    The page that follows leads on by itself: a browser that comes from another site would not send
    the session's cookie with a redirect.
    """
    elsewhere = _elsewhere(console)
    try:
        journey = Journey.opened(request.cookies.get(COOKIE, ""), console.vault, console.now())
        account = _account(console, elsewhere.arrive(_back(request), code, state, journey))
    except ElsewhereError:
        LOGINS.labels("refused").inc()
        log.warning("login elsewhere refused")
        return _refused(request, HTTPStatus.UNAUTHORIZED)
    LOGINS.labels("accepted").inc()
    record_audit(
        console.engine, account, "login", console.now(), query={"elsewhere": elsewhere.title}
    )
    with writing(console.engine) as connection:
        secret = open_session(connection, account, console.now())
    target = journey.next or home_of(account)
    answer = show(request, "signed_in.html", None, target=target)
    answer.set_cookie(
        cookie_name(console), secret, max_age=int(SESSION_LIFE.total_seconds()),
        secure=console.secure_cookies, httponly=True, samesite="strict",
    )  # fmt: skip
    answer.delete_cookie(COOKIE, path=BACK)
    return answer


def _account(console: Console, person: Person) -> Account:
    """Give the account of a person, with the roles of now. Raises ElsewhereError."""
    try:
        with writing(console.engine) as connection:
            account = welcome(connection, person.subject, person.name, person.roles, console.now())
    except StoreError as error:
        raise ElsewhereError from error
    if account is None:
        raise ElsewhereError
    return account


def _elsewhere(console: Console) -> Elsewhere:
    if console.elsewhere is None:
        raise NothingHereError
    return console.elsewhere


def _back(request: Request) -> str:
    return str(request.url_for(come_back.__name__))


def _refused(request: Request, status: HTTPStatus) -> Response:
    return show(request, "login.html", None, status, name="", next="", wait_s=None, away=True)
