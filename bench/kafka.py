"""The log on Kafka beside kafka-python used bare, and beside the embedded log, on one machine."""

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from rich.console import Console
from rich.table import Table

from anpr.ports import Log, Record, TopicSpec
from anpr.time import EPOCH
from deploy.broker import Broker
from pipeline.logs.kafka import KafkaLog
from pipeline.logs.kafka_client import KafkaConsumer, KafkaProducer, KafkaSettings, open_client
from pipeline.logs.kafka_outbox import BATCH_BYTES
from pipeline.logs.sqlite import SqliteLog

SIZES = {"300 B": (300, 40_000), "100 KB": (100_000, 1500)}
"""Bytes of a message, and how many are sent and read."""

TURN = 500
"""Messages between two flushes, and in one poll: a turn of a stage."""

WAITING = 16
"""Cameras that push at once, each waiting for its own acknowledgement."""

CAMERAS = [f"camera-{number}" for number in range(50)]


def rate(messages: int, work: Callable[[], object]) -> float:
    """Do the work and give the messages a second."""
    start = time.perf_counter()
    work()
    return messages / (time.perf_counter() - start)


def append_in_turns(log: Log, topic: str, blob: bytes, count: int) -> None:
    """Append as a stage does: a turn's outputs, then a flush."""
    per_turn = max(1, min(TURN, (32 << 20) // len(blob)))
    for start in range(0, count, per_turn):
        for number in range(start, min(start + per_turn, count)):
            log.append(topic, Record(CAMERAS[number % len(CAMERAS)], blob))
        log.flush()


def append_and_wait(log: Log, topic: str, blob: bytes, count: int) -> None:
    """Append as the intake does: many at once, each waiting for its own."""

    def append(camera: str) -> None:
        for _ in range(count // WAITING):
            log.append(topic, Record(camera, blob)).result()

    threads = [threading.Thread(target=append, args=(name,)) for name in CAMERAS[:WAITING]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def consume(log: Log, topic: str, count: int) -> float:
    """Give the messages a second that a new member gets, once it has its partitions."""
    with closing(log.consumer(f"bench-{uuid4().hex}", [topic])) as consumer:
        while not (batch := consumer.poll(timedelta(seconds=1), TURN)).assigned:
            pass
        for place in batch.assigned:
            consumer.resume(place)

        def read() -> None:
            left = count
            while left > 0:
                left -= len(consumer.poll(timedelta(seconds=1), TURN).messages)

        return rate(count, read)


def append_bare(settings: KafkaSettings, topic: str, blob: bytes, count: int) -> float:
    """Send with nothing of ours around the client, under the same settings."""
    producer = open_client(
        KafkaProducer, settings, compression_type="lz4", batch_size=BATCH_BYTES,
        max_request_size=4 << 20,
    )  # fmt: skip
    with closing(producer):
        producer.partitions_for(topic)

        def send() -> None:
            for number in range(count):
                producer.send(topic, blob, CAMERAS[number % len(CAMERAS)].encode())
                if number % TURN == TURN - 1:
                    producer.flush()
            producer.flush()

        return rate(count, send)


def consume_bare(settings: KafkaSettings, topic: str, count: int) -> float:
    """Read with nothing of ours around the client."""
    consumer = open_client(
        KafkaConsumer, settings, group_id=uuid4().hex, auto_offset_reset="earliest"
    )
    with closing(consumer):
        consumer.subscribe([topic])
        left = count - sum(map(len, consumer.poll(timeout_ms=5000, max_records=1).values()))

        def read() -> None:
            remaining = left
            while remaining > 0:
                found = consumer.poll(timeout_ms=1000, max_records=TURN)
                remaining -= sum(map(len, found.values()))

        return rate(left, read)


@contextmanager
def brokers() -> Iterator[str]:
    """Give the address of KAFKA_BOOTSTRAP, or of a broker of our own."""
    if given := os.environ.get("KAFKA_BOOTSTRAP"):
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="bench-kafka-") as folder, Broker(Path(folder)) as own:
        yield own.bootstrap


def measured(log: Log, topic: str, blob: bytes, count: int) -> list[float]:
    """Measure appends in turns, appends that wait, and reading."""
    few = count // 5
    log.create([TopicSpec(topic, partitions=8, retention=timedelta(days=1))])
    append_in_turns(log, topic, blob, few)
    return [
        rate(count, lambda: append_in_turns(log, topic, blob, count)),
        rate(few, lambda: append_and_wait(log, topic, blob, few)),
        consume(log, topic, count),
    ]


def main() -> None:
    """Measure, and print a table: messages a second, and the ratios."""
    table = Table(
        "what", "KafkaLog /s", "bare client /s", "ratio", "embedded log /s", "ratio",
        title="Log on Kafka, 8 partitions, one broker on this machine",
    )  # fmt: skip
    whats = (f"append, {TURN} a flush", f"append, {WAITING} waiting", "consume")
    with ExitStack() as opened:
        settings = KafkaSettings(opened.enter_context(brokers()), prefix=f"{uuid4().hex[:8]}.")
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="bench-log-")))
        kafka = opened.enter_context(closing(KafkaLog(settings)))
        sqlite = opened.enter_context(closing(SqliteLog(folder, now=lambda: EPOCH)))
        for name, (size, count) in SIZES.items():
            blob, topic = os.urandom(size), f"bench-{size}"
            ours = measured(kafka, topic, blob, count)
            embedded = measured(sqlite, topic, blob, count)
            full = f"{settings.prefix}{topic}"
            bare = [append_bare(settings, full, blob, count), None]
            bare.append(consume_bare(settings, full, count))
            for what, one, limit, other in zip(whats, ours, bare, embedded, strict=True):
                beside = (f"{limit:,.0f}", f"{one / limit:.2f}") if limit else ("", "")
                table.add_row(
                    f"{what}, {name}", f"{one:,.0f}", *beside, f"{other:,.0f}", f"{one / other:.2f}"
                )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
