"""What the SQLite log promises of its files: shared, reused, erased, refused when damaged."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from anpr.errors import LogError
from anpr.ports import Commit, Log, Output, Place, Record, TopicSpec
from pipeline.logs.sqlite import SqliteLog
from pipeline.logs.sqlite_file import SqliteFile
from tests.pipeline.log_brokers import PATIENCE_S, START, Member, poll_until

FRAMES = TopicSpec("frames", partitions=2, retention=timedelta(hours=1), delete_consumed=True)
PLACES = [Place("frames", 0), Place("frames", 1)]

APPEND_FROM_ELSEWHERE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from anpr.ports import Record
from pipeline.logs.sqlite import SqliteLog

log = SqliteLog(Path(sys.argv[1]), lambda: datetime(2026, 3, 2, 9, tzinfo=UTC))
for number in range(int(sys.argv[2])):
    log.append("frames", Record(str(number), b"from elsewhere")).result()
log.close()
"""

OpenLog = Callable[..., SqliteLog]


@pytest.fixture
def open_log(tmp_path: Path) -> Iterator[OpenLog]:
    opened: list[SqliteLog] = []

    def open_log(busy_s: float = 10.0) -> SqliteLog:
        log = SqliteLog(tmp_path / "log", lambda: START, busy_s)
        log.create([FRAMES])
        opened.append(log)
        return log

    yield open_log
    for log in opened:
        log.close()


def append_elsewhere(folder: Path, count: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", APPEND_FROM_ELSEWHERE, str(folder / "log"), str(count)]
    )


def put(log: Log, count: int, value: bytes = b"x") -> None:
    for number in range(count):
        log.append("frames", Record(str(number), value))
    log.flush()


def consume_all(log: Log) -> None:
    """Commit everything as the only group, and sweep it away."""
    member = Member(log, "ocr", "frames")
    poll_until(lambda: len(member.owned) == 2, member)
    counts = log.backlog("new", "frames")
    ends = {place: member.consumer.beginning(place) + counts[place.partition] for place in PLACES}
    member.consumer.commit({place: Commit(end) for place, end in ends.items()})
    member.consumer.close()
    log.sweep(START)


def test_what_another_process_appends_wakes_a_waiting_poll(
    open_log: OpenLog, tmp_path: Path
) -> None:
    log = open_log()
    member = Member(log, "group", "frames")
    poll_until(lambda: len(member.owned) == 2, member)
    with append_elsewhere(tmp_path, 1) as elsewhere:
        batch = member.consumer.poll(timedelta(seconds=PATIENCE_S), 10)
    assert elsewhere.returncode == 0
    assert [message.record.value for message in batch.messages] == [b"from elsewhere"]
    assert sum(log.backlog("group", "frames").values()) == 1


def test_two_processes_may_append_at_once(open_log: OpenLog, tmp_path: Path) -> None:
    log = open_log()
    with append_elsewhere(tmp_path, 200) as elsewhere:
        ours = 0
        while elsewhere.poll() is None:
            log.append("frames", Record(str(ours), b"ours")).result(PATIENCE_S)
            ours += 1
    assert elsewhere.returncode == 0
    messages = log.read("frames")
    assert len(messages) == ours + 200
    for place in PLACES:
        offsets = [message.offset for message in messages if message.place == place]
        assert offsets == list(range(len(offsets)))


def test_two_logs_on_one_folder_see_each_others_messages_and_commits(open_log: OpenLog) -> None:
    ours, theirs = open_log(), open_log()
    put(ours, 10)
    poll_until(lambda: sum(theirs.backlog("ocr", "frames").values()) == 10)
    consume_all(theirs)
    poll_until(lambda: sum(ours.backlog("ocr", "frames").values()) == 0)
    assert ours.read("frames") == []


def test_one_process_at_a_time_consumes_as_a_group(open_log: OpenLog) -> None:
    ours, theirs = open_log(), open_log()
    first, second = ours.consumer("ocr", ["frames"]), ours.consumer("ocr", ["frames"])
    with pytest.raises(LogError, match="another process consumes as group 'ocr'"):
        theirs.consumer("ocr", ["frames"])
    theirs.consumer("other", ["frames"])
    first.close()
    with pytest.raises(LogError, match="another process"):
        theirs.consumer("ocr", ["frames"])
    second.close()
    theirs.consumer("ocr", ["frames"])


def test_a_locked_file_fails_the_append_and_the_log_goes_on(
    open_log: OpenLog, tmp_path: Path
) -> None:
    log = open_log(busy_s=0.01)
    path = tmp_path / "log" / "topics" / "frames.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        future = log.append("frames", Record("key", b"x"))
        with pytest.raises(LogError, match=r"frames\.db: database is locked"):
            future.result(PATIENCE_S)
        log.append_all([Output("frames", Record("key", b"y")) for _ in range(2)])
        with pytest.raises(LogError, match=r"3 message\(s\) are not in the log"):
            log.flush()
        other.execute("ROLLBACK")
    assert log.append("frames", Record("key", b"x")).result(PATIENCE_S) == 0
    log.flush()


