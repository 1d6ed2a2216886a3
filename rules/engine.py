"""The keyed fold that drives every rule: remember, judge, publish what changed, forget.

Its whole state follows from the messages it took in, so a restart rebuilds it by folding again
from the lowest offset it still needs. Life of an item: it is remembered under its key; the key's
items are judged together; what the judgement adds or changes is published, what it no longer
gives is withdrawn; the item is forgotten by event time.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
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


FAR = datetime.max.replace(tzinfo=UTC)

_WHEN = attrgetter("at", "id")

ALONE = "alone"
"""The id of every judge of an item by itself."""

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


@dataclass(frozen=True, slots=True)
class Judge(Generic[V, Out]):
    """A judgement over the live items of a key, asked where there are at least so many.

    Its `id` is no other judge's, and neither are the ids that it gives.
    """

    id: str
    of: Callable[[Sequence[V]], Sequence[Out]]
    least: int = 1


@dataclass(frozen=True, slots=True)
class Watch(Generic[V, Out]):
    """Who judges an item, and for how long it may matter to them.

    `alone` judges the item by itself, whatever else its key remembers.
    """

    together: Sequence[Judge[V, Out]]
    reach: timedelta
    alone: Callable[[Sequence[V]], Sequence[Out]] | None = None


class _Sent(NamedTuple, Generic[Out]):
    """`judged` is what the judge gave (None: it was withdrawn), `out` what was published."""

    judge: str
    judged: Out | None
    out: Out


@dataclass(slots=True)
class _Kept(Generic[K, V, Out]):
    """An item in memory: where, since which offset, for whom, and until what is closed.

    `sent` is what was published of it by itself.
    """

    key: K
    offset: int
    item: Item[V]
    until: datetime
    watch: Watch[V, Out]
    sent: dict[str, _Sent[Out]] | None = None


@dataclass(slots=True)
class _Memory(Generic[K, V, Out]):
    """The items of a key, and what was published of them together."""

    kept: dict[str, _Kept[K, V, Out]]
    sent: dict[str, _Sent[Out]]


class KeyedFold(Generic[K, V, Out]):
    """Remember items by key, and say after each one what the judgements of its key change.

    Judges get the live items of a key by `order` (without one, as they arrived). An item is
    remembered for its watch's reach and for as long again as something stays open (`open_for`:
    lateness and stall), since what is older than that is never judged anew: forgetting an item
    must not look like a change. Event time is the greatest moment seen that was already past when
    it was received: a clock that runs ahead moves nothing.
    """

    def __init__(
        self,
        causes: Callable[[Out], Sequence[str]],
        open_for: timedelta,
        order: Callable[[V], Any] | None = None,
    ) -> None:
        self._causes = causes
        self._open_for = open_for
        self._order = order
        self._memories: dict[K, _Memory[K, V, Out]] = {}
        # What is kept equally long is forgotten in order of arrival.
        self._queues: dict[timedelta, deque[_Kept[K, V, Out]]] = defaultdict(deque)
        self._event_time = OLDEST + open_for
        self._open_from = OLDEST
        self._next_forgotten = FAR

    def take(self, key: K, item: Item[V], offset: int, watch: Watch[V, Out]) -> list[Change[Out]]:
        """Take in an item that stands at `offset`; a repeated or older revision changes nothing."""
        earlier, later = item.at, item.received_at
        if later < earlier:
            earlier, later = later, earlier
        if earlier > self._event_time:
            self._advance(earlier)
        memory = self._memories.get(key)
        if memory is None:
            memory = self._memories[key] = _Memory({}, {})
        until = later + watch.reach
        kept = memory.kept.get(item.id)
        if kept is None:
            kept = memory.kept[item.id] = _Kept(key, offset, item, until, watch)
            self._queues[watch.reach].append(kept)
            self._next_forgotten = min(self._next_forgotten, until)
        elif item.supersedes(kept.item):
            kept.item, kept.until = item, max(until, kept.until)
        else:
            return []
        changes = (
            [] if watch.alone is None else self._changes_alone(memory, kept, watch.alone, item)
        )
        if watch.together:
            changes += self._changes_together(memory, watch.together, item)
        return changes

    def rejudge(self) -> list[Change[Out]]:
        """Judge every item again, as after a change of a list, and say what that changes."""
        changes: list[Change[Out]] = []
        for memory in self._memories.values():
            together: dict[str, Judge[V, Out]] = {}
            for kept in memory.kept.values():
                together |= {judge.id: judge for judge in kept.watch.together}
                if kept.watch.alone is not None:
                    changes += self._changes_alone(memory, kept, kept.watch.alone, taken=None)
            changes += self._changes_together(memory, [*together.values()], taken=None)
        return sorted(changes, key=lambda change: _WHEN(change.after))

    def needed_from(self) -> int | None:
        """Tell the lowest offset from which folding again rebuilds this state."""
        return min((queue[0].offset for queue in self._queues.values() if queue), default=None)

    @property
    def remembered(self) -> int:
        """How many items are in memory."""
        return sum(map(len, self._queues.values()))

    def _changes_alone(
        self,
        memory: _Memory[K, V, Out],
        kept: _Kept[K, V, Out],
        judge: Callable[[Sequence[V]], Sequence[Out]],
        taken: Item[V] | None,
    ) -> list[Change[Out]]:
        """Say what judging an item by itself changes; `taken` is the item just taken in, if any."""
        judged = () if kept.item.withdrawn else judge((kept.item.value,))
        if kept.sent is None:
            if not judged:
                return []
            kept.sent = {}
        return self._differences(memory, kept.sent, ALONE, judged, taken)

    def _changes_together(
        self,
        memory: _Memory[K, V, Out],
        judges: Sequence[Judge[V, Out]],
        taken: Item[V] | None,
    ) -> list[Change[Out]]:
        """Say what judging the items of a key together changes."""
        open_from = self._open_from
        live = [
            item.value
            for kept in memory.kept.values()
            if kept.until >= open_from and not (item := kept.item).withdrawn
        ]
        if len(live) > 1 and self._order is not None:
            live.sort(key=self._order)
        changes: list[Change[Out]] = []
        for judge in judges:
            judged = judge.of(live) if len(live) >= judge.least else ()
            if judged or memory.sent:
                changes += self._differences(memory, memory.sent, judge.id, judged, taken)
        return changes

    def _differences(
        self,
        memory: _Memory[K, V, Out],
        sent: dict[str, _Sent[Out]],
        judge: str,
        judged: Sequence[Out],
        taken: Item[V] | None,
    ) -> list[Change[Out]]:
        """Compare what a judge gives with what was published of it, and publish that."""
        outs = {out.id: out for out in judged}
        changes: list[Change[Out]] = []
        if sent:
            vanished = [
                one.out
                for id_, one in sent.items()
                if one.judge == judge
                and id_ not in outs
                and one.judged
                and self._may_go(memory, one.out, taken)
            ]
            changes += [_withdraw(sent, judge, out) for out in sorted(vanished, key=_WHEN)]
        for id_, out in outs.items():
            known = sent.get(id_)
            if (known is None or known.judged != out) and self._is_open(out, taken):
                changes.append(_publish(sent, judge, out, known))
        return changes

    def _is_open(self, out: Out, taken: Item[V] | None) -> bool:
        """Close what is older than every allowed delay, unless it rests on the item just taken."""
        if out.at >= self._open_from:
            return True
        return taken is not None and taken.id in self._causes(out)

    def _may_go(self, memory: _Memory[K, V, Out], out: Out, taken: Item[V] | None) -> bool:
        """Say whether something may be withdrawn: never because one of its causes is forgotten.

        One that is remembered past its time, or came again after it, counts as forgotten.
        """
        return self._is_open(out, taken) and all(
            (kept := memory.kept.get(cause)) is not None and kept.until >= self._open_from
            for cause in self._causes(out)
        )

    def _advance(self, moment: datetime) -> None:
        """Move event time on, and forget what lies too far behind it."""
        self._event_time = moment
        self._open_from = open_from = moment - self._open_for
        if self._next_forgotten >= open_from:
            return
        for queue in self._queues.values():
            while queue and queue[0].until < open_from:
                self._forget(queue.popleft())
        heads = (queue[0].until for queue in self._queues.values() if queue)
        self._next_forgotten = min(heads, default=FAR)

    def _forget(self, kept: _Kept[K, V, Out]) -> None:
        memory = self._memories[kept.key]
        del memory.kept[kept.item.id]
        if not memory.kept:
            del self._memories[kept.key]
            return
        memory.sent = {
            id_: one
            for id_, one in memory.sent.items()
            if any(cause in memory.kept for cause in self._causes(one.out))
        }


def _publish(
    sent: dict[str, _Sent[Out]], judge: str, out: Out, known: _Sent[Out] | None
) -> Change[Out]:
    """Publish under its computed revision, or the next one where that would not be newer."""
    newer = out
    if known is not None and out.revision <= known.out.revision:
        newer = out.model_copy(update={"revision": known.out.revision + 1})
    sent[out.id] = _Sent(judge, out, newer)
    return Change(known.out if known else None, newer)


def _withdraw(sent: dict[str, _Sent[Out]], judge: str, out: Out) -> Change[Out]:
    gone = out.model_copy(update={"revision": out.revision + 1, "withdrawn": True})
    sent[gone.id] = _Sent(judge, None, gone)
    return Change(out, gone)
