"""What the law makes of a speed: the procedure it opens and, where the law fixes it, the amount.

The software classes a case for an officer; it never issues a fine.
"""

import tomllib
from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from anpr.events import CaseClass


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tariff(_Row):
    """An amount, what each further km/h adds, and where immediate collection ends."""

    base_eur: int = Field(gt=0)
    base_up_to_kmh: int = Field(ge=0)
    per_kmh_eur: int = Field(ge=0)
    up_to_kmh: int = Field(gt=0)

    def amount_eur(self, excess_kmh: int) -> int:
        """Compute the amount for an excess after correction, in whole km/h."""
        return self.base_eur + self.per_kmh_eur * max(0, excess_kmh - self.base_up_to_kmh)


class Collection(_Row):
    """Immediate collection from a day on; an excess above a tariff's reach goes to court.

    `built_up` also holds in zones 30, school surroundings and (woon)erven.
    """

    since: date
    built_up: Tariff
    elsewhere: Tariff
    source: str

    def tariff(self, *, built_up: bool) -> Tariff:
        """Choose the tariff of a place."""
        return self.built_up if built_up else self.elsewhere


class Gas5(_Row):
    """A local administrative sanction for speeding, from a day on.

    Its conditions on persons (of age, or a legal person) and on concurring offences are for the
    officer: no camera sees them.
    """

    since: date
    limits_kmh: tuple[int, ...]
    up_to_kmh: int
    source: str


class Fines(_Row):
    """One country's dated tables, each oldest first."""

    country: str
    collection: tuple[Collection, ...]
    gas5: tuple[Gas5, ...] = ()

    def case_class(
        self,
        *,
        corrected_kmh: int,
        limit_kmh: int,
        built_up: bool,
        locally_financed: bool,
        day: date,
    ) -> CaseClass:
        """Say which procedure a corrected speed opens; none before the tables begin."""
        excess = corrected_kmh - limit_kmh
        collection = next((row for row in reversed(self.collection) if row.since <= day), None)
        if excess <= 0 or collection is None:
            return CaseClass.NONE
        gas5 = next((row for row in reversed(self.gas5) if row.since <= day), None)
        if gas5 and locally_financed and limit_kmh in gas5.limits_kmh and excess <= gas5.up_to_kmh:
            return CaseClass.GAS5
        if excess > collection.tariff(built_up=built_up).up_to_kmh:
            return CaseClass.COURT
        return CaseClass.IMMEDIATE_COLLECTION

    def fine_eur(
        self, *, corrected_kmh: int, limit_kmh: int, built_up: bool, day: date
    ) -> int | None:
        """Give the amount that the law fixes: 0 without an excess, None where a court decides."""
        excess = corrected_kmh - limit_kmh
        if excess <= 0:
            return 0
        collection = next((row for row in reversed(self.collection) if row.since <= day), None)
        if collection is None:
            return None
        tariff = collection.tariff(built_up=built_up)
        return None if excess > tariff.up_to_kmh else tariff.amount_eur(excess)


def parse_fines(text: str) -> Fines:
    """Read one country's tables. Raises pydantic's ValidationError."""
    fines = Fines.model_validate(tomllib.loads(text))
    return fines.model_copy(
        update={
            "collection": tuple(sorted(fines.collection, key=lambda row: row.since)),
            "gas5": tuple(sorted(fines.gas5, key=lambda row: row.since)),
        }
    )
