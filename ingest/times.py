"""When a push was captured: what the camera says, as far as it can be true."""

from datetime import datetime, timedelta

from pydantic import TypeAdapter, ValidationError

from anpr.events import TimeSource
from anpr.time import Moment, rfc3339
from ingest.refusals import invalid, unreadable

AHEAD_TOLERANCE = timedelta(seconds=5)
"""How far a capture may lie after its receipt. No picture comes from the future: it is a clock that
runs ahead, which a heartbeat reports; beyond this much the time is worthless and refused."""

HEADER = ("header", "x-captured-at")

_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


def captured(written: str | None, received_at: datetime) -> tuple[datetime, TimeSource]:
    """Read `X-Captured-At`; without it the time of receipt holds. Raises RefusedError (422)."""
    if written is None:
        return received_at, TimeSource.RECEIPT
    try:
        moment = _MOMENT.validate_python(written)
    except ValidationError as error:
        raise unreadable("captured_at", HEADER, error) from error
    if why := ahead(moment, received_at):
        raise invalid("captured_at", (HEADER, why))
    return moment, TimeSource.CAMERA


def ahead(captured_at: datetime, received_at: datetime) -> str | None:
    """Say what is wrong with a capture too long after its receipt; None when it is fine."""
    if captured_at - received_at <= AHEAD_TOLERANCE:
        return None
    ahead_s = (captured_at - received_at).total_seconds()
    return f"{ahead_s:.1f} s after its receipt at {rfc3339(received_at)}: set the camera's clock"
