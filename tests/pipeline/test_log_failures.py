"""What the embedded logs do when the disk fails, and when more comes than it takes."""

import threading
from collections.abc import Sequence
from datetime import datetime

import pytest

from anpr.errors import LogError, LogFullError
from anpr.ports import Log, Message, Record, TopicSpec
from pipeline.logs.memory import MemoryLog, MemoryStorage, MemoryTopic
from pipeline.logs.topic import Topic
from tests.pipeline.log_brokers import (
    PATIENCE_S,
    START,
    Member,
    poll_until,
)
from tests.pipeline.test_embedded_log import FRAMES, KEPT, put, values


class FailingTopic(MemoryTopic):
    """A topic whose disk can be taken away."""

    def __init__(self, spec: TopicSpec) -> None:
        super().__init__(spec)
        self.is_gone = False
        self.is_free = threading.Event()
        self.is_free.set()

    def append(self, records: Sequence[tuple[int, Record]], now: datetime) -> Sequence[int]:
        self.is_free.wait(PATIENCE_S)
        if self.is_gone:
            raise OSError("no space left")
        return super().append(records, now)


class FailingReader(MemoryTopic):
    """A topic that cannot read one of its partitions for a while."""

    broken: int | None = None

    def fetch(self, partition: int, offset: int, limit: int, max_bytes: int) -> Sequence[Message]:
        if partition == self.broken:
            raise LogError("cannot be read")
        return super().fetch(partition, offset, limit, max_bytes)


class StorageOf(MemoryStorage):
    """A storage of one given topic."""

    def __init__(self, topic: MemoryTopic) -> None:
        super().__init__()
        self._topics[topic.spec.name] = topic


def test_a_disk_error_fails_its_group_and_the_log_goes_on() -> None:
    topic = FailingTopic(KEPT)
    log = MemoryLog(lambda: START, StorageOf(topic))
    topic.is_gone = True
    future = log.append("kept", Record("key", b"a"))
    with pytest.raises(LogError, match="no space left"):
        future.result(PATIENCE_S)
    with pytest.raises(LogError, match="1 message"):
        log.flush()
    topic.is_gone = False
    assert put(log, "kept", "b") == [0]
    log.flush()
    assert values(log, "kept") == ["b"]
    log.close()


def test_every_thread_hears_of_a_failure_at_its_own_flush() -> None:
    topic = FailingTopic(KEPT)
    log = MemoryLog(lambda: START, StorageOf(topic))
    put(log, "kept", "a")
    topic.is_gone = True
    heard: list[bool] = []

    def append() -> None:
        log.append("kept", Record("key", b"b")).exception(PATIENCE_S)
        heard.append(_flush_fails(log))

    thread = threading.Thread(target=append)
    thread.start()
    thread.join()
    heard.append(_flush_fails(log))
    assert heard == [True, True]
    assert not _flush_fails(log)
    log.close()


def _flush_fails(log: Log) -> bool:
    try:
        log.flush()
    except LogError:
        return True
    return False


def test_closing_raises_what_failed_while_closing() -> None:
    topic = FailingTopic(KEPT)
    log = MemoryLog(lambda: START, StorageOf(topic))
    topic.is_gone = True
    topic.is_free.clear()
    log.append("kept", Record("key", b"a"))
    threading.Timer(0.02, topic.is_free.set).start()
    with pytest.raises(LogError, match="no space left"):
        log.close()
    log.close()


def test_closing_is_silent_about_what_its_own_future_told() -> None:
    topic = FailingTopic(KEPT)
    log = MemoryLog(lambda: START, StorageOf(topic))
    topic.is_gone = True
    future = log.append("kept", Record("key", b"a"))
    assert isinstance(future.exception(PATIENCE_S), LogError)
    log.close()


def test_a_full_queue_takes_nothing_in_and_never_blocks() -> None:
    kept = FailingTopic(KEPT)
    topic = Topic(kept, lambda: START, bound=100)
    kept.is_free.clear()
    futures = [topic.append(Record("key", b"x" * 40)) for _ in range(2)]
    with pytest.raises(LogFullError, match="try again later"):
        topic.append(Record("key", b"x" * 40))
    kept.is_free.set()
    topic.queue.flush()
    assert [future.result() for future in futures] == [0, 1]
    assert topic.append(Record("key", b"x" * 40)).result(PATIENCE_S) == 2
    topic.close()


def test_a_message_larger_than_the_bound_is_taken_when_nothing_waits() -> None:
    topic = Topic(MemoryTopic(KEPT), lambda: START, bound=100)
    assert topic.append(Record("key", b"x" * 1000)).result(PATIENCE_S) == 0
    topic.close()


def test_many_appends_are_written_at_once() -> None:
    class CountingTopic(FailingTopic):
        writes = 0

        def append(self, records: Sequence[tuple[int, Record]], now: datetime) -> Sequence[int]:
            self.writes += 1
            return super().append(records, now)

    kept = CountingTopic(KEPT)
    topic = Topic(kept, lambda: START)
    kept.is_free.clear()
    for _ in range(200):
        topic.append(Record("key", b"x"))
    kept.is_free.set()
    topic.queue.flush()
    topic.close()
    assert kept.writes <= 2


def test_an_error_while_reading_loses_nothing_of_other_partitions() -> None:
    topic = FailingReader(FRAMES)
    log = MemoryLog(lambda: START, StorageOf(topic))
    for number in range(40):
        log.append("frames", Record(str(number), b"x"))
    log.flush()
    member = Member(log, "group", "frames")
    poll_until(lambda: len(member.owned) == 2, member)
    for partition in (0, 1):
        topic.broken = partition
        with pytest.raises(LogError, match="cannot be read"):
            member.poll()
    topic.broken = None
    poll_until(lambda: len(member.messages) == 40, member)
    log.close()
