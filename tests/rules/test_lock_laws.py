from hypothesis import given
from hypothesis import strategies as st

from anpr.events import LockVerdict, Passage
from rules.lock import LockRule
from tests.rules.locks import CAR, TRUCK, judge, permits, rule
from tests.rules.passages import LOOK_ALIKE, PLATE, passage

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
