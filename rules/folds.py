"""The two folds of the line: reads into passages, and passages into events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from operator import attrgetter
from typing import Any

from anpr.errors import UnreadableMessageError
from anpr.events import Passage, PlateRead, RuleEvent
from anpr.lists import Lists
from anpr.plates import fold
from anpr.sites import Site
from rules.engine import Change, EventTime, Item, KeyedFold
from rules.passage import MAX_SPAN, Group, group_of, passages
from rules.rule import Rule


def passage_key(passage: Passage) -> str:
    """Key a passage on the log: by plate fold, an unread one by its own id."""
    return passage.id if passage.plate is None else fold(passage.plate)


def published(change: Change[Passage]) -> Sequence[Passage]:
    """Say what a changed passage publishes: itself, and where it left a key a withdrawn copy first.

    A passage leaves its key when its plate fold changes. The copy has the revision of the live
    one on the new key: whoever sees both keeps the live one.
    """
    before, after = change
    if before is None or before.withdrawn or after.withdrawn or before.plate == after.plate:
        return (after,)
    if passage_key(before) == passage_key(after):
        return (after,)
    return before.model_copy(update={"withdrawn": True, "revision": after.revision}), after


class PassageFold:
    """Reads into passages: the state is the remembered reads of each group."""

    def __init__(self, site: Site) -> None:
        self._cameras = {camera.id: camera for camera in site.cameras}
        self._fold: KeyedFold[Group, PlateRead, Passage] = KeyedFold(
            judge=self._judge, causes=attrgetter("reads"), keep=MAX_SPAN, time=_event_time(site)
        )

    def take(self, read: PlateRead, offset: int) -> list[Change[Passage]]:
        """Take in a read whose `received_at` is set. Raises UnreadableMessageError."""
        if read.camera not in self._cameras:
            msg = f"the site has no camera {read.camera!r}; add it to the site file"
            raise UnreadableMessageError(msg)
        if read.received_at is None:
            msg = "the read has no received_at; send reads through the ingest routes"
            raise UnreadableMessageError(msg)
        item = Item(read.id, read.captured_at, read.received_at, read)
        return self._fold.take(group_of(read), item, offset)

    def needed_from(self) -> int | None:
        """Tell the lowest offset that the state still needs."""
        return self._fold.needed_from()

    @property
    def remembered(self) -> int:
        """How many reads are in memory."""
        return self._fold.remembered

    def _judge(self, reads: Sequence[PlateRead]) -> Sequence[Passage]:
        return passages(self._cameras[reads[0].camera], reads)


@dataclass(frozen=True, slots=True)
class _Watch:
    """Who judges the passages of a camera: rules that judge each by itself, and those that pair."""

    single: "KeyedFold[tuple[str, str], Passage, RuleEvent]"
    pairing: "Sequence[KeyedFold[str, Passage, RuleEvent]]"


class RuleFold:
    """Passages into events: the state is the remembered passages of each plate fold.

    Only the rules that watch a passage's camera judge and remember it, each in a fold of its own
    that forgets after the rule's own reach. Rules without a reach judge each passage by itself,
    whatever else its plate did.
    """

    def __init__(self, site: Site, rules: Sequence[Rule], lists: Lists) -> None:
        self.lists = lists
        self._time = _event_time(site)
        self._pairing = {rule.id: self._fold((rule,), rule.reach) for rule in rules if rule.reach}
        self._single: dict[tuple[str, ...], KeyedFold[tuple[str, str], Passage, RuleEvent]] = {}
        self._watches = {camera.id: self._watch(rules, camera.id) for camera in site.cameras}
        # At a camera that the site no longer has, the rules for every camera still judge.
        self._elsewhere = self._watch(rules, None)

    def take(self, passage: Passage, offset: int) -> list[Change[RuleEvent]]:
        """Take in a passage; an unread one matches no rule."""
        if passage.plate is None:
            return []
        plate_fold = fold(passage.plate)
        item = Item(
            passage.id, passage.at, passage.received_at, passage, passage.revision,
            passage.withdrawn,
        )  # fmt: skip
        watch = self._watches.get(passage.camera, self._elsewhere)
        changes = watch.single.take((plate_fold, passage.id), item, offset)
        for pairing in watch.pairing:
            changes += pairing.take(plate_fold, item, offset)
        return changes

    def rejudge(self) -> list[Change[RuleEvent]]:
        """Judge what is remembered again, after the lists have changed."""
        changes = [change for one in self._folds for change in one.rejudge()]
        return sorted(changes, key=lambda change: (change.after.at, change.after.id))

    def needed_from(self) -> int | None:
        """Tell the lowest offset that the state still needs."""
        needed = (one.needed_from() for one in self._folds)
        return min((offset for offset in needed if offset is not None), default=None)

    @property
    def remembered(self) -> int:
        """How many passages are in memory, each counted once for every rule that needs it."""
        return sum(one.remembered for one in self._folds)

    @property
    def _folds(self) -> "Sequence[KeyedFold[Any, Passage, RuleEvent]]":
        return *self._single.values(), *self._pairing.values()

    def _watch(self, rules: Sequence[Rule], camera: str | None) -> _Watch:
        concerned = [rule for rule in rules if rule.cameras is None or camera in rule.cameras]
        single = tuple(rule for rule in concerned if not rule.reach)
        ids = tuple(rule.id for rule in single)
        if ids not in self._single:
            self._single[ids] = self._fold(single, timedelta())
        return _Watch(
            self._single[ids], [self._pairing[rule.id] for rule in concerned if rule.reach]
        )

    def _fold(
        self, rules: Sequence[Rule], reach: timedelta
    ) -> "KeyedFold[Any, Passage, RuleEvent]":
        return KeyedFold(
            judge=partial(self._judge, rules, 2 if reach else 1),
            causes=attrgetter("passages"),
            keep=reach,
            time=self._time,
        )

    def _judge(
        self, rules: Sequence[Rule], least: int, live: Sequence[Passage]
    ) -> Sequence[RuleEvent]:
        if len(live) < least:
            return ()
        if len(live) > 1:
            # The camera before the id, which follows from the order of arrival: that must not
            # count.
            live = sorted(live, key=attrgetter("at", "camera", "id"))
        return [event for rule in rules for event in rule.judge(live, self.lists)]


def _event_time(site: Site) -> EventTime:
    return EventTime(timedelta(seconds=site.site.lateness_s + site.site.stall_s))
