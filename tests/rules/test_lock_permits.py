from typing import Any

import pytest

from anpr.events import LockVerdict, Match
from anpr.lists import Entry, Lists, PlateList
from tests.rules.locks import ENDS, only, outcome, permits, rule, truck
from tests.rules.passages import LOOK_ALIKE, PLATE, after, passage


def test_a_permit_exempts_whatever_else_holds() -> None:
    ends = (truck("oost", 0), truck("west", 300))
    assert outcome(rule(), *ends, lists=permits()) == ("exempt", "permit")
    assert outcome(rule(), *ends, truck("kerk", 9), lists=permits()) == ("exempt", "permit")
    without_class = (passage("oost", 0), passage("west", 300))
    assert outcome(rule(), *without_class, lists=permits()) == ("exempt", "permit")


def test_a_permit_for_a_pattern_covers_the_plates_it_means() -> None:
    fleet = permits("1AB*", match_mode=Match.WILDCARD)
    ends = (truck("oost", 0), truck("west", 300))
    assert outcome(rule(), *ends, lists=fleet) == ("exempt", "permit")


def test_a_look_alike_permit_counts_for_the_driver_marked_so() -> None:
    ends = (truck("oost", 0), truck("west", 300))
    assert outcome(rule(), *ends, lists=permits(LOOK_ALIKE)) == ("exempt", "look_alike_permit")


@pytest.mark.parametrize(
    ("valid", "expected"),
    [
        ({"valid_to": after(300)}, "through"), ({"valid_to": after(300.001)}, "exempt"),
        ({"valid_from": after(300)}, "exempt"), ({"valid_from": after(300.001)}, "through"),
    ],
)  # fmt: skip
def test_a_permit_must_cover_the_exits_time(valid: dict[str, Any], expected: str) -> None:
    ends = (truck("oost", 0), truck("west", 300))
    assert only(rule(), *ends, lists=permits(**valid)).verdict == expected


def test_while_the_permits_were_never_loaded_a_person_must_look() -> None:
    assert outcome(rule(), *ENDS, lists=Lists()) == ("review", "permits_unknown")
    unsure = [one.model_copy(update={"vehicle": None}) for one in ENDS]
    assert outcome(rule(), *unsure, lists=Lists()) == ("review", "class_unsure")
    assert outcome(rule(permits=None), *ENDS, lists=Lists()) == ("through", "within_time")
    stayed = truck("oost", 0), truck("west", 901)
    assert outcome(rule(), *stayed, lists=Lists()) == ("local", "stayed")


def test_the_version_of_the_permits_counts_in_the_revision() -> None:
    ends = (truck("oost", 0), truck("west", 300))
    assert only(rule(), *ends, lists=permits("2XYZ999")).revision == 2 + 3


def test_a_permit_given_afterwards_exempts_the_same_case_with_a_higher_revision() -> None:
    ends = (truck("oost", 0), truck("west", 300))
    lists = Lists([PlateList("relst-permits", 2, None, [])])
    before = only(rule(), *ends, lists=lists)
    lists.add(permits().at("relst-permits", after(300)))
    now = only(rule(), *ends, lists=lists)
    assert (before.verdict, now.verdict) == (LockVerdict.THROUGH, LockVerdict.EXEMPT)
    assert (now.id, now.revision) == (before.id, before.revision + 1)


def version(number: int, holds_from_s: float | None, *entries: dict[str, Any]) -> PlateList:
    made = [
        Entry.model_validate({"id": f"p{number}", "plate_pattern": PLATE, **one}) for one in entries
    ]
    holds_from = None if holds_from_s is None else after(holds_from_s)
    return PlateList("relst-permits", number, holds_from, made)


def test_an_exempt_transit_names_the_permit_and_the_version_of_its_list() -> None:
    exempt = only(rule(), *ENDS, lists=Lists([version(3, None, {})]))
    assert (exempt.permit, exempt.permit_list, exempt.permit_version) == ("p3", "relst-permits", 3)
    through = only(rule(), *ENDS)
    assert (through.permit, through.permit_list, through.permit_version) == (None, None, 0)


@pytest.mark.parametrize(
    ("valid_from", "expected"),
    [(None, "through"), (after(300), "exempt"), (after(300.001), "through")],
)
def test_a_later_version_exempts_only_by_a_written_start(valid_from: Any, expected: str) -> None:
    lists = Lists([version(1, None), version(2, 86_400, {"valid_from": valid_from})])
    transit = only(rule(), *ENDS, lists=lists)
    assert transit.verdict == expected
    assert transit.permit_version == (2 if expected == "exempt" else 0)


def test_a_later_version_takes_nothing_away_unless_it_reaches_back() -> None:
    lists = Lists([version(1, None, {}), version(2, 86_400)])
    assert only(rule(), *ENDS, lists=lists).verdict is LockVerdict.EXEMPT
    lists.add(version(3, 0))
    assert only(rule(), *ENDS, lists=lists).verdict is LockVerdict.THROUGH


def test_a_permit_given_afterwards_survives_the_next_import_without_it() -> None:
    given = version(2, 86_400, {"valid_from": after(0)})
    lists = Lists([version(1, None), given, version(3, 2 * 86_400)])
    assert only(rule(), *ENDS, lists=lists).verdict is LockVerdict.EXEMPT
