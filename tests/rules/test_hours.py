from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from anpr.sites import KNOWN_HOLIDAYS, Hours
from rules.data import shipped_law
from rules.hours import holds, switches

ZONE = ZoneInfo("Europe/Brussels")
CALENDARS = shipped_law().calendars
SCHOOLS = CALENDARS["flemish-schools"]


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def hours(**known: object) -> Hours:
    return Hours.model_validate(known)


DAYTIME = hours(days=["mon", "tue"], **{"from": "08:00", "to": "08:50"})
NIGHT = hours(days=["fri"], **{"from": "22:00", "to": "06:00"})


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-02T07:59:59.999999", False), ("2026-03-02T08:00", True),
        ("2026-03-02T08:49:59.999999", True), ("2026-03-02T08:50", False),
        ("2026-03-04T08:10", False),
    ],
)  # fmt: skip
def test_hours_hold_from_their_start_until_just_before_their_end(
    moment: str, expected: bool
) -> None:
    assert holds(DAYTIME, None, local(moment)) is expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-06T21:59", False), ("2026-03-06T22:00", True), ("2026-03-07T05:59", True),
        ("2026-03-07T06:00", False), ("2026-03-07T22:30", False), ("2026-03-06T03:00", False),
    ],
)  # fmt: skip
def test_hours_over_midnight_belong_to_the_day_they_start(moment: str, expected: bool) -> None:
    assert holds(NIGHT, None, local(moment)) is expected


def test_without_hours_the_whole_day_counts() -> None:
    whole = hours(days=["mon"])
    assert holds(whole, None, local("2026-03-02T00:00"))
    assert holds(whole, None, local("2026-03-02T23:59:59"))
    assert not holds(whole, None, local("2026-03-03T00:00"))


def test_on_a_holiday_they_do_not_hold() -> None:
    assert holds(DAYTIME, SCHOOLS, local("2026-03-02T08:10")) is True
    assert holds(DAYTIME, SCHOOLS, local("2026-02-16T08:10")) is False


def test_beyond_the_calendar_it_is_not_known_whether_they_hold() -> None:
    assert holds(DAYTIME, SCHOOLS, local("2029-01-08T08:10")) is None
    assert holds(DAYTIME, SCHOOLS, local("2029-01-08T09:10")) is False


def test_switches_lie_after_the_start_and_up_to_the_end() -> None:
    start, end = local("2026-03-02T08:00"), local("2026-03-02T08:50")
    assert set(switches(DAYTIME, start, end)) == {end}


def test_an_hour_that_the_clock_shows_twice_switches_twice() -> None:
    early = hours(**{"from": "02:30", "to": "04:00"})
    start = local("2026-10-25T01:00")
    end = local("2026-10-25T03:30")
    found = {moment.timestamp() - start.timestamp() for moment in switches(early, start, end)}
    clock_goes_back = 2 * 3600
    assert found == {1.5 * 3600, clock_goes_back, 2.5 * 3600}


def easter(year: int) -> date:
    """Anonymous Gregorian computus."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


def week_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def span(first: date, days: int) -> set[date]:
    return {first + timedelta(days=number) for number in range(days)}


YEARS = range(2024, 2029)


def test_the_public_holidays_follow_the_law() -> None:
    fixed = [(1, 1), (5, 1), (7, 21), (8, 15), (11, 1), (11, 11), (12, 25)]
    expected = {date(year, month, day) for year in YEARS for month, day in fixed}
    moved = {easter(year) + timedelta(days=days) for year in YEARS for days in (1, 39, 50)}
    assert CALENDARS["belgian-public"].days == expected | moved


def school_holidays(year: int) -> set[date]:
    """The rules of the Decision of the Flemish Government of 17 April 1991."""
    sunday = easter(year)
    if sunday.month == 3:
        spring = sunday + timedelta(days=1)
    elif sunday > date(year, 4, 15):
        spring = sunday - timedelta(days=13)
    else:
        spring = date(year, 4, 1) + timedelta(days=(7 - date(year, 4, 1).weekday()) % 7)
    saints, christmas = date(year, 11, 1), date(year, 12, 25)
    autumn = saints + timedelta(days=1) if saints.weekday() == 6 else week_of(saints)
    winter = week_of(christmas) + timedelta(days=7 if christmas.weekday() >= 5 else 0)
    return {
        *span(sunday - timedelta(days=48), 7),
        *span(spring, 14),
        *span(date(year, 7, 1), 62),
        *span(autumn, 7),
        *span(winter, 14),
        *(sunday + timedelta(days=days) for days in (1, 39, 40, 50)),
        date(year, 5, 1),
        date(year, 11, 11),
    }


def test_the_flemish_school_holidays_follow_the_decision() -> None:
    computed = set().union(*(school_holidays(year) for year in (2023, *YEARS)))
    assert SCHOOLS.days == {day for day in computed if day.year in YEARS}


def test_every_calendar_that_a_site_may_name_ships() -> None:
    assert sorted(CALENDARS) == sorted(KNOWN_HOLIDAYS)
