"""What every question about stored passages carries: its grounds, its period and its filters."""

import re
from datetime import datetime
from typing import Annotated, Literal

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

from anpr.events import Country, VehicleClass
from anpr.plates import MAX_LENGTH, normalise
from anpr.time import Moment
from console.context import Console
from sinks.store.audit import Grounds
from sinks.store.filters import Filters
from sinks.store.people import Account
from sinks.store.plates import WILDCARDS
from sinks.store.questions import Cursor
from sinks.store.rights import Purpose

FEWEST_SIGNS = 2
"""A pattern with fewer known characters would be fishing."""
MOST_ROWS = 500
MOST_CAMERAS = 500
MOST_CHOICES = 50


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


def _whole(text: str) -> str:
    pattern = _pattern(text)
    if WILDCARDS & set(pattern):
        raise ValueError("write a whole plate here, without ? and *")
    return pattern


def _cursor(text: str) -> str:
    if not re.fullmatch(r"\d{1,18}\.[0-9A-Za-z-]{1,100}", text):
        raise ValueError("take `after` from the `next` of the page before")
    return text


def blank_is_none(value: object) -> object:
    """Take an empty field of a form for one that is not there."""
    return None if isinstance(value, str) and not value.strip() else value


def none_is_empty(value: object) -> object:
    """Take null for an empty list."""
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
WholePlate = Annotated[str, Field(max_length=40), AfterValidator(_whole)]

Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
Names = Annotated[tuple[Name, ...], BeforeValidator(none_is_empty), Field(max_length=MOST_CHOICES)]
Cameras = Annotated[
    tuple[Annotated[str, Field(max_length=64)], ...],
    BeforeValidator(none_is_empty),
    Field(max_length=MOST_CAMERAS),
]
Heading = Literal["in", "out", "approaching", "receding"]
"""Into or out of the zone, by its border's cameras; or as the camera sees it."""


class Question(BaseModel):
    """The period, the filters and the grounds of a question.

    `from` and `to` (exclusive) need an offset; without them, all that the grounds open. `lists`
    keeps passages with a hit of one of them. `request` is the number of a request that a second
    person approved, or that was urgent.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, hide_input_in_errors=True
    )

    from_: Annotated[Moment | None, Field(alias="from")] = None
    to: Moment | None = None
    cameras: Cameras = ()
    classes: Annotated[
        tuple[VehicleClass, ...], BeforeValidator(none_is_empty), Field(max_length=MOST_CHOICES)
    ] = ()
    colours: Names = ()
    countries: Annotated[
        tuple[Country, ...], BeforeValidator(none_is_empty), Field(max_length=MOST_CHOICES)
    ] = ()
    lists: Names = ()
    direction: Annotated[Heading | None, BeforeValidator(blank_is_none)] = None
    purpose: Purpose
    case_ref: Reference
    decision_ref: Annotated[Reference | None, BeforeValidator(blank_is_none)] = None
    request: Annotated[int | None, Field(ge=1, le=2**62)] = None
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 100
    after: Annotated[Page | None, BeforeValidator(blank_is_none)] = None

    @field_validator("to")
    @classmethod
    def _is_after_from(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        since = info.data.get("from_")
        if value and since and value <= since:
            raise ValueError("`to` is not after `from`; exchange them")
        return value

    @property
    def grounds(self) -> Grounds:
        """Why this is asked."""
        return Grounds(self.purpose, self.case_ref, self.decision_ref)

    @property
    def text(self) -> str:
        """What is asked and on what grounds, whichever page of it: what a second person reads."""
        return self.model_dump_json(
            by_alias=True, exclude={"request", "limit", "after"}, exclude_defaults=True
        )

    @property
    def asked(self) -> dict[str, object]:
        """What is asked, as the audit tells it: without the grounds, which stand beside it."""
        return self.model_dump(
            mode="json",
            by_alias=True,
            exclude={"purpose", "case_ref", "decision_ref", "limit"},
            exclude_defaults=True,
        )

    def filters(self, console: Console, account: Account) -> Filters:
        """Give the filters, for somebody who may know some lists."""
        return Filters(
            cameras=self.cameras,
            classes=tuple(one.value for one in self.classes),
            colours=self.colours,
            countries=self.countries,
            lists=self.lists,
            direction=self.direction,
            border=console.site.border,
            clearance=console.clearance(account),
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
