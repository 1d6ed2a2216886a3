"""Violations on sections in a row are one case: one alert tells of it, the highest."""

from itertools import permutations

import pytest
from sqlalchemy import Engine

from anpr.journeys import journeys
from sinks.alerts.words import HIGHEST_OF_CASE, PART_OF_CASE
from tests.sinks.build import FIRST, HIGHER, LAST, LOWER, violation
from tests.sinks.conftest import Clock
from tests.sinks.desk import Desk


@pytest.fixture
def desk(engine: Engine, clock: Clock) -> Desk:
    return Desk(engine, clock)


def opened(desk: Desk) -> list[str]:
    return [event for event, state, _ in desk.alerts() if state == "open"]


def test_a_lower_section_of_the_same_case_raises_no_alert(desk: Desk) -> None:
    desk.take(FIRST)
    desk.take(LOWER)
    assert desk.alerts() == [(FIRST.id, "open", FIRST.revision)]
    assert len(desk.payloads()) == 1


def test_a_higher_section_of_the_same_case_takes_the_place_of_its_alert(desk: Desk) -> None:
    desk.take(FIRST)
    desk.tried()
    desk.take(HIGHER)
    assert opened(desk) == [HIGHER.id]
    first, recalled, higher = desk.payloads()
    assert (recalled.alert, recalled.state, recalled.words) == (
        first.alert, "recalled", (PART_OF_CASE,),
    )  # fmt: skip
    assert (higher.state, higher.follows) == ("open", first.alert)
    assert HIGHEST_OF_CASE in higher.words


def test_the_same_section_again_and_another_vehicle_are_other_cases(desk: Desk) -> None:
    again = violation("ab", "a2", "b2", 600)
    other = violation("bc", "b", "c", 120, plate="2XYZ999", id="other")
    desk.take(FIRST, again, other)
    assert len(opened(desk)) == 3


def test_when_the_highest_falls_away_the_next_leads(desk: Desk) -> None:
    desk.take(FIRST, HIGHER, LAST)
    desk.take(HIGHER.model_copy(update={"revision": 5, "withdrawn": True}))
    assert sorted(opened(desk)) == sorted([FIRST.id, LAST.id]), "and what lay between joined them"


def test_a_section_between_two_cases_makes_one_of_them(desk: Desk) -> None:
    desk.take(FIRST, LAST)
    assert len(opened(desk)) == 2
    desk.take(LOWER)
    assert opened(desk) == [LAST.id]
    desk.take(LOWER.model_copy(update={"revision": 5, "withdrawn": True}))
    assert sorted(opened(desk)) == sorted([FIRST.id, LAST.id])


def test_a_revision_that_makes_a_part_the_highest_lets_it_lead(desk: Desk) -> None:
    desk.take(FIRST, HIGHER)
    desk.take(FIRST.model_copy(update={"revision": 5, "amount_eur": 200}))
    assert opened(desk) == [FIRST.id]
    desk.take(FIRST.model_copy(update={"revision": 6, "amount_eur": 60}))
    assert opened(desk) == [HIGHER.id]


SECTIONS = [FIRST, LOWER, HIGHER.model_copy(update={"id": "long", "section": "ac"}), LAST]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_in_any_order_one_alert_tells_of_the_case(desk: Desk, order: tuple[int, ...]) -> None:
    for number in order:
        desk.take(SECTIONS[number])
    (journey,) = journeys(SECTIONS)
    assert opened(desk) == [journey.leading.id]
