"""The two folds of the line: reads into passages, and passages into events."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from operator import attrgetter

from anpr.errors import UnreadableMessageError
from anpr.events import Passage, PlateRead, RuleEvent
from anpr.lists import Lists
from anpr.plates import fold
from anpr.sites import Site
from rules.engine import Change, Item, Judge, KeyedFold, Watch
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
        self._fold: KeyedFold[Group, PlateRead, Passage] = KeyedFold(
            causes=attrgetter("reads"), open_for=_open_for(site)
        )
        self._watches = {
            camera.id: Watch([Judge(camera.id, partial(passages, camera))], MAX_SPAN)
            for camera in site.cameras
        }

    def take(self, read: PlateRead, offset: int) -> list[Change[Passage]]:
        """Take in a read whose `received_at` is set. Raises UnreadableMessageError."""
        watch = self._watches.get(read.camera)
        if watch is None:
            msg = f"the site has no camera {read.camera!r}; add it to the site file"
            raise UnreadableMessageError(msg)
        if read.received_at is None:
            msg = "the read has no received_at; send reads through the ingest routes"
            raise UnreadableMessageError(msg)
        item = Item(read.id, read.captured_at, read.received_at, read.compact())
        return self._fold.take(group_of(read), item, offset, watch)

    def needed_from(self) -> int | None:
        """Tell the lowest offset that the state still needs."""
        return self._fold.needed_from()

    @property
    def remembered(self) -> int:
        """How many reads are in memory."""
        return self._fold.remembered


class RuleFold:
    """Passages into events: the state is the remembered passages of each plate fold.

    Only the rules that watch a passage's camera judge it, and it is remembered for the longest of
    their reaches. Rules without a reach judge each passage by itself.
    """

    def __init__(self, site: Site, rules: Sequence[Rule], lists: Lists) -> None:
        self.lists = lists
        self._fold: KeyedFold[str, Passage, RuleEvent] = KeyedFold(
            causes=attrgetter("passages"),
            open_for=_open_for(site),
            # The camera before the id, which follows from the order of arrival: that must not
            # count.
            order=attrgetter("at", "camera", "id"),
        )
        self._watches = {camera.id: self._watch(rules, camera.id) for camera in site.cameras}
        # At a camera that the site no longer has, the rules for every camera still judge.
        self._elsewhere = self._watch(rules, None)

    def take(self, passage: Passage, offset: int) -> list[Change[RuleEvent]]:
        """Take in a passage; an unread one matches no rule."""
        if passage.plate is None:
            return []
        item = Item(
            passage.id, passage.at, passage.received_at, passage.compact(), passage.revision,
            passage.withdrawn,
        )  # fmt: skip
        watch = self._watches.get(passage.camera, self._elsewhere)
        return self._fold.take(fold(passage.plate), item, offset, watch)

    def rejudge(self) -> list[Change[RuleEvent]]:
        """Judge what is remembered again, after the lists have changed."""
        return self._fold.rejudge()

    def needed_from(self) -> int | None:
        """Tell the lowest offset that the state still needs."""
        return self._fold.needed_from()

    @property
    def remembered(self) -> int:
        """How many passages are in memory."""
        return self._fold.remembered

    def _watch(self, rules: Sequence[Rule], camera: str | None) -> Watch[Passage, RuleEvent]:
        """Say who judges the passages of a camera."""
        concerned = [rule for rule in rules if rule.cameras is None or camera in rule.cameras]
        alone = [rule for rule in concerned if not rule.reach]
        pairing = [rule for rule in concerned if rule.reach]
        return Watch(
            [Judge(rule.id, partial(self._judge, rule), least=2) for rule in pairing],
            max((rule.reach for rule in pairing), default=timedelta()),
            partial(self._judge_alone, alone) if alone else None,
        )

    def _judge(self, rule: Rule, live: Sequence[Passage]) -> Sequence[RuleEvent]:
        return rule.judge(live, self.lists)

    def _judge_alone(self, rules: Sequence[Rule], live: Sequence[Passage]) -> Sequence[RuleEvent]:
        return [event for rule in rules for event in rule.judge(live, self.lists)]


def _open_for(site: Site) -> timedelta:
    return timedelta(seconds=site.site.lateness_s + site.site.stall_s)
