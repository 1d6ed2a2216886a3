from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from anpr.signs import DisplayedLimit, Signs

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def limit(minutes: float, kmh: int | None, section: str = "n177") -> DisplayedLimit:
    return DisplayedLimit(section=section, holds_from=at(minutes), limit_kmh=kmh)


def test_what_was_displayed_over_a_time_starts_with_what_held_at_its_start() -> None:
    signs = Signs(enumerate([limit(0, 50), limit(10, 30), limit(20, None)], 1))
    found = signs.over("n177", at(5), at(20))
    assert [(one.version, one.limit_kmh) for one in found] == [(1, 50), (2, 30), (3, None)]
    assert [one.limit_kmh for one in signs.over("n177", at(10), at(19))] == [30]
    assert list(signs.over("n177", at(-2), at(-1))) == []
    assert list(signs.over("n16", at(0), at(20))) == []


def test_a_repetition_says_nothing_new_and_a_correction_does() -> None:
    signs = Signs()
    assert signs.take(1, limit(0, 50))
    assert not signs.take(2, limit(0, 50))
    assert not signs.take(3, limit(5, 50))
    assert signs.take(4, limit(0, 30))
    found = signs.over("n177", at(0), at(9))
    assert [(one.version, one.limit_kmh) for one in found] == [(4, 30), (3, 50)]


def test_what_was_said_again_without_a_change_is_one_display() -> None:
    signs = Signs(enumerate([limit(0, 50), limit(5, 50), limit(6, 50), limit(9, 30)], 1))
    found = signs.over("n177", at(6), at(9))
    assert [(one.version, one.limit_kmh) for one in found] == [(1, 50), (4, 30)]


def test_when_something_else_was_displayed_is_known_once_it_was() -> None:
    signs = Signs(enumerate([limit(0, 50), limit(10, 30)], 1))
    assert signs.until("n177", at(0)) == at(10)
    assert signs.until("n177", at(10)) is None
    assert signs.until("n16", at(0)) is None


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.sampled_from([30, 50, None])), unique_by=lambda o: o[0]
    ),
    st.data(),
)
def test_any_order_of_arrival_displays_the_same(
    said: list[tuple[int, int | None]], data: st.DataObject
) -> None:
    def seen(order: list[tuple[int, int | None]]) -> list[int | None]:
        signs = Signs(enumerate((limit(*one) for one in order), 1))
        shown = [signs.over("n177", at(minute), at(minute)) for minute in range(-1, 21)]
        return [one[-1].limit_kmh if one else None for one in shown]

    assert seen(data.draw(st.permutations(said))) == seen(said)


def test_it_is_named_by_its_section_and_moment() -> None:
    assert limit(0, 50).key == "limit/n177/2026-03-02T12:00:00.000000Z"


@pytest.mark.parametrize("kmh", [4, 201, 49.5, "fast"])
def test_no_limit_is_taken_that_no_sign_shows(kmh: object) -> None:
    with pytest.raises(ValidationError):
        DisplayedLimit.model_validate(
            {"section": "n177", "holds_from": "2026-03-02T12:00:00Z", "limit_kmh": kmh}
        )
