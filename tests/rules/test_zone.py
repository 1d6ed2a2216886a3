from datetime import date, datetime
from typing import Any

import pytest

from anpr.errors import RegistryError
from anpr.events import Access, Decision, Passage
from anpr.lists import Entry, Lists, PlateList
from anpr.ports import Registered
from anpr.sites import SiteSettings, Zone
from rules.admission import Admission
from rules.data import shipped_law
from rules.zone import ZoneRule
from tests.rules.passages import LOOK_ALIKE, PLATE, after, by_time, passage

SETTINGS = SiteSettings(name="Rupel", timezone="Europe/Brussels", country="BE")


class Vehicles:
    """A registry in memory that can be out of reach."""

    def __init__(self, **known: Registered) -> None:
        self.known = known
        self.is_there = True

    def vehicle(self, plate: str, country: str | None, at: datetime) -> Registered | None:
        if not self.is_there:
            raise RegistryError("out of reach")
        return self.known.get(plate)


def rule(**changes: Any) -> ZoneRule:
    parts = {
        name: changes.pop(name) for name in ("calendar", "admission", "registry") if name in changes
    }
    if "admission" in parts:
        changes = {"admission": "lez", "registry": "file:lez.csv", "action": "flag", **changes}
    zone = {
        "id": "centrum", "gates": ["markt"], "permits": ["bewoners", "nooddiensten"],
        "action": "open", **changes,
    }  # fmt: skip
    return ZoneRule(Zone.model_validate(zone), SETTINGS, **parts)


NOBODY = [PlateList(name, 0, None, ()) for name in ("bewoners", "nooddiensten", "brandweer")]
"""Every list was loaded, and nobody is on it."""


def listed(name: str, *plates: str, version: int = 1, **known: Any) -> PlateList:
    entries = [
        Entry.model_validate({"id": f"{name}-{plate}", "plate_pattern": plate, **known})
        for plate in plates
    ]
    return PlateList(name, version, None, entries)


def only(seen: Passage, *lists: PlateList, zone: ZoneRule | None = None) -> Access:
    (access,) = (zone or rule()).judge([seen], Lists([*NOBODY, *lists]))
    return access


@pytest.mark.parametrize(
    ("fail", "action", "expected"),
    [("open", "open", "allow"), ("closed", "open", "deny"), ("closed", "flag", "flag")],
)
def test_while_a_list_was_never_loaded_what_fail_says_holds(
    fail: str, action: str, expected: str
) -> None:
    zone, seen = rule(fail=fail, action=action), passage("markt", 0)
    (access,) = zone.judge([seen], Lists([listed("bewoners", "2XYZ999")]))
    assert (access.decision, access.reason) == (expected, "permits_unknown")
    (access,) = zone.judge([seen], Lists([listed("bewoners", PLATE)]))
    assert access.reason == "permit"


def test_a_permit_allows_and_says_which() -> None:
    seen = passage("markt", 0, revision=2)
    access = only(seen, listed("bewoners", PLATE, version=4))
    assert (access.decision, access.reason) == (Decision.ALLOW, "permit")
    assert access.permit == f"bewoners-{PLATE}"
    assert (access.zone, access.gate, access.plate, access.at) == (
        "centrum", "markt", PLATE, after(0),
    )  # fmt: skip
    assert (access.passages, access.revision) == ((seen.id,), 6)


def test_any_of_the_lists_allows() -> None:
    assert only(passage("markt", 0), listed("nooddiensten", PLATE)).decision is Decision.ALLOW


@pytest.mark.parametrize(("action", "expected"), [("open", Decision.DENY), ("flag", Decision.FLAG)])
def test_without_a_permit_the_zone_does_what_it_says(action: str, expected: Decision) -> None:
    access = only(passage("markt", 0), zone=rule(action=action))
    assert (access.decision, access.reason, access.permit) == (expected, "no_permit", None)


def test_a_list_that_the_zone_does_not_name_allows_nothing() -> None:
    assert only(passage("markt", 0), listed("stolen", PLATE)).decision is Decision.DENY


def test_a_look_alike_permit_counts_for_the_driver_marked_so() -> None:
    access = only(passage("markt", 0, LOOK_ALIKE), listed("bewoners", PLATE))
    assert (access.decision, access.reason) == (Decision.ALLOW, "look_alike_permit")


def test_the_plates_own_permit_goes_before_a_look_alikes() -> None:
    lists = (listed("bewoners", LOOK_ALIKE), listed("nooddiensten", PLATE))
    access = only(passage("markt", 0), *lists)
    assert (access.reason, access.permit) == ("permit", f"nooddiensten-{PLATE}")


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-1, Decision.DENY), (0, Decision.ALLOW), (60, Decision.DENY)],
)
def test_a_permit_counts_by_the_time_of_the_passage(seconds: float, expected: Decision) -> None:
    permit = listed("bewoners", PLATE, valid_from=after(0), valid_to=after(60))
    assert only(passage("markt", seconds), permit).decision is expected


def test_each_passage_of_a_gate_gives_one_access_and_no_other_passage_does() -> None:
    seen = by_time(passage("markt", 0), passage("markt", 60), passage("elsewhere", 30))
    assert len({one.id for one in rule().judge(seen, Lists())}) == 2


def test_a_late_passage_gives_a_late_access() -> None:
    assert only(passage("markt", 0, late=True)).late


def test_the_version_follows_the_permits_and_not_the_bollard() -> None:
    version = rule().ref.version
    assert rule(permits=["bewoners"]).ref.version != version
    assert rule(actuator="https://127.0.0.1:8443/bollard").ref.version == version
    assert rule().id == "zone/centrum"
    assert rule().cameras == {"markt"}
    assert rule().reach.total_seconds() == 0


