"""Legal speed margins: what is taken off a measured speed before it counts, by country and day."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from anpr.time import OLDEST


class Margin(BaseModel):
    """How one country corrects a speed from a day on.

    Up to `flat_up_to_kmh` a flat number comes off; above it `kept_percent` is kept, rounded down.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: date
    flat_kmh: int = Field(ge=0)
    flat_up_to_kmh: int = Field(ge=0)
    kept_percent: int = Field(gt=0, le=100)
    source: str

    def corrected_kmh(self, whole_kmh: int) -> int:
        """Take the margin off a speed that was already rounded down to whole km/h."""
        if whole_kmh <= self.flat_up_to_kmh:
            return max(0, whole_kmh - self.flat_kmh)
        return whole_kmh * self.kept_percent // 100


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
