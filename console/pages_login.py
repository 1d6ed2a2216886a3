"""Signing in and out, and choosing a language."""

from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from console.access import Visitor, cookie_name, refuse_cross_site
from console.context import Here
from console.metrics import LOGINS
from console.views import LANGUAGE_COOKIE, home_of, show
from console.words import LANGUAGES
from sinks.store.audit import record_audit
from sinks.store.engine import writing
from sinks.store.logins import SESSION_LIFE, authenticate_password, close_session, open_session

router = APIRouter(include_in_schema=False, dependencies=[Depends(refuse_cross_site)])
log = structlog.get_logger()

MOST_BYTES = 8192


@router.get("/login")
def login_page(request: Request, account: Visitor, next: str = "") -> Response:  # noqa: A002 the word of the address
    """Ask for a name and a password."""
    if account is not None:
        return RedirectResponse(home_of(account), HTTPStatus.SEE_OTHER)
    return show(request, "login.html", None, name="", next=local(next), wait_s=None, away=False)


@router.post("/login", max_body_size=MOST_BYTES)
def login(
    request: Request,
    console: Here,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    code: Annotated[str, Form(max_length=20)] = "",
    next: Annotated[str, Form(max_length=500)] = "",  # noqa: A002 the word of the form
) -> Response:
    """Open a session for the right name, password and code; make guessing slow."""
    now = console.now()
    outcome = authenticate_password(console.engine, name, password, now, code, console.vault)
    if outcome.account is None:
        LOGINS.labels("refused").inc()
        log.warning("login refused", wait_s=outcome.wait.total_seconds())
        wait_s = int(outcome.wait.total_seconds() + 0.999)
        status = HTTPStatus.TOO_MANY_REQUESTS if wait_s else HTTPStatus.UNAUTHORIZED
        page = show(
            request,
            "login.html",
            None,
            status,
            name=name,
            next=local(next),
            wait_s=wait_s,
            away=False,
        )
        if wait_s:
            page.headers["Retry-After"] = str(wait_s)
        return page
    LOGINS.labels("accepted").inc()
    record_audit(console.engine, outcome.account, "login", now)
    with writing(console.engine) as connection:
        secret = open_session(connection, outcome.account, now)
    target = local(next) or home_of(outcome.account)
    answer = RedirectResponse(target, HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        cookie_name(console),
        secret,
        max_age=int(SESSION_LIFE.total_seconds()),
        secure=console.secure_cookies,
        httponly=True,
        samesite="strict",
    )
    return answer


@router.post("/logout", max_body_size=MOST_BYTES)
def logout(request: Request, console: Here) -> Response:
    """End the session."""
    secret = request.cookies.get(cookie_name(console))
    if secret is not None:
        with writing(console.engine) as connection:
            close_session(connection, secret)
    answer = RedirectResponse("/login", HTTPStatus.SEE_OTHER)
    answer.delete_cookie(
        cookie_name(console), secure=console.secure_cookies, httponly=True, samesite="strict"
    )
    return answer


@router.post("/language", max_body_size=MOST_BYTES)
def choose_language(
    console: Here,
    language: Annotated[str, Form(max_length=8)],
    here: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Remember a language."""
    answer = RedirectResponse(local(here) or "/", HTTPStatus.SEE_OTHER)
    if language in LANGUAGES:
        answer.set_cookie(
            LANGUAGE_COOKIE,
            language,
            max_age=31_536_000,
            secure=console.secure_cookies,
            httponly=True,
            samesite="lax",
        )
    return answer


def local(path: str) -> str:
    """Keep a path of our own; anything that could lead elsewhere becomes empty."""
    is_ours = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if is_ours and path.isprintable() else ""
