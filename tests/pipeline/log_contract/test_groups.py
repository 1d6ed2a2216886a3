"""What every log promises to the members of a group."""

import time

import pytest

from anpr.errors import PartitionLostError
from anpr.ports import Commit, Log, Place
from tests.pipeline.log_brokers import (
    PATIENCE_S,
    Member,
    poll_until,
)
from tests.pipeline.log_contract.using import group_name, joined, put


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
