"""What a site enforces: sections, truck locks and permit zones."""

from collections.abc import Mapping
from datetime import date, time
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from anpr.events import VehicleClass
from anpr.sites.evidence import Location, Survey
from anpr.sites.values import (
    EVERY_DAY,
    Days,
    Id,
    Ids,
    Kmh,
    LocalTime,
    Metres,
    Part,
    Seconds,
    SecretRef,
    Share,
    SomeIds,
    Url,
)


class Certificate(Part):
    """The approval of a section's measuring device."""

    device: Annotated[str, Field(min_length=1)]
    """the serial number of the measuring device"""
    approval: Annotated[str, Field(min_length=1)]
    """the number of its model approval"""
    verified_until: date
    """the last day of its verification, such as 2028-05-01"""
    verified_from: date | None = None
    """the first day of its verification, such as 2026-05-02"""

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> Self:
        if self.verified_from is not None and self.verified_until < self.verified_from:
            msg = "verified_until is before verified_from; swap them"
            raise ValueError(msg)
        return self


class Hours(Part):
    """Days and hours, in the site's time zone; `to` before `from` runs over midnight.

    `to` equal to `from` is the whole day.
    """

    model_config = ConfigDict(populate_by_name=True)

    days: Days = EVERY_DAY
    """the days it holds: mon, tue, wed, thu, fri, sat, sun"""
    from_: Annotated[LocalTime, Field(alias="from")] = time(0, 0)
    """the local hour it starts, such as '08:00'"""
    to: LocalTime = time(0, 0)
    """the local hour it ends, such as '18:30'"""
    except_holidays: str | None = None
    """the holiday calendar whose days it does not hold"""


class Limit(Hours):
    """`[[sections.limits]]`: another limit on some days and hours."""

    limit_kmh: Kmh
    """the limit in km/h at those hours, from 5 to 200"""


class Section(Part):
    """`[[sections]]`: average-speed control between two ends."""

    id: Id
    """lower-case letters, digits, `.`, `_` or `-`; at most 64"""
    entry: SomeIds
    """the ids of the cameras where the section starts"""
    exit: SomeIds
    """the ids of the cameras where it ends"""
    length_m: Metres
    """the shortest drivable line between both ends in metres, as surveyed"""
    length_error_m: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0
    """how far the length may be off, in metres"""
    limit_kmh: Kmh
    """the speed limit in km/h, from 5 to 200"""
    min_confidence: Share = 0.9
    """the least confidence of both plates, from 0 to 1"""
    class_confidence: Share = 0.8
    """the least confidence from which a vehicle's class can contradict the other end's"""
    seen_from_behind: Ids = ()
    """the ids of those of its cameras that see its traffic drive away"""
    max_travel_s: Seconds = 1800
    """the longest travel in seconds; a longer one is a stop"""
    max_plausible_kmh: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 300
    """the speed in km/h above which a transit is taken for an error"""
    built_up: bool = False
    """true in a built-up area, zone 30, school surroundings or (woon)erf"""
    locally_financed: bool = False
    """true if the local authority paid for all of it"""
    certificate: Certificate | None = None
    """{ device = '...', approval = '...', verified_until = 2028-05-01 }"""
    sign_token: SecretRef | None = None
    """where the token of its dynamic signs is kept: env:NAME or file:PATH"""
    limits: tuple[Limit, ...] = ()
    """[[sections.limits]] tables, one for each exception"""
    location: Location | None = None
    """{ road = 'N177', km_point = '12.400', municipality = 'Boom', direction = 'Boom' }"""
    survey: Survey | None = None
    """{ reference = '...', surveyor = '...', surveyed_on = 2026-03-01 }"""

    @model_validator(mode="after")
    def _survey_is_usable(self) -> Self:
        if self.length_error_m >= self.length_m:
            msg = "length_error_m is not smaller than length_m; survey the section again"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _sees_from_behind_at_its_ends(self) -> Self:
        if strangers := set(self.seen_from_behind) - {*self.entry, *self.exit}:
            msg = f"seen_from_behind names {', '.join(sorted(strangers))}, which stands at no end"
            raise ValueError(msg)
        return self


