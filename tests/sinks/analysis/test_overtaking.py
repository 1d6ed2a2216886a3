"""Overtaking by order inversion, against roads on which it is known who overtook whom."""

from collections.abc import Sequence
from itertools import combinations
from random import Random
from typing import Any

import pytest

from anpr.sites import Overtaking
from sinks.analysis.overtaking import Inversion, inversions, tally
from sinks.analysis.seen import Seen

BAN = Overtaking(id="e19", entry=("in",), exit=("out",))


def drive(
    plate: str, came_s: float, left_s: float, vehicle: str | None = "truck", sure: float = 0.99
) -> list[Seen]:
    return [
        Seen(f"{plate}/{camera}/{at_s}", camera, round(at_s * 1e6), plate, vehicle, sure)
        for camera, at_s in (("in", came_s), ("out", left_s))
    ]


def found(*drives: Sequence[Seen], ban: Overtaking = BAN) -> list[Inversion]:
    seen = sorted((one for drive_ in drives for one in drive_), key=lambda o: (o.plate, o.at_us))
    return inversions(ban, seen)


def reasons(*drives: Sequence[Seen], **changes: Any) -> list[str]:
    ban = BAN.model_copy(update=changes)
    return [one.reason.value for one in found(*drives, ban=ban)]


SLOW, FAST = drive("1SLW001", 0, 130), drive("1FST001", 10, 120)


def test_a_truck_that_came_behind_and_left_before_has_overtaken() -> None:
    (one,) = found(SLOW, FAST)
    assert one.is_overtaking
    assert one.passages == (FAST[0].id, FAST[1].id, SLOW[0].id, SLOW[1].id)
    assert (one.behind_s, one.ahead_s, one.at_us) == (10, 10, FAST[1].at_us)
    assert (one.overtaker_s, one.overtaken_s, one.stretch) == (110, 130, "e19")


def test_who_keeps_the_order_has_not() -> None:
    assert found(SLOW, drive("1FST001", 10, 131)) == []


def test_a_car_may_overtake_a_truck_and_a_truck_no_car() -> None:
    assert found(SLOW, drive("1FST001", 10, 120, "car")) == []
    assert reasons(drive("1SLW001", 0, 130, "car"), FAST) == ["inversion"]


@pytest.mark.parametrize(("gap_s", "reason"), [(1.9, "too_close"), (2, "inversion")])
def test_both_gaps_must_be_wide_enough(gap_s: float, reason: str) -> None:
    assert reasons(SLOW, drive("1FST001", gap_s, 120)) == [reason]
    assert reasons(SLOW, drive("1FST001", 10, 130 - gap_s)) == [reason]


def test_a_vehicle_much_slower_than_all_others_may_have_stopped() -> None:
    others = [drive(f"1OTH{n:03}", -1000 - 60 * n, -890 - 60 * n) for n in range(9)]
    assert reasons(drive("1SLW001", 0, 166), FAST, *others) == ["may_have_stopped"]
    assert reasons(drive("1SLW001", 0, 164), FAST, *others) == ["inversion"]


@pytest.mark.parametrize(("sure", "reason"), [(0.89, "low_confidence"), (0.9, "inversion")])
def test_all_four_plates_must_be_certain(sure: float, reason: str) -> None:
    assert reasons(SLOW, drive("1FST001", 10, 120, sure=sure)) == [reason]
    assert reasons(drive("1SLW001", 0, 130, sure=sure), FAST) == [reason]


def test_a_class_that_is_missing_or_contradicts_itself_cancels() -> None:
    assert reasons(SLOW, drive("1FST001", 10, 120, None)) == ["unknown_class"]
    mixed = [FAST[0], FAST[1]._replace(vehicle="car")]
    assert reasons(SLOW, mixed) == ["unknown_class"]


@pytest.mark.parametrize("end", [0, 1])
def test_a_time_of_receipt_tells_no_order(end: int) -> None:
    late = [one._replace(is_timed=place != end) for place, one in enumerate(FAST)]
    assert reasons(SLOW, late) == ["receipt_time"]
    assert reasons(late, drive("1SLW001", 0, 130)) == ["receipt_time"]


def test_a_plate_that_came_twice_is_ambiguous() -> None:
    again = [FAST[0]._replace(id="again", at_us=FAST[0].at_us + 20_000_000)]
    assert reasons(SLOW, FAST, again) == ["ambiguous"]


def test_a_travel_beyond_the_longest_is_no_drive() -> None:
    assert reasons(drive("1SLW001", 0, 601), FAST) == []


@pytest.mark.parametrize("seed", range(5))
def test_on_a_simulated_road_every_planted_overtaking_is_found_and_nothing_else(seed: int) -> None:
    """Trucks in a row, a minute apart; some overtake the one before them by design."""
    rng = Random(seed)  # noqa: S311 traffic, not secrets
    drives, planted = [], set()
    came_s = 0.0
    number = 0
    while number < 300:
        came_s += rng.uniform(60, 90)
        left_s = came_s + 120 + rng.uniform(-3, 3)
        first = f"1TRK{number:03}"
        drives.append(drive(first, came_s, left_s))
        if rng.random() < 0.2:
            number += 1
            second = f"1TRK{number:03}"
            drives.append(drive(second, came_s + 8, left_s - 6))
            planted.add((second, first))
        number += 1
    got = {
        (one.passages[0].split("/")[0], one.passages[2].split("/")[0])
        for one in found(*drives)
        if one.is_overtaking
    }
    assert planted
    assert got == planted


@pytest.mark.parametrize("seed", range(5))
def test_a_mixed_up_road_gives_what_comparing_every_two_vehicles_gives(seed: int) -> None:
    rng = Random(seed)  # noqa: S311 traffic, not secrets
    drives = []
    for number in range(60):
        came_s = rng.uniform(0, 600)
        drives.append(drive(f"1MIX{number:03}", came_s, came_s + rng.uniform(100, 140)))
    swapped = 0
    for one, other in combinations(drives, 2):
        came, left = other[0].at_us - one[0].at_us, other[1].at_us - one[1].at_us
        swapped += came * left < 0
    assert len(found(*drives)) == swapped
    assert sum(tally(found(*drives)).values()) == swapped
