"""Refusals: the classes, and how each is told — as JSON to programs, as a page to people."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from anpr.errors import AccessDeniedError, AnprError, StoreError, UnusableInputError
from anpr.time import rfc3339
from console.lawful import Reason, Ruling
from console.views import error_page
from sinks.cases.ledger import NoSuchCaseError
from sinks.cases.life import CaseError

log = structlog.get_logger()

_NOT_PAGES = ("/api/", "/v1/", "/static/", "/openapi.json", "/healthz", "/readyz", "/metrics")

_RULINGS = {
    Reason.NO_PURPOSE: "No purpose is known for this. Search for it first, or give `purpose`.",
    Reason.NO_CASE: "No case is known for this. Give `case_ref`.",
    Reason.FIRST_MONTH_ONLY: "The administrative police may look at the first month only. "
    "Take a later `from`.",
    Reason.DECISION_NEEDED: "After the first month the prosecutor's written decision is needed. "
    "Give `decision_ref`, or take a later `from`.",
}


class NotSignedInError(AnprError):
    """Nobody is signed in. Sign in, or send a personal token."""


class CrossSiteError(AnprError):
    """Another site sent this request. Send it from the console's own pages."""


class NothingHereError(AnprError):
    """There is nothing at this address, or no longer. Check the address."""


class SecondPersonError(AnprError):
    """Another person must approve this first. Post it to /api/requests, then ask with its number.

    What cannot wait is posted as urgent, with why.
    """


class UnauditedError(AnprError):
    """The audit cannot be written, so nothing is looked up. Ask again; tell whoever runs this."""


class UnlawfulError(AnprError):
    """The grounds given do not open these passages. The ruling says why, and what they open."""

    def __init__(self, ruling: Ruling) -> None:
        super().__init__(_RULINGS[ruling.reason])
        self.ruling = ruling


def problem(
    status: HTTPStatus,
    detail: str,
    more: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Tell a program what is wrong, as RFC 9457 has it."""
    body = {"type": "about:blank", "title": status.phrase, "status": status.value}
    return JSONResponse(
        {**body, "detail": detail, **(more or {})},
        status_code=status,
        headers=headers,
        media_type="application/problem+json",
    )


def handle_problems(app: FastAPI) -> None:
    """Teach the app how to tell each refusal of the console."""
    app.add_exception_handler(NotSignedInError, _not_signed_in)
    app.add_exception_handler(CrossSiteError, _refused)
    app.add_exception_handler(AccessDeniedError, _refused)
    app.add_exception_handler(SecondPersonError, _second_person)
    app.add_exception_handler(UnauditedError, _unavailable)
    app.add_exception_handler(StoreError, _unavailable)
    app.add_exception_handler(UnusableInputError, _unusable)
    app.add_exception_handler(UnlawfulError, _unlawful)
    app.add_exception_handler(NothingHereError, _nothing_here)
    app.add_exception_handler(CaseError, _conflict)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _broken)


def _is_page(request: Request) -> bool:
    return not request.url.path.startswith(_NOT_PAGES)


def _told(error: Exception) -> str:
    return str(error) or (type(error).__doc__ or "").strip()


def _not_signed_in(request: Request, error: Exception) -> Response:
    if _is_page(request):
        back = f"?next={quote(request.url.path)}" if request.method == "GET" else ""
        return RedirectResponse(f"/login{back}", HTTPStatus.SEE_OTHER)
    bearer = {"WWW-Authenticate": "Bearer"}
    return problem(HTTPStatus.UNAUTHORIZED, _told(error), headers=bearer)


def _refused(request: Request, error: Exception) -> Response:
    if _is_page(request):
        return error_page(request, HTTPStatus.FORBIDDEN)
    return problem(HTTPStatus.FORBIDDEN, _told(error))


def _unlawful(request: Request, error: Exception) -> Response:
    if _is_page(request) or not isinstance(error, UnlawfulError):
        return error_page(request, HTTPStatus.FORBIDDEN)
    ruling = error.ruling
    more = {
        "reason": ruling.reason.value,
        "field": ruling.field,
        "earliest": rfc3339(ruling.earliest),
    }
    return problem(HTTPStatus.FORBIDDEN, _told(error), more)


def _second_person(request: Request, error: Exception) -> Response:
    if _is_page(request):
        return error_page(request, HTTPStatus.FORBIDDEN)
    more = {"reason": "second_person_needed", "field": "request"}
    return problem(HTTPStatus.FORBIDDEN, _told(error).partition("\n")[0], more)


def _unavailable(request: Request, error: Exception) -> Response:
    """Say that it is the zone, not who asks: the audit, the store or its vault is not at hand."""
    log.error("unavailable", path=request.url.path, error=_told(error))
    if _is_page(request):
        return error_page(request, HTTPStatus.SERVICE_UNAVAILABLE)
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, _told(error))


def _nothing_here(request: Request, error: Exception) -> Response:
    if _is_page(request):
        return error_page(request, HTTPStatus.NOT_FOUND)
    return problem(HTTPStatus.NOT_FOUND, _told(error))


def _conflict(request: Request, error: Exception) -> Response:
    if isinstance(error, NoSuchCaseError):
        return _nothing_here(request, error)
    if _is_page(request):
        return error_page(request, HTTPStatus.CONFLICT)
    return problem(HTTPStatus.CONFLICT, _told(error))


async def _http(request: Request, error: Any) -> Response:
    if _is_page(request):
        return error_page(request, HTTPStatus(error.status_code))
    return await http_exception_handler(request, error)


async def _invalid(_request: Request, error: Any) -> Response:
    """Say where and what, as `/v1` does; what was written is not repeated."""
    wrong = [
        {"loc": one["loc"], "msg": one["msg"].removeprefix("Value error, ")}
        for one in error.errors()
    ]
    return JSONResponse({"detail": wrong}, HTTPStatus.UNPROCESSABLE_ENTITY)


def _unusable(request: Request, error: Exception) -> Response:
    if _is_page(request):
        return error_page(request, HTTPStatus.UNPROCESSABLE_ENTITY)
    detail = [{"loc": ["body"], "msg": _told(error)}]
    return JSONResponse({"detail": detail}, HTTPStatus.UNPROCESSABLE_ENTITY)


def _broken(request: Request, _error: Exception) -> Response:
    if _is_page(request):
        return error_page(request, HTTPStatus.INTERNAL_SERVER_ERROR)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Something broke here. Look in the log.")
