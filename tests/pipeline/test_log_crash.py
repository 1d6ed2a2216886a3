"""A process killed at any moment of its appends loses nothing that was acknowledged."""

import random
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from anpr.ports import Place
from pipeline.logs.sqlite import SqliteLog
from tests.pipeline.log_brokers import START

ROUNDS = 6

APPEND_UNTIL_KILLED = """
import os, sys, threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from anpr.ports import Record, TopicSpec
from pipeline.logs.keys import partition_of
from pipeline.logs.sqlite import SqliteLog

log = SqliteLog(Path(sys.argv[1]), lambda: datetime(2026, 3, 2, 8, tzinfo=UTC))
log.create([TopicSpec("frames", 4, timedelta(days=1))])

def append(thread):
    number = 0
    while True:
        key = f"{os.getpid()}-{thread}-{number}"
        offset = log.append("frames", Record(key, key.encode() * 200)).result()
        os.write(1, f"{partition_of(key, 4)} {offset} {key}\\n".encode())
        number += 1

for thread in range(4):
    threading.Thread(target=append, args=(thread,), daemon=True).start()
threading.Event().wait()
"""


@contextmanager
def appending(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", APPEND_UNTIL_KILLED, str(folder)], stdout=subprocess.PIPE, text=True
    )
    with process:
        yield process


def acknowledged_before_the_kill(folder: Path, lines: int) -> Iterator[tuple[Place, int, str]]:
    """Kill the process after so many acknowledgements; give all that it wrote."""
    with appending(folder) as process:
        assert process.stdout is not None
        for number, line in enumerate(process.stdout):
            if number == lines:
                process.kill()
            partition, offset, key = line.split()
            yield Place("frames", int(partition)), int(offset), key
    assert process.returncode == -signal.SIGKILL


@pytest.mark.slow
def test_every_acknowledged_append_survives_a_kill(tmp_path: Path) -> None:
    chance = random.Random(20260302)  # noqa: S311 - moments, not secrets
    acknowledged: dict[tuple[Place, int], str] = {}
    for _ in range(ROUNDS):
        for place, offset, key in acknowledged_before_the_kill(tmp_path, chance.randrange(400)):
            assert (place, offset) not in acknowledged
            acknowledged[place, offset] = key
        with closing(SqliteLog(tmp_path, lambda: START)) as log:
            messages = log.read("frames")
        found = {(message.place, message.offset): message.record for message in messages}
        for where, key in acknowledged.items():
            assert found[where].key == key
        offsets: dict[Place, list[int]] = defaultdict(list)
        for message in messages:
            assert message.record.value == message.record.key.encode() * 200
            offsets[message.place].append(message.offset)
        assert all(held == list(range(len(held))) for held in offsets.values())
    assert len(acknowledged) > ROUNDS
