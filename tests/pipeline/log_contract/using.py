"""What the tests of the contract do over and over: topics, groups, messages."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

from anpr.ports import Log, Place, Record, TopicSpec
from tests.pipeline.log_brokers import (
    PATIENCE_S,
    Member,
    poll_until,
)

DAY = timedelta(days=1)


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
