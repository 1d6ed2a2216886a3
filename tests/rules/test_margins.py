from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.data import shipped_law
from rules.margins import margin_on, parse_margins

LAW = shipped_law()


def corrected(country: str, whole_kmh: int) -> int:
    return margin_on(LAW.margins[country], date(2026, 3, 2)).corrected_kmh(whole_kmh)


@pytest.mark.parametrize(
    ("measured", "expected"),
    [(0, 0), (5, 0), (6, 0), (7, 1), (37, 31), (99, 93), (100, 94), (101, 94), (102, 95),
     (128, 120), (129, 121), (140, 131), (150, 141), (159, 149)],
)  # fmt: skip
def test_belgium_takes_off_6_up_to_100_and_6_percent_above(measured: int, expected: int) -> None:
    assert corrected("BE", measured) == expected


@pytest.mark.parametrize(
    ("country", "at_100", "at_130"),
    [("NL", 97, 126), ("FR", 95, 123), ("DE", 97, 126)],
)
def test_other_countries_are_rows_of_the_same_table(country: str, at_100: int, at_130: int) -> None:
    assert (corrected(country, 100), corrected(country, 130)) == (at_100, at_130)


@given(st.sampled_from(sorted(LAW.margins)), st.integers(0, 400))
def test_a_correction_never_hurts_the_driver_and_never_turns_back(country: str, kmh: int) -> None:
    assert 0 <= corrected(country, kmh) <= kmh
    assert corrected(country, kmh) <= corrected(country, kmh + 1)


ROW = """
[[BE]]
since = {since}
flat_kmh = {flat}
flat_up_to_kmh = 100
kept_percent = 94
kept_rounded = "{rounded}"
source = "x"
"""


def test_the_margin_of_the_day_counts() -> None:
    text = ROW.format(since="2027-01-01", flat=3, rounded="down")
    text += ROW.format(since="2000-01-01", flat=6, rounded="down")
    margins = parse_margins(text)["BE"]
    days = (date(2026, 12, 31), date(2027, 1, 1))
    assert [margin_on(margins, day).corrected_kmh(80) for day in days] == [74, 77]


def test_a_table_that_starts_too_late_is_refused() -> None:
    with pytest.raises(ValueError, match="start too late"):
        parse_margins(ROW.format(since="2010-01-01", flat=6, rounded="down"))


@pytest.mark.parametrize(("rounded", "expected"), [("down", 120), ("nearest", 121), ("up", 122)])
def test_which_way_a_country_rounds_is_data(rounded: str, expected: int) -> None:
    """94 % of 128 is 120.32, of 129 121.26, of 129.4 121.6."""
    margin = parse_margins(ROW.format(since="2000-01-01", flat=6, rounded=rounded))["BE"][0]
    whole = {"down": 128, "nearest": 129, "up": 129}[rounded]
    assert margin.corrected_kmh(whole) == expected


@pytest.mark.parametrize(
    ("country", "limit", "excess", "expected"),
    [
        ("NL", 50, 3, False), ("NL", 50, 4, True), ("NL", 120, 3, False), ("NL", 130, 1, True),
        ("BE", 50, 1, True), ("FR", 50, 1, True), ("NL", 50, 0, False), ("BE", 50, 0, False),
    ],
)  # fmt: skip
def test_from_which_excess_a_country_pursues_is_data(
    country: str, limit: int, excess: int, expected: bool
) -> None:
    margin = margin_on(LAW.margins[country], date(2026, 3, 2))
    assert margin.is_pursued(excess, limit) is expected
