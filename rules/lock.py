"""Truck locks: who drove through without a stop, who had business inside, who is exempt."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property

from anpr.events import Direction, LockTransit, LockVerdict, Passage, RuleRef, TimeSource
from anpr.ids import event_id
from anpr.lists import Lists
from anpr.sites import Camera, Lock, SiteSettings
from rules.concern import is_concerned
from rules.contradictions import countries_differ
from rules.hours import Calendar, holds
from rules.pairs import Pair, pairs_of
from rules.permits import PERMITS_UNKNOWN, Permit, permit_for
from rules.rule import revision_of
from rules.sightings import by_plate, pairable, sightings
from rules.version import rule_ref


class LockReason(StrEnum):
    """Why a transit got its verdict; a permit gives its own reasons."""

    WITHIN_TIME = "within_time"
    STAYED = "stayed"
    U_TURN = "u_turn"
    SEEN_INSIDE = "seen_inside"
    LOOK_ALIKE_INSIDE = "look_alike_inside"
    RECEIPT_TIME = "receipt_time"
    CLOCK_OFF = "clock_off"
    AMBIGUOUS_EXIT = "ambiguous_exit"
    CONTRADICTING_COUNTRY = "contradicting_country"
    UNKNOWN_HOLIDAY = "unknown_holiday"
    CLASS_UNSURE = "class_unsure"


@dataclass(frozen=True)
class LockRule:
    """One lock of a site. `cameras_by_id` has its cameras, `calendar` the holidays it names."""

    lock: Lock
    settings: SiteSettings
    cameras_by_id: Mapping[str, Camera]
    calendar: Calendar | None = None

    @cached_property
    def id(self) -> str:
        """The rule's id."""
        return f"lock/{self.lock.id}"

    @cached_property
    def reach(self) -> timedelta:
        """The longest stay that is paired."""
        return timedelta(seconds=self.lock.max_stay_s)

    @cached_property
    def cameras(self) -> frozenset[str]:
        """The entries, the exits, and the cameras inside."""
        return frozenset({*self.lock.entries, *self.lock.exits, *self.lock.inside})

    @cached_property
    def ref(self) -> RuleRef:
        """The rule with its version."""
        return rule_ref(self.id, self.configuration)

    @property
    def configuration(self) -> Mapping[str, object]:
        """The lock, its cameras and its holidays; workload and place change no verdict."""
        cameras = [self.cameras_by_id[id_] for id_ in sorted(self.cameras)]
        told = {"review_max_per_day", "location"}
        return {
            "lock": self.lock.model_dump(mode="json", by_alias=True, exclude=told),
            "site": [self.settings.timezone, self.settings.lateness_s],
            "cameras": [
                [one.id, one.direction, one.merge_s, one.clock_error_ms] for one in cameras
            ],
            "holidays": self.calendar,
        }

    def judge(self, passages: Sequence[Passage], lists: Lists) -> list[LockTransit]:
        """Give every transit of a vehicle that the lock concerns."""
        seen = pairable(passages, self.cameras, self._lateness)
        if len(seen) < 2:  # noqa: PLR2004 - a transit has two ends
            return []
        inside = [passage for passage in seen if passage.camera in self.lock.inside]
        return [
            transit
            for plate, own in by_plate(seen).items()
            for pair in self._pairs(own)
            if (transit := self._transit(plate, pair, inside, lists))
        ]

    def _pairs(self, passages: Sequence[Passage]) -> list[Pair]:
        """Pair the sightings of one plate; at one camera passages close in time are one."""
        cameras = {passage.camera for passage in passages} - self._only_inside
        if cameras.isdisjoint(self.lock.entries) or cameras.isdisjoint(self.lock.exits):
            return []
        seen = [
            sighting
            for camera in sorted(cameras)
            for sighting in sightings(
                [passage for passage in passages if passage.camera == camera],
                timedelta(seconds=self.cameras_by_id[camera].merge_s),
            )
        ]
        seen.sort(key=lambda sighting: (sighting.at, sighting.best.id))
        exits = [one for one in seen if self._may_head(one.best, "out", self.lock.exits)]
        entries = [one for one in seen if self._may_head(one.best, "in", self.lock.entries)]
        return pairs_of(entries, exits, self.reach)

    def _transit(
        self, plate: str, pair: Pair, inside: Iterable[Passage], lists: Lists
    ) -> LockTransit | None:
        entry, leaving = pair.entry.best, pair.exit.best
        seen = [entry, leaving, *pair.entry.others, *pair.exit.others]
        concerned = is_concerned(self.lock, seen)
        if concerned is False:
            return None
        in_hours = holds(self.lock, self.calendar, entry.at.astimezone(self.settings.zone))
        if in_hours is False:
            return None
        permit, versions = permit_for(leaving, self._permits, lists)
        stop = _stop(pair, inside)
        verdict, reason = (
            self._clearance(pair, permit, stop)
            or self._doubt(pair, seen, in_hours=in_hours)
            or _case(concerned=concerned, knows_permits=all(map(lists.is_loaded, self._permits)))
        )
        other = pair.other_exit if reason == LockReason.AMBIGUOUS_EXIT else None
        causes = [*seen, *([stop] if stop else ()), *([other.best] if other else ())]
        return LockTransit.trusted(
            {
                "id": event_id("lock_transit", self.id, [self.lock.id], [entry.id, leaving.id]),
                "revision": revision_of(causes, versions),
                "withdrawn": False,
                "late": entry.late or leaving.late,
                "at": leaving.at,
                "rule": self.ref,
                "passages": tuple([cause.id for cause in causes]),
                "kind": "lock_transit",
                "lock": self.lock.id,
                "entry_camera": entry.camera,
                "exit_camera": leaving.camera,
                "plate": plate,
                "duration_s": pair.travel.total_seconds(),
                "verdict": verdict,
                "reason": str(reason),
                "within_s": self._within_s(pair),
                "permit": permit.entry.id if permit else None,
                "permit_list": permit.list if permit else None,
                "permit_version": permit.version if permit else 0,
            }
        )

    def _clearance(
        self, pair: Pair, permit: Permit | None, stop: Passage | None
    ) -> tuple[LockVerdict, str] | None:
        """Say what clears the driver, if anything does."""
        if permit:
            return LockVerdict.EXEMPT, permit.reason
        if stop:
            is_own = stop.plate == pair.exit.best.plate
            reason = LockReason.SEEN_INSIDE if is_own else LockReason.LOOK_ALIKE_INSIDE
            return LockVerdict.LOCAL, reason
        if pair.travel > timedelta(seconds=self._within_s(pair)):
            return LockVerdict.LOCAL, LockReason.STAYED
        if self.lock.u_turns_are_local and pair.entry.best.camera == pair.exit.best.camera:
            return LockVerdict.LOCAL, LockReason.U_TURN
        return None

    def _doubt(
        self, pair: Pair, seen: Sequence[Passage], *, in_hours: bool | None
    ) -> tuple[LockVerdict, str] | None:
        """Say what keeps a transit that nothing clears from being a case, if anything does."""
        ends = (pair.entry.best, pair.exit.best)
        reason: LockReason | None = None
        if any(one.time_source is TimeSource.RECEIPT for one in ends):
            reason = LockReason.RECEIPT_TIME
        elif self._is_time_in_doubt(pair):
            reason = LockReason.CLOCK_OFF
        elif pair.other_exit is not None and pair.other_exit.at < pair.exit.at:
            reason = LockReason.AMBIGUOUS_EXIT
        elif countries_differ(seen):
            reason = LockReason.CONTRADICTING_COUNTRY
        elif in_hours is None:
            reason = LockReason.UNKNOWN_HOLIDAY
        return None if reason is None else (LockVerdict.CANCELLED, reason)

    def _is_time_in_doubt(self, pair: Pair) -> bool:
        """Say whether what was reported of the clocks may hide a stay of the length of a stop."""
        errors_ms = sum(one.clock_error_ms or 0 for one in (pair.entry.best, pair.exit.best))
        longest = pair.travel + timedelta(milliseconds=errors_ms)
        return longest > timedelta(seconds=self._within_s(pair))

    def _within_s(self, pair: Pair) -> float:
        way = f"{pair.entry.best.camera}/{pair.exit.best.camera}"
        return self.lock.pairs.get(way, self.lock.through_within_s)

    def _may_head(self, passage: Passage, heading: str, cameras: Sequence[str]) -> bool:
        """Tell in from out where one camera is an entry and an exit, as far as it is known."""
        camera = self.cameras_by_id[passage.camera]
        if camera.id not in cameras:
            return False
        is_both = camera.id in self.lock.entries and camera.id in self.lock.exits
        if not is_both or camera.direction == "through":
            return True
        if passage.direction is Direction.UNKNOWN:
            return True
        is_as_marked = camera.direction == heading
        return is_as_marked is (passage.direction is Direction.APPROACHING)

    @cached_property
    def _lateness(self) -> timedelta:
        return timedelta(seconds=self.settings.lateness_s)

    @cached_property
    def _only_inside(self) -> frozenset[str]:
        return self.cameras - {*self.lock.entries, *self.lock.exits}

    @cached_property
    def _permits(self) -> tuple[str, ...]:
        return (self.lock.permits,) if self.lock.permits else ()


def _case(*, concerned: bool | None, knows_permits: bool) -> tuple[LockVerdict, str]:
    """Judge a transit that nothing clears or cancels by what is known of vehicle and permits."""
    if concerned is None:
        return LockVerdict.REVIEW, LockReason.CLASS_UNSURE
    if not knows_permits:
        return LockVerdict.REVIEW, PERMITS_UNKNOWN
    return LockVerdict.THROUGH, LockReason.WITHIN_TIME


def _stop(pair: Pair, inside: Iterable[Passage]) -> Passage | None:
    """Find the sighting that proves a stop: of the plate itself, or else of a look-alike."""
    between = [one for one in inside if pair.entry.at < one.at < pair.exit.at]
    plate = pair.exit.best.plate
    return min(between, key=lambda one: (one.plate != plate, one.at, one.id), default=None)
