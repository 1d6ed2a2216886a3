"""The stage loop: nothing is lost, nothing is doubled in effect, nothing stops it."""

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from anpr.errors import StoreError
from anpr.ports import Commit, Message, Output, Record, TopicSpec, Worker, dead_letter
from anpr.topics import DEAD_LETTERS
from pipeline.logs.memory import MemoryLog
from pipeline.stage import ATTEMPTS, Stage, StageSpec

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
SOON = timedelta(milliseconds=20)


class Summing(Worker):
    """Publishes the sum of the last `window` numbers of its partition; `x` is no number."""

    window = 3

    def __init__(self, breaks_on: Sequence[bytes] = (), outage: Sequence[bool] = ()) -> None:
        self.last: list[tuple[int, int]] = []
        self.breaks_on = breaks_on
        self.outage = iter(outage)
        self.idled = 0

    def work(self, messages: Sequence[Message]) -> list[Output]:
        if next(self.outage, False):
            raise StoreError("gone for now")
        outputs = []
        for message in messages:
            if message.record.value in self.breaks_on:
                raise RuntimeError("broken")
            if message.record.value == b"x":
                outputs.append(dead_letter(message, "not a number"))
                continue
            self.last = [*self.last, (message.offset, int(message.record.value))][-self.window :]
            total = str(sum(value for _, value in self.last)).encode()
            outputs.append(Output("sums", Record(message.record.key, total)))
        return outputs

    def idle(self) -> list[Output]:
        self.idled += 1
        return []

    def needed_from(self) -> int | None:
        return self.last[0][0] if self.last else None


@pytest.fixture
def log() -> Iterator[MemoryLog]:
    log = MemoryLog(lambda: NOW)
    day = timedelta(days=1)
    log.create([TopicSpec(name, 1, day) for name in ("numbers", "sums", DEAD_LETTERS)])
    yield log
    log.close()


def put(log: MemoryLog, *values: str) -> None:
    for value in values:
        log.append("numbers", Record("k", value.encode()))
    log.flush()


def sums(log: MemoryLog) -> list[int]:
    return [int(message.record.value) for message in log.read("sums")]


def stage_of(log: MemoryLog, worker: Summing | None = None, **spec: object) -> Stage:
    def worker_for(commit: Commit | None) -> Summing:
        return worker if worker is not None else Summing()

    return Stage(StageSpec("sum", ["numbers"], worker_for, **spec), log)  # type: ignore[arg-type]


def drain(stage: Stage, log: MemoryLog, turns: int = 12, topic: str = "numbers") -> None:
    """Take turns until nothing is left to commit; a turn that fails is taken again."""
    for _ in range(turns):
        try:
            stage.turn(SOON)
        except Exception:  # noqa: BLE001 - what `run` does in its outermost ring
            stage.leave()
        if not sum(log.backlog("sum", topic).values()):
            return
    raise AssertionError("the stage did not get through")


def test_outputs_are_appended_and_progress_is_committed(log: MemoryLog) -> None:
    put(log, "1", "2", "3", "4")
    drain(stage_of(log), log)
    assert sums(log) == [1, 3, 6, 9]


def test_a_restart_rebuilds_the_state_in_silence_and_goes_on(log: MemoryLog) -> None:
    put(log, "1", "2", "3", "4")
    first = stage_of(log)
    drain(first, log)
    first.leave()
    put(log, "5")
    drain(stage_of(log), log)
    assert sums(log) == [1, 3, 6, 9, 12], "the sum of 3, 4 and 5: the state was rebuilt"


def test_a_crash_between_output_and_commit_repeats_the_output_and_loses_nothing(
    log: MemoryLog,
) -> None:
    put(log, "1", "2")
    crashing = stage_of(log)
    crashing._commit = lambda consumer: None  # type: ignore[method-assign]
    while not sums(log):
        crashing.turn(SOON)
    crashing.leave()
    assert sums(log) == [1, 3]
    drain(stage_of(log), log)
    assert sums(log) == [1, 3, 1, 3], "the same outputs once more: sinks know them by their ids"


def many(log: MemoryLog, count: int) -> None:
    """Put numbers into the four partitions of another topic."""
    log.create([TopicSpec("many", 4, timedelta(days=1))])
    for number in range(count):
        log.append("many", Record(f"key-{number % 20}", str(number).encode()))
    log.flush()


