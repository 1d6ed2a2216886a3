"""Read the cells of a list's row, as people write them."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from anpr.plates import MAX_LENGTH, PLACEHOLDERS, plain
from anpr.time import OLDEST

Choice = TypeVar("Choice", bound=StrEnum)

MAX_PRIORITY = 100

_CLEAN = re.compile(r"[A-Z0-9]+")
_SEPARATORS = re.compile(r"[\s\-\u2013.·/_]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_COUNTRY = re.compile(r"[A-Z]{2}")


class CellError(ValueError):
    """A cell cannot be read: what is wrong with it, and what to write."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}. {remedy}")
        self.what = what
        self.remedy = remedy


def pattern(text: str) -> str:
    """Normalise a plate like one that is read, but keep `?` and `*`."""
    capitals = _SEPARATORS.sub("", unicodedata.normalize("NFC", text).upper())
    if not _CLEAN.fullmatch(capitals):
        capitals = _known_signs(capitals)
    if len(capitals) > MAX_LENGTH:
        raise CellError(f"it is longer than {MAX_LENGTH} characters", "Write one plate.")
    if capitals in PLACEHOLDERS:
        raise CellError("it is what cameras send for an unread plate", "Write a plate.")
    if not capitals.strip("?*"):
        raise CellError("it holds no letter or digit", "Write at least one, or take the row out.")
    return capitals


def _known_signs(text: str) -> str:
    signs = [sign if sign in "?*" else plain(sign) for sign in text]
    strange = sorted({repr(sign) for sign, kept in zip(text, signs, strict=True) if not kept})
    if strange:
        raise CellError(
            f"{', '.join(strange)} stands on no plate",
            "Write letters and digits, `?` for one character, `*` for any run.",
        )
    return "".join(signs)


def country(text: str) -> str:
    """Read a country, ISO 3166 alpha-2."""
    capitals = text.upper()
    if not _COUNTRY.fullmatch(capitals):
        raise CellError(f"{text!r} is no country code", "Write two letters, such as BE.")
    return capitals


def priority(text: str) -> int:
    """Read a priority from 0 to 100."""
    if not (text.isascii() and text.isdigit() and int(text) <= MAX_PRIORITY):
        raise CellError(f"{text!r} is no priority", f"Write a number from 0 to {MAX_PRIORITY}.")
    return int(text)


def one_of(choices: type[Choice], text: str) -> Choice:
    """Read one of a few words, in capitals or not."""
    try:
        return choices(text.lower())
    except ValueError as error:
        raise CellError(f"{text!r} is not known", f"Write {', '.join(choices)}.") from error


def start(text: str, zone: ZoneInfo) -> datetime:
    """Read the moment from which an entry holds: of a bare date, its first moment in `zone`."""
    return _moment(text, zone, timedelta(0))


def end(text: str, zone: ZoneInfo) -> datetime:
    """Read the moment at which an entry ends: of a bare date, the first moment of the next day."""
    return _moment(text, zone, timedelta(days=1))


@lru_cache(maxsize=1000)
def _moment(text: str, zone: ZoneInfo, after: timedelta) -> datetime:
    try:
        if _DAY.fullmatch(text):
            moment = datetime.combine(date.fromisoformat(text) + after, time(), zone)
        else:
            moment = datetime.fromisoformat(text)
    except OverflowError as error:
        raise CellError("no calendar goes that far", "Leave it empty where it is open.") from error
    except ValueError as error:
        remedy = "Write a day such as 2026-01-31, or a moment such as 2026-01-31T08:00:00+01:00."
        raise CellError(f"{text!r} is no date", remedy) from error
    if moment.tzinfo is None:
        raise CellError(f"{text!r} has no offset", f"Write a day, or {text}+01:00 or the like.")
    if moment < OLDEST:
        raise CellError(f"{text!r} is before the year 2000", "Leave it empty where it is open.")
    return moment
