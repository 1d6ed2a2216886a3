"""A group reads again from the beginning, once nobody else reads for it."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from anpr.ports import Commit, Log, Place, Record, TopicSpec
from pipeline.reread import StillReadingError, reread
from tests.pipeline.log_brokers import BROKERS, NEEDS_KAFKA, Member, poll_until

TOPIC = TopicSpec("events", partitions=3, retention=timedelta(days=1))


@pytest.fixture(params=["memory", "sqlite", pytest.param("kafka", marks=NEEDS_KAFKA)])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    with BROKERS[request.param](tmp_path) as broker, closing(broker.open()) as log:
        log.create([TOPIC])
        for number in range(30):
            log.append("events", Record(str(number), b"x"))
        log.flush()
        yield log


def test_what_a_group_had_committed_it_reads_again(log: Log) -> None:
    member = Member(log, "store", "events")
    poll_until(lambda: len(member.messages) == 30, member)
    ends = {place: Commit(0) for place in member.owned}
    ends |= {one.place: Commit(one.offset + 1, "0") for one in member.messages}
    member.consumer.commit(ends)
    member.consumer.close()
    poll_until(lambda: sum(log.backlog("store", "events").values()) == 0)
    reread(log, "store", ["events"])
    poll_until(lambda: sum(log.backlog("store", "events").values()) == 30)
    again = Member(log, "store", "events")
    poll_until(lambda: len(again.messages) == 30, again)
    assert again.consumer.committed(Place("events", 0)) == Commit(0)
    again.consumer.close()


def test_nothing_is_set_back_while_another_reads(log: Log) -> None:
    member = Member(log, "store", "events")
    poll_until(lambda: len(member.owned) == 3, member)
    with pytest.raises(StillReadingError, match="stop the processes that run it first"):
        reread(log, "store", ["events"], patience=timedelta(seconds=2))
    member.consumer.close()
