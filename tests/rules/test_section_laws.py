"""Sections: laws that hold for whatever is seen."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from anpr.events import CaseClass, Direction, Passage, SectionVerdict
from anpr.lists import Lists
from rules.section import SectionRule
from tests.rules.passages import LOOK_ALIKE, PLATE, by_time, passage
from tests.rules.sections import judge, only, rule, shown


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
                {"clock_error_ms": 15},
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
    st.sampled_from([0, 10, 20, 500]),
    st.floats(0, 2000, allow_nan=False),
)
def test_a_wider_error_never_adds_a_violation(
    passages: list[Passage], length_error_m: float, narrow_ms: float, clock_ms: float
) -> None:
    def violations(section: SectionRule) -> set[str]:
        return {
            one.id for one in judge(section, *passages) if one.verdict is SectionVerdict.VIOLATION
        }

    assert violations(rule(length_error_m=length_error_m)) <= violations(rule())
    wider = rule(length_error_m=length_error_m, camera={"clock_error_ms": narrow_ms + clock_ms})
    assert violations(wider) <= violations(rule(camera={"clock_error_ms": narrow_ms}))


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
