from typing import Any

import pytest

from anpr.events import Access, Decision, Passage
from anpr.lists import Entry, Lists, PlateList
from anpr.sites import Zone
from rules.zone import ZoneRule
from tests.rules.passages import LOOK_ALIKE, PLATE, after, by_time, passage


def rule(**changes: Any) -> ZoneRule:
    zone = {
        "id": "centrum", "gates": ["markt"], "permits": ["bewoners", "nooddiensten"],
        "action": "open", **changes,
    }  # fmt: skip
    return ZoneRule(Zone.model_validate(zone))


def listed(name: str, *plates: str, version: int = 1, **known: Any) -> PlateList:
    entries = [
        Entry.model_validate({"id": f"{name}-{plate}", "plate_pattern": plate, **known})
        for plate in plates
    ]
    return PlateList(name, version, None, entries)


def only(seen: Passage, *lists: PlateList, zone: ZoneRule | None = None) -> Access:
    (access,) = (zone or rule()).judge([seen], Lists(lists))
    return access


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
