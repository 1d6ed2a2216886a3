"""Heartbeats and silence become camera states, once each; the clock's error reaches reads."""

from datetime import timedelta
from typing import Any

import pytest

from anpr.errors import LogError, LogFullError
from anpr.events import CameraState, PlateRead
from anpr.heartbeats import ClockReport
from anpr.topics import EVENTS, HEARTBEATS, READS
from tests.ingest.kit import NOON, Zone, only_problem


@pytest.fixture
def zone() -> Zone:
    return Zone()


def beat(zone: Zone, ahead_s: float = 0, **fields: Any) -> dict[str, Any]:
    clock = (zone.clock() + timedelta(seconds=ahead_s)).isoformat()
    answer = zone.post("north/heartbeat", json={"clock": clock, **fields})
    assert answer.status_code == 202, answer.text
    answered: dict[str, Any] = answer.json()
    return answered


def of_north(zone: Zone) -> list[str]:
    return [state.state for state in zone.states() if state.camera == "north"]


def test_a_heartbeat_answers_our_time_and_what_it_proves(zone: Zone) -> None:
    assert beat(zone) == {"received_at": "2026-06-01T12:00:00.000000Z", "clock_error_ms": 0}


def test_the_first_sign_of_life_says_up_and_the_next_say_nothing(zone: Zone) -> None:
    beat(zone)
    zone.post_frame()
    beat(zone)
    assert of_north(zone) == ["up"]


def test_a_state_is_keyed_by_its_camera_and_has_no_passages(zone: Zone) -> None:
    beat(zone)
    (record,) = zone.log.kept[EVENTS]
    (state,) = zone.states()
    assert record.key == "north"
    assert (state.kind, state.at, state.since, state.passages) == ("camera_state", NOON, NOON, ())
    assert state.rule.id == "camera/north"


def test_a_camera_goes_down_once_and_comes_up_again(zone: Zone) -> None:
    beat(zone)
    for _ in range(5):
        zone.clock.forward(60)
        zone.intake.tick()
    assert of_north(zone) == ["up", "down"]
    down = zone.states()[-1]
    assert (down.since, down.at) == (NOON, NOON + timedelta(seconds=240))
    beat(zone)
    assert of_north(zone) == ["up", "down", "up"]


def test_cameras_that_were_never_heard_go_down_after_their_silence(zone: Zone) -> None:
    zone.clock.forward(3600)
    zone.intake.tick()
    assert zone.states() == []
    zone.clock.forward(1)
    zone.intake.tick()
    zone.intake.tick()
    assert {state.camera for state in zone.states()} == {c.id for c in zone.site.cameras}
    assert {state.state for state in zone.states()} == {"down"}


def test_a_health_of_any_spelling_is_heard(zone: Zone) -> None:
    beat(zone, health={"state": "degraded", "reason": "lens dirty"})
    assert (of_north(zone), zone.states()[-1].reason) == (["degraded"], "lens dirty")
    beat(zone, health="ok")
    beat(zone, health="degraded")
    beat(zone)
    assert of_north(zone) == ["degraded", "up", "degraded", "up"]


@pytest.mark.parametrize("clock", ["1970-01-01T00:00:07Z", "2099-01-01T00:00:00+01:00"])
def test_a_clock_that_was_never_set_is_heard_and_called_off(zone: Zone, clock: str) -> None:
    assert zone.post("north/heartbeat", json={"clock": clock}).status_code == 202
    assert of_north(zone) == ["clock_off"]


def test_a_clock_that_is_off_marks_the_frames_and_reads_that_follow(zone: Zone) -> None:
    read = {"camera": "north", "captured_at": NOON.isoformat(), "plate": None}
    beat(zone, ahead_s=-2)
    zone.post_frame()
    zone.post("north/reads", json=read)
    beat(zone)
    zone.post_frame()
    assert of_north(zone) == ["clock_off", "up"]
    assert [meta.clock_error_ms for meta in zone.frames()] == [2000, 0]
    (kept,) = zone.log.kept[READS]
    assert PlateRead.model_validate_json(kept.value).clock_error_ms == 2000


def test_a_state_of_the_same_moment_has_the_same_id_after_a_restart(zone: Zone) -> None:
    beat(zone)
    again = Zone()
    beat(again)
    assert zone.states() == again.states()


def test_a_silence_that_could_not_be_published_is_said_at_the_next_tick(zone: Zone) -> None:
    beat(zone)
    zone.clock.forward(181)
    zone.log.refuses[EVENTS] = LogFullError("full")
    zone.intake.tick()
    assert of_north(zone) == ["up"]
    zone.log.refuses.clear()
    zone.intake.tick()
    assert of_north(zone) == ["up", "down"]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, ("body", "clock")),
        ({"clock": "2026-06-01T12:00:00"}, ("body", "clock")),
        ({"clock": 1_780_000_000}, ("body", "clock")),
        ({"clock": "1780000000"}, ("body", "clock")),
        ({"clock": "2026-06-01T12:00:00Z", "health": "fine"}, ("body", "health", "state")),
        ({"clock": "2026-06-01T12:00:00Z", "health": {}}, ("body", "health", "state")),
        ({"clock": "2026-06-01T12:00:00Z", "health": 7}, ("body", "health")),
        ([], ("body",)),
    ],
)
def test_a_bad_heartbeat_is_refused_by_its_field(
    zone: Zone, body: Any, where: tuple[str, ...]
) -> None:
    assert only_problem(zone.post("north/heartbeat", json=body))[0] == where
    assert zone.is_untouched()


def test_a_state_reads_back_as_the_event_it_is(zone: Zone) -> None:
    beat(zone)
    (record,) = zone.log.kept[EVENTS]
    assert CameraState.model_validate_json(record.value).to_json() == record.value


def test_what_a_clock_showed_is_kept_as_evidence(zone: Zone) -> None:
    beat(zone, ahead_s=-0.012)
    (record,) = zone.log.kept[HEARTBEATS]
    report = ClockReport.model_validate_json(record.value)
    assert (record.key, report.camera, report.behind_ms) == ("north", "north", 12)


def test_a_log_that_fails_costs_no_heartbeat(zone: Zone) -> None:
    zone.log.refuses[HEARTBEATS] = LogError("the disk is full")
    beat(zone)
    zone.log.refuses.clear()
    zone.log.fails[HEARTBEATS] = LogError("the disk is full")
    beat(zone)
