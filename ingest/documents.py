"""The bodies and answers of the camera routes, as the OpenAPI document shows them.

The routes read their bodies themselves, after the token and up to the limit, so the framework
cannot see what they take.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field

from anpr.events import PlateRead
from ingest.heartbeats import Heartbeat
from ingest.reads import MAX_READS


class FrameTaken(BaseModel):
    """The frame is durable."""

    frame: str = Field(description="The frame's id: the same push always has the same")
    ignored: list[str] = Field(
        default_factory=list, description="Sensor headers that made no sense and were left out"
    )


class ReadsTaken(BaseModel):
    """The reads are durable."""

    reads: list[str] = Field(description="Their ids, in order")


class HeartbeatTaken(BaseModel):
    """The heartbeat was heard."""

    received_at: str = Field(description="Our time of receipt")
    clock_error_ms: float = Field(description="What it holds against the camera's clock")


class Refused(BaseModel):
    """Why the push was not taken in."""

    detail: str


class Wrong(BaseModel):
    """One thing wrong in a push."""

    loc: list[str | int] = Field(examples=[["header", "x-captured-at"]])
    msg: str


class Invalid(BaseModel):
    """What is wrong in the push; nothing of it was taken in."""

    detail: list[Wrong]


_RETRY = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait"}}
_REFUSED: dict[HTTPStatus, str] = {
    HTTPStatus.UNAUTHORIZED: "Token missing or wrong",
    HTTPStatus.FORBIDDEN: "The site file has no token for this camera",
    HTTPStatus.NOT_FOUND: "No such camera",
    HTTPStatus.REQUEST_TIMEOUT: "The body took too long",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is over the limit",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "Not a type that is taken here",
}
_LATER: dict[HTTPStatus, str] = {
    HTTPStatus.TOO_MANY_REQUESTS: "Too many pushes under way",
    HTTPStatus.SERVICE_UNAVAILABLE: "The log lags behind, is full or fails",
}
ANSWERS: dict[int | str, dict[str, Any]] = {
    **{status.value: {"model": Refused, "description": why} for status, why in _REFUSED.items()},
    **{
        status.value: {"model": Refused, "description": why, "headers": _RETRY}
        for status, why in _LATER.items()
    },
    HTTPStatus.UNPROCESSABLE_ENTITY.value: {"model": Invalid, "description": "Not usable"},
}

_READ = PlateRead.model_json_schema()


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """Write a schema's definitions where they are used, since a route has no place for them."""
    definitions = schema.get("$defs", {})

    def inline(node: Any) -> Any:
        if isinstance(node, list):
            return [inline(item) for item in node]
        if not isinstance(node, dict):
            return node
        if reference := node.get("$ref"):
            rest = {key: value for key, value in node.items() if key != "$ref"}
            return {**inline(definitions[reference.rpartition("/")[2]]), **inline(rest)}
        return {key: inline(value) for key, value in node.items() if key != "$defs"}

    result: dict[str, Any] = inline(schema)
    return result


def _takes(contents: Mapping[str, Any]) -> dict[str, Any]:
    content = {name: {"schema": schema} for name, schema in contents.items()}
    return {"requestBody": {"required": True, "content": content}}


_BINARY = {"type": "string", "format": "binary"}
_FORM = {
    "type": "object",
    "description": "One file of type image/jpeg; its field may have any name",
    "properties": {"image": {**_BINARY, "contentMediaType": "image/jpeg"}},
}

FRAME_BODY = _takes({"image/jpeg": _BINARY, "multipart/form-data": _FORM})
READS_BODY = _takes(
    {
        "application/json": {
            "oneOf": [
                inlined(_READ),
                {"type": "array", "maxItems": MAX_READS, "items": inlined(_READ)},
            ]
        }
    }
)
HEARTBEAT_BODY = _takes({"application/json": inlined(Heartbeat.model_json_schema())})
