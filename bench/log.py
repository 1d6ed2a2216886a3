"""The embedded log beside a bare SQLite loop that commits each of the same blobs by itself."""

import os
import sqlite3
import tempfile
import threading
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from anpr.ports import Record, TopicSpec
from anpr.time import EPOCH
from pipeline.logs.sqlite import SqliteLog

SECONDS = 2.0
SIZES = {"frames, 100 KB": 100_000, "reads, 500 B": 500}
APPENDERS = (1, 16, 64)
TOPIC = TopicSpec("bench", partitions=8, retention=timedelta(days=1))


def bare_rates(path: Path, blob: bytes) -> tuple[float, float]:
    """Rows a second that a plain loop inserts, one COMMIT each, and then reads."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE messages (id INTEGER PRIMARY KEY, key TEXT, value BLOB)")
        inserted, start = 0, time.perf_counter()
        while time.perf_counter() - start < SECONDS:
            db.execute("INSERT INTO messages (key, value) VALUES ('camera', ?)", (blob,))
            inserted += 1
        insert_s = time.perf_counter() - start
        start = time.perf_counter()
        read = sum(1 for _ in db.execute("SELECT * FROM messages ORDER BY id"))
        return inserted / insert_s, read / (time.perf_counter() - start)


def append_rate(log: SqliteLog, blob: bytes, appenders: int) -> float:
    """Count durable appends a second, when each of so many callers waits for its own."""
    counts = [0] * appenders
    start = time.perf_counter()

    def append(number: int) -> None:
        while time.perf_counter() - start < SECONDS:
            log.append(TOPIC.name, Record(f"camera-{number}", blob)).result()
            counts[number] += 1

    threads = [threading.Thread(target=append, args=(number,)) for number in range(appenders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - start)


def consume_rate(log: SqliteLog) -> float:
    """Count messages a second that one consumer of a new group gets."""
    consumer = log.consumer("bench", [TOPIC.name])
    for place in consumer.poll(timedelta(seconds=1), limit=1).assigned:
        consumer.resume(place)
    consumed, start = 0, time.perf_counter()
    while batch := consumer.poll(timedelta(0), limit=500).messages:
        consumed += len(batch)
    return consumed / (time.perf_counter() - start)


def main() -> None:
    """Measure, and print a table: the log, the bare loop, and how many times faster the log is."""
    table = Table("what", "log /s", "bare loop /s", "ratio", title="Embedded log, durable appends")
    for what, size in SIZES.items():
        blob = os.urandom(size)
        with tempfile.TemporaryDirectory(prefix="bench-log-") as folder:
            insert, select = bare_rates(Path(folder) / "bare.db", blob)
            with closing(SqliteLog(Path(folder) / "log", now=lambda: EPOCH)) as log:
                log.create([TOPIC])
                rows = [
                    (
                        f"append {what}, {appenders} at once",
                        append_rate(log, blob, appenders),
                        insert,
                    )
                    for appenders in APPENDERS
                ]
                rows.append((f"consume {what}", consume_rate(log), select))
        for name, ours, bare in rows:
            table.add_row(name, f"{ours:,.0f}", f"{bare:,.0f}", f"{ours / bare:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
