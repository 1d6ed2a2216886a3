"""What the log on Kafka promises beyond the contract: its topics, and a cluster of many zones."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from anpr.errors import LogError, LogFullError, RetentionTooShortError, UnknownTopicError
from anpr.ports import Commit, Place, Record, TopicSpec
from pipeline.logs.kafka import KafkaLog
from pipeline.logs.kafka_client import (
    KafkaProducer,
    open_client,
)
from pipeline.logs.kafka_cluster import Cluster
from pipeline.logs.kafka_outbox import RECORD_BYTES, Outbox
from pipeline.logs.kafka_topics import ensure
from tests.pipeline.log_brokers import (
    NEEDS_KAFKA,
    PATIENCE_S,
    START,
    KafkaBroker,
    Member,
    poll_until,
)

pytestmark = NEEDS_KAFKA

HOUR = timedelta(hours=1)
READS = TopicSpec("reads", partitions=2, retention=HOUR)
FRAMES = TopicSpec("frames", partitions=2, retention=HOUR, delete_consumed=True)
CONTROLS = TopicSpec("controls", partitions=1, retention=HOUR, compacted=True)


@pytest.fixture
def broker() -> KafkaBroker:
    return KafkaBroker()


@pytest.fixture
def log(broker: KafkaBroker) -> Iterator[KafkaLog]:
    with closing(broker.open()) as log:
        log.create([READS, FRAMES, CONTROLS])
        yield log


@pytest.fixture
def cluster(broker: KafkaBroker) -> Iterator[Cluster]:
    with closing(Cluster(broker.settings)) as cluster:
        yield cluster


def put(log: KafkaLog, topic: str, *values: str, key: str = "key") -> Place:
    futures = [log.append(topic, Record(key, value.encode())) for value in values]
    for future in futures:
        future.result(PATIENCE_S)
    return next(message.place for message in log.read(topic) if message.record.key == key)


def values(log: KafkaLog, topic: str) -> list[str]:
    return [message.record.value.decode() for message in log.read(topic)]


def test_a_topic_has_the_brokers_time_its_retention_and_room_for_frames(
    log: KafkaLog, cluster: Cluster
) -> None:
    held = cluster.config("reads")
    assert held["message.timestamp.type"] == "LogAppendTime"
    assert held["cleanup.policy"] == "delete"
    assert held["retention.ms"] == "3600000"
    assert held["segment.ms"] == "600000", "it is not kept long beyond its retention"
    assert int(held["max.message.bytes"]) > 2 << 20
    assert cluster.config("frames")["segment.bytes"] == str(64 << 20)
    assert cluster.config("controls")["cleanup.policy"] == "compact"
    assert cluster.config("controls")["min.compaction.lag.ms"] == "3600000"
    assert cluster.partitions("reads") == 2


def test_a_retention_given_anew_is_adopted(log: KafkaLog, cluster: Cluster) -> None:
    log.create([replace(READS, retention=10 * HOUR)])
    assert cluster.config("reads")["retention.ms"] == "36000000"
    log.create([replace(READS, retention=2 * HOUR)])
    assert cluster.config("reads")["retention.ms"] == "7200000"


@pytest.mark.parametrize(
    ("setting", "other"),
    [("message.timestamp.type", "CreateTime"), ("cleanup.policy", "compact")],
)
def test_a_topic_with_another_nature_is_refused(
    log: KafkaLog, cluster: Cluster, setting: str, other: str
) -> None:
    assert cluster.configure("reads", {setting: other}) == ""
    with pytest.raises(LogError, match=f"{setting}={other}, not .* another prefix"):
        log.create([READS])


class Forbidding(Cluster):
    """A cluster whose account may change no topic."""

    def configure(self, topic: str, config: object) -> str:
        return "TopicAuthorizationFailedError"


def test_settings_that_may_not_be_changed_are_refused_only_where_something_would_be_lost(
    broker: KafkaBroker, log: KafkaLog
) -> None:
    with closing(Forbidding(broker.settings)) as cluster:
        ensure(cluster, replace(READS, retention=HOUR / 2), broker.prefix)
        with pytest.raises(RetentionTooShortError, match=r"may set retention\.ms=7200000"):
            ensure(cluster, replace(READS, retention=2 * HOUR), broker.prefix)


def test_zones_on_one_cluster_see_nothing_of_each_other(broker: KafkaBroker, log: KafkaLog) -> None:
    with closing(KafkaBroker(prefix=f"{broker.prefix}more.").open()) as other:
        with pytest.raises(UnknownTopicError):
            other.read("reads")
        other.create([READS, FRAMES])
        put(log, "reads", "mine")
        put(other, "reads", "theirs")
        assert values(other, "reads") == ["theirs"]
        here, there = Member(log, "group", "reads"), Member(other, "group", "reads")
        poll_until(lambda: bool(here.messages and there.messages), here, there)
        assert (here.values, there.values) == (["mine"], ["theirs"])
        assert len(here.owned) == len(there.owned) == 2, "two groups, though of one name"


def test_a_topic_that_another_process_created_can_be_used(
    broker: KafkaBroker, log: KafkaLog
) -> None:
    put(log, "reads", "a")
    with closing(broker.open()) as other:
        assert values(other, "reads") == ["a"]
        put(other, "reads", "b")
    assert values(log, "reads") == ["a", "b"]


def test_a_frame_of_two_mebibytes_goes_through_and_a_giant_is_refused(log: KafkaLog) -> None:
    frame = os.urandom(2 << 20)
    log.append("frames", Record("camera", frame)).result(PATIENCE_S)
    with pytest.raises(LogError, match="too large"):
        log.append("frames", Record("camera", b"x" * (RECORD_BYTES + 1)))
    assert [message.record.value for message in log.read("frames")] == [frame]
    put(log, "frames", "the log goes on")


def fill(outbox: Outbox, topic: str) -> None:
    for _ in range(1000):
        outbox.put(topic, 0, Record("key", b"x" * 900))


def test_more_than_the_bound_is_not_taken_in(broker: KafkaBroker, log: KafkaLog) -> None:
    with closing(Outbox(broker.settings, bound=1000)) as outbox:
        topic = f"{broker.prefix}reads"
        outbox.learn(topic)
        with pytest.raises(LogFullError, match="try again later"):
            fill(outbox, topic)
        outbox.flush()
        outbox.put(topic, 0, Record("key", b"x" * 900)).result(PATIENCE_S)


def test_what_others_wrote_without_key_or_value_can_be_read(
    broker: KafkaBroker, log: KafkaLog
) -> None:
    producer = open_client(KafkaProducer, broker.settings)
    topic = f"{broker.prefix}reads"
    producer.send(topic, b"value", headers=[("name", b"\xff")], partition=0)
    producer.send(topic, None, key=b"\xff", partition=0)
    producer.close()
    first, second = (message.record for message in log.read("reads"))
    assert first == Record("", b"value", {"name": "\N{REPLACEMENT CHARACTER}"})
    assert second == Record("\N{REPLACEMENT CHARACTER}", b"")


def test_consumed_messages_are_deleted_up_to_what_every_group_needs(log: KafkaLog) -> None:
    place = put(log, "frames", *"abcdefgh")
    first, second = Member(log, "ocr", "frames"), Member(log, "other", "frames")
    poll_until(lambda: place in first.owned and place in second.owned, first, second)
    assert log.sweep(START) == 0, "nobody has committed"
    first.consumer.commit({place: Commit(7, "2 note")})
    second.consumer.commit({place: Commit(5)})
    assert log.sweep(START) == 2
    assert values(log, "frames") == list("cdefgh")
    first.consumer.commit({place: Commit(8)})
    assert log.sweep(START) == 3
    assert values(log, "frames") == list("fgh")
    assert first.consumer.beginning(place) == 5


def test_a_group_that_has_not_committed_here_needs_everything_here(log: KafkaLog) -> None:
    place = put(log, "frames", "a")
    elsewhere = Place("frames", 1 - place.partition)
    done, late = Member(log, "done", "frames"), Member(log, "late", "frames")
    poll_until(lambda: len(done.owned) == len(late.owned) == 2, done, late)
    done.consumer.commit({place: Commit(1)})
    late.consumer.commit({elsewhere: Commit(0)})
    assert log.sweep(START) == 0
    late.consumer.commit({place: Commit(1)})
    assert log.sweep(START) == 1


def test_only_what_a_topic_gives_up_when_consumed_is_deleted(log: KafkaLog) -> None:
    place = put(log, "reads", "a", "b")
    member = Member(log, "group", "reads")
    poll_until(lambda: place in member.owned, member)
    member.consumer.commit({place: Commit(2)})
    assert log.sweep(START) == 0
    assert values(log, "reads") == ["a", "b"]


def test_a_backlog_is_told_from_memory(log: KafkaLog) -> None:
    assert log.backlog("group", "reads") == {0: 0, 1: 0}
    begun = time.perf_counter()
    for _ in range(1000):
        log.backlog("group", "reads")
    assert time.perf_counter() - begun < 0.1, "it is asked at every request of a camera"


def test_a_login_where_none_is_served_is_refused_with_what_to_check(broker: KafkaBroker) -> None:
    security = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN"}
    account = {"sasl_plain_username": "anpr", "sasl_plain_password": "hunter2"}
    settings = replace(broker.settings, security={**security, **account}, ask=timedelta(seconds=2))
    with pytest.raises(LogError, match=r"it lets nobody in .*; check security_protocol") as refusal:
        KafkaLog(settings)
    assert "hunter2" not in str(refusal.value)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("kafka")]
