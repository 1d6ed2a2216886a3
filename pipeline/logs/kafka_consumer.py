"""A member of a Kafka consumer group."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from anpr.errors import LogError, PartitionLostError
from anpr.ports import Batch, Commit, Message, Place
from anpr.time import to_us
from pipeline.logs.kafka_client import (
    KafkaConsumer,
    KafkaSettings,
    OffsetAndMetadata,
    TopicPartition,
    kafka_errors,
    ms,
    open_client,
    spoken,
)
from pipeline.logs.kafka_group import Assignor, Ownership, is_settled, see_join_through
from pipeline.logs.kafka_records import give_messages

FETCH_BYTES = 1 << 20
"""One answer of a broker, over all partitions: thousands of reads, or one large frame."""

SLICE_S = 0.2
"""A poll looks up this often: to see whether the group changed, or the log is being closed."""

_MOVED = (
    kafka_errors.RebalanceInProgressError,
    kafka_errors.CommitFailedError,
    kafka_errors.IllegalGenerationError,
    kafka_errors.UnknownMemberIdError,
)


class KafkaGroupConsumer:
    """Reads the partitions that its group gives it. Used by one thread; any may close it.

    The client fetches; what it brought waits here, so that partitions can take turns, and so that
    a seek or a loss drops it.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        group: str,
        topics: Sequence[str],
        on_close: Callable[["KafkaGroupConsumer"], None],
    ) -> None:
        self._settings = settings
        self._group = group
        self._on_close = on_close
        self._ask_ms = ms(settings.ask)
        self._ownership = Ownership()
        self._client = open_client(
            KafkaConsumer,
            settings,
            group_id=f"{settings.prefix}{group}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            partition_assignment_strategy=[Assignor(self._ownership)],
            session_timeout_ms=ms(settings.session),
            heartbeat_interval_ms=ms(settings.heartbeat),
            max_poll_interval_ms=ms(settings.turn),
            request_timeout_ms=ms(settings.ask),
            fetch_max_bytes=FETCH_BYTES,
            max_partition_fetch_bytes=FETCH_BYTES // 4,
            fetch_max_wait_ms=500,
            allow_auto_create_topics=False,
            reconnect_backoff_max_ms=1000,
            metrics_enabled=False,
        )
        give_messages(self._client, settings.prefix)
        # What was fetched, by partition; the one served longest ago stands first.
        self._waiting: dict[Any, deque[Message]] = {}
        self._lock = threading.Lock()
        self._is_closing = self._is_closed = False
        try:
            self._subscribe([f"{settings.prefix}{topic}" for topic in topics])
        except LogError:
            self._client.close(autocommit=False, timeout_ms=self._ask_ms)
            raise

    def poll(self, timeout: timedelta, limit: int) -> Batch:
        """Wait for messages of owned, resumed partitions, or a change of ownership."""
        deadline = time.monotonic() + timeout.total_seconds()
        while True:
            with self._lock, self._spoken("it could not be polled"):
                self._require_open()
                remaining_s = max(0.0, deadline - time.monotonic())
                batch = self._look(min(remaining_s, SLICE_S), limit)
            if batch.messages or batch.assigned or batch.revoked or not remaining_s:
                return batch

    def committed(self, place: Place) -> Commit | None:
        """Tell what the group last committed for a partition; None where it never did."""
        with self._lock, self._spoken("the last commit could not be read"):
            self._require_open()
            found = self._client.committed(self._at(place), metadata=True, timeout_ms=self._ask_ms)
        return None if found is None else Commit(found.offset, found.metadata or "")

    def beginning(self, place: Place) -> int:
        """Tell the lowest offset that the partition still holds."""
        with self._lock, self._spoken("the beginning could not be asked for"):
            self._require_open()
            return self._first(self._at(place))

    def seek(self, place: Place, offset: int) -> None:
        """Continue an owned partition at an offset, clamped to what the log holds."""
        with self._lock, self._spoken("its offsets could not be asked for"):
            at = self._require(place)
            self._go(at, min(max(offset, self._first(at)), self._end(at)))

    def seek_to_time(self, place: Place, moment: datetime) -> None:
        """Continue an owned partition at the first message appended at or after a moment."""
        # A message's time is in whole milliseconds, so the first not before is the next of them.
        since_ms = max(0, -(-to_us(moment) // 1000))
        with self._lock, self._spoken("the offset of a time could not be asked for"):
            at = self._require(place)
            found = self._client.offsets_for_times({at: since_ms}, timeout_ms=self._ask_ms)[at]
            self._go(at, self._end(at) if found is None else found.offset)

    def resume(self, place: Place) -> None:
        """Let messages of a newly assigned partition come."""
        with self._lock:
            self._client.resume(self._require(place))

    def commit(self, commits: Mapping[Place, Commit]) -> None:
        """Record progress, durably.

        Raises PartitionLostError where a partition is not ours, or may be going: while the group
        changes, nothing is committed. The next poll tells; what stayed ours can be committed then.
        """
        with self._lock, self._spoken("nothing was committed"):
            offsets = {
                self._require(place): OffsetAndMetadata(commit.offset, commit.metadata, -1)
                for place, commit in commits.items()
            }
            try:
                self._client.commit(offsets, timeout_ms=self._ask_ms)
            except _MOVED as error:
                raise PartitionLostError(
                    f"group {self._group!r} is changing; poll again, then commit what is still held"
                ) from error

    def close(self) -> None:
        """Leave the group, so that others take the partitions over. A second call does nothing."""
        self._is_closing = True
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            self._waiting.clear()
            try:
                with self._spoken("it was not left in good order"):
                    self._client.close(autocommit=False, timeout_ms=self._ask_ms)
            finally:
                self._on_close(self)

    def _subscribe(self, names: Sequence[str]) -> None:
        self._ownership.on_assigned = self._client.pause
        with self._spoken("the topics could not be asked for"):
            self._client.subscribe(names, listener=self._ownership)
            # A leader that does not know a topic's partitions yet gives them to nobody.
            for name in names:
                self._client.partitions_for_topic(name)

    def _look(self, wait_s: float, limit: int) -> Batch:
        see_join_through(self._client)
        if not is_settled(self._client) or not self._waiting:
            self._fetch(wait_s)
        elif sum(map(len, self._waiting.values())) < limit:
            self._fetch(0)
        else:
            self._take_part()
        assigned, revoked = self._ownership.changes()
        for at in revoked:
            self._waiting.pop(at, None)
        if assigned or revoked:
            return Batch((), sorted(map(self._place, assigned)), sorted(map(self._place, revoked)))
        # While the group changes, work on what waits might be done by its next owner as well.
        return Batch(self._take_turns(limit) if is_settled(self._client) else ())

    def _fetch(self, wait_s: float) -> None:
        # All that came is taken over: what stays in the client keeps its partition from being
        # asked for again while the others' request waits at the broker.
        brought = self._client.poll(timeout_ms=wait_s * 1000, max_records=1_000_000)
        for at, messages in brought.items():
            self._waiting.setdefault(at, deque()).extend(messages)

    def _take_part(self) -> None:
        """Poll for the group's sake alone: paused partitions are not fetched."""
        running = self._client.assignment() - self._client.paused()
        self._client.pause(*running)
        try:
            self._client.poll(timeout_ms=0)
        finally:
            self._client.resume(*(running & self._client.assignment()))

    def _take_turns(self, limit: int) -> Sequence[Message]:
        """Take an equal share of every partition that has something; whom it leaves out is next."""
        ready = list(self._waiting)[:limit]
        taken: list[Message] = []
        for at in ready:
            queue = self._waiting.pop(at)
            taken += [queue.popleft() for _ in range(min(limit // len(ready), len(queue)))]
            if queue:
                self._waiting[at] = queue
        return taken

    def _go(self, at: Any, offset: int) -> None:
        self._client.seek(at, offset)
        self._waiting.pop(at, None)

    def _first(self, at: Any) -> int:
        found: int = self._client.beginning_offsets([at], timeout_ms=self._ask_ms)[at]
        return found

    def _end(self, at: Any) -> int:
        found: int = self._client.end_offsets([at], timeout_ms=self._ask_ms)[at]
        return found

    def _at(self, place: Place) -> Any:
        return TopicPartition(f"{self._settings.prefix}{place.topic}", place.partition)

    def _place(self, at: Any) -> Place:
        return Place(at.topic.removeprefix(self._settings.prefix), at.partition)

    def _require(self, place: Place) -> Any:
        self._require_open()
        at = self._at(place)
        if at not in self._ownership.owned:
            raise PartitionLostError(
                f"group {self._group!r} gave {place.topic}/{place.partition} to another member;"
                " poll again"
            )
        return at

    def _require_open(self) -> None:
        if self._is_closing:
            raise LogError("this consumer is closed; join the group again")

    def _spoken(self, what: str) -> Any:
        return spoken(f"group {self._group!r}: {what}", self._settings)
