"""The keyed fold that drives every rule: remember, judge, publish what changed, forget.

Its whole state follows from the messages it took in, so a restart rebuilds it by folding again
from the lowest offset it still needs. Life of an item: it is remembered under its key; the key's
items are judged together; what the judgement adds or changes is published, what it no longer
gives is withdrawn; the item is forgotten by event time.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, NamedTuple, Protocol, Self, TypeVar

from anpr.time import OLDEST


class Judged(Protocol):
    """What a judgement gives: it has an id, a computed revision, and can be withdrawn."""

    @property
    def id(self) -> str:
        """The computed id."""
        ...

    @property
    def revision(self) -> int:
        """Higher is newer."""
        ...

    @property
    def withdrawn(self) -> bool:
        """Whether it no longer exists."""
        ...

    @property
    def at(self) -> datetime:
        """When it happened."""
        ...

    def model_copy(self, *, update: dict[str, object]) -> Self:
        """Copy with some fields changed."""
        ...


V = TypeVar("V")
K = TypeVar("K", bound=Hashable)
Out = TypeVar("Out", bound=Judged)


class Item(NamedTuple, Generic[V]):
    """Something to remember: a read, or a passage in one of its revisions."""

    id: str
    at: datetime
    received_at: datetime
    value: V
    revision: int = 1
    withdrawn: bool = False

    def supersedes(self, other: "Item[V]") -> bool:
        """Say whether this is newer; at equal revision a live one beats a withdrawn one."""
        return (self.revision, not self.withdrawn) > (other.revision, not other.withdrawn)


class Change(NamedTuple, Generic[Out]):
    """Something to publish: what was published before under this id (if anything), and now."""

    before: Out | None
    after: Out


@dataclass(slots=True)
class _Kept(Generic[K, V]):
    """An item in memory: where, since which offset, and until when."""

    key: K
    offset: int
    item: Item[V]
    until: datetime


class _Sent(NamedTuple, Generic[Out]):
    """`judged` is what the judgement gave (None: it was withdrawn), `out` what was published."""

    judged: Out | None
    out: Out


@dataclass(slots=True)
class _Memory(Generic[K, V, Out]):
    kept: dict[str, _Kept[K, V]] = field(default_factory=dict)
    sent: dict[str, _Sent[Out]] = field(default_factory=dict)


class KeyedFold(Generic[K, V, Out]):
    """Remember items by key, and say after each one what the judgement of its key changes.

    `judge` gets the live items of a key in order of arrival; there is at least one. `keep` says
    how long an item may still matter under a key; `open_for` (lateness and stall) is added, since
    what is older than that is never judged anew: forgetting an item must not look like a change.
    Event time is the greatest moment seen that was already past when it was received.
    """

    def __init__(
        self,
        judge: Callable[[K, Sequence[V]], Iterable[Out]],
        causes: Callable[[Out], Sequence[str]],
        keep: Callable[[K], timedelta],
        open_for: timedelta,
    ) -> None:
        self._judge = judge
        self._causes = causes
        self._keep = keep
        self._open_for = open_for
        self._memories: dict[K, _Memory[K, V, Out]] = {}
        # What is kept equally long is forgotten in order of arrival, so a look at the first of
        # each queue suffices.
        self._queues: dict[timedelta, deque[_Kept[K, V]]] = defaultdict(deque)
        self._event_time = OLDEST + open_for

    def take(self, key: K, item: Item[V], offset: int) -> list[Change[Out]]:
        """Take in an item that stands at `offset`; a repeated or older revision changes nothing."""
        self._advance(item)
        memory = self._memories.get(key)
        if memory is None:
            memory = self._memories[key] = _Memory()
        stay = self._keep(key) + self._open_for
        until = max(item.at, item.received_at) + stay
        known = memory.kept.get(item.id)
        if known is None:
            kept = memory.kept[item.id] = _Kept(key, offset, item, until)
            self._queues[stay].append(kept)
        elif item.supersedes(known.item):
            known.item, known.until = item, max(until, known.until)
        else:
            return []
        return self._changes(key, memory, item.id)

    def rejudge(self) -> list[Change[Out]]:
        """Judge every key again, as after a change of a list, and say what that changes."""
        changes = [
            change
            for key, memory in self._memories.items()
            for change in self._changes(key, memory, None)
        ]
        return sorted(changes, key=lambda change: (change.after.at, change.after.id))

    def needed_from(self) -> int | None:
        """Tell the lowest offset from which folding again rebuilds this state."""
        return min((queue[0].offset for queue in self._queues.values() if queue), default=None)

    @property
    def remembered(self) -> int:
        """How many items are in memory; one under several keys counts under each."""
        return sum(map(len, self._queues.values()))

    def _changes(self, key: K, memory: _Memory[K, V, Out], taken: str | None) -> list[Change[Out]]:
        live = [
            kept.item.value
            for kept in memory.kept.values()
            if not kept.item.withdrawn and kept.until >= self._event_time
        ]
        outs = {out.id: out for out in self._judge(key, live)} if live else {}
        if not outs and not memory.sent:
            return []
        vanished = [
            sent
            for id_, sent in memory.sent.items()
            if id_ not in outs and sent.judged and self._is_open_to_end(memory, sent.out, taken)
        ]
        vanished.sort(key=lambda sent: (sent.out.at, sent.out.id))
        changes = [self._withdraw(memory, sent) for sent in vanished]
        changes += [
            self._publish(memory, out)
            for out in outs.values()
            if self._differs(memory, out) and self._is_open(out, taken)
        ]
        return changes

    def _is_open(self, out: Out, taken: str | None) -> bool:
        """Close what is older than every allowed delay, unless it rests on the item just taken."""
        return out.at >= self._event_time - self._open_for or taken in self._causes(out)

    def _is_open_to_end(self, memory: _Memory[K, V, Out], out: Out, taken: str | None) -> bool:
        """Say whether something published may be withdrawn: never because a cause is forgotten."""
        return self._is_open(out, taken) and all(
            cause in memory.kept for cause in self._causes(out)
        )

    @staticmethod
    def _differs(memory: _Memory[K, V, Out], out: Out) -> bool:
        sent = memory.sent.get(out.id)
        return sent is None or sent.judged != out

    @staticmethod
    def _publish(memory: _Memory[K, V, Out], out: Out) -> Change[Out]:
        """Publish under its computed revision, or the next one where that would not be newer."""
        sent = memory.sent.get(out.id)
        newer = out
        if sent is not None and out.revision <= sent.out.revision:
            newer = out.model_copy(update={"revision": sent.out.revision + 1})
        memory.sent[out.id] = _Sent(out, newer)
        return Change(sent.out if sent else None, newer)

    @staticmethod
    def _withdraw(memory: _Memory[K, V, Out], sent: _Sent[Out]) -> Change[Out]:
        gone = sent.out.model_copy(update={"revision": sent.out.revision + 1, "withdrawn": True})
        memory.sent[gone.id] = _Sent(None, gone)
        return Change(sent.out, gone)

    def _advance(self, item: Item[V]) -> None:
        """Move event time on, and forget what lies too far behind it."""
        moment = min(item.at, item.received_at)
        if moment <= self._event_time:
            return
        self._event_time = moment
        for queue in self._queues.values():
            while queue and queue[0].until < moment:
                self._forget(queue.popleft())

    def _forget(self, kept: _Kept[K, V]) -> None:
        memory = self._memories[kept.key]
        del memory.kept[kept.item.id]
        if not memory.kept:
            del self._memories[kept.key]
            return
        memory.sent = {
            id_: sent
            for id_, sent in memory.sent.items()
            if any(cause in memory.kept for cause in self._causes(sent.out))
        }
