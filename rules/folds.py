"""The two folds of the line: reads into passages, and passages into events."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from anpr.errors import UnreadableMessageError
from anpr.events import Passage, PlateRead, RuleEvent
from anpr.lists import Lists
from anpr.plates import fold
from anpr.sites import Site
from rules.engine import Change, Item, KeyedFold
from rules.passage import MAX_SPAN, group_of, passages
from rules.rule import Rule


def passage_key(passage: Passage) -> str:
    """Key a passage on the log: by plate fold, an unread one by its own id."""
    return passage.id if passage.plate is None else fold(passage.plate)


def published(change: Change[Passage]) -> list[Passage]:
    """Say what a changed passage publishes: itself, and where it left a key a withdrawn copy first.

    A passage leaves its key when its plate fold changes. The copy has the revision of the live
    one on the new key: whoever sees both keeps the live one.
    """
    before, after = change.before, change.after
    gone = before is None or before.withdrawn or after.withdrawn
    if before is None or gone or passage_key(before) == passage_key(after):
        return [after]
    return [before.model_copy(update={"withdrawn": True, "revision": after.revision}), after]


class PassageFold:
    """Reads into passages: the state is the remembered reads of each group."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._fold: KeyedFold[tuple[str, Hashable], PlateRead, Passage] = KeyedFold(
            judge=self._judge,
            causes=lambda passage: passage.reads,
            keep=lambda _: MAX_SPAN,
            open_for=_open_for(site),
        )

    def take(self, read: PlateRead, offset: int) -> list[Change[Passage]]:
        """Take in a read whose `received_at` is set. Raises UnreadableMessageError."""
        if self._site.camera(read.camera) is None:
            msg = f"the site has no camera {read.camera!r}; add it to the site file"
            raise UnreadableMessageError(msg)
        if read.received_at is None:
            msg = "the read has no received_at; send reads through the ingest routes"
            raise UnreadableMessageError(msg)
        item = Item(read.id, read.captured_at, read.received_at, read)
        return self._fold.take((read.camera, group_of(read)), item, offset)

    def needed_from(self) -> int | None:
        """Tell the lowest offset that the state still needs."""
        return self._fold.needed_from()

    @property
    def remembered(self) -> int:
        """How many reads are in memory."""
        return self._fold.remembered

    def _judge(self, key: tuple[str, Hashable], reads: Sequence[PlateRead]) -> Iterable[Passage]:
        camera = self._site.camera(key[0])
        return passages(camera, reads) if camera and reads else ()


@dataclass(frozen=True, slots=True, eq=False)
class _Panel:
    """Rules that judge together what they remember equally long.

    A rule with a reach is alone, and judges the passages of a plate fold against each other.
    Rules without one judge each passage by itself, whatever else its plate did.
    """

    rules: tuple[Rule, ...]
    reach: timedelta

    def key(self, passage: Passage, plate_fold: str) -> "_Key":
        """Say under what these rules remember a passage."""
        return self, plate_fold, "" if self.reach else passage.id


_Key = tuple[_Panel, str, str]


class RuleFold:
    """Passages into events: the state is the remembered passages of each plate fold.

    Only the rules that watch a passage's camera remember and judge it, each as long as it must.
    """

    def __init__(self, site: Site, rules: Sequence[Rule], lists: Lists) -> None:
        self.lists = lists
        pairing = [_Panel((rule,), rule.reach) for rule in rules if rule.reach]
        self._panels = {camera.id: _panels_at(camera.id, rules, pairing) for camera in site.cameras}
        self._elsewhere = _panels_at(None, rules, pairing)
        self._fold: KeyedFold[_Key, Passage, RuleEvent] = KeyedFold(
            judge=self._judge,
            causes=lambda event: event.passages,
            keep=lambda key: key[0].reach,
            open_for=_open_for(site),
        )

    def take(self, passage: Passage, offset: int) -> list[Change[RuleEvent]]:
        """Take in a passage; an unread one matches no rule."""
        if passage.plate is None:
            return []
        plate_fold = fold(passage.plate)
        item = Item(
            passage.id, passage.at, passage.received_at, passage, passage.revision,
            passage.withdrawn,
        )  # fmt: skip
        changes: list[Change[RuleEvent]] = []
        for panel in self._panels.get(passage.camera, self._elsewhere):
            changes += self._fold.take(panel.key(passage, plate_fold), item, offset)
        return changes

    def rejudge(self) -> list[Change[RuleEvent]]:
        """Judge what is remembered again, after the lists have changed."""
        return self._fold.rejudge()

    def needed_from(self) -> int | None:
        """Tell the lowest offset that the state still needs."""
        return self._fold.needed_from()

    @property
    def remembered(self) -> int:
        """How many passages are in memory, counted once for each rule that pairs them."""
        return self._fold.remembered

    def _judge(self, key: _Key, live: Sequence[Passage]) -> Iterable[RuleEvent]:
        panel = key[0]
        if len(live) == 1 and panel.reach:
            return ()
        if len(live) > 1:
            # The camera before the id, which follows from the order of arrival: that must not
            # count.
            live = sorted(live, key=lambda passage: (passage.at, passage.camera, passage.id))
        return [event for rule in panel.rules for event in rule.judge(live, self.lists)]


def _panels_at(
    camera: str | None, rules: Sequence[Rule], pairing: Sequence[_Panel]
) -> tuple[_Panel, ...]:
    """Say who judges a camera's passages; None is a camera that the site no longer has."""

    def concerns(rule: Rule) -> bool:
        return rule.cameras is None or camera in rule.cameras

    single = tuple(rule for rule in rules if not rule.reach and concerns(rule))
    alone = (_Panel(single, timedelta()),) if single else ()
    return *alone, *(panel for panel in pairing if concerns(panel.rules[0]))


def _open_for(site: Site) -> timedelta:
    return timedelta(seconds=site.site.lateness_s + site.site.stall_s)
