"""Permit zones: who may pass a gate. The software only asks; a bollard's own loops raise it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from anpr.errors import RegistryError
from anpr.events import Access, Decision, Passage, RuleRef
from anpr.ids import event_id
from anpr.lists import Lists
from anpr.ports import Registry
from anpr.sites import SiteSettings, Zone
from rules.admission import Admission, AdmissionReason
from rules.confusion import look_alikes
from rules.hours import Calendar, holds
from rules.permits import PermitReason, permit_for
from rules.rule import revision_of
from rules.version import rule_ref


class ZoneReason(StrEnum):
    """Why a zone decides as it does, beside what permits and admission tables say."""

    NO_PERMIT = "no_permit"
    OUTSIDE_HOURS = "outside_hours"
    ALWAYS = "always"
    LOOK_ALIKE_ALWAYS = "look_alike_always"


class _Judged(NamedTuple):
    decision: Decision
    reason: str
    versions: int
    permit: str | None = None


@dataclass(frozen=True)
class ZoneRule:
    """One `access` for each passage of a gate.

    In this order: whoever may always pass (emergency services) is allowed, outside the zone's hours
    everybody, then whoever has a permit, then whoever the admission table admits by what the
    registry knows. Else the zone does what its `action` says. A likeness counts for the driver
    only; what cannot be known is decided as `fail` says.
    """

    zone: Zone
    settings: SiteSettings
    calendar: Calendar | None = None
    admission: Admission | None = None
    registry: Registry | None = None

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
        outward = {"actuator", "secret", "registry"}
        return rule_ref(
            self.id,
            {
                "zone": self.zone.model_dump(mode="json", exclude=outward),
                "timezone": self.settings.timezone,
                "holidays": self.calendar,
                "admission": self.admission,
            },
        )

    def judge(self, passages: Sequence[Passage], lists: Lists) -> list[Access]:
        """Give the access decision of each passage at a gate."""
        return [
            self._access(passage, passage.plate, lists)
            for passage in passages
            if passage.camera in self.cameras and passage.plate is not None
        ]

    def _access(self, passage: Passage, plate: str, lists: Lists) -> Access:
        judged = self._judged(passage, plate, lists)
        return Access(
            id=event_id("access", self.id, [self.zone.id, passage.camera], [passage.id]),
            revision=revision_of([passage], judged.versions),
            late=passage.late,
            at=passage.at,
            rule=self.ref,
            passages=(passage.id,),
            zone=self.zone.id,
            gate=passage.camera,
            plate=plate,
            decision=judged.decision,
            reason=judged.reason,
            permit=judged.permit,
        )

    def _judged(self, passage: Passage, plate: str, lists: Lists) -> _Judged:
        always, always_versions = permit_for(passage, self.zone.always, lists)
        permit, permit_versions = permit_for(passage, self.zone.permits, lists)
        versions = always_versions + permit_versions
        if always:
            is_own = always.reason is PermitReason.PERMIT
            reason = ZoneReason.ALWAYS if is_own else ZoneReason.LOOK_ALIKE_ALWAYS
            return _Judged(Decision.ALLOW, reason, versions, always.entry.id)
        local = passage.at.astimezone(self.settings.zone)
        if holds(self.zone, self.calendar, local) is not True:
            return _Judged(Decision.ALLOW, ZoneReason.OUTSIDE_HOURS, versions)
        if permit:
            return _Judged(Decision.ALLOW, permit.reason, versions, permit.entry.id)
        if self.admission is None:
            return _Judged(self._without, ZoneReason.NO_PERMIT, versions)
        admitted = self._admitted(passage, plate, self.admission)
        return _Judged(self._decision(admitted), admitted, versions)

    @property
    def _without(self) -> Decision:
        return Decision.DENY if self.zone.action == "open" else Decision.FLAG

    def _decision(self, admitted: AdmissionReason) -> Decision:
        if admitted in {AdmissionReason.ADMITTED, AdmissionReason.LOOK_ALIKE_ADMITTED}:
            return Decision.ALLOW
        if admitted is AdmissionReason.REGISTRY_UNAVAILABLE and self.zone.fail == "open":
            return Decision.ALLOW
        return self._without

    def _admitted(self, passage: Passage, plate: str, admission: Admission) -> AdmissionReason:
        """Ask the registry what the vehicle is, and the table whether that may enter."""
        own = self._by_registry(plate, passage, admission)
        if own in {AdmissionReason.ADMITTED, AdmissionReason.REGISTRY_UNAVAILABLE}:
            return own
        for other in look_alikes(plate):
            if self._by_registry(other, passage, admission) is AdmissionReason.ADMITTED:
                return AdmissionReason.LOOK_ALIKE_ADMITTED
        return own

    def _by_registry(self, plate: str, passage: Passage, admission: Admission) -> AdmissionReason:
        if self.registry is None:
            return AdmissionReason.REGISTRY_UNAVAILABLE
        try:
            vehicle = self.registry.vehicle(plate, passage.country, passage.at)
        except RegistryError:
            return AdmissionReason.REGISTRY_UNAVAILABLE
        if vehicle is None:
            return AdmissionReason.UNREGISTERED
        return admission.judge(vehicle, passage.at.astimezone(self.settings.zone).date())