class Lock(Hours):
    """`[[locks]]`: a truck lock (vrachtwagensluis)."""

    id: Id
    """lower-case letters, digits, `.`, `_` or `-`; at most 64"""
    entries: SomeIds
    """the ids of the cameras where vehicles enter"""
    exits: SomeIds
    """the ids of the cameras where vehicles leave"""
    inside: Ids = ()
    """the ids of cameras where a sighting proves a stop"""
    through_within_s: Seconds
    """the seconds within which a vehicle that leaves has driven through"""
    max_stay_s: Seconds = 43_200
    """the longest stay in seconds that is still paired"""
    pairs: Mapping[str, Seconds] = Field(default_factory=dict)
    """{ 'ENTRY/EXIT' = seconds } for the pairs that differ"""
    u_turns_are_local: bool = False
    """true if whoever leaves through the gate of entry turned around, and is no through traffic"""
    review_max_per_day: Annotated[int, Field(ge=1)] = 200
    """how many cases a day go to a person before the lock reports itself unfit"""
    classes: Annotated[tuple[VehicleClass, ...], Field(min_length=1)] = (VehicleClass.TRUCK,)
    """the vehicle classes it concerns, such as ['truck']"""
    class_confidence: Share = 0.8
    """the least confidence of a vehicle's class, from 0 to 1"""
    min_height_m: Metres = 3.0
    """the least height in metres that makes a truck, where it is measured"""
    permits: Id | None = None
    """the name of the list of exempt plates"""
    location: Location | None = None
    """{ road = 'Dorpsstraat', municipality = 'Relst', legal_basis = '...' }"""


class Overtaking(Part):
    """`[[overtaking]]`: a stretch where some vehicles must not overtake and none can stop."""

    id: Id
    """lower-case letters, digits, `.`, `_` or `-`; at most 64"""
    entry: SomeIds
    """the ids of the cameras where the stretch starts"""
    exit: SomeIds
    """the ids of the cameras where it ends"""
    classes: Annotated[tuple[VehicleClass, ...], Field(min_length=1)] = (VehicleClass.TRUCK,)
    """the vehicle classes that must not overtake, such as ['truck']"""
    max_travel_s: Seconds = 600
    """the longest travel in seconds; a longer one is a stop"""
    min_confidence: Share = 0.9
    """the least confidence of all four plates, from 0 to 1"""
    min_gap_s: Seconds = 2
    """the seconds that a vehicle must be behind at the entry, and ahead at the exit"""
    stop_factor: Annotated[float, Field(gt=1, allow_inf_nan=False)] = 1.5
    """how many times the usual travel makes it likely that the overtaken vehicle stopped"""


class Line(Part):
    """`[[lines]]`: cameras that the same traffic passes one after another."""

    id: Id
    """lower-case letters, digits, `.`, `_` or `-`; at most 64"""
    cameras: Annotated[tuple[Id, ...], Field(min_length=2)]
    """the ids of two or more cameras, in the order in which they are driven past"""
    max_travel_s: Seconds = 1800
    """the longest drive from the first to the last, in seconds"""


class Zone(Hours):
    """`[[zones]]`: a permit zone with its gates. Outside its hours everybody may pass."""

    id: Id
    """lower-case letters, digits, `.`, `_` or `-`; at most 64"""
    gates: SomeIds
    """the ids of the cameras at its gates"""
    permits: SomeIds
    """the names of the lists of plates that may enter"""
    always: Ids = ()
    """the names of the lists of plates that may enter at any time, such as emergency services"""
    admission: Id | None = None
    """the table that says who may enter by fuel and euro class, such as 'lez-flanders'"""
    registry: Annotated[str, Field(pattern=r"^(file|sqlite):.+$")] | None = None
    """where the vehicles' fuels and euro classes are kept: file:PATH (CSV) or sqlite:PATH"""
    action: Literal["open", "flag"]
    """`open` (a bollard for permit holders) or `flag` (report entry without one)"""
    actuator: Url | None = None
    """the address of the bollard, such as https://127.0.0.1:8443/bollard/markt"""
    secret: SecretRef | None = None
    """where the actuator's secret is kept: env:NAME or file:PATH, never the secret itself"""
    fail: Literal["open", "closed"] = "open"
    """`open` or `closed`: what happens when the actuator or the registry cannot be reached"""
    location: Location | None = None
    """{ road = 'Markt', municipality = 'Relst', legal_basis = '...' }"""

    @model_validator(mode="after")
    def _admission_has_a_registry(self) -> Self:
        if (self.admission is None) != (self.registry is None):
            msg = "admission and registry belong together; write both, or take both out"
            raise ValueError(msg)
        return self
