"""A consumer of an embedded log."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from anpr.errors import LogError, PartitionLostError
from anpr.ports import Batch, Commit, Message, Place
from pipeline.logs.commits import Commits
from pipeline.logs.groups import Group, Member
from pipeline.logs.storage import Reader
from pipeline.logs.topic import Topic

POLL_BYTES = 8 << 20
"""A poll brings about this much at most, or one message that is larger."""


class EmbeddedConsumer:
    """Reads the partitions that its group gives it. Used by one thread; any may close it."""

    def __init__(
        self,
        name: str,
        group: Group,
        topics: Mapping[str, Topic],
        commits: Commits,
        on_close: Callable[["EmbeddedConsumer"], None],
    ) -> None:
        self.member = Member(frozenset(topics))
        self.group = group
        self.name = name
        self._topics = topics
        self._commits = commits
        self._on_close = on_close
        # The owned partitions and where each goes on; the one served longest ago stands first.
        self._positions: dict[Place, int] = {}
        self._paused: set[Place] = set()
        self._readers: dict[str, Reader] = {}
        self._is_closed = False
        self._lock = threading.Lock()
        for topic in topics.values():
            topic.add_waiter(self.member.wake)
        group.join(self.member, {name: topic.spec.partitions for name, topic in topics.items()})

    def poll(self, timeout: timedelta, limit: int) -> Batch:
        """Wait for messages, at most `limit` or about 8 MiB of them, or a change of ownership."""
        deadline = time.monotonic() + timeout.total_seconds()
        while True:
            # Cleared before looking: what comes while we look sets it again.
            self.member.wake.clear()
            batch = self._look(limit)
            if batch.messages or batch.assigned or batch.revoked:
                return batch
            remaining_s = deadline - time.monotonic()
            if remaining_s <= 0:
                return batch
            self.member.wake.wait(remaining_s)

    def committed(self, place: Place) -> Commit | None:
        """Tell what the group last committed for a partition; None where it never did."""
        return self._commits.of(self.name, place.topic).get(place.partition)

    def beginning(self, place: Place) -> int:
        """Tell the lowest offset that the partition still holds."""
        return self._topics[place.topic].firsts[place.partition]

    def seek(self, place: Place, offset: int) -> None:
        """Continue an owned partition at an offset, clamped to what the log holds."""
        self._require(place)
        end = self._topics[place.topic].nexts[place.partition]
        self._positions[place] = min(max(offset, self.beginning(place)), end)

    def seek_to_time(self, place: Place, moment: datetime) -> None:
        """Continue an owned partition at the first message appended at or after a moment."""
        self._require(place)
        with self._lock:
            offset = self._reader(place.topic).offset_at(place.partition, moment)
        self._positions[place] = offset

    def resume(self, place: Place) -> None:
        """Let messages of a newly assigned partition come."""
        self._require(place)
        self._paused.discard(place)

    def commit(self, commits: Mapping[Place, Commit]) -> None:
        """Record progress, durably. Raises PartitionLostError where a partition is not ours."""
        # No other member can own it meanwhile: we give a partition up nowhere but in our own poll.
        for place in commits:
            self._require(place)
        if commits:
            self._commits.save(self.name, dict(commits))

    def close(self) -> None:
        """Leave the group, so that others take the partitions over. A second call does nothing."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            self._positions.clear()
            for reader in self._readers.values():
                reader.close()
        for topic in self._topics.values():
            topic.remove_waiter(self.member.wake)
        self._on_close(self)
        self.member.wake.set()

    def _look(self, limit: int) -> Batch:
        with self._lock:
            if self._is_closed:
                raise LogError("this consumer is closed; join the group again")
            assigned, revoked = self.group.settle(self.member)
            for place in revoked:
                del self._positions[place]
                self._paused.discard(place)
            for place in assigned:
                start = self._topics[place.topic].start(place.partition, self.committed(place))
                self._positions[place] = start
                self._paused.add(place)
            if assigned or revoked:
                return Batch((), assigned, revoked)
            return Batch(self._take_turns(limit))

    def _take_turns(self, limit: int) -> Sequence[Message]:
        """Take an equal share of every partition that has something; whom it leaves out is next."""
        ready = [
            place
            for place, position in self._positions.items()
            if place not in self._paused
            and position < self._topics[place.topic].nexts[place.partition]
        ][:limit]
        # All are read before any moves on, so that an error in between loses nothing.
        found = {
            place: self._fetch(place, limit // len(ready), POLL_BYTES // len(ready))
            for place in ready
        }
        for place, (_, position) in found.items():
            del self._positions[place]
            self._positions[place] = position
        return [message for messages, _ in found.values() for message in messages]

    def _fetch(self, place: Place, limit: int, max_bytes: int) -> tuple[Sequence[Message], int]:
        """Read on in a partition; return the messages and where it goes on after them."""
        end = self._topics[place.topic].nexts[place.partition]
        reader, position = self._reader(place.topic), self._positions[place]
        messages = reader.fetch(place.partition, position, limit, max_bytes)
        # Nothing found means that all up to `end` was deleted: go on there, not here for ever.
        return messages, messages[-1].offset + 1 if messages else end

    def _reader(self, topic: str) -> Reader:
        if topic not in self._readers:
            self._readers[topic] = self._topics[topic].reader()
        return self._readers[topic]

    def _require(self, place: Place) -> None:
        if place not in self._positions:
            raise PartitionLostError(
                f"{place.topic}/{place.partition} is not this consumer's; poll again and drop what"
                " was fetched for it"
            )
