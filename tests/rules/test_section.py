from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from math import floor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.events import CaseClass, Direction, Passage, SectionTransit, SectionVerdict
from anpr.lists import Lists
from anpr.signs import DisplayedLimit, Signs
from anpr.sites import Camera, Certificate, Section, SiteSettings
from rules.data import shipped_law
from rules.section import SectionRule
from tests.rules.passages import LOOK_ALIKE, PLATE, after, by_time, passage

SETTINGS = SiteSettings(name="Rupel", timezone="Europe/Brussels", country="BE")
CAMERAS = {
    id_: Camera(id=id_, lat=51, lon=4, clock_error_ms=20) for id_ in ("in", "in2", "out", "out2")
}


def rule(**changes: Any) -> SectionRule:
    """Length 1000 m exactly, so that 36 s is 100 km/h; both clocks within 20 ms."""
    settings = SiteSettings.model_validate({**SETTINGS.model_dump(), **changes.pop("settings", {})})
    cameras = {
        id_: camera.model_copy(update=changes.get("camera", {})) for id_, camera in CAMERAS.items()
    }
    changes.pop("camera", None)
    section = Section.model_validate(
        {
            "id": "n177", "entry": ["in", "in2"], "exit": ["out", "out2"], "length_m": 1000,
            "length_error_m": 0, "limit_kmh": 70, **changes,
        }
    )  # fmt: skip
    return SectionRule(section, settings, cameras, shipped_law())


def exact_rule(**changes: Any) -> SectionRule:
    return rule(camera={"clock_error_ms": 0}, **changes)


def judge(section: SectionRule, *passages: Passage) -> list[SectionTransit]:
    return section.judge(by_time(*passages), Lists())


def only(section: SectionRule, *passages: Passage) -> SectionTransit:
    (transit,) = judge(section, *passages)
    return transit


def drive(travel_s: float, section: SectionRule | None = None, **known: Any) -> SectionTransit:
    return only(section or rule(), passage("in", 0), passage("out", travel_s, **known))


def test_every_pair_gives_a_transit_also_when_it_kept_the_limit() -> None:
    transit = drive(72)
    assert (transit.verdict, transit.reason) == (SectionVerdict.OK, "within_limit")
    assert (transit.at, transit.duration_s, transit.limit_kmh) == (after(72), 72.0, 70)
    assert transit.case_class is CaseClass.NONE


def test_the_bound_takes_off_the_surveys_error_and_both_clock_errors() -> None:
    transit = drive(60, rule(length_error_m=1))
    assert transit.measured_kmh == 60.0
    assert transit.lower_kmh == floor(100 * 3.6 * 999 / 60.04) / 100


@pytest.mark.parametrize(
    ("length_m", "travel_s", "clock_ms", "lower"),
    [
        (300, 20, 20, 53.71), (300, 20, 100, 53.28), (300, 20, 1000, 48.92),
        (500, 30, 20, 59.8), (1000, 60, 20, 59.9), (2200, 110, 1000, 70.68),
    ],
)  # fmt: skip
def test_both_clocks_count_in_the_published_budget(
    length_m: float, travel_s: float, clock_ms: float, lower: float
) -> None:
    section = rule(length_m=length_m, length_error_m=1, camera={"clock_error_ms": clock_ms})
    assert drive(travel_s, section).lower_kmh == pytest.approx(lower, abs=0.011)


def test_a_heartbeat_that_reports_worse_than_the_bound_counts() -> None:
    assert drive(60, clock_error_ms=500).lower_kmh < drive(60, clock_error_ms=5).lower_kmh
    assert drive(60, clock_error_ms=5).lower_kmh == drive(60).lower_kmh


@pytest.mark.parametrize(
    ("travel_s", "lower", "corrected", "verdict"),
    [
        (90.000001, 76.99, 70, SectionVerdict.OK),
        (90, 77.0, 71, SectionVerdict.VIOLATION),
        (89.999999, 77.0, 71, SectionVerdict.VIOLATION),
    ],
)
def test_the_bound_is_rounded_down_before_the_margin_comes_off(
    travel_s: float, lower: float, corrected: int, verdict: SectionVerdict
) -> None:
    transit = drive(travel_s, exact_rule(length_m=1925))
    assert (transit.lower_kmh, transit.corrected_kmh) == (lower, corrected)
    assert transit.verdict is verdict


