"""Who may enter a low-emission zone: dated tables by fuel and euro class, given as data."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from anpr.ports import Registered


class AdmissionReason(StrEnum):
    """What a table, a registry, or its absence says of a vehicle."""

    ADMITTED = "admitted"
    LOOK_ALIKE_ADMITTED = "look_alike_admitted"
    NOT_ADMITTED = "not_admitted"
    UNREGISTERED = "unregistered"
    UNKNOWN_CLASS = "unknown_class"
    REGISTRY_UNAVAILABLE = "registry_unavailable"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Part):
    """What holds from a day on: of each fuel the least euro class, and the fuels of all classes."""

    since: date
    least_euro: Mapping[str, Annotated[int, Field(ge=0, le=9)]]
    all_classes: tuple[str, ...] = ()


class Admission(_Part):
    """One zone's table, the oldest step first."""

    name: str
    source: str
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _in_order(self) -> "Admission":
        days = [step.since for step in self.steps]
        if days != sorted(set(days)):
            msg = f"{self.name}: the steps are not in order of their days; sort them"
            raise ValueError(msg)
        return self

    def judge(self, vehicle: Registered, day: date) -> AdmissionReason:
        """Say whether a vehicle may enter on a day; before the first step everybody may."""
        holding = [step for step in self.steps if step.since <= day]
        if not holding or vehicle.fuel in holding[-1].all_classes:
            return AdmissionReason.ADMITTED
        least = holding[-1].least_euro.get(vehicle.fuel)
        if least is None or vehicle.euro is None:
            return AdmissionReason.UNKNOWN_CLASS
        if vehicle.euro >= least:
            return AdmissionReason.ADMITTED
        return AdmissionReason.NOT_ADMITTED


def parse_admissions(text: str) -> Mapping[str, Admission]:
    """Read `[[tables]]` by name. Raises pydantic's ValidationError."""
    tables: Sequence[object] = tomllib.loads(text)["tables"]
    return {one.name: one for one in map(Admission.model_validate, tables)}
