"""The log on Kafka while its broker is killed, stopped or away for long."""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from anpr.errors import LogError
from anpr.ports import Commit, Message, Output, Place, Record, TopicSpec
from deploy.broker import Broker
from pipeline.logs.kafka import KafkaLog
from pipeline.logs.kafka_client import KafkaSettings
from tests.pipeline.log_brokers import NEEDS_KAFKA, PATIENCE_S, KafkaBroker, Member, poll_until

pytestmark = [*NEEDS_KAFKA, pytest.mark.slow]

DAY = timedelta(days=1)
READS = TopicSpec("reads", partitions=4, retention=DAY)
ONE = TopicSpec("one", partitions=1, retention=DAY)
PLACE = Place("one", 0)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(tmp_path_factory.mktemp("kafka"), heap_mb=256) as server:
        yield server


@pytest.fixture
def settings(server: Broker) -> KafkaSettings:
    return KafkaBroker(server.bootstrap).settings


@pytest.fixture
def log(settings: KafkaSettings) -> Iterator[KafkaLog]:
    with closing(KafkaLog(settings)) as log:
        log.create([READS, ONE])
        yield log


@pytest.fixture
def earlier() -> set[threading.Thread]:
    """Give the threads that were there before the test's own."""
    return set(threading.enumerate())


@pytest.fixture
def hasty(settings: KafkaSettings, earlier: set[threading.Thread]) -> Iterator[KafkaLog]:
    """Make a log that gives up after two seconds."""
    soon = timedelta(seconds=2)
    log = KafkaLog(replace(settings, deliver=soon, ask=soon))
    log.create([ONE])
    yield log
    with suppress(LogError):
        log.close()


class Appending(threading.Thread):
    """Appends ever new keys and waits for each; remembers what was acknowledged."""

    def __init__(self, log: KafkaLog, name: str, stop: threading.Event) -> None:
        super().__init__(name=name)
        self.log, self.stop = log, stop
        self.acknowledged: dict[str, int] = {}
        self.refused: list[str] = []

    def run(self) -> None:
        number = 0
        while not self.stop.is_set():
            key = f"{self.name}-{number}"
            number += 1
            try:
                offset = self.log.append("reads", Record(key, key.encode() * 30)).result()
            except LogError:
                self.refused.append(key)
            else:
                self.acknowledged[key] = offset


def wait_until(threads: list[Appending], more: int) -> None:
    """Let each thread have that many more acknowledgements."""
    aims = [len(thread.acknowledged) + more for thread in threads]
    poll_until(
        lambda: all(len(t.acknowledged) >= aim for t, aim in zip(threads, aims, strict=True))
    )


def test_what_was_acknowledged_survives_a_killed_broker_and_stands_there_once(
    server: Broker, log: KafkaLog
) -> None:
    chance = random.Random(20260302)  # noqa: S311 - moments, not secrets
    stop = threading.Event()
    threads = [Appending(log, f"thread-{number}", stop) for number in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(2):
        wait_until(threads, chance.randrange(20, 200))
        server.kill()
        server.start()
        wait_until(threads, 20)
    stop.set()
    for thread in threads:
        thread.join()
    found: dict[str, list[Message]] = {}
    for message in log.read("reads"):
        found.setdefault(message.record.key, []).append(message)
    for thread in threads:
        assert thread.refused == [], "the producer tried for as long as the broker was away"
        for key, offset in thread.acknowledged.items():
            (message,) = found[key]
            assert message.offset == offset
            assert message.record.value == key.encode() * 30


def put(log: KafkaLog, *values: str) -> list[Future[int]]:
    return [log.append("one", Record("key", value.encode())) for value in values]


def arrive(log: KafkaLog, *values: str) -> None:
    for future in put(log, *values):
        future.result(PATIENCE_S)


def test_a_consumer_goes_on_after_the_broker_was_away(server: Broker, log: KafkaLog) -> None:
    member = Member(log, "group", "one")
    arrive(log, "a", "b")
    poll_until(lambda: len(member.messages) == 2, member)
    member.consumer.commit({PLACE: Commit(1, "0")})
    server.stop()
    member.poll()
    server.start()
    arrive(log, "c")
    poll_until(lambda: len(member.messages) >= 3, member)
    assert member.values == ["a", "b", "c"]
    assert member.consumer.committed(PLACE) == Commit(1, "0")
    member.consumer.commit({PLACE: Commit(3)})
    assert member.consumer.committed(PLACE) == Commit(3)
    poll_until(lambda: log.backlog("group", "one") == {0: 0})


def test_what_outlasts_the_patience_fails_and_the_log_recovers(
    server: Broker, hasty: KafkaLog
) -> None:
    arrive(hasty, "before")
    assert hasty.backlog("group", "one") == {0: 1}
    server.stop()
    lost = put(hasty, "lost 1", "lost 2")
    hasty.append_all([Output("one", Record("key", b"lost 3")), Output("one", Record("k", b""))])
    with pytest.raises(LogError, match=r"4 message\(s\) are not in the log"):
        hasty.flush()
    for future in lost:
        with pytest.raises(LogError, match="not acknowledged"):
            future.result(PATIENCE_S)
    poll_until(lambda: is_refused(hasty))
    with pytest.raises(LogError, match="start it"):
        hasty.consumer("group", ["one"])
    server.start()
    poll_until(lambda: is_taken(hasty))
    hasty.flush()
    poll_until(lambda: not is_refused(hasty))
    values = [message.record.value for message in hasty.read("one")]
    assert values[0] == b"before"
    assert values[-1] == b"after"


def is_refused(log: KafkaLog) -> bool:
    """Whether the backlog is no longer told, since nobody knows it."""
    try:
        log.backlog("group", "one")
    except LogError as error:
        assert "have not answered" in str(error)  # noqa: PT017 - other answers are awaited
        return True
    return False


def is_taken(log: KafkaLog) -> bool:
    try:
        (future,) = put(log, "after")
        future.result(PATIENCE_S)
        log.flush()
    except LogError:
        return False
    return True


def test_a_log_that_cannot_deliver_says_so_when_it_is_closed_and_leaves_no_thread(
    server: Broker, earlier: set[threading.Thread], hasty: KafkaLog
) -> None:
    member = Member(hasty, "group", "one")
    arrive(hasty, "before")
    poll_until(lambda: bool(member.messages), member)
    before = threading.active_count()
    server.stop()
    (future,) = put(hasty, "lost")
    with pytest.raises(LogError, match="not in the log"):
        hasty.close()
    assert future.exception() is not None
    assert threading.active_count() < before
    left = set(threading.enumerate()) - earlier
    assert not [one for one in left if one.name.startswith(("kafka", "log-"))]
    server.start()
