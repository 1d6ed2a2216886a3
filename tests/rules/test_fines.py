from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.events import CaseClass
from rules.data import shipped_law
from rules.fines import BAN, WITHDRAWAL, Procedure
from rules.margins import margin_on

FINES = shipped_law().fines["BE"]
DAY = date(2026, 3, 2)

NONE, GAS5 = CaseClass.NONE, CaseClass.GAS5
COLLECTION, COURT = CaseClass.IMMEDIATE_COLLECTION, CaseClass.COURT


def procedure(limit: int, excess: int, **where: object) -> Procedure:
    asked = {"built_up": True, "locally_financed": True, "day": DAY, **where}
    return FINES.procedure(corrected_kmh=limit + excess, limit_kmh=limit, **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("limit", "built_up", "local", "measured", "corrected", "case_class", "eur"),
    [
        # the published examples, by immediate collection
        (30, True, False, 37, 31, COLLECTION, 53), (30, True, False, 46, 40, COLLECTION, 53),
        (30, True, False, 47, 41, COLLECTION, 64), (30, False, False, 47, 41, COLLECTION, 59),
        (30, True, False, 51, 45, COLLECTION, 108), (30, False, False, 51, 45, COLLECTION, 83),
        (30, True, False, 48, 42, COLLECTION, 75), (30, True, False, 60, 54, COLLECTION, 207),
        (50, False, False, 80, 74, COLLECTION, 137), (120, False, False, 128, 120, NONE, None),
        (120, False, False, 129, 121, COLLECTION, 53),
        (120, False, False, 140, 131, COLLECTION, 59),
        (120, False, False, 159, 149, COLLECTION, 167),
        # the same through GAS 5, where the local authority paid for the device
        (30, True, True, 36, 30, NONE, None), (30, True, True, 37, 31, GAS5, 53),
        (30, True, True, 46, 40, GAS5, 53), (30, True, True, 47, 41, GAS5, 64),
        (30, False, True, 47, 41, GAS5, 59), (30, True, True, 51, 45, GAS5, 108),
        (30, True, True, 56, 50, GAS5, 163), (30, True, True, 57, 51, COLLECTION, 174),
        (30, True, True, 60, 54, COLLECTION, 207), (50, False, True, 76, 70, GAS5, 113),
        (50, False, True, 77, 71, COLLECTION, 119), (70, False, True, 80, 74, COLLECTION, 53),
        # where immediate collection ends
        (30, True, True, 66, 60, COLLECTION, 273), (30, True, True, 67, 61, COURT, None),
        (70, False, False, 117, 109, COLLECTION, 227),
        (70, False, False, 118, 110, COLLECTION, 233),
        (70, False, False, 119, 111, COURT, None),
    ],
)  # fmt: skip
def test_measured_corrected_class_and_amount(
    limit: int,
    built_up: bool,
    local: bool,
    measured: int,
    corrected: int,
    case_class: CaseClass,
    eur: int | None,
) -> None:
    margin = margin_on(shipped_law().margins["BE"], DAY)
    assert margin.corrected_kmh(measured) == corrected
    found = procedure(limit, corrected - limit, built_up=built_up, locally_financed=local)
    assert (found.case_class, found.amount_eur) == (case_class, eur)


@pytest.mark.parametrize(
    ("built_up", "excess", "expected"),
    [
        (True, 20, ()), (True, 21, (WITHDRAWAL,)), (True, 30, (WITHDRAWAL,)),
        (True, 31, (WITHDRAWAL, BAN)), (False, 30, ()), (False, 31, (WITHDRAWAL,)),
        (False, 41, (WITHDRAWAL,)),
    ],
)  # fmt: skip
def test_what_may_follow_beside_the_amount(
    built_up: bool, excess: int, expected: tuple[str, ...]
) -> None:
    found = procedure(70, excess, built_up=built_up)
    assert found.consequences == expected


def test_gas5_lists_what_only_an_officer_can_establish_and_what_else_it_becomes() -> None:
    found = procedure(50, 5)
    assert found.conditions == (
        "plate_checked", "vehicle_matches", "adult_or_legal_person", "no_other_offence"
    )  # fmt: skip
    assert found.otherwise is COLLECTION
    assert "29quater" in found.sources[0]


def test_every_case_asks_an_officer_to_look_at_the_plate_and_the_vehicle() -> None:
    for found in (procedure(70, 5), procedure(70, 50)):
        assert {"plate_checked", "vehicle_matches"} <= set(found.conditions)


def test_gas5_does_not_ask_whether_the_road_is_built_up() -> None:
    assert procedure(50, 5, built_up=False).case_class is GAS5


def test_gas5_exists_since_february_2021() -> None:
    assert procedure(50, 5, day=date(2021, 1, 31)).case_class is COLLECTION
    assert procedure(50, 5, day=date(2021, 2, 1)).case_class is GAS5


def test_before_the_tables_begin_no_procedure_and_no_amount_are_known() -> None:
    assert procedure(50, 5, day=date(2016, 12, 31)) == Procedure()
    assert procedure(50, 5, day=date(2017, 1, 1)).case_class is COLLECTION


@given(st.sampled_from([30, 50, 70, 90, 120]), st.integers(1, 60), st.booleans(), st.booleans())
def test_a_higher_speed_never_costs_less(
    limit: int, excess: int, built_up: bool, local: bool
) -> None:
    order = (NONE, GAS5, COLLECTION, COURT)
    where = {"built_up": built_up, "locally_financed": local}
    slower, faster = procedure(limit, excess, **where), procedure(limit, excess + 1, **where)
    assert order.index(slower.case_class) <= order.index(faster.case_class)
    if slower.amount_eur is not None and faster.amount_eur is not None:
        assert slower.amount_eur <= faster.amount_eur