ALWAYS = {"always": ["brandweer"]}


def test_who_may_always_pass_needs_no_permit() -> None:
    access = only(passage("markt", 0), listed("brandweer", PLATE, version=3), zone=rule(**ALWAYS))
    assert (access.decision, access.reason, access.permit) == (
        Decision.ALLOW, "always", f"brandweer-{PLATE}",
    )  # fmt: skip
    assert access.revision == 4


def test_a_look_alike_of_who_may_always_pass_passes_marked_so() -> None:
    access = only(passage("markt", 0, LOOK_ALIKE), listed("brandweer", PLATE), zone=rule(**ALWAYS))
    assert (access.decision, access.reason) == (Decision.ALLOW, "look_alike_always")


def test_who_may_always_pass_gets_through_whatever_becomes_of_the_registry() -> None:
    away = Vehicles()
    away.is_there = False
    zone = rule(**ALWAYS, admission=TABLE, registry=away, fail="closed")
    assert only(passage("markt", 0), listed("brandweer", PLATE), zone=zone).reason == "always"


@pytest.mark.parametrize(
    ("hours", "reason"),
    [
        ({"from_": "11:00", "to": "12:00"}, "no_permit"),
        ({"from_": "11:01", "to": "12:00"}, "outside_hours"),
        ({"from_": "10:00", "to": "11:00"}, "outside_hours"),
        ({"days": ["mon"]}, "no_permit"),
        ({"days": ["tue"]}, "outside_hours"),
    ],
)
def test_outside_its_hours_a_street_is_open_to_everybody(hours: Any, reason: str) -> None:
    access = only(passage("markt", 0), zone=rule(**hours))
    assert access.reason == reason
    assert (access.decision is Decision.ALLOW) == (reason == "outside_hours")


TABLE = Admission.model_validate(
    {
        "name": "lez",
        "source": "a test",
        "steps": [
            {"since": "2025-01-01", "least_euro": {"diesel": 4, "petrol": 1}},
            {
                "since": "2026-03-02",
                "least_euro": {"diesel": 5, "petrol": 2},
                "all_classes": ["electric"],
            },
        ],
    }
)


def in_lez(vehicle: Registered | None, plate: str = PLATE) -> Access:
    known = {} if vehicle is None else {PLATE: vehicle}
    zone = rule(admission=TABLE, registry=Vehicles(**known))
    return only(passage("markt", 0, plate), zone=zone)


@pytest.mark.parametrize(
    ("vehicle", "reason"),
    [
        (Registered("diesel", 5), "admitted"),
        (Registered("diesel", 4), "not_admitted"),
        (Registered("petrol", 2), "admitted"),
        (Registered("petrol", 1), "not_admitted"),
        (Registered("electric"), "admitted"),
        (Registered("diesel"), "unknown_class"),
        (Registered("steam", 6), "unknown_class"),
        (None, "unregistered"),
    ],
)
def test_the_admission_table_decides_by_fuel_and_euro_class(
    vehicle: Registered | None, reason: str
) -> None:
    access = in_lez(vehicle)
    assert access.reason == reason
    assert access.decision is (Decision.ALLOW if reason == "admitted" else Decision.FLAG)


def test_the_table_of_the_day_counts() -> None:
    old = Registered("diesel", 4)
    days = [date(2024, 12, 31), date(2025, 1, 1), date(2026, 3, 1), date(2026, 3, 2)]
    assert [TABLE.judge(old, day).value for day in days] == [
        "admitted", "admitted", "admitted", "not_admitted",
    ]  # fmt: skip


def test_a_permit_goes_before_the_admission_table() -> None:
    zone = rule(admission=TABLE, registry=Vehicles())
    assert only(passage("markt", 0), listed("bewoners", PLATE), zone=zone).reason == "permit"


def test_a_misread_of_an_admitted_vehicle_counts_for_the_driver_marked_so() -> None:
    access = in_lez(Registered("diesel", 6), LOOK_ALIKE)
    assert (access.decision, access.reason) == (Decision.ALLOW, "look_alike_admitted")
    assert in_lez(Registered("diesel", 1), LOOK_ALIKE).reason == "unregistered"


@pytest.mark.parametrize(("fail", "decision"), [("open", "allow"), ("closed", "flag")])
@pytest.mark.parametrize("is_configured", [True, False])
def test_without_its_registry_a_zone_does_as_it_was_told(
    fail: str, decision: str, is_configured: bool
) -> None:
    away = Vehicles()
    away.is_there = False
    zone = rule(admission=TABLE, registry=away if is_configured else None, fail=fail)
    access = only(passage("markt", 0), zone=zone)
    assert (access.decision, access.reason) == (decision, "registry_unavailable")


def test_steps_that_are_not_in_order_are_refused() -> None:
    table = TABLE.model_dump(mode="json")
    with pytest.raises(ValueError, match="not in order"):
        Admission.model_validate({**table, "steps": table["steps"][::-1]})


def test_the_shipped_tables_name_their_source() -> None:
    tables = shipped_law().admissions
    assert set(tables) == {"lez-flanders", "lez-brussels"}
    assert all(table.source for table in tables.values())
    flanders = tables["lez-flanders"]
    assert flanders.judge(Registered("diesel", 4), date(2019, 12, 31)).value == "admitted"
    assert flanders.judge(Registered("diesel", 4), date(2020, 1, 1)).value == "not_admitted"


def test_whom_the_registry_admits_needs_no_permit_that_nobody_knows_of() -> None:
    registry = Vehicles(**{PLATE: Registered("electric")})
    (access,) = rule(admission=TABLE, registry=registry).judge([passage("markt", 0)], Lists())
    assert (access.decision, access.reason) == (Decision.ALLOW, "admitted")
