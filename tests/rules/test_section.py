"""Sections: pairs, the provable speed, the procedure, and limits."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from math import floor

import pytest

from anpr.events import CaseClass, SectionVerdict
from anpr.sites import Certificate
from tests.rules.passages import after, by_time, passage
from tests.rules.sections import (
    drive,
    exact_rule,
    judge,
    only,
    reason,
    rule,
    shown,
)


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
