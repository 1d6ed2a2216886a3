"""The adapters that the contract of the log is tested over, one factory each; and a consumer."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import pytest

from anpr.ports import Batch, Consumer, Log, Message, Place
from pipeline.logs.kafka import KafkaLog
from pipeline.logs.kafka_client import KafkaSettings
from pipeline.logs.memory import MemoryLog, MemoryStorage
from pipeline.logs.sqlite import SqliteLog

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
SOON = timedelta(milliseconds=100)
PATIENCE_S = 30.0


@dataclass
class Clock:
    """A clock that a test moves."""

    moment: datetime = START

    def __call__(self) -> datetime:
        return self.moment


class Broker(Protocol):
    """What the contract needs of an adapter."""

    def open(self) -> Log:
        """Open a log over the messages that this broker keeps; one is open at a time."""
        ...

    def pass_time(self) -> None:
        """Let the log's own time move on by a few milliseconds at least."""
        ...


@dataclass
class EmbeddedBroker:
    """Keeps messages in this process or in a folder, under a clock that the test moves."""

    make: Callable[[Callable[[], datetime]], Log]
    clock: Clock = field(default_factory=Clock)

    def open(self) -> Log:
        return self.make(self.clock)

    def pass_time(self) -> None:
        self.clock.moment += timedelta(milliseconds=10)


@contextmanager
def memory(_folder: Path) -> Iterator[Broker]:
    storage = MemoryStorage()
    yield EmbeddedBroker(lambda now: MemoryLog(now, storage))


@contextmanager
def sqlite(folder: Path) -> Iterator[Broker]:
    yield EmbeddedBroker(lambda now: SqliteLog(folder / "log", now))


@dataclass
class KafkaBroker:
    """A real cluster. Each has its own prefix, so that tests see nothing of each other."""

    bootstrap: str = field(default_factory=lambda: os.environ["KAFKA_BOOTSTRAP"])
    prefix: str = field(default_factory=lambda: f"{uuid4().hex[:8]}.")

    @property
    def settings(self) -> KafkaSettings:
        soon = timedelta(milliseconds=100)
        return KafkaSettings(self.bootstrap, self.prefix, heartbeat=soon, refresh=soon)

    def open(self) -> KafkaLog:
        return KafkaLog(self.settings)

    def pass_time(self) -> None:
        """Its time is the broker's, in milliseconds."""
        threading.Event().wait(0.01)


@contextmanager
def kafka(_folder: Path) -> Iterator[KafkaBroker]:
    yield KafkaBroker()


BROKERS = {"memory": memory, "sqlite": sqlite, "kafka": kafka}
NEEDS_KAFKA = [
    pytest.mark.kafka,
    pytest.mark.skipif(
        "KAFKA_BOOTSTRAP" not in os.environ, reason="KAFKA_BOOTSTRAP names no broker"
    ),
]


class Member:
    """A consumer that resumes what it is given and remembers what came."""

    def __init__(self, log: Log, group: str, *topics: str) -> None:
        self.consumer: Consumer = log.consumer(group, topics)
        self.owned: set[Place] = set()
        self.messages: list[Message] = []

    def poll(self, limit: int = 100) -> Batch:
        batch = self.consumer.poll(SOON, limit)
        self.owned = self.owned - set(batch.revoked) | set(batch.assigned)
        for place in batch.assigned:
            self.consumer.resume(place)
        self.messages += batch.messages
        return batch

    @property
    def values(self) -> list[str]:
        return [message.record.value.decode() for message in self.messages]


def poll_until(is_done: Callable[[], bool], *members: Member) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_done():
        assert time.monotonic() < deadline, "it did not happen in time"
        for member in members:
            member.poll()
