"""Who drives through a zone, when and where: commuters, couriers, trucks, people from elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from math import ceil, inf
from random import Random

from anpr.events import VehicleClass
from anpr.sites import Site
from pipeline.demo.registrations import Registration, registration
from pipeline.simulation.routes import Drive, Route, Watched, drive, routes_of


class Habit(StrEnum):
    """Why somebody drives."""

    COMMUTER = "commuter"
    LOCAL = "local"
    COURIER = "courier"
    TRUCK = "truck"
    STRANGER = "stranger"
    BURGLAR = "burglar"


HABITS = {
    Habit.COMMUTER: 48, Habit.LOCAL: 24, Habit.COURIER: 8, Habit.TRUCK: 9, Habit.STRANGER: 10.7,
    Habit.BURGLAR: 0.3,
}  # fmt: skip
"""Who makes how many of a hundred trips."""

POOL = {
    Habit.COMMUTER: 2500, Habit.LOCAL: 1800, Habit.COURIER: 60, Habit.TRUCK: 400, Habit.BURGLAR: 25
}  # fmt: skip
"""How many different vehicles come back day after day, where `POOLED_TRIPS` are made a day;
strangers are new each time."""

POOLED_TRIPS = 24_000

FAITHFUL = 0.8
"""How often somebody who comes back takes the way that is their own."""

HOTLIST = "wanted"
"""The list that the burglars' cars are on, and some others."""

PERMITTED = {Habit.TRUCK: 0.1, Habit.LOCAL: 0.6, Habit.COMMUTER: 0.05, Habit.COURIER: 0.2}
"""How many of those who come back hold each permit that the site asks for."""

HOURS = {
    Habit.COMMUTER: (0, 0, 0, 0, 1, 4, 14, 24, 18, 7, 4, 4, 5, 5, 5, 7, 16, 24, 18, 9, 5, 3, 2, 1),
    Habit.LOCAL: (1, 0, 0, 0, 0, 1, 2, 4, 7, 9, 10, 10, 9, 9, 9, 9, 9, 8, 7, 6, 5, 4, 3, 2),
    Habit.COURIER: (0, 0, 0, 0, 0, 1, 3, 6, 9, 11, 12, 12, 9, 11, 12, 12, 11, 10, 8, 7, 5, 3, 1, 0),
    Habit.TRUCK: (1, 1, 1, 2, 5, 9, 11, 11, 10, 10, 10, 9, 7, 9, 9, 8, 6, 4, 3, 2, 1, 1, 1, 1),
    Habit.STRANGER: (2, 1, 1, 1, 1, 2, 4, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9, 8, 7, 5, 4, 3, 2),
    Habit.BURGLAR: (9, 10, 9, 7, 4, 1, 0, 0, 0, 1, 2, 2, 1, 1, 2, 2, 2, 4, 7, 9, 9, 8, 8, 8),
}
"""How a working day's trips spread over its hours, in proportion."""

WEEKEND = {Habit.COMMUTER: 0.15, Habit.COURIER: 0.4, Habit.TRUCK: 0.1}
"""How much of a working day's traffic a day of the weekend has, where it differs."""

REST_S = 900
"""Nobody starts again sooner after a trip."""


COUNTRIES = ("BE", "NL", "DE", "FR", "LU", "GB")
AT_HOME = (90, 4, 2, 3, 0.7, 0.3)
ABROAD = (35, 25, 14, 19, 4, 3)


@dataclass(frozen=True, slots=True)
class Demand:
    """How much traffic: until so many reads are made, or for so many days, from a morning on.

    `trips` are those a camera sees on a working day; `listed` is the share of the vehicles that
    come back which are on the hotlist beside the burglars' cars.
    """

    reads: int | None = None
    days: int | None = None
    start: date = date(2026, 5, 4)
    trips: float = 3000
    listed: float = 0.001


