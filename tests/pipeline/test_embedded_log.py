"""What the embedded logs promise beyond the contract: retention, room, fairness."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from anpr.errors import LogError
from anpr.ports import Commit, Log, Place, Record, TopicSpec
from pipeline.logs.commits import Commits
from pipeline.logs.memory import MemoryCommits
from tests.pipeline.log_brokers import (
    BROKERS,
    PATIENCE_S,
    START,
    EmbeddedBroker,
    Member,
    poll_until,
)

HOUR = timedelta(hours=1)
KEPT = TopicSpec("kept", partitions=1, retention=HOUR)
FRAMES = TopicSpec("frames", partitions=2, retention=HOUR, delete_consumed=True)
CONTROLS = TopicSpec("controls", partitions=1, retention=HOUR, compacted=True)
PLACE = Place("kept", 0)


@pytest.fixture(params=["memory", "sqlite"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmbeddedBroker]:
    with BROKERS[request.param](tmp_path) as broker:
        assert isinstance(broker, EmbeddedBroker)
        yield broker


@pytest.fixture
def log(broker: EmbeddedBroker) -> Iterator[Log]:
    log = broker.open()
    log.create([KEPT, FRAMES, CONTROLS])
    yield log
    log.close()


def put(log: Log, topic: str, *values: str, key: str = "key") -> list[int]:
    futures = [log.append(topic, Record(key, value.encode())) for value in values]
    return [future.result(PATIENCE_S) for future in futures]


def values(log: Log, topic: str) -> list[str]:
    return [message.record.value.decode() for message in log.read(topic)]


def test_a_sweep_deletes_what_is_older_than_the_retention(broker: EmbeddedBroker, log: Log) -> None:
    for minutes, value in enumerate("abcdef"):
        broker.clock.moment = START + timedelta(minutes=minutes)
        put(log, "kept", value)
    assert log.sweep(START + HOUR) == 0
    assert log.sweep(START + HOUR + timedelta(minutes=3)) == 3
    assert values(log, "kept") == ["d", "e", "f"]
    assert log.sweep(START + 2 * HOUR) == 3
    assert put(log, "kept", "g") == [6]


def test_a_consumer_goes_on_behind_what_was_swept(broker: EmbeddedBroker, log: Log) -> None:
    put(log, "kept", "a", "b")
    member = Member(log, "group", "kept")
    poll_until(lambda: PLACE in member.owned, member)
    member.consumer.seek(PLACE, 0)
    member.messages.clear()
    log.sweep(START + 2 * HOUR)
    member.poll()
    broker.clock.moment += 2 * HOUR
    put(log, "kept", "c")
    poll_until(lambda: bool(member.messages), member)
    assert member.values == ["c"]
    assert member.consumer.beginning(PLACE) == 2
    assert log.backlog("other", "kept") == {0: 1}


def test_a_long_past_is_swept_at_once(log: Log) -> None:
    put(log, "kept", *["x"] * 1000)
    assert log.sweep(START + 2 * HOUR) == 1000


def test_what_was_swept_unread_is_no_backlog(broker: EmbeddedBroker, log: Log) -> None:
    put(log, "kept", *"abc")
    member = Member(log, "group", "kept")
    poll_until(lambda: PLACE in member.owned, member)
    member.consumer.commit({PLACE: Commit(1)})
    broker.clock.moment += 2 * HOUR
    put(log, "kept", "d")
    assert log.sweep(broker.clock.moment) == 3
    assert log.backlog("group", "kept") == {0: 1}


def test_a_retention_given_anew_is_adopted(broker: EmbeddedBroker, log: Log) -> None:
    put(log, "kept", "a")
    log.create([replace(KEPT, retention=10 * HOUR)])
    assert log.sweep(START + 9 * HOUR) == 0
    log.close()
    again = broker.open()
    assert again.sweep(START + 9 * HOUR) == 0
    assert again.sweep(START + 11 * HOUR) == 1
    again.close()


def test_consumed_messages_are_deleted_up_to_what_every_group_needs(log: Log) -> None:
    put(log, "frames", *"abcdefgh")
    [place] = {message.place for message in log.read("frames")}
    first, second = Member(log, "ocr", "frames"), Member(log, "other", "frames")
    poll_until(lambda: place in first.owned and place in second.owned, first, second)
    assert log.sweep(START) == 0
    first.consumer.commit({place: Commit(7)})
    assert log.sweep(START) == 7
    assert values(log, "frames") == ["h"]


@pytest.mark.parametrize(
    ("metadata", "left"),
    [
        pytest.param("2", "cdef", id="a number is the lowest offset needed"),
        pytest.param("2 note", "cdef", id="a note may follow it"),
        pytest.param("", "ef", id="without one the commit counts"),
        pytest.param("none", "ef", id="a word is no offset"),
        pytest.param("9", "ef", id="what is not committed is needed anyway"),
    ],
)
def test_a_group_may_need_more_than_it_has_left_to_do(log: Log, metadata: str, left: str) -> None:
    put(log, "frames", *"abcdef")
    [place] = {message.place for message in log.read("frames")}
    member, far = Member(log, "ocr", "frames"), Member(log, "far", "frames")
    poll_until(lambda: place in member.owned and place in far.owned, member, far)
    far.consumer.commit({place: Commit(6)})
    member.consumer.commit({place: Commit(4, metadata)})
    log.sweep(START)
    assert values(log, "frames") == list(left)


def test_a_group_that_has_not_committed_here_needs_everything_here(log: Log) -> None:
    put(log, "frames", "a")
    [place] = {message.place for message in log.read("frames")}
    elsewhere = Place("frames", 1 - place.partition)
    done, late = Member(log, "done", "frames"), Member(log, "late", "frames")
    poll_until(lambda: len(done.owned) == len(late.owned) == 2, done, late)
    done.consumer.commit({place: Commit(1)})
    late.consumer.commit({elsewhere: Commit(0)})
    assert log.sweep(START) == 0
    late.consumer.commit({place: Commit(1)})
    assert log.sweep(START) == 1


def test_what_nobody_consumes_is_kept_until_its_retention(log: Log) -> None:
    put(log, "frames", "a")
    assert log.sweep(START + HOUR) == 0
    assert log.sweep(START + 2 * HOUR) == 1


def test_of_a_compacted_topic_the_newest_of_each_key_stays(log: Log) -> None:
    put(log, "controls", "one", "two", key="a")
    put(log, "controls", "three", key="b")
    assert log.sweep(START + HOUR) == 0
    assert log.sweep(START + 100 * HOUR) == 1
    assert values(log, "controls") == ["two", "three"]
    assert [message.offset for message in log.read("controls")] == [1, 2]


def test_the_logs_time_never_goes_back(broker: EmbeddedBroker, log: Log) -> None:
    put(log, "kept", "a")
    broker.clock.moment -= HOUR
    put(log, "kept", "b")
    assert [message.appended_at for message in log.read("kept")] == [START, START]


def test_a_poll_is_bounded_in_bytes(log: Log) -> None:
    put(log, "kept", *["x" * (1 << 20)] * 20)
    member = Member(log, "group", "kept")
    poll_until(lambda: bool(member.messages), member)
    assert len(member.messages) == 8


def test_a_message_larger_than_the_bound_comes_all_the_same(log: Log) -> None:
    put(log, "kept", "x" * (9 << 20), "y")
    member = Member(log, "group", "kept")
    poll_until(lambda: len(member.messages) == 2, member)
    assert [len(value) for value in member.values] == [9 << 20, 1]


def test_partitions_take_turns_when_the_limit_is_smaller_than_their_number(log: Log) -> None:
    for number in range(40):
        log.append("frames", Record(str(number), b"x"))
    log.flush()
    member = Member(log, "group", "frames")
    poll_until(lambda: len(member.owned) == 2, member)
    turns = [member.poll(limit=1).messages[0].place.partition for _ in range(10)]
    assert turns in ([0, 1] * 5, [1, 0] * 5)


def test_a_partition_that_was_swept_takes_no_share_of_a_poll(log: Log) -> None:
    for number in range(40):
        log.append("frames", Record(str(number), b"x"))
    log.flush()
    member = Member(log, "group", "frames")
    poll_until(lambda: len(member.owned) == 2, member)
    log.sweep(START + 2 * HOUR)
    assert not member.poll().messages
    put(log, "frames", *"abcd")
    assert len(member.poll(limit=4).messages) == 4


def test_a_waiting_heir_wakes_when_a_partition_is_given_up(log: Log) -> None:
    first = Member(log, "group", "frames")
    poll_until(lambda: len(first.owned) == 2, first)
    second = Member(log, "group", "frames")
    second.consumer.poll(timedelta(0), 1)
    assigned: list[Place] = []

    def wait() -> None:
        assigned.extend(second.consumer.poll(timedelta(seconds=PATIENCE_S), 1).assigned)

    thread = threading.Thread(target=wait)
    thread.start()
    first.poll()
    thread.join(PATIENCE_S / 2)
    assert len(assigned) == 1
    thread.join()


def test_a_commit_beyond_the_end_is_void(log: Log) -> None:
    put(log, "kept", "a")
    member = Member(log, "group", "kept")
    poll_until(lambda: PLACE in member.owned, member)
    member.consumer.commit({PLACE: Commit(100)})
    member.consumer.close()
    heir = Member(log, "group", "kept")
    poll_until(lambda: bool(heir.messages), heir)
    assert heir.values == ["a"]
    assert log.backlog("group", "kept") == {0: 1}


def test_a_closed_consumer_says_so(log: Log) -> None:
    member = Member(log, "group", "kept")
    member.consumer.close()
    with pytest.raises(LogError, match="closed"):
        member.consumer.poll(timedelta(0), 1)


def test_closing_the_log_ends_a_waiting_poll(log: Log) -> None:
    member = Member(log, "group", "kept")
    poll_until(lambda: PLACE in member.owned, member)
    failures: list[LogError] = []

    def wait() -> None:
        try:
            member.consumer.poll(timedelta(seconds=PATIENCE_S), 1)
        except LogError as error:
            failures.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    log.close()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert len(failures) == 1


def test_closing_ends_every_thread(broker: EmbeddedBroker) -> None:
    before = set(threading.enumerate())
    log = broker.open()
    log.create([KEPT, FRAMES])
    assert set(threading.enumerate()) > before
    log.close()
    assert set(threading.enumerate()) == before


def test_an_empty_commit_is_nothing_to_write() -> None:
    commits = Commits(MemoryCommits())
    commits.save("group", {})
    assert commits.needed("kept", 0) is None
    commits.close()
