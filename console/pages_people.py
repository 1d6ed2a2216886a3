"""Users and roles, for whoever hands them out: never to themselves, and never without a record."""

import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from anpr.errors import AccessDeniedError, AnprError, StoreError, UnknownAccountError
from console.access import requires
from console.context import Console, Here
from console.problems import NothingHereError
from console.views import show
from sinks.store import people, second_factor
from sinks.store.audit import record_audit
from sinks.store.engine import writing
from sinks.store.logins import close_sessions_of
from sinks.store.people import LONGEST_NAME, Account
from sinks.store.rights import Right, Role

router = APIRouter(include_in_schema=False)

MOST_BYTES = 8192
LOCAL_NAME = r"^[^\x00-\x1f\x7f/]*$"

Administrator = Annotated[Account, Depends(requires(Right.ACCOUNTS))]
Name = Annotated[str, Path(max_length=LONGEST_NAME, pattern=LOCAL_NAME)]


@router.get("/people")
def everybody(request: Request, console: Here, account: Administrator) -> Response:
    """Show the accounts and what each may do."""
    return _page(request, console, account)


@router.post("/people", max_body_size=MOST_BYTES)
def add(
    request: Request,
    console: Here,
    account: Administrator,
    name: Annotated[str, Form(max_length=200)] = "",
    role: Annotated[tuple[Role, ...], Form()] = (),
) -> Response:
    """Add an account; its first password is shown this once."""
    password = secrets.token_urlsafe(12)
    now = console.now()
    try:
        with writing(console.engine) as connection:
            added = people.add_account(connection, name, role, password, now)
    except StoreError as error:
        return _page(request, console, account, problem=error, typed=name)
    query = {"account": added.name, "roles": sorted(added.roles)}
    record_audit(console.engine, account, "account_add", now, query=query)
    return _page(request, console, account, given=(added.name, password))


@router.post("/people/{name}/roles", max_body_size=MOST_BYTES)
def change_roles(
    request: Request,
    name: Name,
    console: Here,
    account: Administrator,
    role: Annotated[tuple[Role, ...], Form()] = (),
) -> Response:
    """Give somebody else other roles."""
    try:
        with writing(console.engine) as connection:
            before = people.set_roles(connection, account, name, role)
    except (AccessDeniedError, StoreError) as error:
        return _page(request, console, account, problem=error)
    except UnknownAccountError as error:
        raise NothingHereError from error
    query = {"account": name, "before": sorted(before), "roles": sorted(role)}
    record_audit(console.engine, account, "account_roles", console.now(), query=query)
    return RedirectResponse("/people", HTTPStatus.SEE_OTHER)


@router.post("/people/{name}/password", max_body_size=MOST_BYTES)
def new_password(request: Request, name: Name, console: Here, account: Administrator) -> Response:
    """Give somebody a new password, and let them enrol a phone again; their sessions end."""
    password = secrets.token_urlsafe(12)

    def renew(connection: Connection) -> None:
        people.set_password(connection, name, password)
        second_factor.drop(connection, name)

    refused = _change(request, console, account, name, "account_password", renew)
    return refused or _page(request, console, account, given=(name, password))


@router.post("/people/{name}/disable", max_body_size=MOST_BYTES)
def disable(request: Request, name: Name, console: Here, account: Administrator) -> Response:
    """Shut somebody out, at once and everywhere."""

    def shut_out(connection: Connection) -> None:
        people.disable_account(connection, name)
        people.revoke_tokens(connection, name)

    refused = _change(request, console, account, name, "account_disable", shut_out)
    return refused or RedirectResponse("/people", HTTPStatus.SEE_OTHER)


def _change(
    request: Request,
    console: Console,
    account: Account,
    name: str,
    action: str,
    change: Callable[[Connection], None],
) -> Response | None:
    """Change the access of somebody else, with a record; give the page that refuses, if it does."""
    try:
        people.refuse_self(account, name)
        with writing(console.engine) as connection:
            change(connection)
            close_sessions_of(connection, name)
    except AccessDeniedError as error:
        return _page(request, console, account, problem=error)
    except UnknownAccountError as error:
        raise NothingHereError from error
    record_audit(console.engine, account, action, console.now(), query={"account": name})
    return None


def _page(
    request: Request,
    console: Console,
    account: Account,
    *,
    problem: AnprError | None = None,
    given: tuple[str, str] | None = None,
    typed: str = "",
) -> Response:
    with console.engine.connect() as connection:
        known = people.list_accounts(connection)
        factors = second_factor.holders(connection)
    return show(
        request,
        "people.html",
        account,
        HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        people=known,
        factors=factors,
        roles=list(Role),
        problem=type(problem).__name__ if problem else None,
        given=given,
        typed=typed,
    )
