"""Permit zones: who may pass a gate. The software only asks; a bollard's own loops raise it."""

from collections.abc import Mapping, Sequence
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
from rules.permits import PERMITS_UNKNOWN, PermitReason, permit_for
from rules.rule import revision_of
from rules.version import rule_ref


class ZoneReason(StrEnum):
    """Why a zone decides as it does, beside what permits and admission tables say."""

    NO_PERMIT = "no_permit"
    OUTSIDE_HOURS = "outside_hours"
    ALWAYS = "always"
    LOOK_ALIKE_ALWAYS = "look_alike_always"


ADMITTED = frozenset({AdmissionReason.ADMITTED, AdmissionReason.LOOK_ALIKE_ADMITTED})
UNKNOWN = frozenset({AdmissionReason.REGISTRY_UNAVAILABLE, PERMITS_UNKNOWN})
"""Reasons that admit, and those for which `fail` decides."""


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
    only; what cannot be known, as while a list was never loaded, is decided as `fail` says.
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
        """The rule with its version."""
        return rule_ref(self.id, self.configuration)

    @property
    def configuration(self) -> Mapping[str, object]:
        """What decides; where a bollard listens does not change a verdict."""
        outward = {"actuator", "secret", "registry", "location"}
        return {
            "zone": self.zone.model_dump(mode="json", exclude=outward),
            "timezone": self.settings.timezone,
            "holidays": self.calendar,
            "admission": self.admission,
        }

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
        known = self._known_without_permit(passage, plate, lists)
        return _Judged(self._decision(known), known, versions)

    def _known_without_permit(self, passage: Passage, plate: str, lists: Lists) -> str:
        """Say what is known of a vehicle of which no permit is."""
        known: str = ZoneReason.NO_PERMIT
        if self.admission is not None:
            known = self._admitted(passage, plate, self.admission)
        is_certain = known in ADMITTED or all(map(lists.is_loaded, self._lists))
        return known if is_certain else PERMITS_UNKNOWN

    @cached_property
    def _lists(self) -> tuple[str, ...]:
        return (*self.zone.always, *self.zone.permits)

    def _decision(self, reason: str) -> Decision:
        if reason in ADMITTED or (reason in UNKNOWN and self.zone.fail == "open"):
            return Decision.ALLOW
        return Decision.DENY if self.zone.action == "open" else Decision.FLAG

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
