"""What is asked of the brokers themselves: topics, offsets, and what the groups committed."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from anpr.errors import LogError
from anpr.ports import Commit
from pipeline.logs.kafka_client import (
    ConfigResource,
    ConfigResourceType,
    KafkaAdminClient,
    KafkaSettings,
    TopicPartition,
    kafka_errors,
    ms,
    open_client,
    spoken,
)

LATEST, EARLIEST = -1, -2
"""In place of a time: the end of a partition, and its beginning."""

RETRY_S = 0.1

Answer = TypeVar("Answer")


class Cluster:
    """The brokers, by the names of the zone: without its prefix. Safe for any number of threads.

    What fails for now is asked again, over a new connection, until `ask` has passed.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._client: Any = None
        self._connect()

    def partitions(self, topic: str) -> int | None:
        """Count a topic's partitions; None where it does not exist."""
        name = self._name(topic)
        found = self._ask(f"topic {name!r}", lambda client: client.describe_topics([name]))
        partitions = [len(one["partitions"]) for one in found if not one["error_code"]]
        return partitions[0] if partitions else None

    def create(self, topic: str, partitions: int, config: Mapping[str, str]) -> None:
        """Create a topic and wait until it can be used; nothing where another was quicker."""
        name = self._name(topic)
        replication = self._settings.replication or -1
        wanted = {
            name: {
                "num_partitions": partitions,
                "replication_factor": replication,
                "configs": dict(config),
            }
        }

        def create(client: Any) -> None:
            with suppress(kafka_errors.TopicAlreadyExistsError):
                client.create_topics(wanted)
            client.wait_for_topics([name], timeout_ms=ms(self._settings.ask))

        self._ask(f"topic {name!r} could not be created", create)

    def config(self, topic: str) -> Mapping[str, str]:
        """Read a topic's settings."""
        name = self._name(topic)
        wanted = [ConfigResource(ConfigResourceType.TOPIC, name)]
        found = self._ask(
            f"the settings of {name!r}",
            lambda client: client.describe_configs(wanted, config_filter="all"),
        )
        return {key: one["value"] for key, one in found["topic"][name].items()}

    def configure(self, topic: str, config: Mapping[str, str]) -> str:
        """Change settings of a topic; return why that was refused, or nothing."""
        name = self._name(topic)
        wanted = [ConfigResource(ConfigResourceType.TOPIC, name, dict(config))]
        done = self._ask(f"topic {name!r}", lambda client: client.alter_configs(wanted))
        outcome = str(done["topic"][name])
        return "" if outcome == "OK" else outcome

    def offsets(self, places: Iterable[tuple[str, int]], at: int) -> Mapping[tuple[str, int], int]:
        """Find the LATEST or EARLIEST offset of (topic, partition) pairs."""
        wanted = {self._at(topic, partition): at for topic, partition in places}
        found = self._ask("offsets", lambda client: client.list_partition_offsets(wanted))
        return {self._place(one): answer.offset for one, answer in found.items()}

    def groups(self) -> Sequence[str]:
        """Name the groups of the zone."""
        prefix = self._settings.prefix
        found = self._ask("the groups", lambda client: client.list_groups())
        names = [str(one["group_id"]) for one in found]
        return [name.removeprefix(prefix) for name in names if name.startswith(prefix)]

    def commits(
        self, asked: Mapping[str, Iterable[tuple[str, int]]]
    ) -> Mapping[str, Mapping[tuple[str, int], Commit]]:
        """Read what groups committed in (topic, partition) pairs, where they did."""
        prefix = self._settings.prefix
        wanted = {
            f"{prefix}{group}": [self._at(topic, partition) for topic, partition in places]
            for group, places in asked.items()
        }
        if not wanted:
            return {}
        found = self._ask("commits", lambda client: client.list_group_offsets(wanted))
        return {
            group.removeprefix(prefix): {
                self._place(at): Commit(one.offset, one.metadata or "")
                for at, one in commits.items()
                if one.offset >= 0
            }
            for group, commits in found.items()
        }

    def delete(self, belows: Mapping[tuple[str, int], int]) -> None:
        """Delete the messages below an offset of each (topic, partition)."""
        wanted = {self._at(*place): below for place, below in belows.items()}
        self._ask("messages could not be deleted", lambda client: client.delete_records(wanted))

    def close(self) -> None:
        """Close the connection; who waits for an answer gets a LogError."""
        self._closed.set()
        with self._lock:
            self._disconnect()

    def _ask(self, what: str, question: Callable[[Any], Answer]) -> Answer:
        deadline = time.monotonic() + self._settings.ask.total_seconds()
        while True:
            try:
                with spoken(what, self._settings):
                    return question(self._connect())
            except LogError as error:
                is_passing = isinstance(error.__cause__, kafka_errors.RetriableError)
                if not is_passing or time.monotonic() > deadline:
                    raise
                with self._lock:
                    self._disconnect()
                self._closed.wait(RETRY_S)

    def _connect(self) -> Any:
        with self._lock:
            if self._closed.is_set():
                raise LogError("the log is closed; open it again")
            if self._client is None:
                self._client = open_client(
                    KafkaAdminClient, self._settings, request_timeout_ms=ms(self._settings.ask)
                )
            return self._client

    def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _name(self, topic: str) -> str:
        return f"{self._settings.prefix}{topic}"

    def _at(self, topic: str, partition: int) -> Any:
        return TopicPartition(self._name(topic), partition)

    def _place(self, at: Any) -> tuple[str, int]:
        return at.topic.removeprefix(self._settings.prefix), at.partition
