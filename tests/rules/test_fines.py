from datetime import date

import pytest

from anpr.events import CaseClass
from rules.data import shipped_law

FINES = shipped_law().fines["BE"]
MARGIN = shipped_law().margins["BE"][0]
DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("limit", "built_up", "measured", "corrected", "eur"),
    [
        (30, True, 37, 31, 53), (30, True, 46, 40, 53), (30, True, 47, 41, 64),
        (30, False, 47, 41, 59), (30, True, 51, 45, 108), (30, False, 51, 45, 83),
        (30, True, 48, 42, 75), (30, True, 60, 54, 207), (50, False, 80, 74, 137),
        (120, False, 128, 120, 0), (120, False, 129, 121, 53), (120, False, 140, 131, 59),
        (120, False, 159, 149, 167),
    ],
)  # fmt: skip
def test_the_published_examples_come_out(
    limit: int, built_up: bool, measured: int, corrected: int, eur: int
) -> None:
    assert MARGIN.corrected_kmh(measured) == corrected
    fine = FINES.fine_eur(corrected_kmh=corrected, limit_kmh=limit, built_up=built_up, day=DAY)
    assert fine == eur


@pytest.mark.parametrize(
    ("built_up", "excess", "eur"),
    [(True, 30, 273), (True, 31, None), (False, 40, 233), (False, 41, None), (False, 0, 0)],
)
def test_the_law_fixes_no_amount_where_a_court_decides(
    built_up: bool, excess: int, eur: int | None
) -> None:
    fine = FINES.fine_eur(corrected_kmh=70 + excess, limit_kmh=70, built_up=built_up, day=DAY)
    assert fine == eur


def case(limit: int, excess: int, **where: object) -> CaseClass:
    asked = {"built_up": True, "locally_financed": True, "day": DAY, **where}
    return FINES.case_class(corrected_kmh=limit + excess, limit_kmh=limit, **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("limit", "excess", "expected"),
    [
        (30, 0, CaseClass.NONE),
        (30, 1, CaseClass.GAS5),
        (50, 20, CaseClass.GAS5),
        (50, 21, CaseClass.IMMEDIATE_COLLECTION),
        (70, 1, CaseClass.IMMEDIATE_COLLECTION),
        (70, 30, CaseClass.IMMEDIATE_COLLECTION),
        (70, 31, CaseClass.COURT),
    ],
)
def test_the_excess_after_correction_opens_a_procedure(
    limit: int, excess: int, expected: CaseClass
) -> None:
    assert case(limit, excess) is expected


def test_gas5_asks_for_a_device_that_the_local_authority_paid() -> None:
    assert case(50, 5, locally_financed=False) is CaseClass.IMMEDIATE_COLLECTION


def test_gas5_does_not_ask_whether_the_road_is_built_up() -> None:
    assert case(50, 5, built_up=False) is CaseClass.GAS5


def test_gas5_exists_since_february_2021() -> None:
    assert case(50, 5, day=date(2021, 1, 31)) is CaseClass.IMMEDIATE_COLLECTION
    assert case(50, 5, day=date(2021, 2, 1)) is CaseClass.GAS5


def test_outside_built_up_areas_the_court_starts_above_40() -> None:
    assert case(70, 40, built_up=False) is CaseClass.IMMEDIATE_COLLECTION
    assert case(70, 41, built_up=False) is CaseClass.COURT


def test_before_the_tables_begin_no_procedure_and_no_amount_are_known() -> None:
    day = date(2016, 12, 31)
    assert case(50, 5, day=day) is CaseClass.NONE
    assert FINES.fine_eur(corrected_kmh=55, limit_kmh=50, built_up=True, day=day) is None
