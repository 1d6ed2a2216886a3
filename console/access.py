"""Who is asking: a session cookie or a personal bearer token, and the rights that come with it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Self

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import URL

from anpr.errors import AccessDeniedError
from console.context import Console, Here
from console.problems import CrossSiteError, NotSignedInError
from sinks.store.logins import authenticate_session
from sinks.store.people import Account, authenticate_token
from sinks.store.rights import Right

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="A personal token (`anpr user token NAME`). The console's session cookie does too.",
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request brought to be recognised by. A token goes before a cookie."""

    token: str | None
    session: str | None

    @classmethod
    def of(cls, request: Request, console: Console, token: str | None) -> Self:
        """Take the credentials out of a request."""
        return cls(token, request.cookies.get(cookie_name(console)))

    def account(self, console: Console) -> Account | None:
        """Recognise the account, now."""
        if self.token is not None:
            with console.engine.connect() as connection:
                return authenticate_token(connection, self.token)
        if self.session is not None:
            return authenticate_session(console.engine, self.session, console.now())
        return None


def cookie_name(console: Console) -> str:
    """Name the session cookie; browsers guard the `__Host-` prefix, over HTTPS only."""
    return "__Host-anpr-session" if console.secure_cookies else "anpr-session"


def refuse_cross_site(request: Request) -> None:
    """Refuse a change that another site's page sends along with our cookie.

    Browsers say where a request comes from; a client that says nothing is no browser. Raises
    CrossSiteError.
    """
    if request.method in _SAFE_METHODS:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        raise CrossSiteError
    origin = request.headers.get("origin")
    if origin is not None and URL(origin).netloc != request.headers.get("host"):
        raise CrossSiteError


def _credentials(
    request: Request,
    console: Here,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
) -> Credentials:
    if bearer is None:
        refuse_cross_site(request)
    return Credentials.of(request, console, bearer.credentials if bearer else None)


Presented = Annotated[Credentials, Depends(_credentials)]


def _visitor(console: Here, presented: Presented) -> Account | None:
    return presented.account(console)


Visitor = Annotated[Account | None, Depends(_visitor)]
"""The account of a request, or None when nobody is signed in."""


def _caller(visitor: Visitor) -> Account:
    if visitor is None:
        raise NotSignedInError
    return visitor


Caller = Annotated[Account, Depends(_caller)]
"""The account of a request. Raises NotSignedInError."""


def requires(right: Right) -> Callable[[Account], Account]:
    """Make a dependency that gives the account, if it has the right. Raises AccessDeniedError."""

    def account_with_right(caller: Caller) -> Account:
        if right not in caller.rights:
            raise AccessDeniedError(f"this needs the right {right.value!r}; ask for a role with it")
        return caller

    return account_with_right
