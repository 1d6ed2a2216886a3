"""What truly happened on a trip, and what of it the cameras' reads cannot prove.

A transit's `verdict` is the truth: a `violation` drove, less the legal margin, above the limit.
`flaw` says why these reads do not prove it: such a case must not come out. What survey, clocks and
readings leave open is the driver's, so most who drive just above a limit are `within_error`.
Without a flaw a `violation` or a `through` is an enforceable case.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from anpr.events import LockVerdict, SectionVerdict
from anpr.sites import Lock, Section, Site
from anpr.time import rfc3339
from pipeline.simulation.reading import CONFUSED, Taken
from pipeline.simulation.traffic import HOTLIST, Trip, Visit
from rules.data import shipped_law
from rules.hours import holds
from rules.limits import limit_over
from rules.margins import margin_on


class Flaw(StrEnum):
    """Why reads do not prove what happened."""

    UNREAD = "unread"
    MISREAD = "misread"
    UNSURE = "unsure"
    TOO_LATE = "too_late"
    CLOCK_OFF = "clock_off"
    WRONG_DIRECTION = "wrong_direction"
    CONTRADICTING_COUNTRY = "contradicting_country"
    WITHIN_ERROR = "within_error"
    CLASS_MISSING = "class_missing"
    CLASS_MISREAD = "class_misread"


@dataclass(frozen=True, slots=True)
class Seen:
    """A visit with its reads."""

    visit: Visit
    reads: Sequence[Taken]

    @property
    def best(self) -> Taken:
        """The surest read; of equals the first."""
        return max(self.reads, key=lambda taken: taken.read.get("confidence", -1))

    @property
    def plate(self) -> str | None:
        """What the surest read says."""
        plate: str | None = self.best.read["plate"]
        return plate

    @property
    def at(self) -> datetime:
        """When the camera's clock says that it was."""
        return datetime.fromisoformat(self.best.read["captured_at"])

    @property
    def off_ms(self) -> float:
        """How far its clock was reported off, where it was."""
        reported: float = self.best.read.get("clock_error_ms", 0)
        return reported

    def flaw(self, truth: str, lateness_s: float, min_confidence: float = 0) -> Flaw | None:
        """Say what keeps it from being an end of a transit."""
        if self.plate is None:
            return Flaw.UNREAD
        if self.plate != truth:
            return Flaw.MISREAD
        if self.best.read["confidence"] < min_confidence:
            return Flaw.UNSURE
        received_at = min(taken.received_at for taken in self.reads)
        is_late = (received_at - self.at).total_seconds() > lateness_s
        return Flaw.TOO_LATE if is_late else None


def truths_of(site: Site, trip: Trip, reads: Sequence[Taken]) -> Iterator[dict[str, Any]]:
    """Give a record for each passage of a trip, each hit, and its transit of a section or lock."""
    seen = [Seen(visit, [one for one in reads if one.visit is visit]) for visit in trip.visits]
    for one in seen:
        yield _passage(trip, one)
        if HOTLIST in trip.vehicle.lists:
            yield _hit(trip, one)
    if trip.is_whole and trip.route.section:
        yield _section_transit(site, trip.route.section, trip, seen)
    if trip.is_whole and trip.route.lock:
        yield from _lock_transits(site, trip.route.lock, trip, seen)


def _passage(trip: Trip, seen: Seen) -> dict[str, Any]:
    return {
        "kind": "passage",
        "camera": seen.visit.camera,
        "at": rfc3339(seen.visit.at),
        "plate": trip.vehicle.registration.plate,
        "country": trip.vehicle.registration.country,
        "class": trip.vehicle.class_.value,
        "habit": trip.vehicle.habit.value,
        "reads": seen.visit.reads,
    }


def _hit(trip: Trip, seen: Seen) -> dict[str, Any]:
    """Say how well a listed plate was read; one confusable character wrong can still be found."""
    truth = trip.vehicle.registration.plate
    return {
        "kind": "hit",
        "list": HOTLIST,
        "camera": seen.visit.camera,
        "at": rfc3339(seen.at),
        "plate": truth,
        "read": _likeness(truth, seen.plate),
    }


def _likeness(truth: str, read: str | None) -> str:
    if read is None:
        return "unread"
    if read == truth:
        return "exact"
    wrong = [(meant, said) for meant, said in zip(truth, read, strict=True) if meant != said]
    is_confusable = all(said in CONFUSED[meant] for meant, said in wrong)
    return "one_confusable" if len(wrong) == 1 and is_confusable else "several"


