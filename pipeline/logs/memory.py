"""The log in memory: for tests and for what need not outlive the process."""

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime

from anpr.ports import Commit, Message, Place, Record, TopicSpec
from anpr.time import EPOCH
from pipeline.logs.embedded import EmbeddedLog
from pipeline.logs.storage import Bounds


class _Partition:
    def __init__(self, place: Place) -> None:
        self.place = place
        self.next = 0
        self.newest = EPOCH
        self.messages: list[Message] = []

    def append(self, record: Record, now: datetime) -> int:
        self.newest = max(self.newest, now)
        self.messages.append(Message(self.place, self.next, self.newest, record))
        self.next += 1
        return self.next - 1

    def index_of(self, offset: int) -> int:
        return bisect_left(self.messages, offset, key=lambda message: message.offset)


class MemoryTopic:
    """A topic's messages in lists; its own reader."""

    def __init__(self, spec: TopicSpec) -> None:
        self.spec = spec
        self._lock = threading.Lock()
        self._partitions = [_Partition(Place(spec.name, n)) for n in range(spec.partitions)]

    def append(self, records: Sequence[tuple[int, Record]], now: datetime) -> Sequence[int]:
        """Keep (partition, record) pairs and give their offsets."""
        with self._lock:
            return [self._partitions[number].append(record, now) for number, record in records]

    def bounds(self) -> Sequence[Bounds]:
        """Tell what each partition holds."""
        with self._lock:
            return [
                Bounds(one.messages[0].offset if one.messages else one.next, one.next)
                for one in self._partitions
            ]

    def adopt(self, spec: TopicSpec) -> None:
        """Take over the retention of a specification."""
        self.spec = spec

    def drop(self, partition: int, below: int) -> int:
        """Delete the messages below an offset; return how many."""
        with self._lock:
            kept = self._partitions[partition]
            index = kept.index_of(below)
            del kept.messages[:index]
            return index

    def compact(self, before: datetime) -> int:
        """Delete what was appended before a moment and has a newer message of the same key."""
        with self._lock:
            return sum(_compact(one, before) for one in self._partitions)

    def has_changed(self) -> bool:
        """No other process sees this memory."""
        return False

    def reader(self) -> "MemoryTopic":
        """Read from the topic itself."""
        return self

    def fetch(self, partition: int, offset: int, limit: int, max_bytes: int) -> Sequence[Message]:
        """Read from an offset on; stop at the message that reaches either limit."""
        with self._lock:
            kept = self._partitions[partition]
            index = kept.index_of(offset)
            found = kept.messages[index : index + limit]
        size = 0
        for count, message in enumerate(found, start=1):
            size += len(message.record.value)
            if size >= max_bytes:
                return found[:count]
        return found

    def offset_at(self, partition: int, moment: datetime) -> int:
        """Find where what was appended at or after a moment begins; `next` where nothing was."""
        with self._lock:
            kept = self._partitions[partition]
            index = bisect_left(kept.messages, moment, key=lambda message: message.appended_at)
            return kept.messages[index].offset if index < len(kept.messages) else kept.next

    def close(self) -> None:
        """Nothing is held but memory."""


def _compact(partition: _Partition, before: datetime) -> int:
    newest = {message.record.key: message.offset for message in partition.messages}
    kept = [
        message
        for message in partition.messages
        if message.appended_at >= before or newest[message.record.key] == message.offset
    ]
    deleted = len(partition.messages) - len(kept)
    partition.messages = kept
    return deleted


class MemoryCommits:
    """The groups' commits in a map."""

    def __init__(self) -> None:
        self._commits: dict[tuple[str, Place], Commit] = {}

    def load(self) -> Sequence[tuple[str, Place, Commit]]:
        """Read every commit with its group."""
        return [(group, place, commit) for (group, place), commit in self._commits.items()]

    def save(self, commits: Sequence[tuple[str, Mapping[Place, Commit]]]) -> None:
        """Keep the commits of groups, later ones over earlier ones."""
        for group, held in commits:
            self._commits.update({(group, place): commit for place, commit in held.items()})

    def has_changed(self) -> bool:
        """No other process sees this memory."""
        return False

    def close(self) -> None:
        """Nothing is held but memory."""


class MemoryStorage:
    """Topics and commits in memory; a log opened over the same storage finds them again."""

    def __init__(self) -> None:
        self._topics: dict[str, MemoryTopic] = {}
        self._commits = MemoryCommits()

    def topics(self) -> Iterator[MemoryTopic]:
        """Give the topics that exist."""
        yield from self._topics.values()

    def create(self, spec: TopicSpec) -> MemoryTopic:
        """Make a topic."""
        return self._topics.setdefault(spec.name, MemoryTopic(spec))

    def commits(self) -> MemoryCommits:
        """Give the commits."""
        return self._commits

    def claim(self, group: str) -> ExitStack:
        """No other process sees this memory; there is nothing to hold and nothing to give up."""
        return ExitStack()


class MemoryLog(EmbeddedLog):
    """A log in memory. Its messages last as long as its storage."""

    def __init__(self, now: Callable[[], datetime], storage: MemoryStorage | None = None) -> None:
        super().__init__(storage or MemoryStorage(), now)
