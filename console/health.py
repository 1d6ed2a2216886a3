"""Whether the program lives, whether it can work, and what it counts."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

Ready = Callable[[], Mapping[str, str]]
"""Names each thing that a process needs, with "ok" or what is wrong with it."""

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """`status` is ok or failing; `checks` says of each thing needed "ok" or what is wrong."""

    status: str
    checks: dict[str, str] = {}


def _ready(request: Request) -> Ready:
    ready: Ready = request.app.state.ready
    return ready


@router.get("/healthz")
async def healthz() -> Health:
    """Tell that the program lives."""
    return Health(status="ok")


@router.get(
    "/readyz",
    response_model=Health,
    responses={503: {"model": Health, "description": "Something that is needed fails"}},
)
def readyz(ready: Annotated[Ready, Depends(_ready)]) -> Response:
    """Tell whether everything that is needed works."""
    checks = dict(ready())
    is_ready = all(told == "ok" for told in checks.values())
    health = Health(status="ok" if is_ready else "failing", checks=checks)
    status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    return JSONResponse(health.model_dump(), status)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics() -> Response:
    """Give the counters, for Prometheus."""
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def mount_health(app: FastAPI, ready: Ready) -> None:
    """Give the app what tells how the process is doing, and nothing of what it keeps."""
    app.state.ready = ready
    app.include_router(router)
