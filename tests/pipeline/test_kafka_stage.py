"""Stages on Kafka: members come, go and die; every number is summed, and summed right."""

import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import pairwise

import pytest

from anpr.errors import PartitionLostError
from anpr.ports import Commit, Message, Place
from pipeline.logs.kafka import KafkaLog
from pipeline.stage import Stage
from tests.pipeline.kafka_stage import (
    NUMBERS,
    PARTITIONS,
    SOONEST,
    TOPICS,
    Running,
    append_numbers,
    expected_sums,
    found_sums,
    stage_of,
)
from tests.pipeline.log_brokers import NEEDS_KAFKA, KafkaBroker, Member, poll_until

pytestmark = NEEDS_KAFKA

PLACES = {Place(NUMBERS, number) for number in range(PARTITIONS)}


@pytest.fixture
def broker() -> KafkaBroker:
    return KafkaBroker()


@pytest.fixture
def log(broker: KafkaBroker) -> Iterator[KafkaLog]:
    with closing(broker.open()) as log:
        log.create(TOPICS)
        yield log


def wait_for_all(log: KafkaLog) -> None:
    """Wait until every number has a sum; then hold the sums against an undisturbed stage's."""
    expected = expected_sums(log)
    poll_until(lambda: found_sums(log).keys() >= expected.keys())
    assert found_sums(log) == expected


def test_each_partition_is_read_in_order_by_one_member_at_a_time_while_members_come_and_go(
    log: KafkaLog,
) -> None:
    append_numbers(log, range(2000))
    first, second = Member(log, "group", NUMBERS), Member(log, "group", NUMBERS)
    poll_until(lambda: first.owned == PLACES, first)
    poll_until(lambda: len(first.owned) == len(second.owned) == PARTITIONS / 2, first, second)
    append_numbers(log, range(2000, 4000))
    poll_until(lambda: seen(first, second) == 4000, first, second)
    first.consumer.close()
    append_numbers(log, range(4000, 6000))
    poll_until(lambda: second.owned == PLACES and seen(first, second) == 6000, second)
    for member in (first, second):
        for place in PLACES:
            assert_in_order([m for m in member.messages if m.place == place])


def seen(*members: Member) -> int:
    return len({(m.place, m.offset) for member in members for m in member.messages})


def assert_in_order(messages: list[Message]) -> None:
    """Each offset follows the one before; where a partition came back, it begins anew."""
    offsets = [message.offset for message in messages]
    for before, after in pairwise(offsets):
        assert after == before + 1 or after <= before


def test_a_stage_is_rebuilt_by_rewind_when_its_partitions_follow_to_another(
    broker: KafkaBroker, log: KafkaLog
) -> None:
    append_numbers(log, range(1000))
    running = [Running(broker)]
    wait_for_all(log)
    append_numbers(log, range(1000, 1500))
    running.append(Running(broker))
    append_numbers(log, range(1500, 3000))
    wait_for_all(log)
    running.pop(0).stop()
    append_numbers(log, range(3000, 3500))
    wait_for_all(log)
    running.pop().stop()


@pytest.mark.slow
def test_a_storm_of_rebalances_loses_nothing_and_sums_nothing_wrong(
    broker: KafkaBroker, log: KafkaLog
) -> None:
    chance = random.Random(20260302)  # noqa: S311 - moments, not secrets
    running = [Running(broker), Running(broker)]
    for storm in range(8):
        append_numbers(log, range(storm * 400, storm * 400 + 400))
        if chance.random() < 0.5:
            running.append(Running(broker))
        else:
            running.pop(chance.randrange(len(running))).stop()
        if not running:
            running.append(Running(broker))
    wait_for_all(log)
    for one in running:
        one.stop()


@contextmanager
def process(broker: KafkaBroker) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "tests.pipeline.kafka_stage", broker.bootstrap, broker.prefix],
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "runs\n"
        yield running
        running.kill()


@pytest.mark.slow
def test_killed_processes_lose_nothing_and_sum_nothing_wrong(
    broker: KafkaBroker, log: KafkaLog
) -> None:
    appending = threading.Thread(target=append_numbers, args=(log, range(20_000)))
    appending.start()
    with process(broker) as first:
        poll_until(lambda: len(found_sums(log)) > 500)
        first.kill()
    with process(broker), process(broker) as third:
        poll_until(lambda: len(found_sums(log)) > 5000)
        third.kill()
        appending.join()
        wait_for_all(log)


def turn_until_owned(stage: Stage, log: KafkaLog, numbers: int) -> None:
    poll_until(lambda: stage.turn() == 0 and len(found_sums(log)) == numbers)


@pytest.mark.slow
def test_long_work_does_not_cost_the_membership(broker: KafkaBroker, log: KafkaLog) -> None:
    settings = replace(broker.settings, session=SOONEST)
    with closing(KafkaLog(settings)) as slow:
        append_numbers(log, range(100))
        member = Member(slow, "group", NUMBERS)
        poll_until(lambda: member.owned == PLACES and len(member.messages) == 100, member)
        other = Member(log, "group", NUMBERS)
        # Longer than the session: it is the client's own thread that shows it alive.
        threading.Event().wait(SOONEST.total_seconds() + 2)
        last = member.messages[-1]
        member.consumer.commit({last.place: Commit(last.offset + 1)})
        poll_until(lambda: len(member.owned) == len(other.owned) == PARTITIONS / 2, member, other)


@pytest.mark.slow
def test_a_member_stuck_beyond_its_turn_is_put_out_and_told(
    broker: KafkaBroker, log: KafkaLog
) -> None:
    settings = replace(broker.settings, session=SOONEST, turn=SOONEST)
    with closing(KafkaLog(settings)) as slow:
        member = Member(slow, "group", NUMBERS)
        poll_until(lambda: member.owned == PLACES, member)
        heir = Member(log, "group", NUMBERS)
        poll_until(lambda: heir.owned == PLACES, heir)
        with pytest.raises(PartitionLostError, match="poll again"):
            member.consumer.commit({Place(NUMBERS, 0): Commit(1)})
        assert heir.consumer.committed(Place(NUMBERS, 0)) is None
        poll_until(lambda: len(member.owned) == len(heir.owned) == PARTITIONS / 2, member, heir)
        assert not member.owned & heir.owned


def test_while_the_group_changes_nothing_is_committed_and_nothing_comes_twice_to_one_member(
    log: KafkaLog,
) -> None:
    append_numbers(log, range(500))
    first = Member(log, "group", NUMBERS)
    poll_until(lambda: len(first.messages) == 500, first)
    second = Member(log, "group", NUMBERS)
    refused = 0
    committed: set[Place] = set()
    while not second.owned or committed < first.owned | second.owned:
        for member in (first, second):
            member.poll()
            for place in member.owned:
                try:
                    member.consumer.commit({place: Commit(1, "0")})
                    committed.add(place)
                except PartitionLostError:
                    refused += 1
    assert first.consumer.committed(Place(NUMBERS, 0)) == Commit(1, "0")
    kept = [m for m in first.messages if m.place in first.owned]
    assert len(kept) == len({(m.place, m.offset) for m in kept}), "what stayed is not read again"


def test_a_stage_that_starts_again_goes_on_where_it_was(log: KafkaLog) -> None:
    append_numbers(log, range(200))
    first = stage_of(log)
    turn_until_owned(first, log, 200)
    first.leave()
    append_numbers(log, range(200, 300))
    again = stage_of(log)
    turn_until_owned(again, log, 300)
    again.leave()
    assert found_sums(log) == expected_sums(log)
    poll_until(lambda: sum(log.backlog("windows", NUMBERS).values()) == 0)
