"""What every log adapter promises. A new adapter joins by a factory in `log_brokers`."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from anpr.errors import LogError, PartitionLostError, UnknownTopicError
from anpr.ports import Commit, Log, Output, Place, Record, TopicSpec
from tests.pipeline.log_brokers import (
    BROKERS,
    NEEDS_KAFKA,
    PATIENCE_S,
    SOON,
    Broker,
    Member,
    poll_until,
)

DAY = timedelta(days=1)


@pytest.fixture(
    params=["memory", "sqlite", pytest.param("kafka", marks=NEEDS_KAFKA)],
)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    with BROKERS[request.param](tmp_path) as broker:
        yield broker


@pytest.fixture
def log(broker: Broker) -> Iterator[Log]:
    log = broker.open()
    yield log
    log.close()


@pytest.fixture
def topic(log: Log) -> str:
    return created(log, partitions=4)


@pytest.fixture
def single(log: Log) -> Place:
    return Place(created(log, partitions=1), 0)


def created(log: Log, partitions: int) -> str:
    name = f"topic-{uuid4().hex}"
    log.create([TopicSpec(name, partitions, DAY)])
    return name


def group_name() -> str:
    return f"group-{uuid4().hex}"


def put(log: Log, topic: str, *values: str, key: str = "key") -> list[int]:
    futures = [log.append(topic, Record(key, value.encode())) for value in values]
    return [future.result(PATIENCE_S) for future in futures]


def joined(log: Log, group: str, place: Place) -> Member:
    """Join and poll until the partition is ours."""
    member = Member(log, group, place.topic)
    poll_until(lambda: place in member.owned, member)
    return member


def consumed(log: Log, place: Place, count: int, group: str | None = None) -> Sequence[str]:
    member = Member(log, group or group_name(), place.topic)
    poll_until(lambda: len(member.messages) >= count, member)
    member.consumer.close()
    return member.values


def test_what_was_appended_comes_back_as_it_was(log: Log, single: Place) -> None:
    record = Record("1ABC234 ü", bytes(range(256)), {"frame": '{"camera":"n177"}', "empty": ""})
    offset = log.append(single.topic, record).result(PATIENCE_S)
    member = joined(log, group_name(), single)
    poll_until(lambda: bool(member.messages), member)
    [message] = member.messages
    assert (message.place, message.offset, message.record) == (single, offset, record)
    assert message.appended_at.utcoffset() == timedelta(0)


def test_an_empty_value_and_an_empty_key_are_messages_too(log: Log, single: Place) -> None:
    log.append(single.topic, Record("", b"")).result(PATIENCE_S)
    [message] = log.read(single.topic)
    assert message.record == Record("", b"")


def test_offsets_rise_within_a_partition(log: Log, single: Place) -> None:
    offsets = put(log, single.topic, "a", "b", "c", "d")
    assert offsets == sorted(set(offsets))


def test_messages_of_one_key_keep_their_order(log: Log, topic: str) -> None:
    expected = {f"key-{number}": [str(n) for n in range(50)] for number in range(5)}
    for value in range(50):
        for key in expected:
            log.append(topic, Record(key, str(value).encode()))
    log.flush()
    member = Member(log, group_name(), topic)
    poll_until(lambda: len(member.messages) >= 250, member)
    found = defaultdict(list)
    for message in member.messages:
        found[message.record.key].append(message.record.value.decode())
    assert found == expected


def test_a_key_has_one_partition_in_every_topic_of_as_many(log: Log, topic: str) -> None:
    other = created(log, partitions=4)
    for name in (topic, other):
        for number in range(40):
            log.append(name, Record(f"key-{number % 20}", b"x"))
    log.flush()
    places = [
        {(message.record.key, message.place.partition) for message in log.read(name)}
        for name in (topic, other)
    ]
    assert places[0] == places[1]
    assert len(places[0]) == 20
    assert len({partition for _, partition in places[0]}) == 4


def test_many_threads_may_append_at_once(log: Log, topic: str) -> None:
    def append(name: str) -> None:
        put(log, topic, *(f"{name}-{number}" for number in range(25)), key=name)

    names = [f"thread-{number}" for number in range(8)]
    threads = [threading.Thread(target=append, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = sorted(message.record.value.decode() for message in log.read(topic))
    assert found == sorted(f"{name}-{number}" for name in names for number in range(25))


def test_flush_waits_for_all_that_was_appended(log: Log, topic: str) -> None:
    futures = [log.append(topic, Record(str(number), b"x")) for number in range(300)]
    log.flush()
    assert all(future.done() for future in futures)


def test_what_is_appended_together_keeps_its_order_in_every_topic(
    log: Log, topic: str, single: Place
) -> None:
    records = [Record("key", str(number).encode()) for number in range(300)]
    log.append_all([Output(name, one) for one in records for name in (topic, single.topic)])
    log.flush()
    for name in (topic, single.topic):
        assert [message.record for message in log.read(name)] == records


def test_an_append_cannot_be_cancelled(log: Log, single: Place) -> None:
    future = log.append(single.topic, Record("key", b"x"))
    assert not future.cancel()
    log.flush()
    assert len(log.read(single.topic)) == 1


def test_an_unknown_topic_is_refused(log: Log) -> None:
    with pytest.raises(UnknownTopicError, match="create it first"):
        log.append("never-made", Record("key", b"x"))
    with pytest.raises(UnknownTopicError, match="create it first"):
        log.append_all([Output("never-made", Record("key", b"x"))])
    with pytest.raises(UnknownTopicError, match="create it first"):
        log.consumer(group_name(), ["never-made"])
    with pytest.raises(UnknownTopicError, match="create it first"):
        log.read("never-made")


def test_creating_a_topic_again_keeps_its_messages(log: Log, single: Place) -> None:
    put(log, single.topic, "a")
    log.create([TopicSpec(single.topic, 1, 2 * DAY)])
    assert len(log.read(single.topic)) == 1


def test_a_review_tells_what_creating_would_change_and_changes_nothing(log: Log) -> None:
    topic = TopicSpec(f"topic-{uuid4().hex}", 2, DAY)
    assert log.review([topic]) == [], "it does not exist, and is not made"
    log.create([topic])
    assert log.review([topic]) == []
    longer = replace(topic, retention=2 * DAY)
    assert all(topic.name in told for told in log.review([longer]))
    assert len(log.review([longer])) == len(log.review([longer])) > 0
    assert log.review([topic]) == []
    with pytest.raises(LogError, match="has 2 partitions, not 3"):
        log.review([replace(topic, partitions=3)])


def test_another_number_of_partitions_is_refused(log: Log, topic: str) -> None:
    with pytest.raises(LogError, match="has 4 partitions, not 5"):
        log.create([TopicSpec(topic, 5, DAY)])


def test_a_small_topic_is_read_whole_or_from_an_offset(log: Log, single: Place) -> None:
    assert log.read(single.topic) == []
    offsets = put(log, single.topic, "a", "b", "c")
    values = [message.record.value for message in log.read(single.topic)]
    assert values == [b"a", b"b", b"c"]
    assert [message.offset for message in log.read(single.topic, offsets[1])] == offsets[1:]


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


def test_two_members_share_the_partitions(log: Log, topic: str) -> None:
    group = group_name()
    first, second = Member(log, group, topic), Member(log, group, topic)
    poll_until(lambda: len(first.owned) == len(second.owned) == 2, first, second)
    assert first.owned | second.owned == {Place(topic, number) for number in range(4)}
    first.consumer.close()
    second.consumer.close()


def test_a_partition_changes_hands_only_once_it_was_given_up(log: Log, topic: str) -> None:
    group = group_name()
    first = Member(log, group, topic)
    poll_until(lambda: len(first.owned) == 4, first)
    second = Member(log, group, topic)
    deadline = time.monotonic() + PATIENCE_S
    while not second.owned:
        assert time.monotonic() < deadline
        first.poll()
        second.poll()
        assert not first.owned & second.owned
    assert first.owned
    first.consumer.close()
    second.consumer.close()


def test_who_leaves_hands_the_partitions_on(log: Log, topic: str) -> None:
    group = group_name()
    first, second = Member(log, group, topic), Member(log, group, topic)
    poll_until(lambda: len(first.owned) == len(second.owned) == 2, first, second)
    first.consumer.close()
    poll_until(lambda: len(second.owned) == 4, second)
    second.consumer.close()


def test_a_member_more_than_partitions_waits_its_turn(log: Log, single: Place) -> None:
    group = group_name()
    first = joined(log, group, single)
    second = Member(log, group, single.topic)
    second.poll()
    assert not second.owned
    first.consumer.close()
    poll_until(lambda: second.owned == {single}, second)
    second.consumer.close()


def test_a_group_may_read_several_topics(log: Log, topic: str, single: Place) -> None:
    put(log, topic, "a")
    put(log, single.topic, "b")
    member = Member(log, group_name(), topic, single.topic)
    poll_until(lambda: len(member.messages) == 2, member)
    assert sorted(member.values) == ["a", "b"]
    assert len(member.owned) == 5


def test_a_lost_partition_cannot_be_committed(log: Log, topic: str) -> None:
    group = group_name()
    first = Member(log, group, topic)
    poll_until(lambda: len(first.owned) == 4, first)
    before = set(first.owned)
    second = Member(log, group, topic)
    poll_until(lambda: len(first.owned) == len(second.owned) == 2, first, second)
    lost = next(iter(before - first.owned))
    with pytest.raises(PartitionLostError):
        first.consumer.commit({lost: Commit(1)})
    assert second.consumer.committed(lost) is None
    with pytest.raises(PartitionLostError):
        first.consumer.resume(lost)
    with pytest.raises(PartitionLostError):
        first.consumer.seek(lost, 0)


def test_the_backlog_is_what_was_not_committed(log: Log, single: Place) -> None:
    group = group_name()
    offsets = put(log, single.topic, "a", "b", "c")
    poll_until(lambda: log.backlog(group, single.topic) == {0: 3})
    member = joined(log, group, single)
    member.consumer.commit({single: Commit(offsets[1])})
    poll_until(lambda: log.backlog(group, single.topic) == {0: 2})
    member.consumer.commit({single: Commit(offsets[2] + 1)})
    poll_until(lambda: log.backlog(group, single.topic) == {0: 0})


def test_a_sweep_leaves_alone_what_is_young(log: Log, single: Place) -> None:
    put(log, single.topic, "a", "b")
    [message, *_] = log.read(single.topic)
    assert log.sweep(message.appended_at + DAY / 2) == 0
    assert len(log.read(single.topic)) == 2


def test_messages_and_commits_outlive_the_log_that_wrote_them(
    broker: Broker, log: Log, single: Place
) -> None:
    offsets = put(log, single.topic, "a", "b", "c")
    group = group_name()
    member = joined(log, group, single)
    member.consumer.commit({single: Commit(offsets[2], "note")})
    member.consumer.close()
    log.close()
    again = broker.open()
    again.create([TopicSpec(single.topic, 1, DAY)])
    heir = joined(again, group, single)
    assert heir.consumer.committed(single) == Commit(offsets[2], "note")
    poll_until(lambda: bool(heir.messages), heir)
    assert heir.values == ["c"]
    assert put(again, single.topic, "d")[0] > offsets[2]
    again.close()


def test_closing_twice_is_closing_once(log: Log, single: Place) -> None:
    member = joined(log, group_name(), single)
    member.consumer.close()
    member.consumer.close()
    put(log, single.topic, "a")
    log.close()
    log.close()
    with pytest.raises(LogError):
        log.append(single.topic, Record("key", b"x"))


def test_closing_the_log_writes_what_waits(broker: Broker, log: Log, single: Place) -> None:
    futures = [log.append(single.topic, Record("key", b"x")) for _ in range(200)]
    log.close()
    assert all(future.done() and future.exception() is None for future in futures)
    again = broker.open()
    again.create([TopicSpec(single.topic, 1, DAY)])
    assert len(again.read(single.topic)) == 200
    again.close()
