"""The life of a case: which ways lead where, whatever is tried in whatever order."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.cases.life import (
    CLOSED,
    MOVES,
    OPEN,
    SENT,
    Act,
    Reason,
    State,
    WrongStateError,
    reason_of,
)
from sinks.cases.life import after as led

ACTS = st.lists(st.sampled_from(Act), max_size=30)


def lived(acts: Sequence[Act]) -> list[tuple[Act, State]]:
    """Try acts one after the other; what is refused changes nothing."""
    state, done = State.CANDIDATE, []
    for act in acts:
        try:
            state = led(state, act)
        except WrongStateError:
            continue
        done.append((act, state))
    return done


@given(ACTS)
def test_nothing_is_exported_without_an_agreed_review_and_an_acceptance_after_it(
    acts: list[Act],
) -> None:
    done = lived(acts)
    for at, (act, _) in enumerate(done):
        if act is Act.EXPORT:
            before = [one for one, _ in done[:at] if one is not Act.FAIL]
            assert before[-1] is Act.ACCEPT
            assert before[-2] is Act.AGREE


@given(ACTS)
def test_what_was_sent_leaves_its_receivers_only_as_withdrawn(acts: list[Act]) -> None:
    done = lived(acts)
    for (_, was), (_, now) in pairwise(done):
        if was in SENT:
            assert now in SENT | {State.WITHDRAWN}


@given(ACTS)
def test_a_state_is_open_or_closed_or_waits_for_an_answer_to_a_refusal(acts: list[Act]) -> None:
    for _, state in lived(acts):
        assert (state in OPEN) + (state in CLOSED) + (state is State.REFUSED) == 1


def test_every_state_but_the_first_is_reached_and_none_is_a_trap() -> None:
    reached = {State.CANDIDATE}
    for _ in State:
        reached |= {ways[one] for ways in MOVES.values() for one in reached if one in ways}
    assert reached == set(State)
    assert all(any(one in ways for ways in MOVES.values()) for one in State)


def test_a_refused_act_says_what_can_be_done() -> None:
    with pytest.raises(WrongStateError, match="one can agree, reject, lapse"):
        led(State.CANDIDATE, Act.EXPORT)


@pytest.mark.parametrize(
    "text, reason, note",
    [
        ("unreadable", Reason.UNREADABLE, ""),
        ("Wrong vehicle", Reason.WRONG_VEHICLE, ""),
        ("priority vehicle on duty", Reason.PRIORITY_VEHICLE, ""),
        ("trailer repeating the towing plate", Reason.TRAILER, ""),
        ("test drive of a dealer", Reason.OTHER, "test drive of a dealer"),
        ("image-missing", Reason.IMAGE_MISSING, ""),
        ("the driver was saved", Reason.OTHER, "the driver was saved"),
    ],
)
def test_a_reason_is_read_as_people_write_it(text: str, reason: Reason, note: str) -> None:
    assert reason_of(text) == (reason, note)