def test_a_bound_exactly_on_the_threshold_is_not_lost_to_binary_rounding() -> None:
    """In binary 3.6 * 461.7 / (29.12 + 0.04) is just below the 57 km/h that it is."""
    section = rule(length_m=461.7, limit_kmh=50)
    assert 3.6 * 461.7 / (29.12 + 0.04) < 57
    assert drive(29.12, section).corrected_kmh == 51


def test_a_violation_opens_a_case() -> None:
    transit = drive(36)
    assert (transit.verdict, transit.reason) == (SectionVerdict.VIOLATION, "above_limit")
    assert (transit.measured_kmh, transit.lower_kmh, transit.corrected_kmh) == (100.0, 99.88, 93)
    assert transit.case_class is CaseClass.IMMEDIATE_COLLECTION


def test_the_case_class_follows_the_place_and_who_paid() -> None:
    slower = {"limit_kmh": 50, "built_up": True}
    assert drive(48, rule(**slower)).case_class is CaseClass.IMMEDIATE_COLLECTION
    assert drive(48, rule(**slower, locally_financed=True)).case_class is CaseClass.GAS5
    assert drive(36, rule(**slower)).case_class is CaseClass.COURT


def test_a_case_carries_amount_conditions_and_what_else_it_may_become() -> None:
    transit = drive(48, rule(limit_kmh=50, built_up=True, locally_financed=True))
    assert (transit.corrected_kmh, transit.amount_eur) == (68, 53 + 11 * 8)
    assert transit.otherwise is CaseClass.IMMEDIATE_COLLECTION
    assert "adult_or_legal_person" in transit.conditions
    assert "29quater" in " ".join(transit.sources)
    assert transit.consequences == ()


def test_a_court_case_has_no_amount_and_says_what_may_follow() -> None:
    transit = drive(36, rule(limit_kmh=50, built_up=True))
    assert (transit.case_class, transit.amount_eur) == (CaseClass.COURT, None)
    assert transit.consequences == ("licence_withdrawal_possible", "driving_ban_mandatory")


@pytest.mark.parametrize("travel_s", [72, 5])
def test_what_is_no_violation_has_no_procedure_and_no_conditions(travel_s: float) -> None:
    transit = drive(travel_s)
    assert (transit.amount_eur, transit.conditions, transit.sources) == (None, (), ())
    assert (transit.case_class, transit.otherwise) == (CaseClass.NONE, CaseClass.NONE)


def test_the_error_budget_travels_with_every_transit() -> None:
    transit = drive(60.5, rule(length_error_m=1), clock_error_ms=5)
    budget = transit.error_budget
    assert budget is not None
    assert (budget.length_m, budget.length_error_m, budget.travel_s) == (1000, 1, 60.5)
    assert (budget.entry_clock_ms, budget.exit_clock_ms) == (20, 20)
    assert budget.formula == "3.6 * (1000 - 1) m / (60.5 + 0.02 + 0.02) s = 59.40 km/h"
    assert transit.lower_kmh == 59.4


def test_the_instrument_travels_with_every_transit() -> None:
    certificate = Certificate(device="SN1", approval="B-7", verified_until=date(2028, 5, 1))
    instrument = drive(60, rule(certificate=certificate)).instrument
    assert instrument is not None
    assert (instrument.device, instrument.approval) == ("SN1", "B-7")
    assert drive(60).instrument is None


def test_a_transit_names_the_cameras_at_both_ends() -> None:
    transit = only(rule(), passage("in2", 0), passage("out", 60))
    assert (transit.entry_camera, transit.exit_camera) == ("in2", "out")


def test_another_country_has_another_margin_and_no_belgian_procedure() -> None:
    transit = drive(36, rule(settings={"country": "NL"}))
    assert (transit.corrected_kmh, transit.case_class) == (96, CaseClass.NONE)
    assert transit.verdict is SectionVerdict.VIOLATION


@pytest.mark.parametrize(
    ("lower", "expected"), [(75, "within_limit"), (76, "below_pursuit"), (78, "below_pursuit"),
                            (79, "above_limit")],
)  # fmt: skip
def test_an_excess_that_a_country_does_not_pursue_is_said_so(lower: int, expected: str) -> None:
    """In the Netherlands 3 km/h come off, and up to a limit of 120 the excess must reach 4."""
    section = exact_rule(settings={"country": "NL"}, limit_kmh=72, length_m=lower * 10)
    assert drive(36, section).reason == expected


