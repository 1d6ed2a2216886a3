"""The ports: what the product needs from the outside, named for the need."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from anpr.topics import DEAD_LETTERS


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic: its name, how many partitions, how long a message is kept.

    `delete_consumed`: messages that every group has committed past (and no longer needs for
    rebuilding) are deleted at once, as frames are. `compacted`: of one key the newest is kept
    whatever its age, as controls are.
    """

    name: str
    partitions: int
    retention: timedelta
    delete_consumed: bool = False
    compacted: bool = False


NO_HEADERS: Mapping[str, str] = {}


# What exists for each message is a tuple: it is made in a quarter of the time.
class Record(NamedTuple):
    """What a producer appends. The key chooses the partition; the value travels as it is."""

    key: str
    value: bytes
    headers: Mapping[str, str] = NO_HEADERS


@dataclass(frozen=True, slots=True)
class Registered:
    """What a registry knows of a vehicle: its fuel, and its euro class where it has one."""

    fuel: str
    euro: int | None = None


class Registry(Protocol):
    """A registry of vehicles: what their emissions are, never who owns them."""

    def vehicle(self, plate: str, country: str | None, at: datetime) -> Registered | None:
        """Give what bore a plate at a moment; None where nothing is known of it.

        A country that is not known excludes none. Raises RegistryError.
        """
        ...


class Output(NamedTuple):
    """What a worker wants appended: the topic and the record."""

    topic: str
    record: Record


class Place(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int


class Message(NamedTuple):
    """What a consumer gets: a record and where it stands. `appended_at` is the log's own time."""

    place: Place
    offset: int
    appended_at: datetime
    record: Record


@dataclass(frozen=True, slots=True)
class Commit:
    """How far a group has come in one partition.

    `offset` is the next message to work on. `metadata` travels with it: a stateful stage puts
    there the lowest offset that its state still needs.
    """

    offset: int
    metadata: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one poll brought: messages in offset order per partition, and changes of ownership.

    `revoked` partitions are gone already: forget their state, commit nothing for them.
    `assigned` ones are new and paused: no message of theirs comes before `resume`.
    """

    messages: Sequence[Message]
    assigned: Sequence[Place] = ()
    revoked: Sequence[Place] = ()


class Consumer(Protocol):
    """A member of a group: it reads the partitions it owns, and commits how far it came."""

    def poll(self, timeout: timedelta, limit: int) -> Batch:
        """Wait for messages of owned, resumed partitions: at most `limit`, at most `timeout`."""
        ...

    def committed(self, place: Place) -> Commit | None:
        """Tell what the group last committed for a partition; None where it never did."""
        ...

    def beginning(self, place: Place) -> int:
        """Tell the lowest offset that the partition still holds."""
        ...

    def seek(self, place: Place, offset: int) -> None:
        """Continue an owned partition at an offset (clamped to what the log still holds)."""
        ...

    def seek_to_time(self, place: Place, moment: datetime) -> None:
        """Continue an owned partition at the first message appended at or after `moment`."""
        ...

    def resume(self, place: Place) -> None:
        """Let messages of a newly assigned partition come."""
        ...

    def commit(self, commits: Mapping[Place, Commit]) -> None:
        """Record progress, durably. Raises PartitionLostError where a partition is lost."""
        ...

    def close(self) -> None:
        """Leave the group, so that others take the partitions over."""
        ...


class Log(Protocol):
    """An ordered, partitioned, durable log of messages."""

    def create(self, topics: Sequence[TopicSpec]) -> None:
        """Create topics that do not exist; adopt the retention given for those that do."""
        ...

    def review(self, topics: Sequence[TopicSpec]) -> Sequence[str]:
        """Tell what `create` would change of topics that exist; change nothing.

        Raises LogError where it would refuse.
        """
        ...

    def append(self, topic: str, record: Record) -> Future[int]:
        """Append; the future gives the offset once it is durable. Raises UnknownTopicError."""
        ...

    def append_all(self, outputs: Sequence[Output]) -> None:
        """Append many, in this order; `flush` tells whether they became durable.

        Raises UnknownTopicError.
        """
        ...

    def flush(self) -> None:
        """Wait until everything appended so far, by any thread, is durable; raise what failed."""
        ...

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer:
        """Join a group. A new group starts at the beginning of each topic."""
        ...

    def read(self, topic: str, start: int = 0) -> Sequence[Message]:
        """Read a small topic whole (controls, dead letters) from an offset, without a group."""
        ...

    def backlog(self, group: str, topic: str) -> Mapping[int, int]:
        """Count per partition the messages that the group has not committed."""
        ...

    def sweep(self, now: datetime) -> int:
        """Delete what is older than its topic's retention, or consumed; return how many."""
        ...

    def close(self) -> None:
        """Flush and release everything."""
        ...


class ImageStore(Protocol):
    """Content-addressed images: the same bytes have the same reference."""

    def put(self, image: bytes) -> str:
        """Keep the bytes, durably, and return their reference `sha256:HEX`."""
        ...

    def get(self, reference: str) -> bytes | None:
        """Give the bytes of a reference, or None when they were erased."""
        ...


class Worker(Protocol):
    """The work on an assigned partition, as a fold over its messages; or on several at once.

    The stage loop calls `work`, appends the outputs, flushes, and commits. After an assignment it
    first works through what the state still needs, and drops those outputs.
    """

    def work(self, messages: Sequence[Message]) -> Sequence[Output]:
        """Take in messages, in each partition's order, and say what to append.

        A message that cannot be understood becomes a `dead_letter` output; it never raises.
        """
        ...

    def idle(self) -> Sequence[Output]:
        """Say what to append when no message has come for a while; asked again while it is so."""
        ...

    def needed_from(self) -> int | None:
        """Tell the lowest offset that the state still needs; None when it needs none."""
        ...

    def note(self) -> str:
        """Say what else must be remembered with a commit, as one word without spaces."""
        return ""


def dead_letter(message: Message, reason: str) -> Output:
    """Put a message aside with the reason it was refused and where it came from."""
    record = message.record
    origin = {
        "reason": reason,
        "topic": message.place.topic,
        "partition": str(message.place.partition),
        "offset": str(message.offset),
        "key": record.key,
    }
    headers = {**{f"header.{name}": text for name, text in record.headers.items()}, **origin}
    return Output(DEAD_LETTERS, Record(message.place.topic, record.value, headers))