class Counting(Summing):
    """Notes how many partitions each call brought."""

    def __init__(self, breaks_on: Sequence[bytes] = ()) -> None:
        super().__init__(breaks_on)
        self.calls: list[int] = []
        self.taken: set[bytes] = set()

    def work(self, messages: Sequence[Message]) -> list[Output]:
        outputs = super().work(messages)
        self.calls.append(len({message.place for message in messages}))
        self.taken |= {message.record.value for message in messages}
        return outputs

    def needed_from(self) -> int | None:
        return None


def test_partitions_with_one_worker_are_worked_on_in_one_call(log: MemoryLog) -> None:
    many(log, 40)
    worker = Counting()
    drain(Stage(StageSpec("sum", ["many"], lambda _: worker), log), log, topic="many")
    assert worker.calls == [4]
    assert len(sums(log)) == 40


def test_a_message_that_breaks_a_shared_worker_is_put_aside_alone(log: MemoryLog) -> None:
    many(log, 40)
    worker = Counting(breaks_on=[b"13"])
    drain(Stage(StageSpec("sum", ["many"], lambda _: worker), log), log, turns=80, topic="many")
    (letter,) = log.read(DEAD_LETTERS)
    assert letter.record.value == b"13"
    assert worker.taken == {str(number).encode() for number in range(40)} - {b"13"}


def test_a_message_that_cannot_be_understood_goes_to_the_dead_letters(log: MemoryLog) -> None:
    put(log, "1", "x", "2")
    drain(stage_of(log), log)
    assert sums(log) == [1, 3]
    (letter,) = log.read(DEAD_LETTERS)
    assert letter.record.value == b"x"
    assert letter.record.headers["reason"] == "not a number"
    assert letter.record.headers["topic"] == "numbers"
    assert letter.record.headers["offset"] == "1"


def test_a_message_that_breaks_the_stage_is_put_aside_after_some_attempts(log: MemoryLog) -> None:
    put(log, "1", "13", "2", "3")
    stage = Stage(StageSpec("sum", ["numbers"], lambda commit: Summing(breaks_on=[b"13"])), log)
    drain(stage, log, turns=20 + ATTEMPTS)
    assert [int(m.record.value) for m in log.read(DEAD_LETTERS)] == [13]
    assert sums(log)[-1] == 6
    assert set(sums(log)) == {1, 3, 6}


def test_an_outage_is_waited_for_and_puts_nothing_aside(log: MemoryLog) -> None:
    put(log, "1", "2")
    outages = iter([True] * 10)
    stage = Stage(
        StageSpec(
            "sum", ["numbers"], lambda commit: Summing(outage=[next(outages, False)]),
            outages=(StoreError,),
        ),
        log,
    )  # fmt: skip
    drain(stage, log, turns=40)
    assert sums(log) == [1, 3]
    assert not log.read(DEAD_LETTERS)


def test_idle_is_asked_once_it_is_quiet_and_never_while_rebuilding(log: MemoryLog) -> None:
    put(log, "1")
    worker = Summing()
    stage = stage_of(log, worker, idle_after=timedelta(0))
    drain(stage, log)
    stage.turn(SOON)
    assert worker.idled >= 1


def test_a_stage_runs_until_it_is_told_to_stop(log: MemoryLog) -> None:
    stop = threading.Event()
    stage = stage_of(log)
    thread = threading.Thread(target=stage.run, args=(stop,))
    thread.start()
    put(log, *(str(number) for number in range(100)))
    deadline = threading.Event()
    for _ in range(200):
        if len(sums(log)) == 100:
            break
        deadline.wait(0.02)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert len(sums(log)) == 100


class Rests(threading.Event):
    """Notes how long a stage waits, and ends it once it has taken everything."""

    def __init__(self, log: MemoryLog) -> None:
        super().__init__()
        self.log = log
        self.waited: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout or 0.0)
        if not sum(self.log.backlog("sum", "numbers").values()):
            self.set()
        return self.is_set()


@pytest.mark.parametrize("count", [1, 9, 49])
def test_a_stage_lets_messages_gather_after_a_turn_that_brought_few(
    log: MemoryLog, count: int
) -> None:
    put(log, *map(str, range(count)))
    stop = Rests(log)
    stage_of(log, gather=timedelta(milliseconds=200), limit=40).run(stop)
    assert stop.waited == [0.2]


def test_a_stage_does_not_rest_while_it_looks_for_a_message_that_breaks_it(log: MemoryLog) -> None:
    put(log, *map(str, range(9)))
    stop = Rests(log)
    stage_of(log, Summing(breaks_on=[b"7"]), gather=timedelta(seconds=9)).run(stop)
    assert [seconds for seconds in stop.waited if seconds >= 9] == [9.0]
