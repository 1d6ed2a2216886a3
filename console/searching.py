"""Searching stored passages: the question, the gate, the audit record, the answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from anpr.events import Match, Passage
from anpr.lists import wildcard
from anpr.plates import fold
from console.context import Console
from console.gate import Passed, close_gate, dark_of, open_gate
from console.question import (
    PlatePattern,
    Question,
    WholePlate,
    blank_is_none,
    cursor_of,
    none_is_empty,
    text_of,
)
from sinks.analysis.dark import Dark
from sinks.store.people import Account
from sinks.store.plates import WILDCARDS
from sinks.store.questions import Cursor, PassageQuery, Period, find_passages

MOST_PLATES = 500


class PassageSearch(Question):
    """What to search for, and on what grounds.

    `plate` may hold `?` (one character) and `*` (any run); `plates` is a batch of whole ones. With
    `look_alikes` characters that cameras confuse (0 and O, 8 and B …) count as equal; with
    `alternatives` a whole plate is also found where a camera thought it possible. Without a plate,
    name the cameras and the period; `unread` then keeps the vehicles whose plate was not read.
    """

    plates: Annotated[
        tuple[WholePlate, ...], BeforeValidator(none_is_empty), Field(max_length=MOST_PLATES)
    ] = ()
    plate: Annotated[
        PlatePattern | None, BeforeValidator(blank_is_none), Field(validate_default=True)
    ] = None
    look_alikes: bool = False
    alternatives: bool = False
    unread: bool = False

    @field_validator("plate")
    @classmethod
    def _or_narrow_enough(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("plates"):
            raise ValueError("give a plate or a batch of plates, not both")
        asked = value or info.data.get("plates")
        if not asked and not all(info.data.get(name) for name in ("cameras", "from_", "to")):
            raise ValueError("give a plate; or else `cameras`, `from` and `to`")
        return value

    @field_validator("alternatives")
    @classmethod
    def _of_whole_plates(cls, value: bool, info: ValidationInfo) -> bool:
        if value and WILDCARDS & set(info.data.get("plate") or ""):
            raise ValueError("write a whole plate to search what else was read")
        return value


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that was found, and how its plate matches: all but `exact` is unconfirmed."""

    passage: Passage
    match: Match | None


@dataclass(frozen=True, slots=True)
class Findings:
    """What a search found, the period it really covered, what was dark, and the next page."""

    found: tuple[Found, ...]
    period: Period
    earliest: datetime
    next: str | None
    dark: tuple[Dark, ...] = ()


def search(
    console: Console,
    account: Account,
    wanted: PassageSearch,
    kind: str = "passages",
    *,
    oldest_first: bool = False,
) -> Findings:
    """Search, if the gate opens, and put it in the audit before giving anything.

    Raises what `open_gate` raises.
    """
    passed = open_gate(console, account, kind, wanted)
    passages = _passages(console, account, wanted, passed, oldest_first=oldest_first)
    dark = dark_of(console, passed)
    close_gate(console, account, passed, len(passages))
    is_more = len(passages) == wanted.limit
    return Findings(
        found=tuple(Found(one, match_of(one, wanted)) for one in passages),
        period=passed.period,
        earliest=passed.earliest,
        next=text_of(Cursor.after(passages[-1])) if is_more else None,
        dark=tuple(dark),
    )


def match_of(passage: Passage, wanted: PassageSearch) -> Match | None:
    """Tell how the plate of a passage matches what was searched."""
    plate = passage.plate or ""
    if wanted.plates:
        like = set(map(fold, wanted.plates))
        loose = Match.EQUIVALENT if fold(plate) in like else Match.PROBABLE
        return Match.EXACT if plate in wanted.plates else loose
    if wanted.plate is None:
        return None
    if plate == wanted.plate:
        return Match.EXACT
    if wildcard(wanted.plate).match(plate):
        return Match.WILDCARD
    fits = wildcard(fold(wanted.plate)).match(fold(plate))
    return Match.EQUIVALENT if fits else Match.PROBABLE


def _passages(
    console: Console,
    account: Account,
    wanted: PassageSearch,
    passed: Passed,
    *,
    oldest_first: bool,
) -> list[Passage]:
    filters = wanted.filters(console, account)
    query = PassageQuery(
        passed.period,
        wanted.plate,
        wanted.look_alikes,
        filters if not wanted.unread else filters.unread,
        wanted.plates,
        wanted.alternatives,
        oldest_first,
    )
    with console.engine.connect() as connection:
        return find_passages(connection, query, wanted.limit, cursor_of(wanted.after))
