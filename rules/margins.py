"""Legal speed margins: what is taken off a measured speed before it counts, by country and day."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from anpr.time import OLDEST


class Pursuit(BaseModel):
    """The least excess that a country pursues, for limits up to one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit_up_to_kmh: int = Field(gt=0)
    from_excess_kmh: int = Field(gt=0)


class Margin(BaseModel):
    """How one country corrects a speed from a day on.

    Up to `flat_up_to_kmh` a flat number comes off; above it `kept_percent` is kept, rounded as
    `kept_rounded` says. A smaller excess than `pursued` asks for stays without a case.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: date
    flat_kmh: int = Field(ge=0)
    flat_up_to_kmh: int = Field(ge=0)
    kept_percent: int = Field(gt=0, le=100)
    kept_rounded: Literal["down", "nearest", "up"]
    pursued: tuple[Pursuit, ...] = ()
    source: str

    def corrected_kmh(self, whole_kmh: int) -> int:
        """Take the margin off a speed that was already rounded down to whole km/h."""
        if whole_kmh <= self.flat_up_to_kmh:
            return max(0, whole_kmh - self.flat_kmh)
        kept = whole_kmh * self.kept_percent
        return (kept + _ROUNDS[self.kept_rounded]) // 100

    def is_pursued(self, excess_kmh: int, limit_kmh: int) -> bool:
        """Say whether an excess after correction is large enough to open a case."""
        asked = [row.from_excess_kmh for row in self.pursued if limit_kmh <= row.limit_up_to_kmh]
        return excess_kmh >= max(asked, default=1)


_ROUNDS = {"down": 0, "nearest": 50, "up": 99}
"""What to add to hundredths before they are cut off."""


Margins = Sequence[Margin]
"""The margins of one country, oldest first; the first holds from the oldest time there is."""


def parse_margins(text: str) -> Mapping[str, Margins]:
    """Read `[[COUNTRY]]` tables by country. Raises pydantic's ValidationError and ValueError."""
    tables = tomllib.loads(text)
    read = {
        country: sorted((Margin.model_validate(row) for row in rows), key=lambda row: row.since)
        for country, rows in tables.items()
    }
    for country, rows in read.items():
        if not rows or rows[0].since > OLDEST.date():
            msg = f"the margins of {country} start too late; begin them at {OLDEST.date()}"
            raise ValueError(msg)
    return read


def margin_on(margins: Margins, day: date) -> Margin:
    """Give the margin that holds on a day."""
    return next(row for row in reversed(margins) if row.since <= day)
