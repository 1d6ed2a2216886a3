from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.events import LockTransit, LockVerdict, Match, Passage
from anpr.lists import Entry, Lists, PlateList
from anpr.sites import Camera, Lock, SiteSettings
from rules.data import shipped_law
from rules.lock import LockRule
from tests.rules.passages import LOOK_ALIKE, PLATE, after, by_time, passage

SETTINGS = SiteSettings(name="Rupel", timezone="Europe/Brussels", country="BE")
CALENDARS = shipped_law().calendars
TRUCK = {"class": "truck", "confidence": 0.95}
CAR = {"class": "car", "confidence": 0.95}


def rule(direction: str = "through", **changes: Any) -> LockRule:
    lock = Lock.model_validate(
        {
            "id": "relst", "entries": ["oost"], "exits": ["west", "zuid"], "inside": ["kerk"],
            "through_within_s": 900, "pairs": {"oost/zuid": 600}, "permits": "relst-permits",
            **changes,
        }
    )  # fmt: skip
    cameras = {
        id_: Camera.model_validate({"id": id_, "lat": 51, "lon": 4, "direction": direction})
        for id_ in ("oost", "west", "zuid", "kerk")
    }
    return LockRule(lock, SETTINGS, cameras, CALENDARS.get(lock.except_holidays or ""))


NOBODY = Lists([PlateList("relst-permits", 0, None, ())])
"""The list of permits was loaded, and nobody has one."""


def truck(camera: str, seconds: float, plate: str = PLATE, **known: Any) -> Passage:
    return passage(camera, seconds, plate, **{"vehicle": TRUCK, **known})


def judge(lock: LockRule, *passages: Passage, lists: Lists | None = None) -> list[LockTransit]:
    return lock.judge(by_time(*passages), lists or NOBODY)


def only(lock: LockRule, *passages: Passage, lists: Lists | None = None) -> LockTransit:
    (transit,) = judge(lock, *passages, lists=lists)
    return transit


def outcome(lock: LockRule, *passages: Passage, lists: Lists | None = None) -> tuple[str, str]:
    transit = only(lock, *passages, lists=lists)
    return transit.verdict, transit.reason


def permits(plate: str = PLATE, **known: Any) -> Lists:
    entry = Entry.model_validate({"id": "p1", "plate_pattern": plate, **known})
    return Lists([PlateList("relst-permits", 3, None, [entry])])


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


ENDS = (truck("oost", 0), truck("west", 300))


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


def test_a_class_that_the_lock_does_not_concern_gives_nothing() -> None:
    assert judge(rule(), truck("oost", 0, vehicle=CAR), truck("west", 300, vehicle=CAR)) == []
    bus = {"class": "bus"}
    buses = (truck("oost", 0, vehicle=bus), truck("west", 300, vehicle=bus))
    assert judge(rule(), *buses) == []
    assert len(judge(rule(classes=["truck", "bus"]), *buses)) == 1


def test_a_missing_class_goes_to_a_person_only_where_it_matters() -> None:
    entry = passage("oost", 0)
    assert outcome(rule(), entry, passage("west", 300)) == ("review", "class_unsure")
    assert outcome(rule(), entry, passage("west", 901)) == ("local", "stayed")


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [(0.799, "review"), (0.8, "through"), (None, "through")],
)
def test_a_class_below_class_confidence_goes_to_a_person(
    confidence: float | None, expected: str
) -> None:
    vehicle = {"class": "truck", "confidence": confidence}
    ends = (truck("oost", 0, vehicle=vehicle), truck("west", 300, vehicle=vehicle))
    assert only(rule(), *ends).verdict == expected


def test_one_end_that_measured_the_class_is_enough() -> None:
    assert outcome(rule(), truck("oost", 0), passage("west", 300))[0] == "through"
    assert judge(rule(), passage("oost", 0), truck("west", 300, vehicle=CAR)) == []


def test_ends_that_contradict_each_other_go_to_a_person() -> None:
    ends = (truck("oost", 0, vehicle=CAR), truck("west", 300))
    assert outcome(rule(), *ends) == ("review", "class_unsure")
    heights = ({"height_m": 2.1}, {"height_m": 3.6})
    both = [truck(end, at, vehicle=seen) for end, at, seen in zip(
        ("oost", "west"), (0, 300), heights, strict=True)]  # fmt: skip
    assert outcome(rule(), *both) == ("review", "class_unsure")


@pytest.mark.parametrize(("height_m", "expected"), [(2.999, 0), (3.0, 1), (3.001, 1)])
def test_a_measured_height_decides_before_the_class(height_m: float, expected: int) -> None:
    vehicle = {**CAR, "height_m": height_m} if expected else {**TRUCK, "height_m": height_m}
    ends = (truck("oost", 0, vehicle=vehicle), passage("west", 300))
    assert len(judge(rule(), *ends)) == expected


def test_a_case_timed_by_receipt_is_cancelled_and_a_visit_is_not() -> None:
    entry = truck("oost", 0, time_source="receipt")
    assert outcome(rule(), entry, truck("west", 300)) == ("cancelled", "receipt_time")
    assert outcome(rule(), entry, truck("west", 901)) == ("local", "stayed")


def at_local(camera: str, text: str) -> Passage:
    moment = datetime.fromisoformat(text)
    return truck(camera, (moment - after(0)).total_seconds())


