"""What a process says of its stages: lags, ages, and whether it is ready."""

import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from anpr.errors import LogError
from anpr.ports import Message, Output, Record, TopicSpec, Worker
from pipeline.logs.memory import MemoryLog
from pipeline.stage import Stage, StageSpec
from pipeline.watch import TOO_OLD, LineWatch
from tests.pipeline.log_brokers import SOON, Clock

TOPIC = TopicSpec("reads", partitions=1, retention=timedelta(days=1))


class Blocked(Worker):
    """Works while it may."""

    def __init__(self) -> None:
        self.is_open = True

    def work(self, messages: Sequence[Message]) -> list[Output]:
        if not self.is_open:
            raise LogError("closed")
        return []

    def idle(self) -> list[Output]:
        return []

    def needed_from(self) -> int | None:
        return 0


class Deaf(MemoryLog):
    """A log whose brokers do not answer."""

    def backlog(self, group: str, topic: str) -> dict[int, int]:
        raise LogError("no broker answers")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(clock: Clock) -> Iterator[MemoryLog]:
    log = MemoryLog(clock)
    log.create([TOPIC])
    yield log
    log.close()


@pytest.fixture
def worker() -> Blocked:
    return Blocked()


@pytest.fixture
def stage(log: MemoryLog, worker: Blocked) -> Iterator[Stage]:
    stage = Stage(StageSpec("watched", ["reads"], lambda _: worker), log)
    yield stage
    stage.leave()


def put(log: MemoryLog, count: int = 1) -> None:
    for _ in range(count):
        log.append("reads", Record("camera", b"x"))
    log.flush()


def drain(stage: Stage) -> None:
    stage.turn(SOON)
    while stage.turn(SOON):
        pass


def figure(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"stage": "watched", **labels})


def test_before_the_first_look_nothing_is_claimed(
    log: MemoryLog, stage: Stage, clock: Clock
) -> None:
    assert LineWatch(log, [stage], clock).checks() == {"watch": "not looked yet"}


def test_a_stage_without_partitions_yet_is_not_ready(
    log: MemoryLog, stage: Stage, clock: Clock
) -> None:
    watch = LineWatch(log, [stage], clock)
    watch.look()
    assert watch.checks()["state"] == "no partitions yet: watched"
    drain(stage)
    assert watch.checks()["state"] == "ok"


def test_a_member_that_the_group_needs_not_is_ready(
    log: MemoryLog, stage: Stage, clock: Clock
) -> None:
    drain(stage)
    spare = Stage(stage.spec, log, joining_s=0)
    drain(spare)
    drain(stage)
    watch = LineWatch(log, [spare], clock)
    watch.look()
    assert not spare.state.reached
    assert watch.checks()["state"] == "ok"
    spare.leave()


def test_a_stage_that_keeps_up_is_ready(log: MemoryLog, stage: Stage, clock: Clock) -> None:
    put(log, 3)
    drain(stage)
    watch = LineWatch(log, [stage], clock)
    watch.look()
    assert set(watch.checks().values()) == {"ok"}
    assert figure("anpr_stage_lag", topic="reads", partition="0") == 0
    assert figure("anpr_stage_partitions") == 1


@pytest.mark.parametrize(
    ("waited", "told"), [(TOO_OLD, "ok"), (TOO_OLD + SOON * 10, "watched: 61 s")]
)
def test_a_message_that_waits_longer_than_a_minute_makes_it_unready(
    log: MemoryLog, stage: Stage, worker: Blocked, clock: Clock, waited: timedelta, told: str
) -> None:
    drain(stage)
    put(log)
    drain(stage)
    watch = LineWatch(log, [stage], clock)
    watch.look()
    put(log, 2)
    clock.moment += waited
    watch.look()
    assert told in watch.checks()["lag"]
    assert figure("anpr_stage_lag", topic="reads", partition="0") == 2
    assert figure("anpr_stage_oldest_unread_seconds", topic="reads") == waited.total_seconds()


def test_a_turn_that_failed_is_told_by_its_kind(
    log: MemoryLog, worker: Blocked, clock: Clock
) -> None:
    worker.is_open = False
    put(log)
    stage = Stage(StageSpec("watched", ["reads"], lambda _: worker), log, patience=0.01)
    stop = threading.Event()
    thread = threading.Thread(target=stage.run, args=(stop,))
    thread.start()
    watch = LineWatch(log, [stage], clock)
    for _ in range(500):
        watch.look()
        if watch.checks()["stages"] != "ok" or stop.wait(0.01):
            break
    told = watch.checks()["stages"]
    stop.set()
    thread.join()
    assert told == "tried again after watched: LogError"


def test_a_partition_being_rebuilt_makes_it_unready_until_its_state_is_whole(
    log: MemoryLog, worker: Blocked, clock: Clock
) -> None:
    put(log, 4)
    first = Stage(StageSpec("watched", ["reads"], lambda _: worker), log)
    drain(first)
    first.leave()
    second = Stage(StageSpec("watched", ["reads"], lambda _: worker, limit=2), log)
    before = figure("anpr_stage_rebuild_seconds_count") or 0
    watch = LineWatch(log, [second], clock)
    watch.look()
    second.turn(SOON)
    assert watch.checks()["state"] == "partitions being rebuilt: watched: 1"
    drain(second)
    assert watch.checks()["state"] == "ok", "as of now, not of the last look"
    second.leave()
    assert figure("anpr_stage_rebuild_seconds_count") == before + 1


def test_a_log_that_does_not_answer_makes_it_unready(clock: Clock, worker: Blocked) -> None:
    log = Deaf(clock)
    log.create([TOPIC])
    watch = LineWatch(log, [Stage(StageSpec("watched", ["reads"], lambda _: worker), log)], clock)
    watch.look()
    assert watch.checks()["lag"] == "oldest unread: watched: unknown"
    log.close()


def test_a_look_that_is_half_a_minute_old_tells_nothing(
    log: MemoryLog, stage: Stage, clock: Clock
) -> None:
    watch = LineWatch(log, [stage], clock)
    watch.look()
    clock.moment += timedelta(seconds=31)
    assert watch.checks()["watch"] == "did not look for half a minute"
