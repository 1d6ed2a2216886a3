"""The log on one machine: one SQLite file a topic, and one for what the groups committed."""

import fcntl
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO

from anpr.errors import LogError
from anpr.ports import Commit, Place, TopicSpec
from pipeline.logs.embedded import EmbeddedLog
from pipeline.logs.sqlite_file import BUSY_S, SqliteFile
from pipeline.logs.sqlite_topic import SqliteTopic, make_topic

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

_TABLE = """
CREATE TABLE commits (
    group_name TEXT, topic TEXT, partition INTEGER, offset INTEGER, metadata TEXT,
    PRIMARY KEY (group_name, topic, partition)
) WITHOUT ROWID"""


class SqliteCommits:
    """The groups' commits in one file."""

    def __init__(self, path: Path, busy_s: float) -> None:
        self._file = SqliteFile(path, busy_s, _make_commits)

    def load(self) -> Sequence[tuple[str, Place, Commit]]:
        """Read every commit with its group."""
        with self._file.transaction() as db:
            return [
                (group, Place(topic, partition), Commit(offset, metadata))
                for group, topic, partition, offset, metadata in db.execute("SELECT * FROM commits")
            ]

    def save(self, commits: Sequence[tuple[str, Mapping[Place, Commit]]]) -> None:
        """Write the commits of groups in one durable transaction, later ones over earlier ones."""
        with self._file.transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO commits VALUES (?, ?, ?, ?, ?)",
                [
                    (group, place.topic, place.partition, commit.offset, commit.metadata)
                    for group, held in commits
                    for place, commit in held.items()
                ],
            )

    def has_changed(self) -> bool:
        """Say whether another process committed since this was last asked."""
        return self._file.has_changed()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class SqliteStorage:
    """A folder: `topics/NAME.db`, `groups/commits.db`, and a lock file for each group."""

    def __init__(self, folder: Path, busy_s: float = BUSY_S) -> None:
        self._topics = folder / "topics"
        self._groups = folder / "groups"
        self._busy_s = busy_s
        for one in (folder, self._topics, self._groups):
            one.mkdir(mode=0o700, parents=True, exist_ok=True)

    def topics(self) -> Iterator[SqliteTopic]:
        """Open the topics that exist, one by one."""
        for path in sorted(self._topics.glob("*.db")):
            file = SqliteFile(path, self._busy_s)
            if file.is_empty:
                file.close()  # A process died before it had made the topic.
            else:
                yield SqliteTopic(file)

    def create(self, spec: TopicSpec) -> SqliteTopic:
        """Make a topic, or open the one another process made meanwhile."""
        path = self._topics / f"{_checked(spec.name)}.db"
        return SqliteTopic(SqliteFile(path, self._busy_s, partial(make_topic, spec)))

    def commits(self) -> SqliteCommits:
        """Open the commits."""
        return SqliteCommits(self._groups / "commits.db", self._busy_s)

    def claim(self, group: str) -> IO[bytes]:
        """Lock a group for this process; the system unlocks it when the process dies."""
        handle = (self._groups / f"{_checked(group)}.lock").open("wb")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.close()
            raise LogError(
                f"another process consumes as group {group!r}; stop it, or use other data"
            ) from error
        return handle


class SqliteLog(EmbeddedLog):
    """A durable log in a folder. What an append's future acknowledged survives any crash."""

    def __init__(self, folder: Path, now: Callable[[], datetime], busy_s: float = BUSY_S) -> None:
        super().__init__(SqliteStorage(folder, busy_s), now)


def _make_commits(db: sqlite3.Connection) -> None:
    db.execute(_TABLE)


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise LogError(f"{name!r} cannot name a file; use letters, digits, '.', '_' and '-'")
    return name
