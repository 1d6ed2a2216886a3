"""Hotlists: one hit for each passage of a listed plate and each entry that it matches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from anpr.events import Action, Hit, Match, Passage, RuleRef
from anpr.ids import event_id
from anpr.lists import Found, Lists, PlateList
from anpr.plates import fold
from anpr.sites import ListSettings
from rules.likelihood import likelihood, may_be
from rules.rule import revision_of
from rules.version import rule_ref

PLAIN = ListSettings()
"""What holds for a list that the site says nothing of."""


@dataclass(frozen=True)
class HotlistRule:
    """Match passages with every list, except those that say who may pass (`permit_lists`)."""

    permit_lists: frozenset[str]
    lists: Mapping[str, ListSettings] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The rule's id."""
        return "hotlist"

    @property
    def reach(self) -> timedelta:
        """A passage is judged alone."""
        return timedelta()

    @property
    def cameras(self) -> None:
        """Every camera."""
        return

    @cached_property
    def ref(self) -> RuleRef:
        """The rule with its version; who may see a list changes no hit."""
        judged = {
            name: [settings.stale_after_h, settings.probable_min]
            for name, settings in self.lists.items()
        }
        return rule_ref(self.id, {"permit_lists": self.permit_lists, "lists": judged})

    def judge(self, passages: Sequence[Passage], lists: Lists) -> list[Hit]:
        """Give the hits, by what each list held at the passage's time."""
        hits: list[Hit] = []
        for passage in passages:
            if (plate := passage.plate) is None:
                continue
            key, others = fold(plate), passage.alternatives
            for name in lists.names():
                if name not in self.permit_lists and lists.may_match(name, key, plate, others):
                    hits += self._hits(passage, plate, key, lists.at(name, passage.at))
        return hits

    def _hits(self, passage: Passage, plate: str, key: str, held: PlateList) -> list[Hit]:
        settings = self.lists.get(held.name, PLAIN)
        least = settings.probable_min
        others = may_be(passage, plate, least, held.index.near_misses(key))
        hits = []
        for found in held.find(plate, passage.country, passage.at, others):
            likely = likelihood(passage, plate, found)
            if found.match is not Match.PROBABLE or likely >= least:
                hits.append(self._hit(passage, plate, held, found, likely))
        return hits

    def _hit(
        self, passage: Passage, plate: str, held: PlateList, found: Found, likely: float
    ) -> Hit:
        entry = found.entry
        is_stale = _is_stale(self.lists.get(held.name, PLAIN), held, passage)
        asks_to_stop = entry.action is Action.STOP
        return Hit(
            id=event_id("hit", self.id, [held.name, entry.id], [passage.id]),
            revision=revision_of([passage], held.version),
            late=passage.late,
            at=passage.at,
            rule=self.ref,
            passages=(passage.id,),
            list=held.name,
            list_version=held.version,
            entry=entry.id,
            entry_plate=entry.plate_pattern,
            plate=plate,
            camera=passage.camera,
            match=found.match,
            likelihood=round(likely, 4),
            priority=entry.priority,
            reason_code=entry.reason_code,
            action=Action.OBSERVE if is_stale and asks_to_stop else entry.action,
            stale=is_stale,
            list_updated_at=held.holds_from,
            direction=passage.direction,
        )


def _is_stale(settings: ListSettings, held: PlateList, passage: Passage) -> bool:
    """Say whether the list was older at the passage than its zone trusts it to be."""
    if settings.stale_after_h is None or held.holds_from is None:
        return False
    return passage.at - held.holds_from > timedelta(hours=settings.stale_after_h)
