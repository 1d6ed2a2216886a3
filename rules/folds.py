"""The two folds of the line: reads into passages, and passages into events."""

from collections.abc import Hashable, Iterable, Sequence
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

    def _judge(self, key: tuple[str, Hashable], reads: Sequence[PlateRead]) -> Iterable[Passage]:
        camera = self._site.camera(key[0])
        return passages(camera, reads) if camera and reads else ()


class RuleFold:
    """Passages into events: the state is the remembered passages of each plate fold."""

    def __init__(self, site: Site, rules: Sequence[Rule], lists: Lists) -> None:
        self.lists = lists
        self._everywhere = tuple(rule for rule in rules if rule.cameras is None)
        self._by_camera: dict[str, tuple[Rule, ...]] = {
            camera.id: tuple(rule for rule in rules if rule.cameras and camera.id in rule.cameras)
            for camera in site.cameras
        }
        reach = max((rule.reach for rule in self._everywhere), default=timedelta())
        self._reach = {
            camera: max((rule.reach for rule in concerned), default=reach)
            for camera, concerned in self._by_camera.items()
        }
        self._fold: KeyedFold[str, Passage, RuleEvent] = KeyedFold(
            judge=self._judge,
            causes=lambda event: event.passages,
            keep=lambda passage: max(reach, self._reach.get(passage.camera, reach)),
            open_for=_open_for(site),
        )

    def take(self, passage: Passage, offset: int) -> list[Change[RuleEvent]]:
        """Take in a passage; an unread one matches no rule."""
        if passage.plate is None:
            return []
        item = Item(
            passage.id, passage.at, passage.received_at, passage, passage.revision,
            passage.withdrawn,
        )  # fmt: skip
        return self._fold.take(fold(passage.plate), item, offset)

    def rejudge(self) -> list[Change[RuleEvent]]:
        """Judge what is remembered again, after the lists have changed."""
        return self._fold.rejudge()

    def needed_from(self) -> int | None:
        """Tell the lowest offset that the state still needs."""
        return self._fold.needed_from()

    def _judge(self, key: str, live: Sequence[Passage]) -> Iterable[RuleEvent]:
        # The camera before the id, which follows from the order of arrival: that must not count.
        ordered = sorted(live, key=lambda passage: (passage.at, passage.camera, passage.id))
        concerned = {
            rule.id: rule for passage in live for rule in self._by_camera.get(passage.camera, ())
        }
        for rule in (*self._everywhere, *concerned.values()):
            yield from rule.judge(ordered, self.lists)


def _open_for(site: Site) -> timedelta:
    return timedelta(seconds=site.site.lateness_s + site.site.stall_s)