def test_the_space_of_consumed_frames_is_used_again(open_log: OpenLog, tmp_path: Path) -> None:
    log = open_log()
    sizes = []
    for _ in range(6):
        put(log, 100, os.urandom(50_000))
        consume_all(log)
        sizes.append((tmp_path / "log" / "topics" / "frames.db").stat().st_size)
    assert sizes[-1] < 1.5 * sizes[1]


def test_a_swept_message_leaves_no_trace_in_the_files(open_log: OpenLog, tmp_path: Path) -> None:
    log = open_log()
    log.append("frames", Record("1TST234", b"a secret of 16 B", {"plate": "1TST234"}))
    put(log, 10, b"padding")
    consume_all(log)
    log.close()
    written = b"".join(path.read_bytes() for path in (tmp_path / "log").rglob("*.db*"))
    assert b"frames" in written
    assert b"secret" not in written
    assert b"1TST234" not in written


@pytest.fixture
def blobs(tmp_path: Path) -> Iterator[SqliteFile]:
    file = SqliteFile(tmp_path / "blobs.db", 0.01, _make_blobs, wal_bytes=1 << 20)
    yield file
    file.close()


def _make_blobs(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE blobs (value BLOB)")


def largest_wal(file: SqliteFile, writes: int) -> int:
    wal, largest = file.path.with_name("blobs.db-wal"), 0
    for _ in range(writes):
        with file.transaction() as db:
            db.execute("INSERT INTO blobs VALUES (?)", (bytes(100_000),))
        largest = max(largest, wal.stat().st_size)
    return largest


def test_the_write_ahead_file_stays_small(blobs: SqliteFile) -> None:
    assert largest_wal(blobs, writes=40) < 1.2 * (1 << 20)


def test_a_reader_that_stays_delays_no_write_for_long(blobs: SqliteFile) -> None:
    with closing(sqlite3.connect(blobs.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM blobs").fetchone()
        assert largest_wal(blobs, writes=40) > 4_000_000
    largest_wal(blobs, writes=100)
    assert largest_wal(blobs, writes=40) < 1.2 * (1 << 20)


def test_a_damaged_file_is_named(open_log: OpenLog, tmp_path: Path) -> None:
    open_log().close()
    (tmp_path / "log" / "topics" / "frames.db").write_bytes(b"not a database " * 1000)
    with pytest.raises(LogError, match=r"frames\.db: file is not a database"):
        SqliteLog(tmp_path / "log", lambda: START)


def test_a_file_of_another_format_is_refused(open_log: OpenLog, tmp_path: Path) -> None:
    open_log().close()
    with closing(sqlite3.connect(tmp_path / "log" / "topics" / "frames.db")) as file:
        file.execute("PRAGMA user_version = 99")
    with pytest.raises(LogError, match=r"frames\.db has format 99"):
        SqliteLog(tmp_path / "log", lambda: START)


def test_a_topic_whose_making_was_interrupted_is_made_anew(
    open_log: OpenLog, tmp_path: Path
) -> None:
    (tmp_path / "log" / "topics").mkdir(parents=True)
    with closing(sqlite3.connect(tmp_path / "log" / "topics" / "frames.db")) as file:
        file.execute("PRAGMA journal_mode = WAL")
    assert open_log().append("frames", Record("key", b"x")).result(PATIENCE_S) == 0


def test_topics_are_known_again_without_creating_them(open_log: OpenLog, tmp_path: Path) -> None:
    log = open_log()
    put(log, 3)
    log.close()
    with closing(SqliteLog(tmp_path / "log", lambda: START)) as again:
        assert len(again.read("frames")) == 3
        with pytest.raises(LogError, match="has 2 partitions, not 3"):
            again.create([TopicSpec("frames", 3, timedelta(hours=1))])


@pytest.mark.parametrize("name", ["../frames", "", ".hidden", "a/b", "x" * 101])
def test_a_name_that_is_no_file_name_is_refused(open_log: OpenLog, name: str) -> None:
    log = open_log()
    with pytest.raises(LogError, match="cannot name a file"):
        log.create([TopicSpec(name, 1, timedelta(hours=1))])
    with pytest.raises(LogError, match="cannot name a file"):
        log.consumer(name, ["frames"])


def test_times_are_kept_to_the_microsecond(tmp_path: Path) -> None:
    moment = datetime(2026, 3, 2, 8, 0, 0, 123456, tzinfo=UTC)
    with closing(SqliteLog(tmp_path / "log", lambda: moment)) as log:
        log.create([FRAMES])
        put(log, 1)
        assert [message.appended_at for message in log.read("frames")] == [moment]
