from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.events import CaseClass, SectionTransit
from anpr.journeys import journeys
from tests.sinks.build import T0, transit


def on(section: str, entry: str, leaving: str, at_s: float = 60, **changes: Any) -> SectionTransit:
    known = {
        "section": section, "passages": (entry, leaving), "at": T0 + timedelta(seconds=at_s),
        "verdict": "violation", "reason": "above_limit", "corrected_kmh": 80,
        "case_class": CaseClass.IMMEDIATE_COLLECTION, "amount_eur": 53, **changes,
    }  # fmt: skip
    return transit(f"{section}-{entry}", **known)


FIRST = on("ab", "a", "b", 60)
SECOND = on("bc", "b", "c", 120, amount_eur=83, corrected_kmh=85)
THIRD = on("cd", "c", "d", 180)


def names(*transits: SectionTransit) -> list[list[str]]:
    return [[one.section for one in journey.transits] for journey in journeys(transits)]


def test_sections_in_a_row_are_one_case_and_the_highest_leads() -> None:
    (journey,) = journeys([FIRST, SECOND, THIRD])
    assert [one.section for one in journey.transits] == ["ab", "bc", "cd"]
    assert journey.leading == SECOND


def test_what_lies_between_may_have_kept_the_limit() -> None:
    assert names(FIRST, THIRD) == [["ab"], ["cd"]]


def test_a_long_section_over_two_short_ones_is_one_case_with_them() -> None:
    assert names(FIRST, on("ac", "a", "c", 120), SECOND) == [["ab", "ac", "bc"]]


@pytest.mark.parametrize(("gap_s", "expected"), [(0, 1), (10, 1), (10.001, 2), (-0.001, 2)])
def test_other_cameras_at_one_place_join_within_ten_seconds(gap_s: float, expected: int) -> None:
    following = on("cd", "b2", "d", 60 + gap_s + 60)
    assert len(journeys([FIRST, following])) == expected


def test_the_same_section_again_is_another_case() -> None:
    assert names(FIRST, on("ab", "a2", "b2", 125)) == [["ab"], ["ab"]]


def test_other_plates_are_other_cases() -> None:
    assert len(journeys([FIRST, on("bc", "b", "c", 120, plate="2XYZ999")])) == 2


@pytest.mark.parametrize(
    ("changes", "leads"),
    [
        ({"case_class": CaseClass.COURT, "amount_eur": None}, "cd"),
        ({"amount_eur": 84}, "cd"),
        ({"amount_eur": 83, "corrected_kmh": 86}, "cd"),
        ({"amount_eur": 83, "corrected_kmh": 85, "lower_kmh": 99.0}, "cd"),
        ({"case_class": CaseClass.GAS5, "amount_eur": 53, "corrected_kmh": 99}, "bc"),
    ],
)
def test_a_court_leads_then_the_amount_then_the_excess(changes: dict[str, Any], leads: str) -> None:
    (journey,) = journeys([SECOND, on("cd", "c", "d", 180, **changes)])
    assert journey.leading.section == leads


CHAIN = st.lists(
    st.builds(
        lambda start, length, plate: on(
            f"{start}-{start + length}", f"{plate}{start}", f"{plate}{start + length}",
            60 * (start + length), plate=plate, duration_s=60.0 * length,
        ),
        st.integers(0, 6), st.integers(1, 3), st.sampled_from(["1ABC123", "2XYZ999"]),
    ),
    max_size=8,
    unique_by=lambda one: (one.id, one.plate),
)  # fmt: skip


@given(CHAIN, st.randoms(use_true_random=False))
def test_any_order_gives_the_same_cases_and_none_is_lost(
    transits: list[SectionTransit], random: Any
) -> None:
    shuffled = list(transits)
    random.shuffle(shuffled)
    found = journeys(transits)
    assert journeys(shuffled) == found
    assert sorted(one.id for journey in found for one in journey.transits) == sorted(
        one.id for one in transits
    )
