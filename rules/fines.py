"""What the law makes of a speed: the procedure it opens and, where the law fixes it, the amount.

The software classes a case for an officer; it never issues a fine.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from anpr.events import CaseClass

WITHDRAWAL = "licence_withdrawal_possible"
BAN = "driving_ban_mandatory"


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Dated(Protocol):
    @property
    def since(self) -> date: ...


D = TypeVar("D", bound=_Dated)


class Tariff(_Row):
    """An amount, what each further km/h adds, and where immediate collection ends.

    From an excess above `withdrawal_above_kmh` the licence may be withdrawn at once; where
    `ban_in_court`, the court must ban whoever it convicts from driving.
    """

    base_eur: int = Field(gt=0)
    base_up_to_kmh: int = Field(ge=0)
    per_kmh_eur: int = Field(ge=0)
    up_to_kmh: int = Field(gt=0)
    withdrawal_above_kmh: int = Field(ge=0)
    ban_in_court: bool = False

    def amount_eur(self, excess_kmh: int) -> int:
        """Compute the amount for an excess after correction, in whole km/h."""
        return self.base_eur + self.per_kmh_eur * max(0, excess_kmh - self.base_up_to_kmh)

    def consequences(self, excess_kmh: int) -> tuple[str, ...]:
        """Say what may follow beside the amount."""
        withdrawal = (WITHDRAWAL,) if excess_kmh > self.withdrawal_above_kmh else ()
        ban = (BAN,) if self.ban_in_court and excess_kmh > self.up_to_kmh else ()
        return withdrawal + ban


class Collection(_Row):
    """Immediate collection from a day on; an excess above a tariff's reach goes to court.

    `built_up` also holds in zones 30, school surroundings and (woon)erven. `conditions` are for
    the officer: no camera sees them.
    """

    since: date
    built_up: Tariff
    elsewhere: Tariff
    conditions: tuple[str, ...] = ()
    source: str

    def tariff(self, *, built_up: bool) -> Tariff:
        """Choose the tariff of a place."""
        return self.built_up if built_up else self.elsewhere


class Gas5(_Row):
    """A local administrative sanction for speeding, from a day on.

    Its amounts are those of immediate collection. What it asks of persons (of age, or a legal
    person) and of concurring offences is for the officer: no camera sees it.
    """

    since: date
    limits_kmh: tuple[int, ...]
    up_to_kmh: int
    conditions: tuple[str, ...] = ()
    source: str


@dataclass(frozen=True, slots=True)
class Procedure:
    """What the law makes of an excess. See SectionTransit for what each field means."""

    case_class: CaseClass = CaseClass.NONE
    amount_eur: int | None = None
    otherwise: CaseClass = CaseClass.NONE
    conditions: tuple[str, ...] = ()
    consequences: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


NO_PROCEDURE = Procedure()


class Fines(_Row):
    """One country's dated tables, each oldest first."""

    country: str
    collection: tuple[Collection, ...]
    gas5: tuple[Gas5, ...] = ()

    def procedure(
        self,
        *,
        corrected_kmh: int,
        limit_kmh: int,
        built_up: bool,
        locally_financed: bool,
        day: date,
    ) -> Procedure:
        """Say which procedure a corrected speed opens; none before the tables begin."""
        excess = corrected_kmh - limit_kmh
        collection = _held_on(self.collection, day)
        if excess <= 0 or collection is None:
            return NO_PROCEDURE
        tariff = collection.tariff(built_up=built_up)
        is_collected = excess <= tariff.up_to_kmh
        criminal = Procedure(
            case_class=CaseClass.IMMEDIATE_COLLECTION if is_collected else CaseClass.COURT,
            amount_eur=tariff.amount_eur(excess) if is_collected else None,
            otherwise=CaseClass.COURT if is_collected else CaseClass.NONE,
            conditions=collection.conditions,
            consequences=tariff.consequences(excess),
            sources=(collection.source,),
        )
        gas5 = _held_on(self.gas5, day)
        is_gas5 = gas5 and limit_kmh in gas5.limits_kmh and excess <= gas5.up_to_kmh
        if gas5 is None or not is_gas5 or not locally_financed:
            return criminal
        return Procedure(
            case_class=CaseClass.GAS5,
            amount_eur=criminal.amount_eur,
            otherwise=criminal.case_class,
            conditions=gas5.conditions,
            sources=(gas5.source, collection.source),
        )


def _held_on(rows: Iterable[D], day: date) -> D | None:
    """Give the row that holds on a day; rows are oldest first."""
    return max((row for row in rows if row.since <= day), key=lambda row: row.since, default=None)


def parse_fines(text: str) -> Fines:
    """Read one country's tables. Raises pydantic's ValidationError."""
    fines = Fines.model_validate(tomllib.loads(text))
    return fines.model_copy(
        update={
            "collection": tuple(sorted(fines.collection, key=lambda row: row.since)),
            "gas5": tuple(sorted(fines.gas5, key=lambda row: row.since)),
        }
    )
