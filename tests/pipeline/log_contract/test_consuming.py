"""What every log promises to a consumer: polls, commits, going back."""

import threading
import time
from datetime import timedelta

from anpr.ports import Commit, Log, Place, Record
from tests.pipeline.log_brokers import (
    PATIENCE_S,
    SOON,
    Broker,
    Member,
    poll_until,
)
from tests.pipeline.log_contract.using import DAY, consumed, group_name, joined, put


def test_a_new_group_starts_at_the_beginning(log: Log, single: Place) -> None:
    put(log, single.topic, "a", "b")
    assert consumed(log, single, 2) == ["a", "b"]


def test_an_assigned_partition_is_paused_until_resumed(log: Log, single: Place) -> None:
    put(log, single.topic, "a")
    consumer = log.consumer(group_name(), [single.topic])
    deadline = time.monotonic() + PATIENCE_S
    while not (batch := consumer.poll(SOON, 100)).assigned:
        assert time.monotonic() < deadline
    assert (list(batch.assigned), list(batch.messages)) == ([single], [])
    assert list(consumer.poll(SOON, 100).messages) == []
    consumer.resume(single)
    while not (batch := consumer.poll(SOON, 100)).messages:
        assert time.monotonic() < deadline
    assert [message.record.value for message in batch.messages] == [b"a"]
    consumer.close()


def test_a_poll_brings_at_most_its_limit(log: Log, topic: str) -> None:
    for number in range(60):
        log.append(topic, Record(f"key-{number}", b"x"))
    log.flush()
    member = Member(log, group_name(), topic)
    sizes = []
    deadline = time.monotonic() + PATIENCE_S
    while len(member.messages) < 60:
        sizes.append(len(member.poll(limit=7).messages))
        assert time.monotonic() < deadline
    assert max(sizes) <= 7
    assert len(member.messages) == 60


def test_a_poll_returns_when_nothing_comes(log: Log, single: Place) -> None:
    member = joined(log, group_name(), single)
    batch = member.consumer.poll(timedelta(0), 10)
    assert (list(batch.messages), list(batch.assigned), list(batch.revoked)) == ([], [], [])


def test_a_waiting_poll_wakes_for_a_message(log: Log, single: Place) -> None:
    member = joined(log, group_name(), single)
    timer = threading.Timer(0.05, put, (log, single.topic, "a"))
    timer.start()
    start = time.monotonic()
    batch = member.consumer.poll(timedelta(seconds=PATIENCE_S), 10)
    assert time.monotonic() - start < PATIENCE_S / 2
    timer.join()
    assert [message.record.value for message in batch.messages] == [b"a"]


def test_no_partition_starves_behind_a_long_one(log: Log, topic: str) -> None:
    put(log, topic, *["long"] * 400, key="long")
    rare = next(
        key
        for key in (f"key-{number}" for number in range(100))
        if put(log, topic, "short", key=key)
        and _partition(log, topic, key) != _partition(log, topic, "long")
    )
    member = Member(log, group_name(), topic)
    poll_until(lambda: any(message.record.key == rare for message in member.messages), member)
    assert len(member.messages) < 400


def _partition(log: Log, topic: str, key: str) -> int:
    return next(m.place.partition for m in log.read(topic) if m.record.key == key)


def test_a_group_goes_on_after_its_commit(log: Log, single: Place) -> None:
    offsets = put(log, single.topic, "a", "b", "c")
    group = group_name()
    member = joined(log, group, single)
    assert member.consumer.committed(single) is None
    commit = Commit(offsets[1], "17 note")
    member.consumer.commit({single: commit})
    assert member.consumer.committed(single) == commit
    member.consumer.close()
    heir = joined(log, group, single)
    assert heir.consumer.committed(single) == commit
    poll_until(lambda: len(heir.messages) >= 2, heir)
    assert heir.values == ["b", "c"]


def test_what_was_not_committed_comes_again(log: Log, single: Place) -> None:
    put(log, single.topic, "a", "b")
    group = group_name()
    assert consumed(log, single, 2, group) == ["a", "b"]
    assert consumed(log, single, 2, group) == ["a", "b"]


def test_groups_do_not_know_each_other(log: Log, single: Place) -> None:
    [offset] = put(log, single.topic, "a")
    member = joined(log, group_name(), single)
    member.consumer.commit({single: Commit(offset + 1)})
    assert consumed(log, single, 1) == ["a"]


def test_a_group_may_go_back_behind_its_commit(log: Log, single: Place) -> None:
    offsets = put(log, single.topic, "a", "b", "c")
    group = group_name()
    member = joined(log, group, single)
    member.consumer.commit({single: Commit(offsets[-1] + 1, str(offsets[1]))})
    member.consumer.close()
    consumer = log.consumer(group, [single.topic])
    deadline = time.monotonic() + PATIENCE_S
    while not consumer.poll(SOON, 10).assigned:
        assert time.monotonic() < deadline
    commit = consumer.committed(single)
    assert commit is not None
    consumer.seek(single, int(commit.metadata))
    consumer.resume(single)
    found: list[bytes] = []
    while len(found) < 2:
        found += [message.record.value for message in consumer.poll(SOON, 10).messages]
        assert time.monotonic() < deadline
    assert found == [b"b", b"c"]
    consumer.close()


def test_seek_stays_within_what_the_log_holds(log: Log, single: Place) -> None:
    put(log, single.topic, "a", "b")
    member = joined(log, group_name(), single)
    poll_until(lambda: len(member.messages) == 2, member)
    member.consumer.seek(single, -5)
    poll_until(lambda: len(member.messages) == 4, member)
    member.consumer.seek(single, 1_000_000)
    put(log, single.topic, "c")
    poll_until(lambda: len(member.messages) == 5, member)
    assert member.values == ["a", "b", "a", "b", "c"]


def test_seek_to_time_finds_the_first_message_not_older(
    broker: Broker, log: Log, single: Place
) -> None:
    for value in ("a", "b", "c"):
        put(log, single.topic, value)
        broker.pass_time()
    moments = [message.appended_at for message in log.read(single.topic)]
    assert moments == sorted(set(moments))
    member = joined(log, group_name(), single)
    member.consumer.seek_to_time(single, moments[1])
    member.messages.clear()
    poll_until(lambda: len(member.messages) == 2, member)
    assert member.values == ["b", "c"]
    member.consumer.seek_to_time(single, moments[0] - DAY)
    poll_until(lambda: len(member.messages) == 5, member)
    member.consumer.seek_to_time(single, moments[2] + timedelta(milliseconds=5))
    put(log, single.topic, "d")
    poll_until(lambda: len(member.messages) == 6, member)
    assert member.values[2:] == ["a", "b", "c", "d"]


def test_the_beginning_is_the_first_message_held(log: Log, single: Place) -> None:
    [offset, *_] = put(log, single.topic, "a", "b")
    member = joined(log, group_name(), single)
    assert member.consumer.beginning(single) <= offset


def test_the_backlog_is_what_was_not_committed(log: Log, single: Place) -> None:
    group = group_name()
    offsets = put(log, single.topic, "a", "b", "c")
    poll_until(lambda: log.backlog(group, single.topic) == {0: 3})
    member = joined(log, group, single)
    member.consumer.commit({single: Commit(offsets[1])})
    poll_until(lambda: log.backlog(group, single.topic) == {0: 2})
    member.consumer.commit({single: Commit(offsets[2] + 1)})
    poll_until(lambda: log.backlog(group, single.topic) == {0: 0})
