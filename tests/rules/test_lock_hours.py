from datetime import datetime
from typing import Any

import pytest

from anpr.events import LockVerdict, Passage
from tests.rules.locks import judge, only, outcome, rule, truck
from tests.rules.passages import after


def at_local(camera: str, text: str) -> Passage:
    moment = datetime.fromisoformat(text)
    return truck(camera, (moment - after(0)).total_seconds())


@pytest.mark.parametrize(
    ("entered", "left", "expected"),
    [
        ("2026-03-02T06:59:59+01:00", "2026-03-02T07:05:00+01:00", 0),
        ("2026-03-02T07:00:00+01:00", "2026-03-02T07:05:00+01:00", 1),
        ("2026-03-02T18:59:59+01:00", "2026-03-02T19:10:00+01:00", 1),
        ("2026-03-02T19:00:00+01:00", "2026-03-02T19:05:00+01:00", 0),
        ("2026-03-07T10:00:00+01:00", "2026-03-07T10:05:00+01:00", 0),
        ("2026-07-06T07:00:00+02:00", "2026-07-06T07:05:00+02:00", 1),
        ("2026-07-06T06:30:00+02:00", "2026-07-06T06:35:00+02:00", 0),
    ],
)
def test_an_entry_outside_the_hours_gives_nothing(entered: str, left: str, expected: int) -> None:
    hours: dict[str, Any] = {
        "days": ["mon", "tue", "wed", "thu", "fri"],
        "from": "07:00",
        "to": "19:00",
    }
    assert len(judge(rule(**hours), at_local("oost", entered), at_local("west", left))) == expected


def test_a_later_entry_outside_the_hours_still_is_the_latest() -> None:
    hours: dict[str, Any] = {"from": "07:00", "to": "19:00"}
    seen = [
        at_local("oost", "2026-03-02T18:55:00+01:00"),
        at_local("oost", "2026-03-02T19:01:00+01:00"),
        at_local("west", "2026-03-02T19:05:00+01:00"),
    ]
    assert judge(rule(**hours), *seen) == []


def test_a_night_lock_runs_over_midnight() -> None:
    night: dict[str, Any] = {"days": ["fri"], "from": "22:00", "to": "06:00"}
    friday = at_local("oost", "2026-03-06T23:58:00+01:00")
    saturday = at_local("west", "2026-03-07T00:03:00+01:00")
    assert outcome(rule(**night), friday, saturday)[0] == "through"
    early = at_local("oost", "2026-03-07T05:58:00+01:00")
    assert outcome(rule(**night), early, at_local("west", "2026-03-07T06:03:00+01:00"))[0]


@pytest.mark.parametrize(
    ("entered", "left", "travel_s"),
    [
        ("2026-03-29T01:55:00+01:00", "2026-03-29T03:05:00+02:00", 600.0),
        ("2026-10-25T02:55:00+02:00", "2026-10-25T02:05:00+01:00", 600.0),
    ],
)
def test_a_stay_across_a_clock_change_takes_as_long_as_it_takes(
    entered: str, left: str, travel_s: float
) -> None:
    transit = only(rule(), at_local("oost", entered), at_local("west", left))
    assert (transit.duration_s, transit.verdict) == (travel_s, LockVerdict.THROUGH)


def test_on_a_holiday_the_lock_is_open_and_beyond_the_calendar_a_case_is_cancelled() -> None:
    lock = rule(except_holidays="belgian-public")

    def day(text: str) -> list[Passage]:
        return [
            at_local("oost", f"{text}T10:00:00+02:00"),
            at_local("west", f"{text}T10:05:00+02:00"),
        ]

    assert judge(lock, *day("2026-07-21")) == []
    assert outcome(lock, *day("2026-07-22"))[0] == "through"
    assert outcome(lock, *day("2029-07-20")) == ("cancelled", "unknown_holiday")
