"""The traffic of a demo: who drives where and when, planned whole from one seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from anpr.events import VehicleClass
from pipeline.demo.pixels import Colour
from pipeline.demo.registrations import Registration
from pipeline.demo.zone import POSTS


class Role(StrEnum):
    """What a vehicle is there to show."""

    SPEEDER = "speeder"
    WITHIN_MARGIN = "within margin"
    STEADY = "steady"
    THROUGH_TRUCK = "through truck"
    LOCAL_TRUCK = "local truck"
    PERMIT_TRUCK = "truck with a permit"
    CLASSLESS_TRUCK = "truck without a class"
    MISNAMED_TRUCK = "truck called a van at one end"
    LOCK_CAR = "car through the lock"
    STOLEN = "stolen"
    LOOK_ALIKE = "look-alike, to be found"
    OTHER_PLATE = "look-alike, not to be found"
    RESIDENT = "resident"
    STRANGER = "stranger"
    PLATELESS = "without plate"
    PASSER_BY = "passer-by"


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle as it truly is; without a registration it shows no plate in front."""

    number: int
    role: Role
    class_: VehicleClass
    colour: Colour
    registration: Registration | None

    @property
    def plate(self) -> str | None:
        """Its plate as it travels on the wire."""
        return self.registration.plate if self.registration else None


@dataclass(frozen=True, slots=True)
class Sensors:
    """What a gantry's sensors say of a vehicle, true or not; None where they say nothing."""

    class_: VehicleClass | None = None
    height_m: float | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """A vehicle past a camera: at `at_s` its plate is in the middle of the view's depth."""

    vehicle: Vehicle
    camera: str
    at_s: float
    speed_m_s: float
    lane: int = 0
    offset_m: float = 0.0
    sensors: Sensors | None = None

    @property
    def middle_m(self) -> float:
        """How far ahead of the camera the plate is at `at_s`."""
        view = POSTS[self.camera].view
        return (view.far_m + view.near_m) / 2

    @property
    def enters_s(self) -> float:
        """When the plate comes into view."""
        return self.at_s - POSTS[self.camera].view.depth_m / 2 / self.speed_m_s

    @property
    def leaves_s(self) -> float:
        """When the plate leaves the view."""
        return self.at_s + POSTS[self.camera].view.depth_m / 2 / self.speed_m_s

    def ahead_m(self, moment_s: float) -> float:
        """How far ahead of the camera the plate is at a moment of the demo."""
        return self.middle_m + (self.at_s - moment_s) * self.speed_m_s


@dataclass(frozen=True, slots=True)
class Trip:
    """One vehicle's way through the zone: its sightings in order."""

    sightings: tuple[Sighting, ...]

    @property
    def vehicle(self) -> Vehicle:
        """Who drives."""
        return self.sightings[0].vehicle


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list file, in the columns that the demo uses."""

    plate_pattern: str
    country: str = ""
    reason_code: str = ""
    priority: int = 50
    match_mode: str = "exact"
    action: str = "observe"


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that will drive, and the lists it meets; `seconds` of wall time."""

    seconds: float
    trips: tuple[Trip, ...]
    lists: Mapping[str, Sequence[Row]]

    @property
    def sightings(self) -> tuple[Sighting, ...]:
        """Every vehicle past every camera, in order of time."""
        every = (sighting for trip in self.trips for sighting in trip.sightings)
        return tuple(sorted(every, key=lambda sighting: (sighting.at_s, sighting.camera)))

    def at(self, camera: str) -> tuple[Sighting, ...]:
        """Every vehicle past one camera, in order of time."""
        return tuple(one for one in self.sightings if one.camera == camera)
