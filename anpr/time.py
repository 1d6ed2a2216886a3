"""Time as the contracts know it: aware, UTC, to the microsecond."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator, ValidatorFunctionWrapHandler, WrapValidator

OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
"""No camera of this product took a picture before: an older time is a clock that was never set."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_US = timedelta(microseconds=1)

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")

_SHAPES = {27: "--T::.", 20: "--T::Z"}
"""By length, every third sign from the fourth on of a moment as our own stages write it."""


def _written(value: object) -> object:
    # Text of digits alone would be taken for seconds since 1970, in nobody's time zone.
    if isinstance(value, datetime) or (isinstance(value, str) and _RFC3339.match(value)):
        return value
    msg = "write the time as RFC 3339 text with an offset, such as 2026-01-31T08:00:00+01:00"
    raise ValueError(msg)


# A passage tells one moment thrice, and stage after stage reads what the one before has written.
@lru_cache(maxsize=1 << 14)
def _ours(text: str) -> datetime | None:
    """Read a moment that our own stages wrote; None where it is written in another way."""
    if text[4:20:3] == _SHAPES.get(len(text)) and text[0] == "2" and text[-1] == "Z":
        with suppress(ValueError):
            return datetime.fromisoformat(text)
    return None


def _moment(given: object, validated: ValidatorFunctionWrapHandler) -> datetime:
    if isinstance(given, str) and len(given) in _SHAPES and (ours := _ours(given)) is not None:
        return ours
    value: datetime = validated(_written(given))
    if value < OLDEST:
        msg = f"{value.isoformat()} is before the year 2000: set the camera's clock"
        raise ValueError(msg)
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        msg = f"{value.isoformat()} is after the year 9999 in UTC: set the camera's clock"
        raise ValueError(msg) from error


Moment = Annotated[AwareDatetime, WrapValidator(_moment)]
"""A moment on the wire: RFC 3339 with an offset, kept in UTC; without an offset it is refused."""

ClockReading = Annotated[AwareDatetime, BeforeValidator(_written)]
"""What a clock shows, true or not: RFC 3339 with an offset, of any year."""


def rfc3339(moment: datetime) -> str:
    """Write a moment in the one form that ids and files use: UTC, six decimals, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def to_us(moment: datetime) -> int:
    """Count the whole microseconds since 1970, as stores keep a moment."""
    return (moment - EPOCH) // _US


def from_us(microseconds: int) -> datetime:
    """Turn microseconds since 1970 back into a moment."""
    return EPOCH + timedelta(microseconds=microseconds)
