"""The keyed fold that drives every rule: remember, judge, publish what changed, forget.

Its whole state follows from the messages it took in, so a restart rebuilds it by folding again
from the lowest offset it still needs. Life of an item: it is remembered under its key; the key's
items are judged together; what the judgement adds or changes is published, what it no longer
gives is withdrawn; the item is forgotten by event time.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, Protocol, Self, TypeVar

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


@dataclass(frozen=True, slots=True)
class Item(Generic[V]):
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


@dataclass(frozen=True, slots=True)
class Change(Generic[Out]):
    """Something to publish: what was published before under this id (if anything), and now."""

    before: Out | None
    after: Out


@dataclass(slots=True)
class _Kept(Generic[V]):
    item: Item[V]
    until: datetime


@dataclass(frozen=True, slots=True)
class _Sent(Generic[Out]):
    """`judged` is what the judgement gave (None: it was withdrawn), `out` what was published."""

    judged: Out | None
    out: Out


@dataclass(slots=True)
class _Memory(Generic[V, Out]):
    kept: dict[str, _Kept[V]] = field(default_factory=dict)
    sent: dict[str, _Sent[Out]] = field(default_factory=dict)


class KeyedFold(Generic[K, V, Out]):
    """Remember items by key, and say after each one what the judgement of its key changes.

    `judge` gets the live items of a key in order of arrival. `keep` says how long an item may
    still matter to it; `open_for` (lateness and stall) is added, since what is older than that
    is never judged anew: forgetting an item must not look like a change. Event time is the
    greatest moment seen that was already past when it was received.
    """

    def __init__(
        self,
        judge: Callable[[K, Sequence[V]], Iterable[Out]],
        causes: Callable[[Out], Sequence[str]],
        keep: Callable[[V], timedelta],
        open_for: timedelta,
    ) -> None:
        self._judge = judge
        self._causes = causes
        self._keep = keep
        self._open_for = open_for
        self._memories: dict[K, _Memory[V, Out]] = {}
        self._arrivals: deque[tuple[int, K, str]] = deque()
        self._event_time = OLDEST + open_for

    def take(self, key: K, item: Item[V], offset: int) -> list[Change[Out]]:
        """Take in an item that stands at `offset`; a repeated or older revision changes nothing."""
        self._event_time = max(self._event_time, min(item.at, item.received_at))
        self._forget()
        memory = self._memories.setdefault(key, _Memory())
        known = memory.kept.get(item.id)
        if known is not None and not item.supersedes(known.item):
            return []
        if known is None:
            self._arrivals.append((offset, key, item.id))
        until = max(item.at, item.received_at) + self._keep(item.value) + self._open_for
        memory.kept[item.id] = _Kept(item, until if known is None else max(until, known.until))
        return self._changes(key, memory, item.id)

    def rejudge(self) -> list[Change[Out]]:
        """Judge every key again, as after a change of a list, and say what that changes."""
        return [
            change
            for key, memory in self._memories.items()
            for change in self._changes(key, memory, None)
        ]

    def needed_from(self) -> int | None:
        """Tell the lowest offset from which folding again rebuilds this state."""
        return self._arrivals[0][0] if self._arrivals else None

    def _changes(self, key: K, memory: _Memory[V, Out], taken: str | None) -> list[Change[Out]]:
        live = [
            kept.item.value
            for kept in memory.kept.values()
            if not kept.item.withdrawn and kept.until >= self._event_time
        ]
        outs = {out.id: out for out in self._judge(key, live)}
        vanished = [sent for id_, sent in memory.sent.items() if id_ not in outs and sent.judged]
        changes = [
            self._withdraw(memory, sent) for sent in vanished if self._is_open(sent.out, taken)
        ]
        changes += [
            self._publish(memory, out)
            for out in outs.values()
            if self._differs(memory, out) and self._is_open(out, taken)
        ]
        return changes

    def _is_open(self, out: Out, taken: str | None) -> bool:
        """Close what is older than every allowed delay, unless it rests on the item just taken."""
        return out.at >= self._event_time - self._open_for or taken in self._causes(out)

    @staticmethod
    def _differs(memory: _Memory[V, Out], out: Out) -> bool:
        sent = memory.sent.get(out.id)
        return sent is None or sent.judged != out

    @staticmethod
    def _publish(memory: _Memory[V, Out], out: Out) -> Change[Out]:
        """Publish under its computed revision, or the next one where that would not be newer."""
        sent = memory.sent.get(out.id)
        newer = out
        if sent is not None and out.revision <= sent.out.revision:
            newer = out.model_copy(update={"revision": sent.out.revision + 1})
        memory.sent[out.id] = _Sent(out, newer)
        return Change(sent.out if sent else None, newer)

    @staticmethod
    def _withdraw(memory: _Memory[V, Out], sent: _Sent[Out]) -> Change[Out]:
        gone = sent.out.model_copy(update={"revision": sent.out.revision + 1, "withdrawn": True})
        memory.sent[gone.id] = _Sent(None, gone)
        return Change(sent.out, gone)

    def _forget(self) -> None:
        while self._arrivals:
            _, key, id_ = self._arrivals[0]
            memory = self._memories[key]
            if memory.kept[id_].until >= self._event_time:
                return
            self._arrivals.popleft()
            del memory.kept[id_]
            memory.sent = {
                sent_id: sent
                for sent_id, sent in memory.sent.items()
                if any(cause in memory.kept for cause in self._causes(sent.out))
            }
            if not memory.kept:
                del self._memories[key]
