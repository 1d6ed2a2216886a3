"""A topic at work: its writer, what of it is known in memory, and who waits for its messages."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing
from datetime import datetime

import structlog

from anpr.errors import LogError
from anpr.ports import Commit, Message, Record, TopicSpec
from pipeline.logs.keys import partition_of
from pipeline.logs.storage import Reader, TopicStorage
from pipeline.logs.write_queue import QUEUE_BYTES, WriteQueue

log = structlog.get_logger()

READ_MESSAGES = 1000
READ_BYTES = 8 << 20


class Topic:
    """One topic of an embedded log.

    `firsts` and `nexts` mirror each partition's bounds: other threads read them without a lock.
    """

    def __init__(
        self,
        storage: TopicStorage,
        now: Callable[[], datetime],
        bound: int = QUEUE_BYTES,
    ) -> None:
        self.spec = spec = storage.spec
        self.firsts = [0] * spec.partitions
        self.nexts = [0] * spec.partitions
        self._storage = storage
        self._now = now
        self._waiters: frozenset[threading.Event] = frozenset()
        self._waiters_lock = threading.Lock()
        self._refresh()
        self.queue: WriteQueue[tuple[int, Record], int] = WriteQueue(
            spec.name, self._write, self._tend, bound
        )

    def append(self, record: Record) -> Future[int]:
        """Queue a record; the future gives its offset once it is durable. Raises LogFullError."""
        partition = partition_of(record.key, self.spec.partitions)
        return self.queue.put((partition, record), size=len(record.value))

    def append_all(self, records: Sequence[Record]) -> None:
        """Queue records; the queue tells when they are durable. Raises LogFullError."""
        count = self.spec.partitions
        self.queue.put_all(
            ((partition_of(record.key, count), record), len(record.value)) for record in records
        )

    def adopt(self, spec: TopicSpec) -> None:
        """Take over the retention of a new specification. Raises LogError on other partitions."""
        if self.differences(spec):
            self._storage.adopt(spec)
            self.spec = spec

    def differences(self, spec: TopicSpec) -> Sequence[str]:
        """Tell what a new specification changes. Raises LogError on other partitions."""
        if spec.partitions != self.spec.partitions:
            raise LogError(
                f"topic {spec.name!r} has {self.spec.partitions} partitions, not"
                f" {spec.partitions}; keep the number, or start with an empty log"
            )
        held = self.spec
        return [] if spec == held else [f"{spec.name}: kept {held.retention}, now {spec.retention}"]

    def reader(self) -> Reader:
        """Open a reader, to be used by one thread at a time."""
        return self._storage.reader()

    def read(self, start: int) -> Sequence[Message]:
        """Read all messages from an offset on, in offset order per partition."""
        messages: list[Message] = []
        with closing(self.reader()) as reader:
            for partition in range(self.spec.partitions):
                offset = start
                while found := reader.fetch(partition, offset, READ_MESSAGES, READ_BYTES):
                    messages += found
                    offset = found[-1].offset + 1
        return messages

    def start(self, partition: int, commit: Commit | None) -> int:
        """Tell where a group goes on: after its commit, or at the beginning where that is void.

        A commit beyond the end is void: the topic was lost and begun anew, and all of it is unread.
        """
        first = self.firsts[partition]
        if commit is None or commit.offset > self.nexts[partition]:
            return first
        return max(first, commit.offset)

    def backlog(self, committed: Mapping[int, Commit]) -> dict[int, int]:
        """Count per partition what stands after a group's commits."""
        return {
            partition: following - self.start(partition, committed.get(partition))
            for partition, following in enumerate(self.nexts)
        }

    def sweep(self, now: datetime, needed: Callable[[int], int | None]) -> int:
        """Delete what is too old, or, where the topic says so, what no group needs any more."""
        too_old = now - self.spec.retention
        if self.spec.compacted:
            deleted = self._storage.compact(too_old)
        else:
            with closing(self.reader()) as reader:
                belows = [
                    max(reader.offset_at(partition, too_old), self._consumed(partition, needed))
                    for partition in range(self.spec.partitions)
                ]
            deleted = sum(
                self._storage.drop(partition, below)
                for partition, below in enumerate(belows)
                if below > self.firsts[partition]
            )
        if deleted:
            self._refresh()
        return deleted

    def add_waiter(self, event: threading.Event) -> None:
        """Set an event whenever messages have come."""
        with self._waiters_lock:
            self._waiters |= {event}

    def remove_waiter(self, event: threading.Event) -> None:
        """Set an event no more."""
        with self._waiters_lock:
            self._waiters -= {event}

    def close(self) -> None:
        """Write what waits and release the topic."""
        self.queue.close()
        self._storage.close()

    def _consumed(self, partition: int, needed: Callable[[int], int | None]) -> int:
        below = needed(partition) if self.spec.delete_consumed else None
        return 0 if below is None or below > self.nexts[partition] else below

    def _write(self, items: Sequence[tuple[int, Record]]) -> Sequence[int]:
        offsets = self._storage.append(items, self._now())
        for (partition, _), offset in zip(items, offsets, strict=True):
            self.nexts[partition] = offset + 1
        self._wake()
        return offsets

    def _tend(self) -> None:
        """Notice what other processes appended."""
        try:
            if self._storage.has_changed():
                self._refresh()
                self._wake()
        except LogError as error:
            log.warning("log_watch_failed", topic=self.spec.name, error=str(error))

    def _refresh(self) -> None:
        # Bounds only grow, so the larger of two views taken at once is the newer one.
        for partition, bounds in enumerate(self._storage.bounds()):
            self.firsts[partition] = max(self.firsts[partition], bounds.first)
            self.nexts[partition] = max(self.nexts[partition], bounds.next)

    def _wake(self) -> None:
        for event in self._waiters:
            event.set()