@pytest.mark.parametrize(
    ("entered", "left", "expected"),
    [
        ("2026-03-02T06:59:59+01:00", "2026-03-02T07:05:00+01:00", 0),
        ("2026-03-02T07:00:00+01:00", "2026-03-02T07:05:00+01:00", 1),
        ("2026-03-02T18:59:59+01:00", "2026-03-02T19:10:00+01:00", 1),
        ("2026-03-02T19:00:00+01:00", "2026-03-02T19:05:00+01:00", 0),
        ("2026-03-07T10:00:00+01:00", "2026-03-07T10:05:00+01:00", 0),
        ("2026-07-06T07:00:00+02:00", "2026-07-06T07:05:00+02:00", 1),
        ("2026-07-06T06:30:00+02:00", "2026-07-06T06:35:00+02:00", 0),
    ],
)
def test_an_entry_outside_the_hours_gives_nothing(entered: str, left: str, expected: int) -> None:
    hours: dict[str, Any] = {
        "days": ["mon", "tue", "wed", "thu", "fri"],
        "from": "07:00",
        "to": "19:00",
    }
    assert len(judge(rule(**hours), at_local("oost", entered), at_local("west", left))) == expected


def test_a_later_entry_outside_the_hours_still_is_the_latest() -> None:
    hours: dict[str, Any] = {"from": "07:00", "to": "19:00"}
    seen = [
        at_local("oost", "2026-03-02T18:55:00+01:00"),
        at_local("oost", "2026-03-02T19:01:00+01:00"),
        at_local("west", "2026-03-02T19:05:00+01:00"),
    ]
    assert judge(rule(**hours), *seen) == []


def test_a_night_lock_runs_over_midnight() -> None:
    night: dict[str, Any] = {"days": ["fri"], "from": "22:00", "to": "06:00"}
    friday = at_local("oost", "2026-03-06T23:58:00+01:00")
    saturday = at_local("west", "2026-03-07T00:03:00+01:00")
    assert outcome(rule(**night), friday, saturday)[0] == "through"
    early = at_local("oost", "2026-03-07T05:58:00+01:00")
    assert outcome(rule(**night), early, at_local("west", "2026-03-07T06:03:00+01:00"))[0]


@pytest.mark.parametrize(
    ("entered", "left", "travel_s"),
    [
        ("2026-03-29T01:55:00+01:00", "2026-03-29T03:05:00+02:00", 600.0),
        ("2026-10-25T02:55:00+02:00", "2026-10-25T02:05:00+01:00", 600.0),
    ],
)
def test_a_stay_across_a_clock_change_takes_as_long_as_it_takes(
    entered: str, left: str, travel_s: float
) -> None:
    transit = only(rule(), at_local("oost", entered), at_local("west", left))
    assert (transit.duration_s, transit.verdict) == (travel_s, LockVerdict.THROUGH)


def test_on_a_holiday_the_lock_is_open_and_beyond_the_calendar_a_case_is_cancelled() -> None:
    lock = rule(except_holidays="belgian-public")

    def day(text: str) -> list[Passage]:
        return [
            at_local("oost", f"{text}T10:00:00+02:00"),
            at_local("west", f"{text}T10:05:00+02:00"),
        ]

    assert judge(lock, *day("2026-07-21")) == []
    assert outcome(lock, *day("2026-07-22"))[0] == "through"
    assert outcome(lock, *day("2029-07-20")) == ("cancelled", "unknown_holiday")


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


PASSAGES = st.lists(
    st.builds(
        lambda camera, at, plate, vehicle: passage(camera, at, plate, vehicle=vehicle),
        st.sampled_from(["oost", "west", "zuid", "kerk"]),
        st.integers(0, 2000),
        st.sampled_from([PLATE, LOOK_ALIKE]),
        st.sampled_from([TRUCK, CAR, None]),
    ),
    max_size=8,
    unique_by=lambda one: one.id,
)


@given(PASSAGES, st.sampled_from([PLATE, LOOK_ALIKE]))
def test_a_permit_never_makes_it_worse_for_the_driver(passages: list[Passage], plate: str) -> None:
    without = {one.id: one.verdict for one in judge(rule(), *passages)}
    with_permit = {one.id: one.verdict for one in judge(rule(), *passages, lists=permits(plate))}
    assert without.keys() == with_permit.keys()
    assert set(with_permit.values()) <= {LockVerdict.EXEMPT}


@given(PASSAGES)
def test_a_longer_list_of_cameras_inside_never_adds_a_case(passages: list[Passage]) -> None:
    def cases(lock: LockRule) -> set[str]:
        harsh = {LockVerdict.THROUGH, LockVerdict.REVIEW}
        return {one.id for one in judge(lock, *passages) if one.verdict in harsh}

    assert cases(rule()) <= cases(rule(inside=[]))


@given(PASSAGES, st.sampled_from([PLATE, LOOK_ALIKE]))
def test_no_entry_makes_two_cases(passages: list[Passage], plate: str) -> None:
    through = [
        one
        for one in judge(rule(), *passages)
        if one.verdict in {LockVerdict.THROUGH, LockVerdict.REVIEW} and one.plate == plate
    ]
    assert len({one.passages[0] for one in through}) == len(through)


@given(PASSAGES)
def test_a_look_alike_never_makes_a_case(passages: list[Passage]) -> None:
    plates = {one.id: one.plate for one in passages}
    for one in judge(rule(), *passages):
        if one.verdict in {LockVerdict.THROUGH, LockVerdict.REVIEW}:
            assert {plates[id_] for id_ in one.passages} == {one.plate}


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
