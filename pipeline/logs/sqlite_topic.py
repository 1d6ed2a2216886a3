"""A topic in one SQLite file."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from anpr.ports import Message, Place, Record, TopicSpec
from anpr.time import from_us, to_us
from pipeline.logs.sqlite_file import SqliteFile, connect, named_errors
from pipeline.logs.storage import Bounds

_PARTITION_BITS = 48
"""A message's id is its partition, then this many bits of offset: one integer key serves reading
in order, ranges and deleting, which for large values is SQLite's fastest table."""

_DROPPED_AT_ONCE = 256
"""Few enough that appends hardly wait while much is deleted."""

_TABLES = """
CREATE TABLE topic (retention_us INTEGER, delete_consumed INTEGER, compacted INTEGER);
CREATE TABLE partitions (partition INTEGER PRIMARY KEY, next INTEGER, newest_us INTEGER);
CREATE TABLE messages (
    id INTEGER PRIMARY KEY, appended_us INTEGER, key TEXT, headers TEXT, value BLOB
)"""


def make_topic(spec: TopicSpec, db: sqlite3.Connection) -> None:
    """Make the tables of a topic."""
    for statement in _TABLES.split(";"):
        db.execute(statement)
    db.execute("INSERT INTO topic VALUES (?, ?, ?)", _row(spec))
    db.executemany(
        "INSERT INTO partitions VALUES (?, 0, 0)",
        [(partition,) for partition in range(spec.partitions)],
    )


def _id(partition: int, offset: int) -> int:
    return partition << _PARTITION_BITS | offset


def _offset(message: int) -> int:
    return message & (1 << _PARTITION_BITS) - 1


class SqliteTopic:
    """The messages of one topic. Other processes may append to the same file."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        with file.transaction() as db:
            us, delete_consumed, compacted = db.execute("SELECT * FROM topic").fetchone()
            partitions = len(_heads(db))
        kept = timedelta(microseconds=us)
        self.spec = TopicSpec(
            file.path.stem, partitions, kept, bool(delete_consumed), bool(compacted)
        )

    def append(self, records: Sequence[tuple[int, Record]], now: datetime) -> Sequence[int]:
        """Write (partition, record) pairs in one durable transaction and give their offsets."""
        offsets, rows = [], []
        with self._file.transaction() as db:
            heads = _heads(db)
            for partition in {partition for partition, _ in records}:
                offset, newest_us = heads[partition]
                heads[partition] = offset, max(newest_us, to_us(now))
            for partition, record in records:
                offset, us = heads[partition]
                headers = json.dumps(dict(record.headers)) if record.headers else "{}"
                rows.append((_id(partition, offset), us, record.key, headers, record.value))
                offsets.append(offset)
                heads[partition] = offset + 1, us
            db.executemany("INSERT INTO messages VALUES (?, ?, ?, ?, ?)", rows)
            db.executemany(
                "UPDATE partitions SET next = ?, newest_us = ? WHERE partition = ?",
                [(*head, partition) for partition, head in heads.items()],
            )
        return offsets

    def bounds(self) -> Sequence[Bounds]:
        """Tell what each partition holds."""
        with closing(self.reader()) as reader:
            return reader.bounds()

    def adopt(self, spec: TopicSpec) -> None:
        """Take over the retention of a specification with the same partitions."""
        with self._file.transaction() as db:
            db.execute(
                "UPDATE topic SET retention_us = ?, delete_consumed = ?, compacted = ?", _row(spec)
            )
        self.spec = spec

    def drop(self, partition: int, below: int) -> int:
        """Delete the messages below an offset; return how many. Their pages are used again."""
        deleted = 0
        while True:
            with self._file.transaction() as db:
                count = db.execute(
                    "DELETE FROM messages WHERE id IN"
                    " (SELECT id FROM messages WHERE id >= ? AND id < ? ORDER BY id LIMIT ?)",
                    (_id(partition, 0), _id(partition, below), _DROPPED_AT_ONCE),
                ).rowcount
            deleted += count
            if count < _DROPPED_AT_ONCE:
                return deleted

    def compact(self, before: datetime) -> int:
        """Delete what was appended before a moment and has a newer message of the same key."""
        with self._file.transaction() as db:
            return db.execute(
                "DELETE FROM messages WHERE appended_us < ?"
                " AND id NOT IN (SELECT max(id) FROM messages GROUP BY key)",
                (to_us(before),),
            ).rowcount

    def has_changed(self) -> bool:
        """Say whether another process wrote since this was last asked."""
        return self._file.has_changed()

    def reader(self) -> "SqliteReader":
        """Open a reader with its own connection."""
        return SqliteReader(self._file.path, self.spec)

    def close(self) -> None:
        """Close the writing connection."""
        self._file.close()


class SqliteReader:
    """Reads a topic over its own connection, so that it never waits for a writer."""

    def __init__(self, path: Path, spec: TopicSpec) -> None:
        self._path = path
        self._places = [Place(spec.name, partition) for partition in range(spec.partitions)]
        with named_errors(path):
            self._db = connect(path)

    def fetch(self, partition: int, offset: int, limit: int, max_bytes: int) -> Sequence[Message]:
        """Read from an offset on; stop at the message that reaches either limit."""
        messages: list[Message] = []
        query = "SELECT * FROM messages WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"
        span = _id(partition, offset), _id(partition + 1, 0), limit
        with named_errors(self._path), closing(self._db.execute(query, span)) as rows:
            for number, us, key, headers, value in rows:
                record = Record(key, value, json.loads(headers) if headers != "{}" else {})
                place = self._places[partition]
                messages.append(Message(place, _offset(number), from_us(us), record))
                if (max_bytes := max_bytes - len(value)) <= 0:
                    break
        return messages

    def offset_at(self, partition: int, moment: datetime) -> int:
        """Find where what was appended at or after a moment begins; `next` where nothing was.

        Halves the partition: its times never decrease, so they need no index of their own.
        """
        with named_errors(self._path):
            low, high = 0, _heads(self._db)[partition][0]
            while low < high:
                middle = (low + high) // 2
                found = self._first(partition, middle, high)
                if found is None or found[1] >= to_us(moment):
                    high = middle
                else:
                    low = found[0] + 1
        return low

    def bounds(self) -> Sequence[Bounds]:
        """Tell what each partition holds."""
        bounds = []
        with named_errors(self._path):
            for partition, (following, _) in _heads(self._db).items():
                first = self._first(partition, 0, following)
                bounds.append(Bounds(first[0] if first else following, following))
        return bounds

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def _first(self, partition: int, low: int, high: int) -> tuple[int, int] | None:
        """Find the offset and time (microseconds) of the first message in a range of offsets."""
        row = self._db.execute(
            "SELECT id, appended_us FROM messages WHERE id >= ? AND id < ? ORDER BY id LIMIT 1",
            (_id(partition, low), _id(partition, high)),
        ).fetchone()
        return (_offset(row[0]), row[1]) if row else None


def _heads(db: sqlite3.Connection) -> dict[int, tuple[int, int]]:
    """Read each partition's next offset and newest time (microseconds)."""
    rows = db.execute("SELECT partition, next, newest_us FROM partitions ORDER BY partition")
    return {partition: (following, newest_us) for partition, following, newest_us in rows}


def _row(spec: TopicSpec) -> tuple[int, bool, bool]:
    return spec.retention // timedelta(microseconds=1), spec.delete_consumed, spec.compacted
