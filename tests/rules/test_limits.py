"""The limit of a transit: never below what held at any moment of it, also where clocks change."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rules.limits import limit_over
from tests.rules.sections import SETTINGS, rule

MINUTE = timedelta(minutes=1)
CLOCKS_CHANGE = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 3, 3, 23, tzinfo=UTC),  # an ordinary midnight
]
FULL_MINUTES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
LIMITS = st.lists(
    st.fixed_dictionaries(
        {
            "from": FULL_MINUTES,
            "to": FULL_MINUTES,
            "limit_kmh": st.sampled_from([30, 50, 90]),
        }
    ),
    min_size=1,
    max_size=3,
)


def highest(limits: list[dict[str, object]], start: datetime, end: datetime) -> int:
    section = rule(limits=limits)
    return limit_over(section.section, section.law, SETTINGS.zone, start, end)


@given(LIMITS, st.sampled_from(CLOCKS_CHANGE), st.integers(-150, 150), st.integers(0, 90))
@example(
    [{"from": time(2, 30), "to": time(3, 15), "limit_kmh": 90}], CLOCKS_CHANGE[0], -1, 21
)  # half of these hours does not exist that night: they begin where the clock leaps
@example(
    [{"from": time(2, 1), "to": time(2, 0), "limit_kmh": 30}], CLOCKS_CHANGE[0], -1, 1
)  # their only minute without the limit does not exist that night
def test_a_transit_takes_the_highest_limit_of_all_its_moments(
    limits: list[dict[str, object]], change: datetime, begins: int, lasts: int
) -> None:
    start = change + begins * MINUTE
    moments = [start + number * MINUTE for number in range(lasts + 1)]
    each = [highest(limits, moment, moment) for moment in moments]
    assert highest(limits, start, moments[-1]) == max(each)


@pytest.mark.parametrize(("day", "expected"), [("2026-03-28", 70), ("2026-03-29", 90)])
def test_hours_that_begin_in_an_hour_that_is_left_out_begin_where_the_clock_leaps(
    day: str, expected: int
) -> None:
    start = datetime.fromisoformat(f"{day}T00:59:00+00:00")
    hours = [{"from": time(2, 30), "to": time(3, 15), "limit_kmh": 90}]
    assert highest(hours, start, start + 20 * MINUTE) == expected
