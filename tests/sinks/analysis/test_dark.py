from datetime import timedelta
from random import Random

import pytest

from anpr.time import to_us
from sinks.analysis.dark import HOUR_US, down_times, silences
from tests.sinks.build import T0, camera_state

MINUTE_US = 60_000_000
SINCE = to_us(T0)


def state(name: str, minute: float) -> object:
    at = T0 + timedelta(minutes=minute)
    return camera_state(f"{name}{minute}", state=name, at=at, since=at)


def down(*states: tuple[str, float]) -> list[tuple[int, int]]:
    told = [state(*one) for one in states]
    found = down_times("north", told, SINCE, SINCE + 60 * MINUTE_US)  # type: ignore[arg-type]
    return [
        ((one.since_us - SINCE) // MINUTE_US, (one.until_us - SINCE) // MINUTE_US) for one in found
    ]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], []),
        ([("up", -5)], []),
        ([("down", 10), ("up", 20)], [(10, 20)]),
        ([("down", 10), ("down", 12), ("up", 20)], [(10, 20)]),
        ([("down", -30), ("up", 5)], [(0, 5)]),
        ([("down", 50)], [(50, 60)]),
        ([("down", -30), ("up", -5)], []),
        ([("degraded", 10), ("up", 20)], []),
        ([("down", 10), ("degraded", 20), ("down", 30), ("up", 31)], [(10, 20), (30, 31)]),
    ],
)
def test_a_camera_is_dark_from_down_until_it_is_heard_again(
    states: list[tuple[str, float]], expected: list[tuple[int, int]]
) -> None:
    assert down(*states) == expected


def passing(seed: int, hours: int, a_minute: float, gap: range = range(0)) -> list[int]:
    """Let vehicles pass at random, none in the minutes of the gap."""
    rng = Random(seed)  # noqa: S311 traffic, not secrets
    at, passed = 0.0, []
    while (at := at + rng.expovariate(a_minute)) < hours * 60:
        if int(at) not in gap:
            passed.append(SINCE + round(at * MINUTE_US))
    return passed


def test_a_planted_outage_is_found_where_it_was() -> None:
    passed = passing(1, 24, 3.0, range(600, 640))
    (dark,) = silences("north", passed, SINCE, SINCE + 24 * HOUR_US, [180.0] * 24)
    assert (dark.since_us - SINCE) / MINUTE_US == pytest.approx(600, abs=3)
    assert (dark.until_us - SINCE) / MINUTE_US == pytest.approx(640, abs=3)
    assert dark.why == "silence"
    assert dark.expected == pytest.approx(120, rel=0.1)


def test_ordinary_traffic_has_no_dark_times() -> None:
    for seed in range(20):
        passed = passing(seed, 24, 0.5)
        assert silences("north", passed, SINCE, SINCE + 24 * HOUR_US, [30.0] * 24) == []


def test_at_night_a_longer_silence_is_ordinary() -> None:
    quiet_by_night = [1.0] * 6 + [60.0] * 18
    passed = [SINCE + 6 * HOUR_US + minute * MINUTE_US for minute in range(18 * 60)]
    assert silences("north", passed, SINCE, SINCE + 24 * HOUR_US, quiet_by_night) == []
    assert silences("north", passed, SINCE, SINCE + 24 * HOUR_US, [60.0] * 24) != []


@pytest.mark.parametrize(("minutes", "count"), [(19.9, 0), (20, 1)])
def test_a_silence_counts_from_where_it_is_no_chance(minutes: float, count: int) -> None:
    end = SINCE + round(minutes * MINUTE_US)
    assert len(silences("north", [], SINCE, end, [60.0])) == count


def test_a_camera_that_nobody_knew_before_is_not_said_to_be_dark() -> None:
    assert silences("north", [], SINCE, SINCE + 24 * HOUR_US, [0.0] * 24) == []
