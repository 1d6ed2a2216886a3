from datetime import timedelta
from typing import Any

import pytest

from anpr.events import LockVerdict
from tests.rules.locks import ENDS, judge, only, outcome, rule, truck
from tests.rules.passages import LOOK_ALIKE, after


@pytest.mark.parametrize(
    ("exit_camera", "travel_s", "expected"),
    [
        ("west", 899.999, ("through", "within_time")), ("west", 900, ("through", "within_time")),
        ("west", 900.001, ("local", "stayed")), ("zuid", 600, ("through", "within_time")),
        ("zuid", 600.001, ("local", "stayed")),
    ],
)  # fmt: skip
def test_through_is_out_within_the_pairs_own_time(
    exit_camera: str, travel_s: float, expected: tuple[str, str]
) -> None:
    assert outcome(rule(), truck("oost", 0), truck(exit_camera, travel_s)) == expected


def test_a_transit_tells_where_when_and_why() -> None:
    entry, leaving = truck("oost", 0, revision=2), truck("west", 300)
    transit = only(rule(), entry, leaving)
    assert (transit.entry_camera, transit.exit_camera) == ("oost", "west")
    assert (transit.at, transit.duration_s) == (after(300), 300.0)
    assert (transit.passages, transit.revision) == ((entry.id, leaving.id), 3)


def test_an_exit_pairs_with_the_latest_earlier_entry_of_the_identical_plate() -> None:
    entries = [truck("oost", 0), truck("oost", 800), truck("oost", 1200, LOOK_ALIKE)]
    assert only(rule(), *entries, truck("west", 1400)).passages[0] == entries[1].id


def test_a_match_consumes_nothing() -> None:
    transits = judge(rule(), truck("oost", 0), truck("west", 300), truck("zuid", 500))
    assert [one.exit_camera for one in transits] == ["west", "zuid"]


def test_look_alike_plates_are_not_paired() -> None:
    assert judge(rule(), truck("oost", 0), truck("west", 300, LOOK_ALIKE)) == []


@pytest.mark.parametrize(("stay_s", "expected"), [(43199, 1), (43200, 1), (43200.001, 0)])
def test_beyond_max_stay_there_is_no_transit(stay_s: float, expected: int) -> None:
    assert len(judge(rule(), truck("oost", 0), truck("west", stay_s))) == expected


@pytest.mark.parametrize(("delay_s", "expected"), [(3600, 1), (3600.001, 0)])
def test_what_comes_later_than_lateness_is_never_paired(delay_s: float, expected: int) -> None:
    entry = truck("oost", 0, received_at=after(delay_s))
    assert len(judge(rule(), entry, truck("west", 300))) == expected


def test_a_sighting_inside_proves_a_stop() -> None:
    inside = truck("kerk", 100)
    transit = only(rule(), truck("oost", 0), inside, truck("west", 300))
    assert (transit.verdict, transit.reason) == (LockVerdict.LOCAL, "seen_inside")
    assert (transit.passages[-1], transit.revision) == (inside.id, 3)


def test_a_look_alike_inside_counts_for_the_driver_marked_so() -> None:
    ends = (truck("oost", 0), truck("west", 300))
    assert outcome(rule(), *ends, truck("kerk", 9, LOOK_ALIKE)) == ("local", "look_alike_inside")
    seen = (truck("kerk", 9, LOOK_ALIKE), truck("kerk", 20))
    assert outcome(rule(), *ends, *seen) == ("local", "seen_inside")


@pytest.mark.parametrize("seconds", [-10, 0, 300, 310])
def test_a_sighting_inside_before_or_after_proves_nothing(seconds: float) -> None:
    ends = (truck("oost", 0), truck("west", 300))
    assert outcome(rule(), *ends, truck("kerk", seconds)) == ("through", "within_time")


def test_a_case_tells_the_time_that_counted() -> None:
    assert only(rule(), *ENDS).within_s == 900
    assert only(rule(), truck("oost", 0), truck("zuid", 300)).within_s == 600


