"""A SQLite file as the log needs it: durable, shared with other processes, its errors named."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from anpr.errors import LogError

log = structlog.get_logger()

BUSY_S = 10.0
"""How long to wait for another process that writes to the same file."""

FORMAT = 1
"""Stands in each file as its `user_version`; a file of another format is refused."""

_PAGE_BYTES = 8192
_WAL_PAGES = 1024

WAL_BYTES = 64 << 20
"""How large a write-ahead file may grow before its writer waits for the readers to empty it."""


@contextmanager
def named_errors(path: Path) -> Iterator[None]:
    """Raise SQLite's errors as LogError with the name of the file."""
    try:
        yield
    except sqlite3.Error as error:
        raise LogError(f"{path.name}: {error}; check the disk and the file") from error


def connect(path: Path, busy_s: float = BUSY_S) -> sqlite3.Connection:
    """Open a connection that waits for other processes and starts no transaction by itself."""
    return sqlite3.connect(path, timeout=busy_s, isolation_level=None, check_same_thread=False)


class SqliteFile:
    """One file with its one writing connection, used by one thread at a time.

    `make` fills a new file; without it a file that was never made stays `is_empty`.
    """

    def __init__(
        self,
        path: Path,
        busy_s: float,
        make: Callable[[sqlite3.Connection], None] | None = None,
        wal_bytes: int = WAL_BYTES,
    ) -> None:
        self.path = path
        self._wal = path.with_name(f"{path.name}-wal")
        self._wal_bytes = self._wal_bound = wal_bytes
        self._lock = threading.Lock()
        with named_errors(path):
            self._db = connect(path, busy_s)
            try:
                self._set_up()
                self.is_empty = not self._make(make)
                self._version = self._data_version()
            except BaseException:
                self._db.close()
                raise

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction: durable when this ends, or undone and raised as LogError."""
        with self._lock, named_errors(self.path):
            # Taken at once, so that what is read here holds when it is written.
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            self._bound_wal()

    def has_changed(self) -> bool:
        """Say whether another process wrote to the file since this was last asked."""
        with self._lock, named_errors(self.path):
            before, self._version = self._version, self._data_version()
            return before != self._version

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _data_version(self) -> int:
        version: int = self._db.execute("PRAGMA data_version").fetchone()[0]
        return version

    def _bound_wal(self) -> None:
        """Empty the write-ahead log when it has grown large, waiting for readers to step aside.

        SQLite does so by itself only when a commit happens to meet no reader, which under steady
        reading is never.
        """
        size = self._wal.stat().st_size
        if size <= self._wal_bytes:
            self._wal_bound = self._wal_bytes
        if size <= self._wal_bound:
            return
        try:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            # The commit before it stands all the same.
            log.warning("log_checkpoint_failed", file=self.path.name, error=str(error))
        # Where a reader would not step aside, the wait must not come again at each commit.
        self._wal_bound = max(self._wal_bytes, 2 * self._wal.stat().st_size)

    def _set_up(self) -> None:
        # Large pages suit frames of 100 KB; erased plates are overwritten, not only unlinked.
        self._db.executescript(f"""
            PRAGMA page_size = {_PAGE_BYTES};
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA wal_autocheckpoint = {_WAL_PAGES};
            PRAGMA journal_size_limit = {self._wal_bytes};
            PRAGMA secure_delete = ON;
        """)

    def _make(self, make: Callable[[sqlite3.Connection], None] | None) -> bool:
        """Fill the file, whole or not at all, if no process has yet; say whether it is filled."""
        with self.transaction() as db:
            found = db.execute("PRAGMA user_version").fetchone()[0]
            if found not in (0, FORMAT):
                raise LogError(
                    f"{self.path.name} has format {found}, this version writes {FORMAT}; run the"
                    " version that wrote it, or start with an empty log"
                )
            if found == 0 and make:
                make(db)
                db.execute(f"PRAGMA user_version = {FORMAT}")
            return bool(found or make)
