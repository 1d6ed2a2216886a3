"""Hotlists: one hit for each passage of a listed plate and each entry that it matches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from math import prod

from anpr.events import Hit, Match, Passage, RuleRef
from anpr.ids import event_id
from anpr.lists import Found, Lists, PlateList
from rules.rule import revision_of
from rules.version import rule_ref

UNKNOWN_CONFIDENCE = 0.5
"""What stands in for a confidence that a camera does not give: it says nothing either way."""


@dataclass(frozen=True)
class HotlistRule:
    """Match passages with every list, except those that say who may pass (`permit_lists`)."""

    permit_lists: frozenset[str]

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
        """The rule with its version."""
        return rule_ref(self.id, {"permit_lists": self.permit_lists})

    def judge(self, passages: Sequence[Passage], lists: Lists) -> list[Hit]:
        """Give the hits, by what each list held at the passage's time."""
        names = [name for name in lists.names() if name not in self.permit_lists]
        return [
            self._hit(passage, passage.plate, held, found)
            for name in names
            for passage in passages
            if passage.plate is not None
            for held in (lists.at(name, passage.at),)
            for found in held.find(passage.plate, passage.country, passage.at)
        ]

    def _hit(self, passage: Passage, plate: str, held: PlateList, found: Found) -> Hit:
        entry = found.entry
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
            likelihood=round(likelihood(passage, plate, found), 4),
            priority=entry.priority,
            reason_code=entry.reason_code,
            action=entry.action,
        )


def likelihood(passage: Passage, plate: str, found: Found) -> float:
    """Estimate how likely the vehicle's plate is one that the entry means (0 to 1).

    Exact and wildcard: the read's confidence. Otherwise what the camera itself gave the entry's
    plate among its alternatives, or else the confidence times, for each differing character
    that was read with certainty c, (1 - c) / c: the read's share of that character replaced by
    what it leaves to all others. Without certainties per character each takes an equal share.
    """
    confidence = UNKNOWN_CONFIDENCE if passage.confidence is None else passage.confidence
    meant = found.entry.plate_pattern
    if found.match in {Match.EXACT, Match.WILDCARD} or meant == plate:
        return confidence
    given = [one.confidence for one in passage.alternatives if one.plate == meant]
    if given:
        return max(given)
    if len(meant) != len(plate):
        return 0.0
    certainties = passage.characters
    if len(certainties) != len(plate):
        certainties = (confidence ** (1 / len(plate)),) * len(plate)
    differing = (
        certainty
        for read, listed, certainty in zip(plate, meant, certainties, strict=True)
        if read != listed
    )
    return confidence * prod(_left_to_others(certainty) for certainty in differing)


def _left_to_others(certainty: float) -> float:
    return min(1.0, (1 - certainty) / certainty) if certainty > 0 else 1.0
