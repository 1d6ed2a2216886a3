"""The keyed fold that drives every rule: remember, judge, publish what changed, forget.

Its whole state follows from the messages it took in, so a restart rebuilds it by folding again
from the lowest offset it still needs. Life of an item: it is remembered under its key; the key's
items are judged together; what the judgement adds or changes is published, what it no longer
gives is withdrawn; the item is forgotten by event time.
"""

from collections import deque
from collections.abc import Callable, Container, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar

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


class EventTime:
    """The greatest moment seen that was already past when it was received; folds may share it.

    What is older than it by more than `open_for` (lateness and stall) is closed.
    """

    __slots__ = ("now", "open_for", "open_from")

    def __init__(self, open_for: timedelta) -> None:
        self.open_for = open_for
        self.open_from = OLDEST
        self.now = OLDEST + open_for

    def advance(self, item: Item[Any]) -> None:
        """Move on to an item's moment; a clock that runs ahead moves nothing."""
        moment = min(item.received_at, item.at)
        if moment > self.now:
            self.now = moment
            self.open_from = moment - self.open_for


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

    `judge` gets the live items of a key in order of arrival; there is at least one. `keep` is how
    long an item may still matter to it. An item stays until even that is closed, for what is
    closed is never judged anew: forgetting an item must not look like a change.
    """

    def __init__(
        self,
        judge: Callable[[Sequence[V]], Sequence[Out]],
        causes: Callable[[Out], Sequence[str]],
        keep: timedelta,
        time: EventTime,
    ) -> None:
        self._judge = judge
        self._causes = causes
        self._stay = keep + time.open_for
        self._time = time
        self._memories: dict[K, _Memory[K, V, Out]] = {}
        self._arrivals: deque[_Kept[K, V]] = deque()

    def take(self, key: K, item: Item[V], offset: int) -> list[Change[Out]]:
        """Take in an item that stands at `offset`; a repeated or older revision changes nothing."""
        self._time.advance(item)
        self._forget()
        memory = self._memories.get(key)
        if memory is None:
            memory = self._memories[key] = _Memory()
        until = (max(item.received_at, item.at)) + self._stay
        known = memory.kept.get(item.id)
        if known is None:
            kept = memory.kept[item.id] = _Kept(key, offset, item, until)
            self._arrivals.append(kept)
        elif item.supersedes(known.item):
            known.item, known.until = item, max(until, known.until)
        else:
            return []
        return self._changes(memory, item.id)

    def rejudge(self) -> list[Change[Out]]:
        """Judge every key again, as after a change of a list, and say what that changes."""
        return [
            change for memory in self._memories.values() for change in self._changes(memory, None)
        ]

    def needed_from(self) -> int | None:
        """Tell the lowest offset from which folding again rebuilds this state."""
        self._forget()
        return self._arrivals[0].offset if self._arrivals else None

    @property
    def remembered(self) -> int:
        """How many items are in memory."""
        self._forget()
        return len(self._arrivals)

    def _changes(self, memory: _Memory[K, V, Out], taken: str | None) -> list[Change[Out]]:
        now = self._time.now
        live = [
            kept.item.value
            for kept in memory.kept.values()
            if kept.until >= now and not kept.item.withdrawn
        ]
        judged = self._judge(live) if live else ()
        if not judged and not memory.sent:
            return []
        outs = {out.id: out for out in judged}
        changes = [self._withdraw(memory, sent) for sent in self._vanished(memory, outs, taken)]
        for id_, out in outs.items():
            sent = memory.sent.get(id_)
            if (sent is None or sent.judged != out) and self._is_open(out, taken):
                changes.append(self._publish(memory, out, sent))
        return changes

    def _vanished(
        self, memory: _Memory[K, V, Out], outs: Container[str], taken: str | None
    ) -> list[_Sent[Out]]:
        """List what was published and no longer holds, but not because a cause is forgotten."""
        found = [
            sent
            for id_, sent in memory.sent.items()
            if id_ not in outs
            and sent.judged
            and self._is_open(sent.out, taken)
            and all(cause in memory.kept for cause in self._causes(sent.out))
        ]
        return sorted(found, key=lambda sent: (sent.out.at, sent.out.id))

    def _is_open(self, out: Out, taken: str | None) -> bool:
        """Close what is older than every allowed delay, unless it rests on the item just taken."""
        return out.at >= self._time.open_from or taken in self._causes(out)

    @staticmethod
    def _publish(memory: _Memory[K, V, Out], out: Out, sent: _Sent[Out] | None) -> Change[Out]:
        """Publish under its computed revision, or the next one where that would not be newer."""
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

    def _forget(self) -> None:
        """Forget, in order of arrival, what lies too far behind event time."""
        arrivals, now = self._arrivals, self._time.now
        while arrivals and arrivals[0].until < now:
            kept = arrivals.popleft()
            memory = self._memories[kept.key]
            del memory.kept[kept.item.id]
            if not memory.kept:
                del self._memories[kept.key]
                continue
            memory.sent = {
                id_: sent
                for id_, sent in memory.sent.items()
                if any(cause in memory.kept for cause in self._causes(sent.out))
            }
