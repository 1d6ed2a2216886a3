"""Searching stored passages: the question, the gate, the audit record, the answer."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from anpr.errors import AccessDeniedError
from anpr.events import Match, Passage
from anpr.lists import wildcard
from anpr.plates import MAX_LENGTH, normalise
from anpr.time import Moment, rfc3339
from console.context import Console
from console.lawful import Ruling, rule_on
from console.metrics import SEARCHES
from console.problems import UnlawfulError
from sinks.store.audit import Grounds, record_audit
from sinks.store.people import Account
from sinks.store.plates import WILDCARDS
from sinks.store.questions import Cursor, PassageQuery, Period, find_passages
from sinks.store.rights import Purpose, purposes_of

FEWEST_SIGNS = 2
"""A pattern with fewer known characters would be fishing."""
MOST_ROWS = 500

# Cameras' clocks may run a little ahead of ours.
_AHEAD = timedelta(minutes=5)


def _pattern(text: str) -> str:
    """Normalise a plate and keep its wildcards."""
    parts = re.split(r"([?*])", text)
    # The digit in front keeps a part such as NA from being taken for a vendor's placeholder.
    pattern = "".join(
        part if part in WILDCARDS else (normalise(f"0{part}") or "0")[1:] for part in parts
    )
    if not 0 < len(pattern) <= MAX_LENGTH:
        raise ValueError(f"write a plate of 1 to {MAX_LENGTH} letters and digits")
    known = len(pattern) - sum(pattern.count(sign) for sign in WILDCARDS)
    if known < FEWEST_SIGNS and known != len(pattern):
        raise ValueError(f"write at least {FEWEST_SIGNS} letters or digits beside ? and *")
    return pattern


def _cursor(text: str) -> str:
    if not re.fullmatch(r"\d{1,18}\.[0-9A-Za-z-]{1,100}", text):
        raise ValueError("take `after` from the `next` of the page before")
    return text


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _none_is_empty(value: object) -> object:
    return () if value is None else value


Reference = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$"
    ),
]
"""The number of a case or of a prosecutor's decision."""

Page = Annotated[str, Field(max_length=130), AfterValidator(_cursor)]
"""Where the page before ended: its `next`."""

PlatePattern = Annotated[str, Field(max_length=40), AfterValidator(_pattern)]


class PassageSearch(BaseModel):
    """What to search for, and on what grounds.

    `plate` may hold `?` (one character) and `*` (any run); with `look_alikes` characters that
    cameras confuse (0 and O, 8 and B …) count as equal. Without a plate, name the cameras and the
    period. `from` and `to` (exclusive) need an offset; without them, all that the grounds open.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, hide_input_in_errors=True
    )

    from_: Annotated[Moment | None, Field(alias="from")] = None
    to: Moment | None = None
    cameras: Annotated[
        tuple[Annotated[str, Field(max_length=64)], ...],
        BeforeValidator(_none_is_empty),
        Field(max_length=500),
    ] = ()
    plate: Annotated[
        PlatePattern | None, BeforeValidator(_blank_is_none), Field(validate_default=True)
    ] = None
    purpose: Purpose
    case_ref: Reference
    decision_ref: Annotated[Reference | None, BeforeValidator(_blank_is_none)] = None
    look_alikes: bool = False
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 100
    after: Annotated[Page | None, BeforeValidator(_blank_is_none)] = None

    @field_validator("to")
    @classmethod
    def _is_after_from(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        since = info.data.get("from_")
        if value and since and value <= since:
            raise ValueError("`to` is not after `from`; exchange them")
        return value

    @field_validator("plate")
    @classmethod
    def _or_narrow_enough(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and not all(info.data.get(name) for name in ("cameras", "from_", "to")):
            raise ValueError("give a plate; or else `cameras`, `from` and `to`")
        return value

    @property
    def grounds(self) -> Grounds:
        """Why this is asked."""
        return Grounds(self.purpose, self.case_ref, self.decision_ref)


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that was found, and how its plate matches: all but `exact` is unconfirmed."""

    passage: Passage
    match: Match | None


@dataclass(frozen=True, slots=True)
class Findings:
    """What a search found, the period it really covered, and where the next page starts."""

    found: tuple[Found, ...]
    period: Period
    earliest: datetime
    next: str | None


def search(console: Console, account: Account, wanted: PassageSearch) -> Findings:
    """Search, if the grounds allow it, and put it in the audit before giving anything.

    Raises AccessDeniedError (not for this purpose) and UnlawfulError (not so far back); both are
    in the audit too.
    """
    now = console.now()
    if wanted.purpose not in purposes_of(account.roles):
        _refuse(console, account, wanted, now, "purpose_not_of_role")
        msg = f"your roles do not search for the purpose {wanted.purpose.value!r}; take another"
        raise AccessDeniedError(msg)
    ruling, period = _period(console, wanted, now)
    if not ruling.is_lawful:
        _refuse(console, account, wanted, now, ruling.reason)
        raise UnlawfulError(ruling)
    query = PassageQuery(period, wanted.plate, wanted.look_alikes, wanted.cameras)
    after = cursor_of(wanted.after)
    with console.engine.connect() as connection:
        passages = find_passages(connection, query, wanted.limit, after)
    is_more = len(passages) == wanted.limit
    _record(console, account, wanted, now, "search", len(passages))
    SEARCHES.labels("answered").inc()
    return Findings(
        found=tuple(Found(one, _match(one, wanted)) for one in passages),
        period=period,
        earliest=ruling.earliest,
        next=text_of(Cursor.after(passages[-1])) if is_more else None,
    )


def cursor_of(text: str | None) -> Cursor | None:
    """Read where the page before ended."""
    if text is None:
        return None
    at_us, _, row = text.partition(".")
    return Cursor(int(at_us), row)


def text_of(cursor: Cursor) -> str:
    """Write where this page ends, for the request of the next."""
    return f"{cursor.at_us}.{cursor.id}"


def _period(console: Console, wanted: PassageSearch, now: datetime) -> tuple[Ruling, Period]:
    until = wanted.to or now + _AHEAD
    opened = rule_on(wanted.grounds, now, now, console.terms)
    since = wanted.from_ or min(opened.earliest, until - timedelta(microseconds=1))
    ruling = rule_on(wanted.grounds, since, now, console.terms)
    return ruling, Period(max(since, ruling.earliest), until)


def _match(passage: Passage, wanted: PassageSearch) -> Match | None:
    if wanted.plate is None:
        return None
    if passage.plate == wanted.plate:
        return Match.EXACT
    fits = wildcard(wanted.plate).match(passage.plate or "")
    return Match.WILDCARD if fits else Match.EQUIVALENT


def _refuse(
    console: Console, account: Account, wanted: PassageSearch, now: datetime, reason: str
) -> None:
    SEARCHES.labels("refused").inc()
    _record(console, account, wanted, now, "search_refused", 0, reason)


def _record(
    console: Console,
    account: Account,
    wanted: PassageSearch,
    now: datetime,
    action: str,
    results: int,
    reason: str | None = None,
) -> None:
    asked = {
        "plate": wanted.plate,
        "look_alikes": wanted.look_alikes or None,
        "from": wanted.from_ and rfc3339(wanted.from_),
        "to": wanted.to and rfc3339(wanted.to),
        "cameras": wanted.cameras or None,
        "after": wanted.after,
        "reason": reason,
    }
    record_audit(
        console.engine,
        account,
        action,
        now,
        grounds=wanted.grounds,
        query={name: value for name, value in asked.items() if value is not None},
        results=results,
    )
