from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from rules.days import LocalDays

ZONES = ("Europe/Brussels", "America/St_Johns", "America/Havana", "Pacific/Apia", "UTC")

SINCE = datetime(2005, 1, 1, tzinfo=UTC)

moments = st.integers(0, 25 * 365 * 86_400).map(lambda seconds: SINCE + timedelta(seconds=seconds))
steps = st.lists(st.integers(-200_000, 200_000), max_size=20)


@given(st.sampled_from(ZONES), moments, steps)
def test_the_day_kept_never_answers_for_another(
    zone: str, start: datetime, steps: list[int]
) -> None:
    days, moment = LocalDays(ZoneInfo(zone)), start
    for seconds in (0, *steps):
        moment += timedelta(seconds=seconds)
        assert days.of(moment) == moment.astimezone(ZoneInfo(zone)).date()


def test_a_midnight_that_the_clock_shows_twice_does_not_mix_two_days() -> None:
    """In Newfoundland the clock went back at one minute past midnight, until 2011."""
    zone = ZoneInfo("America/St_Johns")
    days = LocalDays(zone)
    midnight = datetime(2010, 11, 7, tzinfo=zone).astimezone(UTC)
    for minute in range(-90, 90):
        moment = midnight + timedelta(minutes=minute)
        assert days.of(moment) == moment.astimezone(zone).date()
