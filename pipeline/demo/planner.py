"""Plans a demo's traffic: enough of every case, placed so that two cores can follow."""

from dataclasses import replace
from random import Random
from typing import NamedTuple

from anpr.events import VehicleClass
from anpr.plates import fold
from pipeline.demo.registrations import Registration, registration
from pipeline.demo.traffic import Plan, Role, Row, Sensors, Sighting, Trip, Vehicle
from pipeline.demo.zone import POSTS, site

COLOURS = (
    (150, 72, 34), (44, 40, 168), (206, 206, 208), (58, 58, 62), (96, 120, 64), (150, 150, 154),
    (70, 120, 210), (112, 60, 44),
)  # fmt: skip
COUNTRIES = ("BE", "NL", "DE", "FR", "LU", "GB")
SHARES = (60, 14, 10, 9, 4, 3)

FIRST_S, LAST_S = 1.5, 3.0
"""Nothing comes into view before the first; after the last of the demo's end nothing is in view."""

HEADWAY_S = 1.0
"""Between two vehicles in one lane, from one's leaving the view to the other's coming."""

BUSY = (2, 3)
"""How many cameras may see traffic at a time: at best, and where a case finds no room else."""

TRIES = 200
ATTEMPTS = 50

PLANTED: dict[Role, tuple[int, float]] = {
    Role.LOCAL_TRUCK: (1, 2),
    Role.STEADY: (1, 1.5),
    Role.OTHER_PLATE: (1, 1),
    Role.STOLEN: (2, 2),
    Role.WITHIN_MARGIN: (1, 2),
    Role.SPEEDER: (2, 3),
    Role.THROUGH_TRUCK: (1, 2),
    Role.PERMIT_TRUCK: (1, 1),
    Role.CLASSLESS_TRUCK: (1, 1),
    Role.MISNAMED_TRUCK: (1, 1),
    Role.LOCK_CAR: (0, 1),
    Role.LOOK_ALIKE: (1, 1),
    Role.RESIDENT: (1, 2),
    Role.STRANGER: (1, 2),
    Role.PLATELESS: (1, 1),
    Role.PASSER_BY: (4, 16),
}
"""Per role: how many at least, how many a minute; the longest trips are placed first."""

TRUCKS = {
    Role.LOCAL_TRUCK, Role.THROUGH_TRUCK, Role.PERMIT_TRUCK, Role.CLASSLESS_TRUCK,
    Role.MISNAMED_TRUCK,
}  # fmt: skip
SECTION_KMH = {
    Role.SPEEDER: (105, 118),
    Role.WITHIN_MARGIN: (72, 75.5),
    Role.STEADY: (62, 69),
}
LOCK_S = dict.fromkeys(TRUCKS | {Role.LOCK_CAR}, (5.5, 7.5)) | {Role.LOCAL_TRUCK: (15.5, 17.5)}
AT_GATE = {Role.RESIDENT, Role.STRANGER, Role.PLATELESS}
STREET_KMH = (40, 50)
GATE_KMH = (14, 20)
STATION_TO_GATE_S = (6, 9)
FOREIGN_TOO = {Role.PASSER_BY, Role.THROUGH_TRUCK, Role.STEADY}


def plan_traffic(seconds: float, seed: int) -> Plan:
    """Plan a demo of `seconds` (30 or more) of wall time; the same seed gives the same plan."""
    rng = Random(seed)  # noqa: S311  traffic, not secrets
    for _ in range(ATTEMPTS):
        if plan := _Planner(seconds, rng).plan():
            return plan
    raise ValueError(f"{seconds} s are too short to show every case; make the demo 30 s or longer")


class _Window(NamedTuple):
    """When a vehicle is in a camera's view."""

    camera: str
    lane: int
    enters_s: float
    leaves_s: float

    def moved(self, by_s: float) -> "_Window":
        return self._replace(enters_s=self.enters_s + by_s, leaves_s=self.leaves_s + by_s)

    def apart_s(self, other: "_Window") -> float:
        """Give the time between both; negative where they overlap."""
        return max(self.enters_s - other.leaves_s, other.enters_s - self.leaves_s)


