from dataclasses import replace

import pytest

from anpr.events import Decision, LockVerdict, Match, SectionVerdict, VehicleClass
from pipeline.demo.registrations import Registration
from pipeline.demo.traffic import Plan, Role, Sighting, Trip, Vehicle
from pipeline.demo.truth import truth_of
from pipeline.demo.zone import site

LENGTH_M = site().sections[0].length_m


def vehicle(role: Role, class_: VehicleClass = VehicleClass.CAR) -> Vehicle:
    return Vehicle(1, role, class_, (0, 0, 0), Registration("1-ABC-123", "BE"))


def plan(*sightings: Sighting) -> Plan:
    return Plan(60, (Trip(sightings),), {})


def section_at(kmh: float) -> Plan:
    car = vehicle(Role.SPEEDER)
    entry = Sighting(car, "n177-noord", 5, kmh / 3.6)
    leaving = replace(entry, camera="n177-zuid", at_s=5 + LENGTH_M / (kmh / 3.6))
    return plan(entry, leaving)


def lock_for(seconds: float, role: Role) -> Plan:
    truck = vehicle(role, VehicleClass.TRUCK)
    entry = Sighting(truck, "relst-oost", 5, 14)
    return plan(entry, replace(entry, camera="relst-west", at_s=5 + seconds))


@pytest.mark.parametrize(
    ("kmh", "verdict"),
    [(70, SectionVerdict.OK), (76, SectionVerdict.OK), (105, SectionVerdict.VIOLATION)],
)
def test_a_speed_clear_of_its_margin_has_one_verdict(kmh: float, verdict: SectionVerdict) -> None:
    (transit,) = truth_of(section_at(kmh)).transits
    assert transit.verdict is verdict


def test_a_speed_that_the_errors_leave_in_doubt_is_no_plan() -> None:
    with pytest.raises(ValueError, match="too near to the limit"):
        truth_of(section_at(92))


@pytest.mark.parametrize(
    ("seconds", "role", "verdict"),
    [
        (7, Role.THROUGH_TRUCK, LockVerdict.THROUGH),
        (16, Role.LOCAL_TRUCK, LockVerdict.LOCAL),
        (7, Role.PERMIT_TRUCK, LockVerdict.EXEMPT),
        (7, Role.CLASSLESS_TRUCK, LockVerdict.REVIEW),
        (7, Role.MISNAMED_TRUCK, LockVerdict.REVIEW),
    ],
)
def test_a_lock_transit_is_judged_by_permit_stay_and_class(
    seconds: float, role: Role, verdict: LockVerdict
) -> None:
    (transit,) = truth_of(lock_for(seconds, role)).locks
    assert transit.verdict is verdict


def test_a_stay_that_the_views_leave_in_doubt_is_no_plan() -> None:
    with pytest.raises(ValueError, match="too near to the lock's time"):
        truth_of(lock_for(site().locks[0].through_within_s, Role.THROUGH_TRUCK))


def test_a_car_through_the_lock_is_no_case() -> None:
    entry = Sighting(vehicle(Role.LOCK_CAR), "relst-oost", 5, 14)
    assert truth_of(plan(entry, replace(entry, camera="relst-west", at_s=12))).locks == ()


@pytest.mark.parametrize(
    ("role", "match"),
    [(Role.STOLEN, Match.EXACT), (Role.LOOK_ALIKE, Match.EQUIVALENT), (Role.OTHER_PLATE, None)],
)
def test_a_listed_vehicle_is_hit_at_each_camera(role: Role, match: Match | None) -> None:
    first = Sighting(vehicle(role), "station", 5, 12)
    hits = truth_of(plan(first, replace(first, camera="markt", at_s=15))).hits
    assert [(hit.camera, hit.match) for hit in hits] == (
        [("markt", match), ("station", match)] if match else []
    )


@pytest.mark.parametrize(
    ("role", "decision"), [(Role.RESIDENT, Decision.ALLOW), (Role.STRANGER, Decision.DENY)]
)
def test_the_gate_opens_for_residents_alone(role: Role, decision: Decision) -> None:
    (access,) = truth_of(plan(Sighting(vehicle(role), "markt", 5, 5))).accesses
    assert access.decision is decision


def test_a_vehicle_without_plate_is_one_unread_passage_and_nothing_else() -> None:
    rider = Vehicle(1, Role.PLATELESS, VehicleClass.MOTORCYCLE, (0, 0, 0), None)
    truth = truth_of(plan(Sighting(rider, "markt", 5, 5)))
    assert len(truth.unread) == 1
    assert (truth.readable, truth.accesses, truth.hits) == ((), (), ())
