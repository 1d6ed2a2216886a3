"""Capture and recapture, against gates whose true rate is known."""

from collections.abc import Sequence
from random import Random

import pytest

from sinks.analysis.capture import GateCapture, Rate, gate_captures
from sinks.analysis.seen import Seen

LINE = ("first", "middle", "last")
TRUE = {"first": 0.9, "middle": 0.8, "last": 0.95}
MISREAD = 0.05


def drive(seed: int, vehicles: int = 4_000, turning_off: float = 0.0) -> list[Seen]:
    """Let vehicles drive the line; each gate misses and misreads some by itself."""
    rng = Random(seed)  # noqa: S311 traffic, not secrets
    seen = []
    for number in range(vehicles):
        start_s = number * 20.0
        turns_off = rng.random() < turning_off
        for place, gate in enumerate(LINE[:2] if turns_off else LINE):
            if rng.random() >= TRUE[gate]:
                continue
            plate = f"1A{number:05}".replace("2", "3")
            if rng.random() < MISREAD:
                plate = plate.replace("1", "I", 1)
            at_us = round((start_s + 60 * place) * 1e6)
            seen.append(Seen(f"{number}/{gate}", gate, at_us, f"{plate}X{number % 2}"))
    return sorted(seen, key=lambda one: (one.plate, one.at_us))


def captures(seen: Sequence[Seen]) -> dict[str, GateCapture]:
    return {one.gate: one for one in gate_captures("line", LINE, seen, 1800)}


@pytest.mark.parametrize("turning_off", [0.0, 0.4])
def test_the_rate_of_a_gate_between_two_others_is_found_whoever_turns_off(
    turning_off: float,
) -> None:
    hits = 0
    for seed in range(20):
        rate = captures(drive(seed, 1_500, turning_off))["middle"].captured
        assert rate is not None
        assert rate.share == pytest.approx(TRUE["middle"], abs=0.05)
        hits += rate.low <= TRUE["middle"] <= rate.high
    assert hits >= 17  # of 20 intervals of 95 %


def test_at_an_end_the_rate_is_a_lower_bound_that_is_reached_when_nobody_turns_off() -> None:
    whole, leaking = captures(drive(1))["last"], captures(drive(1, turning_off=0.4))["last"]
    assert whole.is_lower_bound
    assert not captures(drive(1))["middle"].is_lower_bound
    assert whole.captured is not None
    assert leaking.captured is not None
    assert whole.captured.low <= TRUE["last"] <= whole.captured.high
    assert leaking.captured.high < TRUE["last"]


def test_the_traffic_is_estimated_with_what_nobody_saw() -> None:
    seen = drive(3)
    traffic = captures(seen)["first"].traffic
    assert traffic is not None
    assert traffic == pytest.approx(4_000, rel=0.03)
    assert traffic > len({one.plate for one in seen})


def test_a_misread_plate_is_captured_and_not_read() -> None:
    gate = captures(drive(4))["middle"]
    assert gate.captured is not None
    assert gate.read is not None
    assert gate.captured.share - gate.read.share == pytest.approx(
        TRUE["middle"] * MISREAD, abs=0.02
    )


def test_where_nothing_passed_nothing_is_said() -> None:
    assert {one.captured for one in captures([]).values()} == {None}
    assert Rate.of(0, 0) is None


def test_the_interval_stays_within_what_a_share_can_be() -> None:
    for seen in (0, 5, 10):
        rate = Rate.of(seen, 10)
        assert rate is not None
        assert 0 <= rate.low <= rate.share <= rate.high <= 1
        assert rate.low < rate.high


def test_two_drives_of_one_vehicle_are_two() -> None:
    stops = [(0, "first"), (60, "middle"), (120, "last"), (600, "first"), (720, "last")]
    seen = [Seen(f"{at}", gate, at * 10**6, "1ABC123") for at, gate in stops]
    rate = captures(seen)["middle"].captured
    assert rate is not None
    assert (rate.n, rate.share) == (2, 0.5)