class _Planner:
    def __init__(self, seconds: float, rng: Random) -> None:
        self.seconds = seconds
        self.rng = rng
        self.taken: set[str] = set()
        self.placed: list[_Window] = []
        self.lists: dict[str, list[Row]] = {
            "stolen": [], "watch": [], "relst-permits": [], "bewoners": []
        }  # fmt: skip

    def plan(self) -> Plan | None:
        """Place every trip; None where a case that must be shown found no room."""
        trips: list[Trip] = []
        for role, (least, per_minute) in PLANTED.items():
            for _ in range(max(least, round(per_minute * self.seconds / 60))):
                trip = self._place(self._trip(self._vehicle(role, len(trips))))
                if trip:
                    self._list(trip.vehicle)
                    trips.append(trip)
                elif role is not Role.PASSER_BY:
                    return None
        self._pad()
        return Plan(self.seconds, tuple(trips), self.lists)

    def _vehicle(self, role: Role, number: int) -> Vehicle:
        colour = self.rng.choice(COLOURS)
        if role in TRUCKS:
            class_ = VehicleClass.TRUCK
        elif role is Role.PLATELESS:
            class_ = VehicleClass.MOTORCYCLE
        else:
            class_ = self.rng.choices([VehicleClass.CAR, VehicleClass.VAN], [4, 1])[0]
        plate = None if role is Role.PLATELESS else self._registration(role)
        return Vehicle(number, role, class_, colour, plate)

    def _registration(self, role: Role) -> Registration:
        """Make up a plate that no other in the plan or its lists looks like."""
        while True:
            country = self.rng.choices(COUNTRIES, SHARES)[0] if role in FOREIGN_TOO else "BE"
            made = registration(self.rng, country)
            if role in {Role.LOOK_ALIKE, Role.OTHER_PLATE}:
                # A D where the listed plate has a Q: as alike as two letters on a plate can be.
                made = replace(made, display=f"1-D{made.display[-6:]}")
            if fold(made.plate) not in self.taken:
                self.taken.add(fold(made.plate))
                return made

    def _trip(self, vehicle: Vehicle) -> Trip:
        role = vehicle.role
        if role is Role.STOLEN and vehicle.number % 2:
            role = Role.STEADY
        if role in SECTION_KMH:
            return self._section(vehicle, self.rng.uniform(*SECTION_KMH[role]))
        if role in LOCK_S:
            return self._lock(vehicle, self.rng.uniform(*LOCK_S[role]))
        if role in AT_GATE:
            return Trip((self._see(vehicle, "markt", 0, self.rng.uniform(*GATE_KMH)),))
        first = self._see(vehicle, "station", 0, self.rng.uniform(*STREET_KMH))
        if role is Role.PASSER_BY:
            return Trip((first,))
        there_s = self.rng.uniform(*STATION_TO_GATE_S)
        return Trip((first, self._see(vehicle, "markt", there_s, self.rng.uniform(*GATE_KMH))))

    def _section(self, vehicle: Vehicle, kmh: float) -> Trip:
        duration = site().sections[0].length_m / (kmh / 3.6)
        entry = self._see(vehicle, "n177-noord", 0, kmh)
        return Trip((entry, self._see(vehicle, "n177-zuid", duration, kmh)))

    def _lock(self, vehicle: Vehicle, duration_s: float) -> Trip:
        exit_camera = self.rng.choice(("relst-west", "relst-zuid"))
        ends = (("relst-oost", 0.0), (exit_camera, duration_s))
        return Trip(tuple(
            replace(
                self._see(vehicle, camera, at_s, self.rng.uniform(*STREET_KMH)),
                sensors=_sensors(vehicle, is_exit=at_s > 0),
            )
            for camera, at_s in ends
        ))  # fmt: skip

    def _see(self, vehicle: Vehicle, camera: str, at_s: float, kmh: float) -> Sighting:
        lane = self.rng.randrange(len(POSTS[camera].view.lanes_m))
        return Sighting(vehicle, camera, at_s, kmh / 3.6, lane, self.rng.uniform(-0.15, 0.15))

    def _place(self, trip: Trip) -> Trip | None:
        """Find a start for a trip: first with two cameras busy at a time, then with three."""
        first, last = trip.sightings[0], trip.sightings[-1]
        earliest = FIRST_S + first.at_s - first.enters_s
        latest = self.seconds - LAST_S - last.leaves_s
        windows = [
            _Window(one.camera, one.lane, one.enters_s, one.leaves_s) for one in trip.sightings
        ]
        for busy in BUSY if trip.vehicle.role is not Role.PASSER_BY else BUSY[:1]:
            for _ in range(TRIES):
                start = self.rng.uniform(earliest, latest)
                moved = [window.moved(start) for window in windows]
                if all(self._fits(window, busy) for window in moved):
                    self.placed += moved
                    return Trip(
                        tuple(replace(one, at_s=one.at_s + start) for one in trip.sightings)
                    )
        return None

    def _fits(self, new: "_Window", busy: int) -> bool:
        """Say whether a view keeps its distance, and no more than `busy` cameras see traffic."""
        near = [old for old in self.placed if old.apart_s(new) < HEADWAY_S]
        same = [old for old in near if old.camera == new.camera]
        lanes = len(POSTS[new.camera].view.lanes_m)
        if any(old.lane == new.lane for old in same) or len(same) >= lanes:
            return False
        return len({old.camera for old in near if old.apart_s(new) < 0} | {new.camera}) <= busy

    def _list(self, vehicle: Vehicle) -> None:
        plate = vehicle.plate
        if plate is None or vehicle.registration is None:
            return
        country = vehicle.registration.country
        match vehicle.role:
            case Role.STOLEN:
                row = Row(plate, country, "stolen", 90, action="stop")
                self.lists["stolen"].append(row)
            case Role.LOOK_ALIKE:
                row = Row(plate.replace("D", "Q", 1), country, "courier", 60, "equivalent")
                self.lists["watch"].append(row)
            case Role.OTHER_PLATE:
                self.lists["stolen"].append(Row(plate.replace("D", "Q", 1), country, "stolen", 90))
            case Role.PERMIT_TRUCK:
                self.lists["relst-permits"].append(Row(plate, country, "supplier"))
            case Role.RESIDENT:
                self.lists["bewoners"].append(Row(plate, country, "resident"))
            case _:
                pass

    def _pad(self) -> None:
        """Fill the lists with plates that stay at home, as lists are."""
        for name, count in (("stolen", 40), ("watch", 5), ("relst-permits", 12), ("bewoners", 25)):
            for _ in range(count):
                away = self._registration(Role.STEADY)
                self.lists[name].append(Row(away.plate, away.country, name))
            self.lists[name].sort(key=lambda row: row.plate_pattern)


def _sensors(vehicle: Vehicle, *, is_exit: bool) -> Sensors:
    """Say what a gantry measures: the truth, nothing, or at the exit a class that is wrong."""
    match vehicle.role:
        case Role.CLASSLESS_TRUCK:
            return Sensors()
        case Role.MISNAMED_TRUCK:
            return Sensors(VehicleClass.VAN if is_exit else VehicleClass.TRUCK)
        case _:
            return Sensors(vehicle.class_, 3.8 if vehicle.class_ is VehicleClass.TRUCK else 1.6)
