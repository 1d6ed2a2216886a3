"""Sections: what speaks against a transit cancels it, just beyond each threshold."""

from datetime import date
from typing import Any

import pytest

from anpr.events import Passage, SectionVerdict
from anpr.sites import Certificate
from rules.section import SectionRule
from tests.rules.passages import LOOK_ALIKE, PLATE, after, passage
from tests.rules.sections import drive, judge, only, reason, rule


@pytest.mark.parametrize("end", ["in", "out"])
def test_a_plate_below_min_confidence_cancels(end: str) -> None:
    def ends(confidence: float | None) -> list[Passage]:
        return [
            passage(camera, at, confidence=confidence if camera == end else 0.99)
            for camera, at in (("in", 0), ("out", 36))
        ]

    assert only(rule(), *ends(0.9)).verdict is SectionVerdict.VIOLATION
    assert reason(*ends(0.8999)) == "low_confidence"
    assert reason(*ends(None)) == "unknown_confidence"


def test_a_time_of_receipt_never_makes_a_verdict() -> None:
    assert reason(passage("in", 0), passage("out", 36, time_source="receipt")) == "receipt_time"
    assert reason(passage("in", 0, time_source="receipt"), passage("out", 36)) == "receipt_time"


@pytest.mark.parametrize("end", ["in", "out"])
@pytest.mark.parametrize(
    ("clock_ms", "expected"),
    [(19.999, "above_limit"), (20, "above_limit"), (20.001, "clock_off")],
)
def test_a_clock_that_was_reported_off_cancels(end: str, clock_ms: float, expected: str) -> None:
    ends = [
        passage(camera, at, clock_error_ms=clock_ms if camera == end else None)
        for camera, at in (("in", 0), ("out", 36))
    ]
    assert only(rule(), *ends).reason == expected


@pytest.mark.parametrize("bound_ms", [0, 5, 20, 1000])
def test_no_bound_of_a_site_makes_a_case_of_a_clock_that_was_reported_off(bound_ms: float) -> None:
    section = rule(camera={"clock_error_ms": bound_ms}, limit_kmh=30)
    leaving = passage("out", 36, clock_error_ms=25)
    assert only(section, passage("in", 0), leaving).reason == "clock_off"


@pytest.mark.parametrize("end", ["in", "out"])
@pytest.mark.parametrize(
    ("direction", "expected"),
    [("approaching", "above_limit"), ("unknown", "above_limit"), ("receding", "wrong_direction")],
)
def test_against_the_sections_direction_cancels(end: str, direction: str, expected: str) -> None:
    ends = [
        passage(camera, at, direction=direction if camera == end else "approaching")
        for camera, at in (("in", 0), ("out", 36))
    ]
    assert only(rule(), *ends).reason == expected


def test_a_camera_that_sees_the_traffic_from_behind_has_the_other_direction() -> None:
    section = rule(seen_from_behind=["in"])
    ends = [passage("in", 0, direction="receding"), passage("out", 36, direction="approaching")]
    assert only(section, *ends).reason == "above_limit"
    turned = passage("in", 0, direction="approaching")
    assert reason(turned, ends[1], section=section) == "wrong_direction"


def test_one_of_several_cameras_that_saw_the_wrong_direction_is_enough() -> None:
    seen = [passage("in", 0), passage("in2", 1, direction="receding", confidence=0.91)]
    assert reason(*seen, passage("out", 36)) == "wrong_direction"