def test_the_causes_are_the_entry_then_the_exit() -> None:
    entry, leaving = passage("in", 0, revision=2), passage("out", 60, revision=3)
    transit = only(rule(), leaving, entry)
    assert (transit.passages, transit.revision) == ((entry.id, leaving.id), 5)


def test_an_exit_without_an_entry_gives_nothing() -> None:
    assert judge(rule(), passage("out", 0), passage("in", 60)) == []
    assert judge(rule(), passage("in", 60), passage("out", 60)) == []
    assert judge(rule(), passage("elsewhere", 0), passage("out", 60)) == []


@pytest.mark.parametrize(("travel_s", "expected"), [(1799.999, 1), (1800, 1), (1800.001, 0)])
def test_beyond_max_travel_there_is_no_transit(travel_s: float, expected: int) -> None:
    assert len(judge(rule(), passage("in", 0), passage("out", travel_s))) == expected


@pytest.mark.parametrize(("delay_s", "expected"), [(3599.999, 1), (3600, 1), (3600.001, 0)])
@pytest.mark.parametrize("late_end", ["in", "out"])
def test_what_comes_later_than_lateness_is_never_paired(
    delay_s: float, expected: int, late_end: str
) -> None:
    passages = [
        passage(end, at, received_at=after(at + (delay_s if end == late_end else 0)))
        for end, at in (("in", 0), ("out", 60))
    ]
    assert len(judge(rule(), *passages)) == expected


def test_a_transit_is_late_when_either_end_is() -> None:
    assert not drive(60).late
    assert drive(60, late=True).late
    assert only(rule(), passage("in", 0, late=True), passage("out", 60)).late


def reason(*passages: Passage, section: SectionRule | None = None) -> str:
    transit = only(section or rule(), *passages)
    assert transit.case_class is CaseClass.NONE
    assert transit.verdict is SectionVerdict.CANCELLED
    return transit.reason


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


def test_a_transit_across_a_limit_switch_takes_the_higher_limit() -> None:
    school = {"limit_kmh": 30, "from": "08:00", "to": "08:50"}
    section = rule(limits=[school], max_travel_s=3600)

    def limit(start: str, end: str) -> int:
        at, until = (datetime.fromisoformat(f"2026-03-02T{text}:00+01:00") for text in (start, end))
        base = after(0)
        entry = passage("in", (at - base).total_seconds())
        return only(section, entry, passage("out", (until - base).total_seconds())).limit_kmh

    assert limit("08:00", "08:49") == 30
    assert limit("07:59", "08:02") == 70
    assert limit("08:48", "08:50") == 70
    assert limit("08:50", "08:51") == 70


def shown(*limits: tuple[float, int | None]) -> Lists:
    said = (
        DisplayedLimit(section="n177", holds_from=after(at), limit_kmh=kmh) for at, kmh in limits
    )
    return Lists(signs=Signs(enumerate(said, 1)))


@pytest.mark.parametrize(
    ("limits", "kmh", "source", "version"),
    [
        ((), 70, "site", 0),
        (((-100, 50),), 50, "sign", 1),
        (((0, 50),), 50, "sign", 1),
        (((0.000001, 50),), 70, "site", 1),
        (((-100, 50), (36, 90)), 90, "sign", 2),
        (((-100, 50), (36.000001, 90)), 50, "sign", 1),
        (((-100, 90), (0, 50)), 50, "sign", 2),
        (((-100, 90), (0.000001, 50)), 90, "sign", 2),
        (((-100, 50), (10, None)), 70, "site", 2),
        (((-100, 90), (10, None)), 90, "sign", 2),
        (((-100, 50), (-50, None)), 70, "site", 2),
        (((40, 90),), 70, "site", 0),
        (((-50, 90), (-100, 50)), 90, "sign", 1),
        (((-50, 90), (-50, 50)), 50, "sign", 2),
    ],
)
def test_what_the_signs_displayed_holds_and_of_a_switch_the_higher(
    limits: tuple[tuple[float, int | None], ...], kmh: int, source: str, version: int
) -> None:
    seen = by_time(passage("in", 0), passage("out", 36))
    (transit,) = rule().judge(seen, shown(*limits))
    assert (transit.limit_kmh, transit.limit_source) == (kmh, source)
    assert (transit.limit_version, transit.revision) == (version, 2 + version)


