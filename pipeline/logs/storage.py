"""What an embedded log keeps its messages in: the small part in which memory and SQLite differ."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from anpr.ports import Commit, Message, Place, Record, TopicSpec


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a partition holds: from its `first` offset up to, not including, its `next`."""

    first: int
    next: int


class Reader(Protocol):
    """A reader of one topic, for one thread at a time."""

    def fetch(self, partition: int, offset: int, limit: int, max_bytes: int) -> Sequence[Message]:
        """Read from an offset on, in order; stop at the message that reaches either limit."""
        ...

    def offset_at(self, partition: int, moment: datetime) -> int:
        """Find where what was appended at or after a moment begins; `next` where nothing was."""
        ...

    def close(self) -> None:
        """Release what the reader holds."""
        ...


class TopicStorage(Protocol):
    """The messages of one topic. Its methods may be called from any thread; LogError on failure."""

    @property
    def spec(self) -> TopicSpec:
        """What the topic is made to be."""
        ...

    def append(self, records: Sequence[tuple[int, Record]], now: datetime) -> Sequence[int]:
        """Write (partition, record) pairs, all or nothing; durable on return. Gives the offsets.

        `appended_at` is `now`, or the partition's newest time if the clock went back.
        """
        ...

    def bounds(self) -> Sequence[Bounds]:
        """Tell what each partition holds."""
        ...

    def adopt(self, spec: TopicSpec) -> None:
        """Take over the retention of a specification with the same partitions."""
        ...

    def drop(self, partition: int, below: int) -> int:
        """Delete the messages below an offset; return how many. Their space is used again."""
        ...

    def compact(self, before: datetime) -> int:
        """Delete what was appended before a moment and has a newer message of the same key."""
        ...

    def has_changed(self) -> bool:
        """Say whether another process wrote since this was last asked."""
        ...

    def reader(self) -> Reader:
        """Open a reader."""
        ...

    def close(self) -> None:
        """Release the topic."""
        ...


class CommitStorage(Protocol):
    """What the groups committed, durably."""

    def load(self) -> Sequence[tuple[str, Place, Commit]]:
        """Read every commit that holds, with its group."""
        ...

    def save(self, commits: Sequence[tuple[str, Mapping[Place, Commit]]]) -> None:
        """Write the commits of groups, later ones over earlier ones; durable on return."""
        ...

    def has_changed(self) -> bool:
        """Say whether another process wrote since this was last asked."""
        ...

    def close(self) -> None:
        """Release the file."""
        ...


class Claim(Protocol):
    """The sole right of this process to consume as a group."""

    def close(self) -> None:
        """Give it up."""
        ...


class Storage(Protocol):
    """Topics and commits."""

    def topics(self) -> Iterator[TopicStorage]:
        """Open the topics that exist."""
        ...

    def create(self, spec: TopicSpec) -> TopicStorage:
        """Make a topic, or open the one another process made meanwhile."""
        ...

    def commits(self) -> CommitStorage:
        """Open the commits."""
        ...

    def claim(self, group: str) -> Claim:
        """Keep other processes from consuming as this group. Raises LogError when one does."""
        ...
