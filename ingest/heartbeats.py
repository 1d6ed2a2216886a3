"""What a camera says of itself between its frames: its clock and its health."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError

from anpr.events import Wire
from anpr.time import ClockReading
from ingest.refusals import unreadable


class Health(Wire):
    """How a camera says it is doing."""

    state: Literal["ok", "degraded"]
    reason: Annotated[str, Field(max_length=200)] = ""

    @property
    def complaint(self) -> str | None:
        """What is wrong with it; None when nothing is."""
        return None if self.state == "ok" else self.reason or "complains"


def _spelt_out(value: Any) -> Any:
    return {"state": value} if isinstance(value, str) else value


class Heartbeat(Wire):
    """A sign of life. A clock may show any year: that it is wrong is what it is here to tell."""

    clock: Annotated[ClockReading, Field(description="Its clock: RFC 3339 with an offset")]
    health: Annotated[
        Health,
        BeforeValidator(_spelt_out),
        Field(description="The bare word `ok` or `degraded` is taken too"),
    ] = Health(state="ok")


def heartbeat_in(body: bytes) -> Heartbeat:
    """Read a heartbeat's body. Raises RefusedError (422)."""
    try:
        return Heartbeat.model_validate_json(body)
    except ValidationError as error:
        raise unreadable("heartbeat", ("body",), error) from error