def _section_transit(
    site: Site, section: Section, trip: Trip, seen: Sequence[Seen]
) -> dict[str, Any]:
    """Say how fast it truly was, and how fast its reads prove that it was.

    The limit and the margin are the law's; the arithmetic is written out here once more.
    """
    law, zone = shipped_law(), site.site.zone
    entry, leaving = trip.visits
    limit_kmh = limit_over(section, law, zone, entry.at, leaving.at)
    margin = margin_on(law.margins[site.site.country], leaving.at.astimezone(zone).date())
    clocks_s = sum(max(_clock_ms(site, one.visit), one.off_ms) for one in seen) / 1000
    longest_s = (seen[1].at - seen[0].at).total_seconds() + clocks_s
    lower_kmh = 3.6 * (section.length_m - section.length_error_m) / longest_s
    is_offence = margin.corrected_kmh(int(trip.drive.kmh)) > limit_kmh
    plate, lateness_s = trip.vehicle.registration.plate, site.site.lateness_s
    flaws = [one.flaw(plate, lateness_s, section.min_confidence) for one in seen]
    if any(one.off_ms for one in seen):
        flaws.append(Flaw.CLOCK_OFF)
    if any(_is_taken_backwards(section, one) for one in seen):
        flaws.append(Flaw.WRONG_DIRECTION)
    flaws.append(_country_flaw(seen))
    if is_offence and margin.corrected_kmh(int(lower_kmh)) <= limit_kmh:
        flaws.append(Flaw.WITHIN_ERROR)
    return {
        "kind": "section_transit",
        "section": section.id,
        "plate": plate,
        "entry_at": rfc3339(entry.at),
        "at": rfc3339(leaving.at),
        "true_kmh": round(trip.drive.kmh, 2),
        "lower_kmh": round(lower_kmh, 2),
        "limit_kmh": limit_kmh,
        "verdict": (SectionVerdict.VIOLATION if is_offence else SectionVerdict.OK).value,
        "entry_read": seen[0].plate,
        "exit_read": seen[1].plate,
        "flaw": next((one for one in flaws if one), None),
    }


def _is_taken_backwards(section: Section, seen: Seen) -> bool:
    is_receding = seen.best.read["direction"] == "receding"
    return is_receding is not (seen.visit.camera in section.seen_from_behind)


def _clock_ms(site: Site, visit: Visit) -> float:
    camera = site.camera(visit.camera)
    return camera.clock_error_ms if camera else 0


def _lock_transits(
    site: Site, lock: Lock, trip: Trip, seen: Sequence[Seen]
) -> Iterator[dict[str, Any]]:
    """Say whether a vehicle that the lock concerns drove through; nothing of any other."""
    entry, leaving = trip.visits
    calendar = shipped_law().calendar(lock.except_holidays)
    is_meant = trip.vehicle.class_.value in lock.classes
    if not is_meant or not holds(lock, calendar, entry.at.astimezone(site.site.zone)):
        return
    within_s = lock.pairs.get(f"{entry.camera}/{leaving.camera}", lock.through_within_s)
    is_through = trip.drive.duration_s <= within_s
    verdict = LockVerdict.THROUGH if is_through else LockVerdict.LOCAL
    plate = trip.vehicle.registration.plate
    flaws = [one.flaw(plate, site.site.lateness_s) for one in seen]
    flaws.append(_country_flaw(seen))
    travel_s = (seen[1].at - seen[0].at).total_seconds()
    if is_through and travel_s > within_s:
        flaws.append(Flaw.WITHIN_ERROR)
    elif is_through and travel_s + sum(one.off_ms for one in seen) / 1000 > within_s:
        flaws.append(Flaw.CLOCK_OFF)
    yield {
        "kind": "lock_transit",
        "lock": lock.id,
        "plate": plate,
        "entry_camera": entry.camera,
        "exit_camera": leaving.camera,
        "entry_at": rfc3339(entry.at),
        "at": rfc3339(leaving.at),
        "duration_s": round(trip.drive.duration_s, 3),
        "verdict": (LockVerdict.EXEMPT if lock.permits in trip.vehicle.lists else verdict).value,
        "entry_read": seen[0].plate,
        "exit_read": seen[1].plate,
        "flaw": next((one for one in (*flaws, _class_flaw(lock, seen)) if one), None),
    }


def _country_flaw(seen: Sequence[Seen]) -> Flaw | None:
    """Say whether the reads name two countries for the one vehicle."""
    named = {one.best.read.get("country") for one in seen} - {None}
    return Flaw.CONTRADICTING_COUNTRY if len(named) > 1 else None


def _class_flaw(lock: Lock, seen: Sequence[Seen]) -> Flaw | None:
    """Say what is wrong with what the reads say of the vehicle's class."""
    said = [one.best.read.get("vehicle") for one in seen]
    classes = {one["class"] for one in said if one and one["confidence"] >= lock.class_confidence}
    if not classes:
        return Flaw.CLASS_MISSING
    return None if classes <= {one.value for one in lock.classes} else Flaw.CLASS_MISREAD
