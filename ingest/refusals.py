"""What is refused of a push, and the one shape in which it is answered."""

from collections.abc import Sequence
from http import HTTPStatus

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from pydantic_core import ErrorDetails

MAX_PROBLEMS = 100
"""How many problems one answer names: a camera that sends nonsense gets no novel back."""

Loc = tuple[str | int, ...]


class RefusedError(HTTPException):
    """A push that is not taken in. `reason` is the word that metrics count it under."""

    def __init__(
        self,
        status: HTTPStatus,
        reason: str,
        detail: str | list[dict[str, object]],
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(status_code=status, detail=detail, headers=headers)
        self.reason = reason


def answer_refusals(app: FastAPI) -> None:
    """Answer what is refused in its own shape, whatever the application makes of other errors."""

    async def answer(_request: Request, error: Exception) -> JSONResponse:
        if not isinstance(error, RefusedError):
            raise error
        return JSONResponse({"detail": error.detail}, error.status_code, error.headers)

    app.add_exception_handler(RefusedError, answer)


def invalid(reason: str, *problems: tuple[Loc, str]) -> RefusedError:
    """Refuse with 422: each problem says where it stands and what is wrong."""
    detail: list[dict[str, object]] = [
        {"loc": list(loc), "msg": msg} for loc, msg in problems[:MAX_PROBLEMS]
    ]
    return RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, reason, detail)


def unreadable(reason: str, loc: Loc, error: ValidationError) -> RefusedError:
    """Refuse with 422 what pydantic refused, below `loc`; the input is not repeated."""
    return invalid(reason, *((loc + problem["loc"], said(problem)) for problem in own(error)))


def own(error: ValidationError) -> Sequence[ErrorDetails]:
    """Give the problems of the sender, without those that only follow from them."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return [one for one in problems if one["type"] != "default_factory_not_called"]


def said(problem: ErrorDetails) -> str:
    """Give a problem's message as people read it."""
    return problem["msg"].removeprefix("Value error, ")


def try_later(status: HTTPStatus, reason: str, why: str, after_s: int) -> RefusedError:
    """Refuse for now, and say in how many seconds to push again."""
    return RefusedError(status, reason, why, {"Retry-After": str(after_s)})
