"""Clocks that drift, against traffic that was driven by other code than the one that judges it."""

from collections.abc import Mapping
from random import Random

import pytest

from sinks.analysis.drift import FEWEST, clock_drifts, pair_shifts
from sinks.analysis.seen import Seen

LEGS_S = {
    ("a", "b"): 60.0, ("b", "c"): 90.0, ("c", "d"): 45.0, ("a", "c"): 140.0, ("b", "d"): 130.0,
    ("d", "b"): 120.0, ("c", "a"): 150.0, ("d", "a"): 200.0,
}  # fmt: skip


def drive(
    seed: int,
    clocks_s: Mapping[str, float] | None = None,
    slower: Mapping[tuple[str, str], float] | None = None,
    vehicles: int = 2_000,
) -> list[Seen]:
    """Let vehicles drive one leg each; some stop on the way."""
    rng = Random(seed)  # noqa: S311 traffic, not secrets
    seen = []
    for number in range(vehicles):
        leg = rng.choice(sorted(LEGS_S))
        usual_s = LEGS_S[leg] * (slower or {}).get(leg, 1.0)
        travel_s = usual_s * rng.lognormvariate(0, 0.08) + (rng.random() < 0.05) * 400
        start_s = rng.uniform(0, 86_400)
        for camera, at_s in zip(leg, (start_s, start_s + travel_s), strict=True):
            shown_s = at_s + (clocks_s or {}).get(camera, 0.0)
            plate = f"P{number}"
            seen.append(Seen(f"{plate}/{camera}", camera, round(shown_s * 1e6), plate))
    return sorted(seen, key=lambda one: (one.plate, one.at_us))


@pytest.mark.parametrize("drift_s", [5.0, -5.0, 30.0])
@pytest.mark.parametrize("camera", ["a", "b", "c", "d"])
def test_the_clock_that_drifted_is_found_and_no_other(camera: str, drift_s: float) -> None:
    found = clock_drifts(pair_shifts(drive(1), drive(2, {camera: drift_s})))
    sure = {one.camera: one for one in found if one.is_sure}
    assert set(sure) == {camera}
    assert sure[camera].drift_s == pytest.approx(drift_s, abs=3 * sure[camera].error_s)


def test_clocks_that_stood_still_are_not_accused() -> None:
    accused = [
        one
        for seed in range(10)
        for one in clock_drifts(pair_shifts(drive(seed), drive(seed + 100)))
        if one.is_sure
    ]
    assert accused == []


def test_a_jam_on_one_road_is_no_clock() -> None:
    jam = {("a", "b"): 2.0}
    assert not any(one.is_sure for one in clock_drifts(pair_shifts(drive(1), drive(2, slower=jam))))


def test_a_drift_far_below_what_travel_times_show_stays_an_indication() -> None:
    found = clock_drifts(pair_shifts(drive(1), drive(2, {"c": 0.05})))
    assert not any(one.is_sure for one in found)


@pytest.mark.parametrize(("travels", "pairs"), [(FEWEST - 1, 0), (FEWEST, 1)])
def test_few_travels_say_nothing(travels: int, pairs: int) -> None:
    seen = [
        Seen(f"{number}{camera}", camera, at_us, f"P{number:03}")
        for number in range(travels)
        for camera, at_us in (("a", number), ("b", number + 60_000_000))
    ]
    assert len(pair_shifts(seen, seen)) == pairs


def test_a_time_of_receipt_is_no_cameras_clock() -> None:
    seen = [one._replace(is_timed=one.camera != "a") for one in drive(1)]
    shifts = pair_shifts(seen, seen)
    assert shifts
    assert not any("a" in (one.start, one.end) for one in shifts)


def test_one_pair_alone_accuses_neither_of_its_clocks() -> None:
    seen = [one for one in drive(1) if one.camera in {"a", "b"}]
    shifts = pair_shifts(seen, seen)
    assert [(one.start, one.end) for one in shifts] == [("a", "b")]
    assert clock_drifts(shifts) == []
