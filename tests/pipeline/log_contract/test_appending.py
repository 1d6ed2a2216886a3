"""What every log promises of what is appended, and of topics."""

import threading
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from anpr.errors import LogError, UnknownTopicError
from anpr.ports import Commit, Log, Output, Place, Record, TopicSpec
from tests.pipeline.log_brokers import (
    PATIENCE_S,
    Broker,
    Member,
    poll_until,
)
from tests.pipeline.log_contract.using import DAY, created, group_name, joined, put


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