def test_signs_that_go_dark_leave_the_calendar_of_that_while() -> None:
    section = rule(limits=[{"limit_kmh": 30}])
    seen = by_time(passage("in", 0), passage("out", 36))
    (transit,) = section.judge(seen, shown((-100, 20), (10, None)))
    assert (transit.limit_kmh, transit.limit_source) == (30, "calendar")


def test_the_signs_of_another_section_say_nothing() -> None:
    seen = by_time(passage("in", 0), passage("out", 36))
    (transit,) = rule(id="n16").judge(seen, shown((-100, 50)))
    assert (transit.limit_kmh, transit.limit_version) == (70, 0)


@given(st.permutations(range(6)))
def test_any_order_of_arrival_gives_the_same_transits(order: list[int]) -> None:
    seen = [
        passage("in", 0), passage("out", 36), passage("in", 90, LOOK_ALIKE), passage("in2", 93),
        passage("out", 130), passage("out2", 400, LOOK_ALIKE),
    ]  # fmt: skip
    assert judge(rule(), *(seen[number] for number in order)) == judge(rule(), *seen)


PASSAGES = st.lists(
    st.builds(
        lambda camera, at, plate, confidence, known: passage(
            camera, at, plate, confidence=confidence, **known
        ),
        st.sampled_from(["in", "in2", "out", "out2"]),
        st.integers(0, 400),
        st.sampled_from([PLATE, LOOK_ALIKE]),
        st.sampled_from([0.85, 0.95]),
        st.sampled_from(
            [
                {},
                {},
                {"clock_error_ms": 25},
                {"country": "BE"},
                {"country": "NL"},
                {"direction": "receding"},
                {"vehicle": {"class": "car"}},
                {"vehicle": {"class": "truck"}},
            ]
        ),
    ),
    max_size=8,
    unique_by=lambda one: one.id,
)


@given(PASSAGES)
def test_a_look_alike_never_becomes_a_violation(passages: list[Passage]) -> None:
    plates = {one.id: one.plate for one in passages}
    for transit in judge(rule(), *passages):
        entry, leaving = (plates[id_] for id_ in transit.passages[:2])
        assert transit.plate == leaving
        assert entry == leaving or transit.reason == "look_alike"
        if transit.verdict is not SectionVerdict.VIOLATION:
            assert (transit.case_class, transit.amount_eur) == (CaseClass.NONE, None)


@given(PASSAGES)
def test_a_violation_has_no_look_alike_that_may_be_either_end(passages: list[Passage]) -> None:
    plates = {one.id: one.plate for one in passages}
    transits = judge(rule(), *passages)
    drove = {
        id_ for one in transits if one.plate == plates[one.passages[0]]
        for id_ in one.passages if plates[id_] == one.plate
    }  # fmt: skip
    for one in transits:
        if one.verdict is SectionVerdict.VIOLATION:
            start = one.at - timedelta(seconds=one.duration_s)
            between = [
                other
                for other in passages
                if other.plate != one.plate and start < other.at < one.at
            ]
            assert {other.id for other in between} <= drove


@given(PASSAGES)
def test_each_exit_gives_at_most_one_transit_and_each_transit_an_id_of_its_own(
    passages: list[Passage],
) -> None:
    transits = judge(rule(), *passages)
    assert len({one.id for one in transits}) == len(transits)
    assert len({one.passages[1] for one in transits}) == len(transits)


@given(
    PASSAGES,
    st.floats(0, 50, allow_nan=False),
    st.floats(0, 2000, allow_nan=False),
)
def test_a_wider_error_never_adds_a_violation(
    passages: list[Passage], length_error_m: float, clock_ms: float
) -> None:
    def violations(section: SectionRule) -> set[str]:
        return {
            one.id for one in judge(section, *passages) if one.verdict is SectionVerdict.VIOLATION
        }

    assert violations(rule(length_error_m=length_error_m)) <= violations(rule())
    # Of a wider bound for a clock a report may no longer say that it was off: without reports.
    passages = [one.model_copy(update={"clock_error_ms": None}) for one in passages]
    wider = rule(length_error_m=length_error_m, camera={"clock_error_ms": 20 + clock_ms})
    assert violations(wider) <= violations(rule())


