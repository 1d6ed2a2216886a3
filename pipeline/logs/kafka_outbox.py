"""What is on its way to Kafka: sent at once, counted, and told of when it failed."""

import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from anpr.errors import LogError, LogFullError
from anpr.ports import Record
from pipeline.logs.kafka_batches import send_all
from pipeline.logs.kafka_client import (
    KafkaProducer,
    KafkaSettings,
    TopicPartition,
    kafka_errors,
    ms,
    open_client,
    spoken,
)

log = structlog.get_logger()

OUTBOX_BYTES = 64 << 20
"""How much may be on its way: seconds of a broker's absence, and no threat to the memory."""

RECORD_BYTES = 3 << 20
"""The largest record: a frame of 2 MiB with its headers, and room to grow."""

BATCH_BYTES = 512 << 10
"""One batch of a partition is under way at a time, so a batch is what a round trip carries."""

ENVELOPE_BYTES = 64 << 10
"""What stands around the largest record: a batch, and compression that gains nothing."""

GRACE = timedelta(seconds=5)


class _Seen(threading.local):
    """How many failures a thread has been told of; None before its first append or flush."""

    failures: int | None = None


class Outbox:
    """Sends records to partitions. Safe for any number of threads; `put` does not block."""

    def __init__(self, settings: KafkaSettings, bound: int = OUTBOX_BYTES) -> None:
        self._settings = settings
        self._bound = bound
        self._lock = threading.Lock()
        self._patience_s = (settings.deliver + GRACE).total_seconds()
        self._bytes = self._failures = 0
        self._last_failure = ""
        self._seen = _Seen()
        self._topics: set[str] = set()
        self._is_broken = self._is_closed = False
        self._producer = self._open()
        self._replaced: list[Any] = []

    def learn(self, topic: str) -> None:
        """Get to know a topic's partitions, so that a `put` need not ask for them."""
        with spoken(f"topic {topic!r} could not be asked for", self._settings):
            self._producer.partitions_for(topic)
        self._topics.add(topic)

    def put(self, topic: str, partition: int, record: Record) -> Future[int]:
        """Send; the future gives the offset once all replicas in sync have the record.

        Raises LogFullError when 64 MiB are on their way, LogError when the record is too large.
        """
        future: Future[int] = Future()
        future.set_running_or_notify_cancel()
        headers = [(name, text.encode()) for name, text in record.headers.items()]
        size = _size(record)
        self._admit(topic, [size])
        try:
            sent = self._producer.send(topic, record.value, record.key.encode(), headers, partition)
        except (kafka_errors.KafkaError, ValueError) as error:
            self._forget(size)
            raise LogError(f"{topic}: not sent ({type(error).__name__}); try again") from error
        sent.add_callback(partial(self._arrived, future, size))
        sent.add_errback(partial(self._failed, topic, future, size))
        return future

    def put_all(self, topic: str, records: Mapping[int, Sequence[Record]]) -> None:
        """Send records, by partition; only `flush` tells of them.

        Raises LogFullError when 64 MiB are on their way, LogError when a record is too large.
        """
        sizes = {partition: [_size(one) for one in some] for partition, some in records.items()}
        self._admit(topic, [size for some in sizes.values() for size in some])
        left = Counter({partition: sum(some) for partition, some in sizes.items()})
        try:
            for partition, some in records.items():
                at = TopicPartition(topic, partition)
                with spoken(f"{topic} takes nothing", self._settings, "try again"):
                    send_all(self._producer, at, some, partial(self._done, topic))
                del left[partition]
        finally:
            self._forget(left.total())

    def flush(self) -> None:
        """Wait until everything put so far, by any thread, has arrived.

        Raises LogError for what failed, whoever put it, since this thread's last flush (or its
        first put): better told twice than committed over.
        """
        with self._lock:
            producers = [*self._replaced, self._producer]
        deadline = time.monotonic() + self._patience_s
        try:
            for producer in producers:
                producer.flush(max(0.0, deadline - time.monotonic()))
        except kafka_errors.KafkaTimeoutError as error:
            raise LogError("messages have not arrived in time; see that the brokers run") from error
        finally:
            with self._lock:
                seen, self._seen.failures = self._seen.failures or 0, self._failures
                failed, reason = self._failures - seen, self._last_failure
        if failed:
            raise LogError(f"{failed} message(s) are not in the log. {reason}")

    def mend(self) -> None:
        """Replace a producer that failed something: after some failures it takes no more.

        Blocks while it connects, so it is for a thread that may wait.
        """
        with self._lock:
            if not self._is_broken or self._is_closed:
                return
        fresh = self._open()
        with spoken("a new producer could not be prepared", self._settings):
            for topic in list(self._topics):
                fresh.partitions_for(topic)
        with self._lock:
            old, self._producer, self._is_broken = self._producer, fresh, False
            self._replaced.append(old)
        self._end(old)
        with self._lock:
            self._replaced.remove(old)
        log.info("kafka_producer_replaced")

    def close(self) -> None:
        """Wait for what is on its way, then raise what failed."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            self._seen.failures = self._failures
        self._end(self._producer)
        self.flush()

    def _open(self) -> Any:
        deliver = ms(self._settings.deliver)
        return open_client(
            KafkaProducer,
            self._settings,
            acks="all",
            enable_idempotence=True,
            compression_type="lz4",
            batch_size=BATCH_BYTES,
            max_request_size=RECORD_BYTES + ENVELOPE_BYTES,
            delivery_timeout_ms=deliver,
            request_timeout_ms=deliver // 2,
            max_block_ms=min(2000, deliver),
            allow_auto_create_topics=False,
            reconnect_backoff_max_ms=1000,
            metrics_enabled=False,
        )

    def _end(self, producer: Any) -> None:
        try:
            producer.close(timeout=self._patience_s)
        except kafka_errors.KafkaTimeoutError:
            # It stays open where it could not send in time. What it holds is given up: it fails.
            producer._sender.force_close()  # noqa: SLF001 - the only way to end it
            producer._sender.join()  # noqa: SLF001
            producer.close(timeout=0)

    def _admit(self, topic: str, sizes: Sequence[int]) -> None:
        largest, size = max(sizes, default=0), sum(sizes)
        if largest > RECORD_BYTES:
            raise LogError(f"{topic}: {largest} bytes are too large; the limit is {RECORD_BYTES}")
        with self._lock:
            if self._is_closed:
                raise LogError("the log is closed; open it again")
            if self._seen.failures is None:
                self._seen.failures = self._failures
            if self._bytes and self._bytes + size > self._bound:
                raise LogFullError(
                    f"{topic}: {self._bytes} bytes are on their way, the bound is {self._bound};"
                    " try again later"
                )
            self._bytes += size

    def _arrived(self, future: Future[int], size: int, sent: Any) -> None:
        future.set_result(sent.offset)
        self._forget(size)

    def _failed(self, topic: str, future: Future[int], size: int, error: Exception) -> None:
        future.set_exception(LogError(self._count_failures(topic, error)))
        self._forget(size)

    def _done(self, topic: str, records: Sequence[Record], error: Exception | None) -> None:
        if error is not None:
            self._count_failures(topic, error, len(records))
        self._forget(sum(map(_size, records)))

    def _count_failures(self, topic: str, error: Exception, count: int = 1) -> str:
        reason = f"{topic}: not acknowledged ({type(error).__name__}); try again"
        with self._lock:
            self._failures += count
            self._last_failure = reason
            self._is_broken = True
        return reason

    def _forget(self, size: int) -> None:
        with self._lock:
            self._bytes -= size


def _size(record: Record) -> int:
    headers = sum(len(name) + len(text.encode()) for name, text in record.headers.items())
    return len(record.value) + len(record.key.encode()) + headers