def test_two_countries_for_one_plate_are_two_vehicles() -> None:
    def ends(first: str | None, second: str | None) -> list[Passage]:
        return [passage("in", 0, country=first), passage("out", 36, country=second)]

    assert reason(*ends("BE", "NL")) == "contradicting_country"
    for known in (("BE", "BE"), ("BE", None), (None, "BE"), (None, None)):
        assert only(rule(), *ends(*known)).verdict is SectionVerdict.VIOLATION


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"class": "car", "confidence": 0.8}, {"class": "truck"}, "contradicting_class"),
        ({"class": "car", "confidence": 0.801}, {"class": "truck"}, "contradicting_class"),
        ({"class": "car", "confidence": 0.799}, {"class": "truck"}, "above_limit"),
        ({"class": "car"}, {"class": "car", "confidence": 0.99}, "above_limit"),
        ({"class": "other"}, {"class": "car"}, "above_limit"),
        ({"class": "car"}, {"height_m": 1.5}, "above_limit"),
        ({"class": "car"}, None, "above_limit"),
    ],
)
def test_two_sure_classes_that_differ_are_two_vehicles(
    first: Any, second: Any, expected: str
) -> None:
    ends = (passage("in", 0, vehicle=first), passage("out", 36, vehicle=second))
    assert only(rule(), *ends).reason == expected
    turned = (passage("in", 0, vehicle=second), passage("out", 36, vehicle=first))
    assert only(rule(), *turned).reason == expected


@pytest.mark.parametrize(("span_s", "is_slow"), [(5, False), (5.000001, True)])
def test_a_vehicle_that_lingers_in_view_is_cancelled(span_s: float, is_slow: bool) -> None:
    slow = passage("in", 0, last_at=after(span_s))
    assert (only(rule(), slow, passage("out", 36)).reason == "slow_in_view") is is_slow


@pytest.mark.parametrize(
    ("travel_s", "expected"),
    [(12.001, SectionVerdict.VIOLATION), (12, SectionVerdict.VIOLATION), (11.999, "cancelled")],
)
def test_a_speed_that_no_vehicle_drives_is_cancelled(travel_s: float, expected: str) -> None:
    assert drive(travel_s).verdict == expected


def test_a_certificate_that_has_run_out_cancels_and_its_last_day_counts() -> None:
    def with_certificate(day: date) -> SectionRule:
        return rule(certificate=Certificate(device="1", approval="2", verified_until=day))

    ends = (passage("in", 0), passage("out", 36))
    assert reason(*ends, section=with_certificate(date(2026, 3, 1))) == "certificate_expired"
    transit = only(with_certificate(date(2026, 3, 2)), *ends)
    assert transit.verdict is SectionVerdict.VIOLATION


def test_before_its_first_day_a_certificate_cancels() -> None:
    def with_certificate(day: date) -> SectionRule:
        until = date(2028, 5, 1)
        certificate = {"device": "1", "approval": "2", "verified_until": until}
        return rule(certificate={**certificate, "verified_from": day})

    ends = (passage("in", 0), passage("out", 36))
    assert reason(*ends, section=with_certificate(date(2026, 3, 3))) == "certificate_not_yet"
    assert only(with_certificate(date(2026, 3, 2)), *ends).verdict is SectionVerdict.VIOLATION


def test_a_second_entry_without_an_exit_between_makes_the_pair_ambiguous() -> None:
    first, second, leaving = passage("in", 0), passage("in", 30), passage("out", 66)
    transit = only(rule(), first, second, leaving)
    assert (transit.verdict, transit.reason) == (SectionVerdict.CANCELLED, "ambiguous_entry")
    assert transit.passages == (second.id, leaving.id, first.id)


def test_a_second_exit_without_an_entry_between_makes_both_pairs_ambiguous() -> None:
    entry, first, second = passage("in", 0), passage("out", 36), passage("out", 66)
    transits = judge(rule(), entry, first, second)
    assert [one.reason for one in transits] == ["ambiguous_exit", "ambiguous_exit"]
    assert transits[0].passages == (entry.id, first.id, second.id)


def test_laps_with_an_exit_between_are_not_ambiguous() -> None:
    laps = [passage("in", 0), passage("out", 36), passage("in", 100), passage("out", 136)]
    assert [one.reason for one in judge(rule(), *laps)] == ["above_limit", "above_limit"]


@pytest.mark.parametrize(("apart_s", "expected"), [(1800, "ambiguous"), (1800.001, "above_limit")])
def test_only_what_lies_within_max_travel_makes_a_pair_ambiguous(
    apart_s: float, expected: str
) -> None:
    entry, leaving = passage("in", 0), passage("out", 36)
    earlier, later = passage("in", -apart_s), passage("out", 36 + apart_s)
    assert only(rule(), earlier, entry, leaving).reason.startswith(expected)
    assert judge(rule(), entry, leaving, later)[0].reason.startswith(expected)


