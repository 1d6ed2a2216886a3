"""What is told to those who were told before: that it is over, in doubt, or so again."""

from typing import Any

import pytest
from sqlalchemy import Engine

from sinks.alerts.words import CAMERA_CHANGED, CAMERA_UP, RECALLED
from tests.sinks.build import FIRST, HIGHER, T0, camera_state, hit, seconds
from tests.sinks.conftest import Clock
from tests.sinks.desk import Desk, zone

WATCHED = zone(
    alerts=[{"when": {"kind": "camera_state", "verdicts": ["down"]}, "channels": ["dispatch"]}]
)


def state(name: str, at_s: float, camera: str = "north") -> Any:
    at = T0 + seconds(at_s)
    return camera_state(f"{camera} {name} {at_s}", state=name, camera=camera, at=at, since=at)


@pytest.fixture
def watch(engine: Engine, clock: Clock) -> Desk:
    clock.forward(seconds(3600))
    return Desk(engine, clock, WATCHED)


@pytest.mark.parametrize(
    "next_, words", [("up", CAMERA_UP), ("degraded", CAMERA_CHANGED), ("clock_off", CAMERA_CHANGED)]
)
@pytest.mark.parametrize("in_one_turn", [True, False])
def test_a_camera_that_is_no_longer_down_recalls_its_alert(
    watch: Desk, next_: str, words: str, *, in_one_turn: bool
) -> None:
    down, after = state("down", 0), state(next_, 60)
    watch.take(down)
    watch.sent()
    if not in_one_turn:
        watch.take(state("down", 5, "south"))
    watch.take(*[state("down", 5, "south")] * in_one_turn, after)
    assert watch.posted() == [("dispatch", "open")] * 2 + [("dispatch", "recalled")]
    assert watch.words()[0] == words


def test_a_camera_that_goes_down_again_is_told_at_once(watch: Desk) -> None:
    for event in (state("down", 0), state("up", 60), state("down", 90)):
        watch.take(event)
        watch.sent()
    assert [said for _, said in watch.posted()] == ["open", "recalled", "open"]


def test_what_is_over_is_not_told_when_it_comes_twice_or_was_a_repeat(watch: Desk) -> None:
    first, repeat, up = state("down", 0), state("down", 30), state("up", 60)
    watch.take(first, repeat)
    watch.sent()
    watch.take(up)
    watch.take(first, repeat, up)
    assert [said for _, said in watch.posted()] == ["open", "recalled"]


def test_an_older_state_that_comes_after_recalls_nothing(watch: Desk) -> None:
    watch.take(state("down", 60))
    watch.take(state("up", 30))
    assert [said for _, said in watch.posted()] == ["open"]


def test_a_hit_that_becomes_doubtful_is_recalled_where_only_sure_ones_may_go(
    engine: Engine, clock: Clock
) -> None:
    desk = Desk(engine, clock, zone())
    desk.take(hit())
    desk.sent()
    desk.take(hit(revision=2, match="equivalent"))
    assert sorted(desk.posted()[2:]) == [("dispatch", "open"), ("field", "recalled")]
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT dispatch_only FROM alerts").scalar()


def test_what_comes_again_in_the_same_version_is_told_again(engine: Engine, clock: Clock) -> None:
    desk = Desk(engine, clock)
    for event in (FIRST, HIGHER):
        desk.take(event)
        desk.tried()
        clock.forward(seconds(1))
    desk.take(HIGHER.model_copy(update={"revision": 9, "withdrawn": True}))
    told = [(one.event.id, one.state) for one in desk.payloads()]
    assert told == [
        (FIRST.id, "open"), (FIRST.id, "recalled"), (HIGHER.id, "open"),
        (HIGHER.id, "recalled"), (FIRST.id, "open"),
    ]  # fmt: skip
    assert desk.payloads()[3].words == (RECALLED,)
    assert len({one.key for one in desk.payloads()}) == 5