@pytest.mark.parametrize(
    ("travel_s", "clock_ms", "expected"),
    [
        (899, 1000, ("through", "within_time")), (899, 1000.001, ("cancelled", "clock_off")),
        (899, None, ("through", "within_time")), (899.98, 20, ("through", "within_time")),
        (901, 5000, ("local", "stayed")),
    ],
)  # fmt: skip
def test_a_clock_that_was_off_cancels_where_its_error_may_hide_a_stop(
    travel_s: float, clock_ms: float | None, expected: tuple[str, str]
) -> None:
    leaving = truck("west", travel_s, clock_error_ms=clock_ms)
    assert outcome(rule(), truck("oost", 0), leaving) == expected


def test_two_countries_for_one_plate_are_two_vehicles() -> None:
    entry = truck("oost", 0, country="NL")
    assert outcome(rule(), entry, truck("west", 300)) == ("cancelled", "contradicting_country")
    assert outcome(rule(), entry, truck("west", 300, country=None)) == ("through", "within_time")


def test_a_second_exit_without_an_entry_between_is_no_second_case() -> None:
    first, second = judge(rule(), truck("oost", 0), truck("west", 300), truck("zuid", 500))
    assert (first.verdict, first.reason) == (LockVerdict.THROUGH, "within_time")
    assert (second.verdict, second.reason) == (LockVerdict.CANCELLED, "ambiguous_exit")
    assert second.passages == (first.passages[0], second.passages[1], first.passages[1])


def test_a_lock_may_say_that_whoever_turns_round_at_the_gate_is_no_through_traffic() -> None:
    turned = (truck("oost", 0), truck("oost", 300))
    both: dict[str, Any] = {"exits": ["west", "oost"], "pairs": {}}
    assert outcome(rule(**both), *turned) == ("through", "within_time")
    assert outcome(rule(**both, u_turns_are_local=True), *turned) == ("local", "u_turn")
    assert outcome(rule(**both, u_turns_are_local=True), *ENDS) == ("through", "within_time")


def test_a_case_timed_by_receipt_is_cancelled_and_a_visit_is_not() -> None:
    entry = truck("oost", 0, time_source="receipt")
    assert outcome(rule(), entry, truck("west", 300)) == ("cancelled", "receipt_time")
    assert outcome(rule(), entry, truck("west", 901)) == ("local", "stayed")


def test_a_u_turn_leaves_where_it_entered() -> None:
    lock = rule(exits=["west", "oost"], pairs={})
    transit = only(lock, truck("oost", 0), truck("oost", 300))
    assert (transit.entry_camera, transit.exit_camera) == ("oost", "oost")
    assert transit.verdict is LockVerdict.THROUGH


def test_at_a_gate_both_ways_the_direction_tells_in_from_out_where_it_is_known() -> None:
    lock = rule("in", exits=["west", "oost"], pairs={})
    inward = truck("oost", 0, direction="approaching")
    assert judge(lock, inward, truck("oost", 300, direction="approaching")) == []
    assert judge(lock, truck("oost", 0, direction="receding"), truck("west", 300)) == []
    assert len(judge(lock, inward, truck("oost", 300, direction="receding"))) == 1
    assert len(judge(lock, inward, truck("oost", 300))) == 1


def test_one_camera_that_sees_a_truck_twice_in_a_row_saw_it_once() -> None:
    ends = [truck("oost", 0), truck("oost", 4), truck("west", 300), truck("west", 305)]
    transit = only(rule(), *ends)
    assert transit.duration_s == 300.0
    assert len(transit.passages) == 4


def test_the_version_follows_what_the_verdict_depends_on_and_nothing_else() -> None:
    version = rule().ref.version
    assert rule(through_within_s=800).ref.version != version
    assert rule(except_holidays="belgian-public").ref.version != version
    assert rule(review_max_per_day=5).ref.version == version


def test_the_rule_says_whom_it_concerns_and_how_long_it_remembers() -> None:
    assert rule().id == "lock/relst"
    assert rule().cameras == {"oost", "west", "zuid", "kerk"}
    assert rule().reach == timedelta(hours=12)
    assert judge(rule(), truck("elsewhere", 0), truck("nowhere", 9)) == []
