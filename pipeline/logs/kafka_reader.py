"""Reads small topics whole, without a group."""

import threading
import time
from collections.abc import Sequence
from typing import Any

from anpr.errors import LogError
from anpr.ports import Message
from pipeline.logs.kafka_client import (
    KafkaConsumer,
    KafkaSettings,
    TopicPartition,
    ms,
    open_client,
    spoken,
)
from pipeline.logs.kafka_consumer import FETCH_BYTES
from pipeline.logs.kafka_records import give_messages


class Reader:
    """One connection for all who read; opened when first needed. Safe for any number of threads."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._ask_ms = ms(settings.ask)
        self._lock = threading.Lock()
        self._client: Any = None

    def read(self, topic: str, partitions: int, start: int) -> Sequence[Message]:
        """Read what stands from an offset on, in offset order per partition. Raises LogError."""
        name = f"{self._settings.prefix}{topic}"
        places = [TopicPartition(name, number) for number in range(partitions)]
        with self._lock, spoken(f"topic {topic!r} could not be read", self._settings):
            client = self._connected()
            ends = client.end_offsets(places, timeout_ms=self._ask_ms)
            if all(end <= start for end in ends.values()):
                return []  # asked several times a second, it is told so by one answer
            firsts = client.beginning_offsets(places, timeout_ms=self._ask_ms)
            left = {at: end for at, end in ends.items() if max(start, firsts[at]) < end}
            if not left:
                return []
            client.assign(list(left))
            for at in left:
                client.seek(at, max(start, firsts[at]))
            found = self._drain(client, left)
        return [message for at in places for message in found.get(at, ())]

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._client is not None:
                self._client.close(timeout_ms=self._ask_ms)

    def _drain(self, client: Any, left: dict[Any, int]) -> dict[Any, list[Message]]:
        found: dict[Any, list[Message]] = {at: [] for at in left}
        deadline = time.monotonic() + self._settings.ask.total_seconds()
        while left:
            for at, records in client.poll(timeout_ms=100).items():
                found[at] += [record for record in records if record.offset < left.get(at, 0)]
                deadline = time.monotonic() + self._settings.ask.total_seconds()
            for at in [at for at, end in left.items() if client.position(at, self._ask_ms) >= end]:
                del left[at]
            if time.monotonic() > deadline:
                raise LogError("the brokers stopped answering; see that they run")
        return found

    def _connected(self) -> Any:
        if self._client is None:
            self._client = open_client(
                KafkaConsumer,
                self._settings,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                request_timeout_ms=self._ask_ms,
                fetch_max_bytes=FETCH_BYTES,
                max_partition_fetch_bytes=FETCH_BYTES,
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )
            give_messages(self._client, self._settings.prefix)
        return self._client