@given(st.integers(1, 1800_000_000), st.floats(1, 10_000), st.floats(0, 0.9))
def test_a_correction_never_hurts_the_driver(
    travel_us: int, length_m: float, error_m: float
) -> None:
    section = rule(length_m=length_m, length_error_m=error_m)
    leaving = passage("out", 0)
    at = leaving.at + timedelta(microseconds=travel_us)
    moved = leaving.model_copy(update={"at": at, "last_at": at, "received_at": at})
    transit = only(section, passage("in", 0), moved)
    assert transit.corrected_kmh <= transit.lower_kmh <= transit.measured_kmh + 0.005


SWITCHES = st.lists(
    st.tuples(st.integers(-50, 90), st.sampled_from([30, 50, 90, None])), max_size=4
)


@given(PASSAGES, SWITCHES, st.integers(-50, 90))
def test_a_higher_display_for_a_moment_never_adds_a_violation(
    passages: list[Passage], switches: list[tuple[int, int | None]], at: int
) -> None:
    def violations(lists: Lists) -> set[str]:
        found = rule().judge(by_time(*passages), lists)
        return {one.id for one in found if one.verdict is SectionVerdict.VIOLATION}

    switches = [(when, kmh) for when, kmh in switches if when != at]
    before = [kmh for when, kmh in sorted(switches, key=lambda one: one[0]) if when < at]
    then = before[-1] if before else None
    for_a_moment = [*switches, (at, 200), (at + 0.5, then)]
    assert violations(shown(*for_a_moment)) <= violations(shown(*switches))


DOUBTS = ({"clock_error_ms": 900.0}, {"direction": Direction.RECEDING}, {"confidence": None})


@given(PASSAGES, st.sampled_from(DOUBTS), st.data())
def test_whatever_speaks_against_a_passage_never_adds_a_violation(
    passages: list[Passage], doubtful: dict[str, Any], data: st.DataObject
) -> None:
    def violations(seen: list[Passage]) -> set[str]:
        return {one.id for one in judge(rule(), *seen) if one.verdict is SectionVerdict.VIOLATION}

    marked = [
        one.model_copy(update=doubtful) if data.draw(st.booleans()) else one for one in passages
    ]
    if "confidence" in doubtful:  # it may also choose another camera's passage of the same end
        marked = [one.model_copy(update=doubtful) for one in passages]
    assert violations(marked) <= violations(passages)


@given(PASSAGES)
def test_a_violation_never_rests_on_passages_that_contradict_each_other(
    passages: list[Passage],
) -> None:
    known = {one.id: one for one in passages}
    for transit in judge(rule(), *passages):
        causes = [known[id_] for id_ in transit.passages]
        if transit.verdict is SectionVerdict.VIOLATION:
            assert len({one.country for one in causes}) == 1
            assert len({one.vehicle.class_ for one in causes if one.vehicle}) <= 1
            assert Direction.RECEDING not in {one.direction for one in causes}
            assert all((one.clock_error_ms or 0) <= 20 for one in causes[:2])


def test_the_version_follows_what_the_verdict_depends_on_and_nothing_else() -> None:
    version = rule().ref.version
    assert rule().ref.version == version
    assert len(version) == 12
    assert rule(limit_kmh=50).ref.version != version
    assert rule(camera={"clock_error_ms": 50}).ref.version != version
    assert rule(camera={"name": "Noord"}).ref.version == version
    assert rule(settings={"name": "Elders"}).ref.version == version


def test_the_rule_says_whom_it_concerns_and_how_long_it_remembers() -> None:
    assert rule().id == "section/n177"
    assert rule().cameras == {"in", "in2", "out", "out2"}
    assert rule().reach == timedelta(seconds=3600)


def test_judging_the_passages_of_others_gives_nothing() -> None:
    assert judge(rule(), passage("elsewhere", 0), passage("nowhere", 36)) == []


def test_orders_of_three_agree_on_who_is_ambiguous() -> None:
    three = [passage("in", 0), passage("in", 30), passage("out", 66)]
    assert len({tuple(judge(rule(), *order)) for order in permutations(three)}) == 1


def test_the_day_of_the_law_is_the_local_one() -> None:
    midnight = datetime(2028, 5, 1, 22, 30, tzinfo=UTC)
    section = rule(
        certificate=Certificate(device="1", approval="2", verified_until=date(2028, 5, 1))
    )
    at = (midnight - after(0)).total_seconds()
    assert reason(passage("in", at - 36), passage("out", at), section=section)
