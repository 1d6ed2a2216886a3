"""What the planned traffic must come to, by plain arithmetic, without a look at the rules."""

from dataclasses import dataclass

from anpr.events import Decision, LockVerdict, Match, SectionVerdict, VehicleClass
from pipeline.demo.traffic import Plan, Role, Sighting, Trip
from pipeline.demo.zone import POSTS, site

FLAT_MARGIN_TO_KMH = 100


@dataclass(frozen=True, slots=True, order=True)
class ExpectedTransit:
    """A vehicle through the section; its verdict whatever moment of either view is read."""

    plate: str
    verdict: SectionVerdict


@dataclass(frozen=True, slots=True, order=True)
class ExpectedLock:
    """A truck through the lock."""

    plate: str
    exit_camera: str
    verdict: LockVerdict


@dataclass(frozen=True, slots=True, order=True)
class ExpectedHit:
    """A listed vehicle past a camera."""

    list: str
    plate: str
    camera: str
    match: Match


@dataclass(frozen=True, slots=True, order=True)
class ExpectedAccess:
    """A vehicle with a plate at the gate."""

    plate: str
    gate: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything that must be found. `unread` are the sightings of vehicles without a plate."""

    transits: tuple[ExpectedTransit, ...]
    locks: tuple[ExpectedLock, ...]
    hits: tuple[ExpectedHit, ...]
    accesses: tuple[ExpectedAccess, ...]
    readable: tuple[Sighting, ...]
    unread: tuple[Sighting, ...]

    @property
    def violations(self) -> tuple[ExpectedTransit, ...]:
        """The transits that are speeding."""
        return tuple(one for one in self.transits if one.verdict is SectionVerdict.VIOLATION)


def truth_of(plan: Plan) -> Truth:
    """Work out what a plan must come to. Raises ValueError where its errors leave a doubt."""
    return Truth(
        transits=tuple(sorted(_transit(trip) for trip in plan.trips if _is_section(trip))),
        locks=tuple(sorted(_lock(trip) for trip in plan.trips if _is_lock(trip))),
        hits=tuple(sorted(hit for trip in plan.trips for hit in _hits(trip))),
        accesses=tuple(sorted(_accesses(plan))),
        readable=tuple(one for one in plan.sightings if one.vehicle.plate),
        unread=tuple(one for one in plan.sightings if not one.vehicle.plate),
    )


def _plate(trip: Trip) -> str:
    if trip.vehicle.plate is None:
        raise ValueError("this trip needs a plate")
    return trip.vehicle.plate


def _duration_s(trip: Trip) -> float:
    return trip.sightings[-1].at_s - trip.sightings[0].at_s


def _view_s(trip: Trip) -> float:
    """How far both readings together may be from their planned moments: half a view each."""
    return sum(
        POSTS[one.camera].view.depth_m / 2 / one.speed_m_s
        for one in (trip.sightings[0], trip.sightings[-1])
    )


def _is_section(trip: Trip) -> bool:
    return trip.sightings[-1].camera in site().sections[0].exit


def _transit(trip: Trip) -> ExpectedTransit:
    """Judge the provable speed at both ends of what the readings leave open.

    3.6 (L - dL) / (t + both clock errors), floored; less 6 km/h up to 100, above it 6 %.
    """
    section = site().sections[0]
    clocks_s = 2 * site().cameras[0].clock_error_ms / 1000
    verdicts = set()
    for shift_s in (-_view_s(trip), _view_s(trip)):
        seconds = _duration_s(trip) + shift_s + clocks_s
        kmh = int(3.6 * (section.length_m - section.length_error_m) / seconds)
        corrected = kmh - 6 if kmh <= FLAT_MARGIN_TO_KMH else int(0.94 * kmh)
        verdicts.add(corrected > section.limit_kmh)
    if len(verdicts) > 1:
        raise ValueError("a planned speed is too near to the limit for its verdict to be sure")
    verdict = SectionVerdict.VIOLATION if verdicts.pop() else SectionVerdict.OK
    return ExpectedTransit(_plate(trip), verdict)


def _is_lock(trip: Trip) -> bool:
    is_truck = trip.vehicle.class_ is VehicleClass.TRUCK
    return is_truck and trip.sightings[-1].camera in site().locks[0].exits


def _lock(trip: Trip) -> ExpectedLock:
    """Judge a stay against the lock's time; a permit comes first, then a stay, then doubt."""
    within_s, error_s = site().locks[0].through_within_s, _view_s(trip)
    if within_s - error_s < _duration_s(trip) <= within_s + error_s:
        raise ValueError("a planned stay is too near to the lock's time for its verdict to be sure")
    if trip.vehicle.role is Role.PERMIT_TRUCK:
        verdict = LockVerdict.EXEMPT
    elif _duration_s(trip) > within_s:
        verdict = LockVerdict.LOCAL
    elif trip.vehicle.role in {Role.CLASSLESS_TRUCK, Role.MISNAMED_TRUCK}:
        verdict = LockVerdict.REVIEW
    else:
        verdict = LockVerdict.THROUGH
    return ExpectedLock(_plate(trip), trip.sightings[-1].camera, verdict)


def _hits(trip: Trip) -> list[ExpectedHit]:
    match trip.vehicle.role:
        case Role.STOLEN:
            name, match = "stolen", Match.EXACT
        case Role.LOOK_ALIKE:
            name, match = "watch", Match.EQUIVALENT
        case _:
            return []
    return [ExpectedHit(name, _plate(trip), one.camera, match) for one in trip.sightings]


def _accesses(plan: Plan) -> list[ExpectedAccess]:
    gate = site().zones[0].gates[0]
    return [
        ExpectedAccess(
            one.vehicle.plate,
            gate,
            Decision.ALLOW if one.vehicle.role is Role.RESIDENT else Decision.DENY,
        )
        for one in plan.at(gate)
        if one.vehicle.plate
    ]
