"""A log within this process, whatever its messages are kept in."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import datetime
from functools import partial

from anpr.errors import LogError, UnknownTopicError
from anpr.ports import Message, Output, Record, TopicSpec
from pipeline.logs.commits import Commits
from pipeline.logs.consumer import EmbeddedConsumer
from pipeline.logs.groups import Group
from pipeline.logs.keys import by_topic
from pipeline.logs.storage import Storage
from pipeline.logs.topic import Topic


class _Seen(threading.local):
    """How many failures a thread has been told of; None before its first append or flush."""

    failures: int | None = None


class EmbeddedLog:
    """The log port over a storage. Safe for any number of threads.

    `now` gives the log's own time. Appends of many callers are written by one thread a topic, as
    many at once as have gathered. Members of a group live in this process; other processes may
    append and read, which is noticed within about 100 ms, and may consume as other groups.
    """

    def __init__(self, storage: Storage, now: Callable[[], datetime]) -> None:
        self._storage = storage
        self._now = now
        self._lock = threading.Lock()
        self._topics: dict[str, Topic] = {}
        self._groups: dict[str, Group] = {}
        self._consumers: set[EmbeddedConsumer] = set()
        self._seen = _Seen()
        self._is_closed = False
        with ExitStack() as opened:
            self._commits = Commits(storage.commits())
            opened.callback(self._commits.close)
            for kept in storage.topics():
                self._topics[kept.spec.name] = Topic(kept, now)
                opened.callback(self._topics[kept.spec.name].close)
            self._opened = opened.pop_all()

    def create(self, topics: Sequence[TopicSpec]) -> None:
        """Create topics that do not exist; adopt the retention given for those that do.

        Raises LogError where a topic exists with another number of partitions.
        """
        with self._lock:
            self._require_open()
            for spec in topics:
                if spec.name not in self._topics:
                    self._topics[spec.name] = Topic(self._storage.create(spec), self._now)
                    self._opened.callback(self._topics[spec.name].close)
                self._topics[spec.name].adopt(spec)

    def review(self, topics: Sequence[TopicSpec]) -> Sequence[str]:
        """Tell what `create` would change of topics that exist; change nothing.

        Raises LogError where it would refuse.
        """
        with self._lock:
            self._require_open()
            known = [
                (self._topics[spec.name], spec) for spec in topics if spec.name in self._topics
            ]
        return [told for topic, spec in known for told in topic.differences(spec)]

    def append(self, topic: str, record: Record) -> Future[int]:
        """Append without ever blocking; the future gives the offset once it is durable.

        Raises UnknownTopicError; LogFullError when 64 MiB of the topic wait for the disk. The
        future fails with LogError when the disk does, and the log goes on.
        """
        self._begin()
        return self._topic(topic).append(record)

    def append_all(self, outputs: Sequence[Output]) -> None:
        """Append many without ever blocking; `flush` tells whether they became durable.

        Raises UnknownTopicError; LogFullError when 64 MiB of a topic wait for the disk.
        """
        self._begin()
        for topic, records in by_topic(outputs).items():
            self._topic(topic).append_all(records)

    def flush(self) -> None:
        """Wait until everything appended so far, by any thread, is durable.

        Raises LogError for what failed, whoever appended it, since this thread's last flush (or its
        first append): better told twice than committed over.
        """
        topics = list(self._topics.values())
        for topic in topics:
            topic.queue.flush()
        seen, self._seen.failures = self._seen.failures or 0, self._failures()
        if failed := self._seen.failures - seen:
            reasons = {topic.queue.last_failure for topic in topics if topic.queue.failed}
            raise LogError(f"{failed} message(s) are not in the log. {'; '.join(sorted(reasons))}")

    def consumer(self, group: str, topics: Sequence[str]) -> EmbeddedConsumer:
        """Join a group. Raises LogError when another process consumes as this group."""
        wanted = {name: self._topic(name) for name in topics}
        with self._lock:
            self._require_open()
            if group not in self._groups:
                self._groups[group] = Group(self._storage.claim(group))
            consumer = EmbeddedConsumer(
                group, self._groups[group], wanted, self._commits, self._leave
            )
            self._consumers.add(consumer)
            return consumer

    def read(self, topic: str, start: int = 0) -> Sequence[Message]:
        """Read a small topic whole from an offset on, in offset order per partition."""
        return self._topic(topic).read(start)

    def backlog(self, group: str, topic: str) -> Mapping[int, int]:
        """Count per partition the messages that the group has not committed, from memory."""
        return self._topic(topic).backlog(self._commits.of(group, topic))

    def sweep(self, now: datetime) -> int:
        """Delete what is older than its topic's retention, or consumed; return how many."""
        return sum(
            topic.sweep(now, partial(self._commits.needed, name))
            for name, topic in list(self._topics.items())
        )

    def close(self) -> None:
        """Close the consumers, write what waits, release everything; then raise what failed."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            consumers = list(self._consumers)
        self._seen.failures = self._failures()
        for consumer in consumers:
            consumer.close()
        with self._opened:
            self.flush()

    def _leave(self, consumer: EmbeddedConsumer) -> None:
        with self._lock:
            self._consumers.discard(consumer)
            if consumer.group.leave(consumer.member):
                del self._groups[consumer.name]

    def _begin(self) -> None:
        if self._seen.failures is None:
            self._seen.failures = self._failures()

    def _failures(self) -> int:
        return sum(topic.queue.failed for topic in list(self._topics.values()))

    def _topic(self, name: str) -> Topic:
        if (topic := self._topics.get(name)) is None:
            raise UnknownTopicError(f"no topic {name!r}; create it first")
        return topic

    def _require_open(self) -> None:
        if self._is_closed:
            raise LogError("the log is closed; open it again")
