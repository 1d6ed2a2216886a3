"""How a camera is judged by its signs of life."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.events import CameraStatus
from anpr.sites import Camera
from ingest.health import TRANSPORT, Signs, clock_error_ms, judge
from tests.ingest.kit import NOON

CAMERA = Camera(id="north", lat=51, lon=4, clock_error_ms=20, heartbeat_s=60, silent_after_s=3600)
NEVER = Signs(NOON)
ALIVE = Signs(NOON, heard_at=NOON)
BEATING = Signs(NOON, heard_at=NOON, heartbeat_at=NOON)
TRANSPORT_MS = TRANSPORT / timedelta(milliseconds=1)


def status(signs: Signs, after_s: float) -> CameraStatus | None:
    finding = judge(CAMERA, signs, NOON + timedelta(seconds=after_s))
    return None if finding is None else finding.status


@pytest.mark.parametrize(
    ("signs", "after_s", "expected"),
    [
        (NEVER, 0, None),
        (NEVER, 3600, None),
        (NEVER, 3600.001, "down"),
        (ALIVE, 0, "up"),
        (ALIVE, 181, "up"),
        (ALIVE, 3600, "up"),
        (ALIVE, 3600.001, "down"),
        (BEATING, 180, "up"),
        (BEATING, 180.001, "down"),
        (replace(BEATING, complaint="lens dirty"), 0, "degraded"),
        (replace(BEATING, complaint="lens dirty"), 181, "down"),
        (replace(BEATING, behind_ms=9000), 0, "clock_off"),
        (replace(BEATING, behind_ms=9000, complaint="lens dirty"), 0, "clock_off"),
        (replace(BEATING, behind_ms=9000), 181, "down"),
        (replace(ALIVE, behind_ms=9000), 0, "up"),
    ],
)
def test_the_worst_sign_says_how_a_camera_is(
    signs: Signs, after_s: float, expected: str | None
) -> None:
    assert status(signs, after_s) == expected


def test_a_camera_that_pushes_without_its_heartbeats_is_degraded_not_down() -> None:
    pushing = replace(BEATING, heard_at=NOON + timedelta(seconds=200))
    assert status(pushing, 180) == "up"
    assert status(pushing, 201) == "degraded"
    assert status(pushing, 380) == "degraded"
    assert status(pushing, 381) == "down"


@pytest.mark.parametrize(
    ("behind_ms", "expected"),
    [
        (0, "up"),
        (-20, "up"),
        (-20.001, "clock_off"),
        (TRANSPORT_MS, "up"),
        (TRANSPORT_MS + 20, "up"),
        (TRANSPORT_MS + 20.001, "clock_off"),
    ],
)
def test_a_clock_is_off_only_beyond_its_bound_and_any_journey(
    behind_ms: float, expected: str
) -> None:
    assert status(replace(BEATING, behind_ms=behind_ms), 0) == expected


@pytest.mark.parametrize(
    ("behind_ms", "expected"),
    [
        (0, 0),
        (300, 0),
        (-15, 0),
        (TRANSPORT_MS + 20, 0),
        (TRANSPORT_MS + 20.5, TRANSPORT_MS + 20.5),
        (-5000, 5000 + TRANSPORT_MS),
        (5000, 5000),
    ],
)
def test_a_bound_that_may_hold_stands_and_a_refuted_one_is_replaced_by_the_worst(
    behind_ms: float, expected: float
) -> None:
    assert clock_error_ms(CAMERA, replace(BEATING, behind_ms=behind_ms)) == expected


@given(behind_ms=st.floats(-5000, 5000), bound_ms=st.floats(0, 5000))
def test_a_clock_that_is_reported_off_is_so_by_more_than_any_journey(
    behind_ms: float, bound_ms: float
) -> None:
    """So that who judges a read needs no bound to know that its clock was reported off."""
    camera = CAMERA.model_copy(update={"clock_error_ms": bound_ms})
    signs = replace(BEATING, behind_ms=behind_ms)
    finding, held_against = judge(camera, signs, NOON), clock_error_ms(camera, signs)
    assert finding is not None
    assert held_against is not None
    is_off = finding.status is CameraStatus.CLOCK_OFF
    assert held_against >= TRANSPORT_MS if is_off else held_against == 0


def test_without_a_heartbeat_nothing_is_known_of_a_clock() -> None:
    assert clock_error_ms(CAMERA, NEVER) is None
    assert clock_error_ms(CAMERA, ALIVE) is None


@given(
    error_ms=st.floats(-10_000, 10_000),
    journey_ms=st.floats(0, TRANSPORT_MS),
    bound_ms=st.floats(0, 1000),
)
def test_the_larger_of_bound_and_proof_is_never_below_the_true_error(
    error_ms: float, journey_ms: float, bound_ms: float
) -> None:
    """Unless the bound that the site guarantees is itself broken and no heartbeat can tell."""
    camera = CAMERA.model_copy(update={"clock_error_ms": bound_ms})
    signs = replace(BEATING, behind_ms=error_ms + journey_ms)
    proven = clock_error_ms(camera, signs)
    assert proven is not None
    finding = judge(camera, signs, NOON)
    assert finding is not None
    if abs(error_ms) <= bound_ms:
        assert finding.status is CameraStatus.UP
    if finding.status is CameraStatus.CLOCK_OFF or abs(error_ms) <= bound_ms:
        assert max(bound_ms, proven) >= abs(error_ms) - 1e-6


def test_a_finding_says_since_when_and_why() -> None:
    finding = judge(CAMERA, BEATING, NOON + timedelta(minutes=4))
    assert finding is not None
    assert (finding.since, finding.reason) == (NOON, "heartbeats_missed 3 x 60 s")
    finding = judge(CAMERA, replace(BEATING, behind_ms=-5000), NOON)
    assert finding is not None
    assert finding.reason == "clock_ahead ≥ 5000 ms (≤ 20 ms)"