def test_several_cameras_of_one_end_within_merge_s_are_one_sighting() -> None:
    best = passage("in2", 3, confidence=0.99)
    transit = only(rule(), passage("in", 0), best, passage("out", 39))
    assert (transit.verdict, transit.duration_s) == (SectionVerdict.VIOLATION, 36.0)
    assert transit.passages[0] == best.id
    assert len(transit.passages) == 3


def test_of_equally_confident_cameras_the_earlier_stands_for_the_sighting() -> None:
    both = [passage("out", 36), passage("out2", 38)]
    assert only(rule(), passage("in", 0), *both).duration_s == 36.0


@pytest.mark.parametrize(("apart_s", "expected"), [(10, 1), (10.001, 2)])
def test_beyond_merge_s_they_are_two(apart_s: float, expected: int) -> None:
    exits = [passage("out", 60), passage("out2", 60 + apart_s)]
    assert len(judge(rule(), passage("in", 0), *exits)) == expected


def test_a_vehicle_seen_twice_by_one_camera_lingered_in_view() -> None:
    twice = [passage("in", 0), passage("in", 6, confidence=0.99)]
    assert reason(*twice, passage("out", 42)) == "slow_in_view"


def test_look_alike_plates_give_only_a_cancelled_transit_with_the_exits_plate() -> None:
    transit = only(rule(), passage("in", 0), passage("out", 36, LOOK_ALIKE))
    assert (transit.verdict, transit.reason) == (SectionVerdict.CANCELLED, "look_alike")
    assert transit.plate == LOOK_ALIKE


def test_a_look_alike_entry_counts_where_no_identical_plate_explains_the_exit() -> None:
    too_long_ago = passage("in", -1800)
    look_alike = passage("in", 20, LOOK_ALIKE)
    assert reason(too_long_ago, look_alike, passage("out", 36)) == "look_alike"


def test_a_look_alike_at_the_entry_that_may_be_the_true_one_cancels() -> None:
    entry, rival, leaving = passage("in", 0), passage("in", 20, LOOK_ALIKE), passage("out", 36)
    transit = only(rule(), entry, rival, leaving)
    assert (transit.verdict, transit.reason) == (SectionVerdict.CANCELLED, "two_candidates")
    assert transit.passages == (entry.id, leaving.id, rival.id)


def test_a_look_alike_at_the_exit_that_may_be_the_true_one_cancels() -> None:
    entry, leaving, rival = passage("in", 0), passage("out", 36), passage("out", 50, LOOK_ALIKE)
    transits = {one.plate: one.reason for one in judge(rule(), entry, leaving, rival)}
    assert transits == {PLATE: "two_candidates", LOOK_ALIKE: "look_alike"}


def test_a_look_alike_that_drove_through_itself_competes_with_nobody() -> None:
    own = [passage("in", 0), passage("out", 36)]
    other = [passage("in", 20, LOOK_ALIKE), passage("out", 60, LOOK_ALIKE)]
    assert {one.reason for one in judge(rule(), *own, *other)} == {"above_limit"}


@pytest.mark.parametrize(
    ("camera", "at_s", "expected"),
    [
        ("in", 36 - 1800.001, "above_limit"), ("in", 36 - 1800, "two_candidates"),
        ("in", 35.999, "two_candidates"), ("in", 36, "above_limit"),
        ("out", 0, "above_limit"), ("out", 0.001, "two_candidates"),
        ("out", 1800, "two_candidates"), ("out", 1800.001, "above_limit"),
    ],
)  # fmt: skip
def test_a_rival_is_one_that_may_be_the_other_end_within_max_travel(
    camera: str, at_s: float, expected: str
) -> None:
    rival = passage(camera, at_s, LOOK_ALIKE)
    transits = judge(rule(), passage("in", 0), passage("out", 36), rival)
    assert [one.reason for one in transits if one.plate == PLATE] == [expected]