DAWN = time(6)
"""When a recording starts, in the site's time zone."""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle as it truly is: how dirty its plate, whether it comes back, which lists it is on.

    `dirt` multiplies how often its plate is misread; `own` is the way it mostly takes.
    """

    registration: Registration
    class_: VehicleClass
    height_m: float
    dirt: float
    habit: Habit
    own: Route | None = None
    lists: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Visit:
    """A vehicle past a camera at its true time, in so many reads."""

    camera: str
    at: datetime
    reads: int


@dataclass(frozen=True, slots=True)
class Trip:
    """A vehicle on its way."""

    vehicle: Vehicle
    route: Route
    drive: Drive
    visits: tuple[Visit, ...]

    @property
    def start(self) -> datetime:
        """When it passes its first camera."""
        return self.visits[0].at

    @property
    def is_whole(self) -> bool:
        """Say whether it passes every camera of its way before the recording ends."""
        return len(self.visits) == len(self.route.cameras)


class Traffic:
    """Everybody who drives through a site. Iterate `trips` once: it draws as it goes."""

    def __init__(self, site: Site, demand: Demand, seed: int) -> None:
        self._rng = Random(f"{seed}/traffic")  # noqa: S311  traffic, not secrets
        self._routes = routes_of(site)
        self._zone = site.site.zone
        self._demand = demand
        dawn = datetime.combine(demand.start, DAWN, self._zone)
        self._clock = dawn.timestamp()
        self._end = (dawn + timedelta(days=demand.days)).timestamp() if demand.days else inf
        self._per_day = demand.trips * len(site.cameras)
        self._pools: dict[Habit, list[Vehicle]] = {habit: [] for habit in HABITS}
        self._free_at: dict[str, float] = {}
        self._permits = sorted(site.permit_lists)
        self._appeals = {
            habit: [_appeal(route, habit) for route in self._routes] for habit in HABITS
        }

    def trips(self) -> Iterator[Trip]:
        """Give trips in order of their start, until there are enough.

        Where a number of reads is asked for, the last trip leaves out what would be too much.
        """
        left = self._demand.reads if self._demand.reads is not None else inf
        while left > 0:
            trip = self._next()
            if self._clock >= self._end:
                return
            visits = []
            for visit in trip.visits:
                taken = min(visit.reads, left)
                if taken:
                    visits.append(Visit(visit.camera, visit.at, int(taken)))
                left -= taken
            yield replace(trip, visits=tuple(visits))

    @property
    def lists(self) -> Mapping[str, Sequence[str]]:
        """The plates on each list, of the vehicles that drove so far."""
        known = [vehicle for pool in self._pools.values() for vehicle in pool]
        return {
            name: sorted({one.registration.plate for one in known if name in one.lists})
            for name in (HOTLIST, *self._permits)
        }

    def _next(self) -> Trip:
        """Let time pass until somebody starts: a Poisson process, thinned by hour and habit."""
        rng = self._rng
        peak = self._per_day / 24 * 4
        while True:
            self._clock += rng.expovariate(peak / 3600)
            start = datetime.fromtimestamp(self._clock, self._zone)
            habit = rng.choices(tuple(HABITS), tuple(HABITS.values()))[0]
            hours = HOURS[habit]
            share = hours[start.hour] * 24 / sum(hours) / 4
            if start.weekday() >= 5:  # noqa: PLR2004  Saturday
                share *= WEEKEND.get(habit, 1)
            if rng.random() < share:
                return self._trip(start, habit)

    def _trip(self, start: datetime, habit: Habit) -> Trip:
        rng = self._rng
        vehicle = self._vehicle(habit)
        is_faithful = vehicle.own is not None and rng.random() < FAITHFUL
        route = vehicle.own if vehicle.own and is_faithful else self._way(habit)
        drive_ = drive(route, rng)
        if vehicle.own is not None:
            self._free_at[vehicle.registration.plate] = self._clock + drive_.duration_s + REST_S
        first = start.astimezone(UTC)
        moments = (first, first + timedelta(seconds=drive_.duration_s))
        # What ends a section is triggered at its line, and reads a plate there and only there.
        counts = (1, 0, 0) if route.section else (5, 3, 2)
        visits = tuple(
            Visit(camera, moment, rng.choices((1, 2, 3), counts)[0])
            for camera, moment in zip(route.cameras, moments, strict=False)
        )
        return Trip(vehicle, route, drive_, visits)

    def _way(self, habit: Habit) -> Route:
        return self._rng.choices(self._routes, self._appeals[habit])[0]

    def _vehicle(self, habit: Habit) -> Vehicle:
        """Draw who drives: somebody known who is not on the road, else somebody new."""
        pool = self._pools[habit]
        size = ceil(POOL.get(habit, 0) * self._per_day / POOLED_TRIPS)
        place = self._rng.randrange(size) if size else 0
        if place < len(pool) and self._is_free(pool[place]):
            return pool[place]
        vehicle = self._new(habit)
        if len(pool) >= size:
            return vehicle
        pool.append(replace(vehicle, own=self._way(habit), lists=self._lists(habit)))
        return pool[-1]

    def _lists(self, habit: Habit) -> frozenset[str]:
        """Draw which lists somebody who comes back is on."""
        rng = self._rng
        is_wanted = habit is Habit.BURGLAR or rng.random() < self._demand.listed
        share = PERMITTED.get(habit, 0)
        permits = [name for name in self._permits if rng.random() < share]
        return frozenset([*permits, HOTLIST] if is_wanted else permits)

    def _is_free(self, vehicle: Vehicle) -> bool:
        return self._free_at.get(vehicle.registration.plate, 0.0) <= self._clock

    def _new(self, habit: Habit) -> Vehicle:
        rng = self._rng
        at_home = habit not in {Habit.STRANGER, Habit.TRUCK, Habit.BURGLAR}
        country = rng.choices(COUNTRIES, AT_HOME if at_home else ABROAD)[0]
        class_ = _class(habit, rng)
        height_m = {VehicleClass.TRUCK: 3.7, VehicleClass.VAN: 2.4, VehicleClass.BUS: 3.2}.get(
            class_, 1.5
        )
        dirt = 6.0 if rng.random() < 0.03 else rng.uniform(0.5, 1.5)  # noqa: PLR2004  few
        made = registration(rng, country)
        return Vehicle(made, class_, round(height_m + rng.gauss(0, 0.1), 2), dirt, habit)


def _class(habit: Habit, rng: Random) -> VehicleClass:
    match habit:
        case Habit.TRUCK:
            return VehicleClass.TRUCK
        case Habit.COURIER:
            return VehicleClass.VAN
        case _:
            kinds = (VehicleClass.CAR, VehicleClass.VAN, VehicleClass.MOTORCYCLE, VehicleClass.BUS)
            return rng.choices(kinds, (86, 9, 3, 2))[0]


def _appeal(route: Route, habit: Habit) -> float:
    """Say how likely somebody takes a way: trucks the lock's, all the section's main road."""
    wish = {Watched.SECTION: 3.0, Watched.LOCK: 1.0, Watched.CAMERA: 1.0}[route.watched]
    return wish * 4 if habit is Habit.TRUCK and route.watched is Watched.LOCK else wish
