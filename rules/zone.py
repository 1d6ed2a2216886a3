"""Permit zones: who may pass a gate. The software only asks; a bollard's own loops raise it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from anpr.events import Access, Decision, Passage, RuleRef
from anpr.ids import event_id
from anpr.lists import Lists
from anpr.sites import Zone
from rules.permits import permit_for
from rules.rule import revision_of
from rules.version import rule_ref

NO_PERMIT = "no_permit"


@dataclass(frozen=True)
class ZoneRule:
    """One `access` for each passage of a gate: allow with a permit, else what the zone does."""

    zone: Zone

    @cached_property
    def id(self) -> str:
        """The rule's id."""
        return f"zone/{self.zone.id}"

    @property
    def reach(self) -> timedelta:
        """A passage is judged alone."""
        return timedelta()

    @cached_property
    def cameras(self) -> frozenset[str]:
        """The gates."""
        return frozenset(self.zone.gates)

    @cached_property
    def ref(self) -> RuleRef:
        """The rule with its version; where a bollard listens does not change a verdict."""
        outward = {"actuator", "secret", "fail"}
        return rule_ref(self.id, {"zone": self.zone.model_dump(mode="json", exclude=outward)})

    def judge(self, passages: Sequence[Passage], lists: Lists) -> list[Access]:
        """Give the access decision of each passage at a gate."""
        return [
            self._access(passage, passage.plate, lists)
            for passage in passages
            if passage.camera in self.cameras and passage.plate is not None
        ]

    def _access(self, passage: Passage, plate: str, lists: Lists) -> Access:
        permit, versions = permit_for(passage, self.zone.permits, lists)
        without = Decision.DENY if self.zone.action == "open" else Decision.FLAG
        return Access(
            id=event_id("access", self.id, [self.zone.id, passage.camera], [passage.id]),
            revision=revision_of([passage], versions),
            late=passage.late,
            at=passage.at,
            rule=self.ref,
            passages=(passage.id,),
            zone=self.zone.id,
            gate=passage.camera,
            plate=plate,
            decision=Decision.ALLOW if permit else without,
            reason=permit.reason if permit else NO_PERMIT,
            permit=permit.entry.id if permit else None,
        )
