"""The log on many machines: Apache Kafka."""

import re
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import datetime

from anpr.errors import LogError, UnknownTopicError
from anpr.ports import Message, Output, Record, TopicSpec
from pipeline.logs.kafka_client import KafkaSettings
from pipeline.logs.kafka_cluster import EARLIEST, LATEST, Cluster
from pipeline.logs.kafka_consumer import KafkaGroupConsumer
from pipeline.logs.kafka_outbox import Outbox
from pipeline.logs.kafka_progress import Progress
from pipeline.logs.kafka_reader import Reader
from pipeline.logs.kafka_topics import ensure, review
from pipeline.logs.keys import by_topic, partition_of

_NAME = re.compile(r"[A-Za-z0-9._-]{0,100}")


class KafkaLog:
    """The log port over a Kafka cluster. Safe for any number of threads.

    Raises LogError when no broker can be reached, or they are too old. An append is acknowledged
    by all replicas in sync; whether they have it on disk is the cluster's affair.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        if not _NAME.fullmatch(settings.prefix):
            raise LogError(
                f"{settings.prefix!r} cannot begin a topic's name; use letters, digits, '.', '_'"
                " and '-'"
            )
        self._settings = settings
        self._lock = threading.Lock()
        self._specs: dict[str, TopicSpec] = {}
        self._partitions: dict[str, int] = {}
        self._consumers: set[KafkaGroupConsumer] = set()
        self._is_closed = False
        with ExitStack() as opened:
            # Closed the other way round: the thread of the progress ends once nobody answers it.
            self._outbox = Outbox(settings)
            opened.callback(self._outbox.close)
            self._reader = Reader(settings)
            opened.callback(self._reader.close)
            self._cluster = Cluster(settings)
            self._progress = Progress(self._cluster, settings, self._outbox.mend)
            opened.callback(self._progress.close)
            opened.callback(self._cluster.close)
            self._opened = opened.pop_all()

    def create(self, topics: Sequence[TopicSpec]) -> None:
        """Create topics that do not exist; adopt the retention given for those that do.

        Raises LogError where a topic exists with settings that a zone cannot work with.
        """
        self._require_open()
        for spec in topics:
            ensure(self._cluster, spec, self._settings.prefix)
            self._learn(spec.name, spec.partitions)
            self._specs[spec.name] = spec

    def review(self, topics: Sequence[TopicSpec]) -> Sequence[str]:
        """Tell what `create` would change of topics that exist; change nothing.

        Raises LogError where it would refuse.
        """
        self._require_open()
        prefix = self._settings.prefix
        return [told for spec in topics for told in review(self._cluster, spec, prefix)]

    def append(self, topic: str, record: Record) -> Future[int]:
        """Append without blocking; the future gives the offset once the replicas have it.

        Raises UnknownTopicError; LogFullError when 64 MiB are on their way. The future fails with
        LogError after `deliver`; the record may be in the log all the same.
        """
        partition = partition_of(record.key, self._partitions_of(topic))
        return self._outbox.put(f"{self._settings.prefix}{topic}", partition, record)

    def append_all(self, outputs: Sequence[Output]) -> None:
        """Append many without blocking; `flush` tells whether the replicas have them.

        Raises UnknownTopicError; LogFullError when 64 MiB are on their way.
        """
        for topic, records in by_topic(outputs).items():
            count = self._partitions_of(topic)
            by_partition: dict[int, list[Record]] = defaultdict(list)
            for record in records:
                by_partition[partition_of(record.key, count)].append(record)
            self._outbox.put_all(f"{self._settings.prefix}{topic}", by_partition)

    def flush(self) -> None:
        """Wait until everything appended so far, by any thread, is in the log.

        Raises LogError for what failed, whoever appended it, since this thread's last flush.
        """
        self._outbox.flush()

    def consumer(self, group: str, topics: Sequence[str]) -> KafkaGroupConsumer:
        """Join a group, with members in any process."""
        for topic in topics:
            self._partitions_of(topic)
        self._require_open()
        consumer = KafkaGroupConsumer(self._settings, group, topics, self._leave)
        with self._lock:
            self._consumers.add(consumer)
        return consumer

    def read(self, topic: str, start: int = 0) -> Sequence[Message]:
        """Read a small topic whole from an offset on, in offset order per partition."""
        return self._reader.read(topic, self._partitions_of(topic), start)

    def backlog(self, group: str, topic: str) -> Mapping[int, int]:
        """Count per partition what the group had not committed a moment ago (`refresh`).

        Answers from memory, but for the first question. Raises LogError when the brokers have not
        answered for longer than `ask`.
        """
        return self._progress.backlog(group, topic, self._partitions_of(topic))

    def sweep(self, now: datetime) -> int:
        """Delete what was consumed, where a topic says so; return how many.

        What is older than its topic's retention, the brokers delete, by their own time.
        """
        return sum(self._sweep(spec) for spec in list(self._specs.values()) if spec.delete_consumed)

    def close(self) -> None:
        """Close the consumers, wait for what is on its way, then raise what failed."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            consumers = list(self._consumers)
        with self._opened:
            for consumer in consumers:
                consumer.close()

    def _sweep(self, spec: TopicSpec) -> int:
        consumed = self._progress.consumed(spec.name, spec.partitions)
        places = [(spec.name, number) for number in consumed]
        firsts = self._cluster.offsets(places, EARLIEST)
        ends = self._cluster.offsets(places, LATEST)
        belows = {
            place: consumed[place[1]]
            for place in places
            # A commit beyond the end is of a topic that was lost and begun anew.
            if firsts[place] < consumed[place[1]] <= ends[place]
        }
        if belows:
            self._cluster.delete(belows)
        return sum(below - firsts[place] for place, below in belows.items())

    def _leave(self, consumer: KafkaGroupConsumer) -> None:
        with self._lock:
            self._consumers.discard(consumer)

    def _partitions_of(self, topic: str) -> int:
        if (known := self._partitions.get(topic)) is not None:
            return known
        self._require_open()
        found = self._cluster.partitions(topic)
        if found is None:
            raise UnknownTopicError(f"no topic {topic!r}; create it first")
        self._learn(topic, found)
        return found

    def _learn(self, topic: str, partitions: int) -> None:
        self._outbox.learn(f"{self._settings.prefix}{topic}")
        self._partitions[topic] = partitions

    def _require_open(self) -> None:
        if self._is_closed:
            raise LogError("the log is closed; open it again")
