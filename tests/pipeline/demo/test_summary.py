from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from anpr.events import (
    CaseClass,
    Hit,
    LockTransit,
    LockVerdict,
    Passage,
    RuleEvent,
    RuleRef,
    SectionTransit,
    SectionVerdict,
)
from anpr.ids import computed
from pipeline.demo.planner import plan_traffic
from pipeline.demo.receiver import Arrival
from pipeline.demo.summary import Found, percentile, summarise, table
from pipeline.demo.traffic import Sighting
from pipeline.demo.truth import ExpectedHit, ExpectedLock, ExpectedTransit, truth_of

START = datetime(2026, 5, 4, 10, tzinfo=UTC)
PLAN = plan_traffic(30, 1)
TRUTH = truth_of(PLAN)
RULE = RuleRef(id="r", version="1")


def passage(sighting: Sighting, plate: str | None = "", part: int = 0) -> Passage:
    at = START + timedelta(seconds=sighting.at_s)
    return Passage(
        id=computed("passage", sighting.camera, sighting.at_s, part),
        revision=1,
        camera=sighting.camera,
        at=at,
        first_at=at,
        last_at=at,
        received_at=at,
        plate=sighting.vehicle.plate if plate == "" else plate,
        reads=("r",),
    )


def section(one: ExpectedTransit) -> SectionTransit:
    return SectionTransit(
        id=computed("section", one.plate),
        revision=1,
        at=START,
        rule=RULE,
        section="n177-boom",
        plate=one.plate,
        duration_s=8,
        measured_kmh=108,
        lower_kmh=95,
        corrected_kmh=89,
        limit_kmh=70,
        verdict=one.verdict,
        reason="",
        case_class=CaseClass.NONE,
    )


def lock(one: ExpectedLock) -> LockTransit:
    return LockTransit(
        id=computed("lock", one.plate),
        revision=1,
        at=START,
        rule=RULE,
        lock="relst",
        entry_camera="relst-oost",
        exit_camera=one.exit_camera,
        plate=one.plate,
        duration_s=7,
        verdict=one.verdict,
        reason="",
    )


def hit(one: ExpectedHit) -> Hit:
    return Hit(
        id=computed("hit", one.plate, one.camera),
        revision=1,
        at=START,
        rule=RULE,
        list=one.list,
        list_version=1,
        entry="e",
        entry_plate=one.plate,
        plate=one.plate,
        camera=one.camera,
        match=one.match,
        likelihood=1,
        priority=90,
        reason_code="",
        action="stop",
    )


def all_events() -> list[RuleEvent]:
    return [*map(section, TRUTH.transits), *map(lock, TRUTH.locks), *map(hit, TRUTH.hits)]


def found(
    events: Sequence[RuleEvent] | None = None, passages: Sequence[Passage] | None = None
) -> Found:
    return Found(
        started_at=START,
        passages=[passage(one) for one in PLAN.sightings] if passages is None else passages,
        events=all_events() if events is None else events,
        arrivals=[Arrival("e", "open", START, START + timedelta(seconds=0.25))],
        frames_taken=100,
        frames_acknowledged=100,
        frames_read=100,
        alerts=1,
        dropped=0,
        bollard_openings=1,
    )


def test_everything_as_planned_is_said_to_be_so() -> None:
    summary = summarise(TRUTH, found())
    assert summary.is_as_planned
    assert summary.plate_accuracy == 1
    assert summary.unread_found == summary.unread_expected == 1
    assert summary.alert_p50_s == summary.alert_p95_s == 0.25


def test_the_json_has_the_figures_that_are_promised() -> None:
    promised = {
        "frames", "frames_lost", "passages", "plate_accuracy", "violations_expected",
        "violations_found", "lock_expected", "lock_found", "hits_expected", "hits_found",
        "alert_p95_s",
    }  # fmt: skip
    assert promised <= set(summarise(TRUTH, found()).to_json())


def test_a_misread_plate_and_a_split_passage_are_not_read_right() -> None:
    readable = TRUTH.readable
    wrong = passage(readable[0], "1XXX999")
    twice = passage(readable[1], part=2)
    passages = [wrong, twice, *(passage(one) for one in (*readable[1:], *TRUTH.unread))]
    accuracy = summarise(TRUTH, found(passages=passages)).plate_accuracy
    assert accuracy == round(1 - 2 / len(readable), 4)


def test_a_passage_of_nobody_is_spurious() -> None:
    ghost = passage(replace(PLAN.sightings[0], at_s=-20))
    passages = [ghost, *(passage(one) for one in PLAN.sightings)]
    assert summarise(TRUTH, found(passages=passages)).passages_spurious == 1


def test_a_missed_violation_shows() -> None:
    events = [one for one in all_events() if not isinstance(one, SectionTransit)]
    summary = summarise(TRUTH, found(events))
    assert summary.violations_found == 0 < summary.violations_expected
    assert not summary.is_as_planned


def test_an_innocent_driver_accused_shows() -> None:
    innocent = next(one for one in TRUTH.transits if one.verdict is SectionVerdict.OK)
    events = [*all_events(), section(replace(innocent, verdict=SectionVerdict.VIOLATION))]
    summary = summarise(TRUTH, found(events))
    assert summary.violations_found == summary.violations_expected
    assert summary.violations_unexpected == 1
    assert not summary.is_as_planned


def test_a_lock_case_with_another_verdict_is_not_found_and_unexpected() -> None:
    first = TRUTH.locks[0]
    wrong = replace(first, verdict=LockVerdict.CANCELLED)
    events = [lock(wrong), *map(lock, TRUTH.locks[1:])]
    summary = summarise(TRUTH, found(events))
    assert summary.lock_found == summary.lock_expected - 1
    assert summary.lock_unexpected == 1


def test_a_frame_that_was_taken_and_not_read_is_lost() -> None:
    assert summarise(TRUTH, replace(found(), frames_read=97)).frames_lost == 3
    assert summarise(TRUTH, replace(found(), frames_acknowledged=98)).frames_lost == 2


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.0
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.95) == 4.0
    assert percentile([], 0.95) is None


def test_the_table_has_a_row_for_each_figure() -> None:
    assert table(summarise(TRUTH, found())).row_count >= 12
