"""What truly happened on a trip: the passages, and the transit that a perfect reading proves."""

from collections.abc import Iterator
from typing import Any

from anpr.events import LockVerdict, SectionVerdict
from anpr.sites import Lock, Section, Site
from anpr.time import rfc3339
from pipeline.simulation.traffic import Trip
from rules.data import shipped_law
from rules.hours import holds
from rules.limits import limit_over
from rules.margins import margin_on


def truths_of(site: Site, trip: Trip) -> Iterator[dict[str, Any]]:
    """Give a record for each passage of a trip, and one for its transit of a section or lock."""
    for visit in trip.visits:
        yield {
            "kind": "passage",
            "camera": visit.camera,
            "at": rfc3339(visit.at),
            "plate": trip.vehicle.registration.plate,
            "country": trip.vehicle.registration.country,
            "class": trip.vehicle.class_.value,
            "reads": visit.reads,
        }
    if trip.is_whole and trip.route.section:
        yield _section_transit(site, trip.route.section, trip)
    if trip.is_whole and trip.route.lock:
        yield from _lock_transits(site, trip.route.lock, trip)


def _section_transit(site: Site, section: Section, trip: Trip) -> dict[str, Any]:
    """Say how fast it truly was, and the verdict where both ends are read at their true times.

    The limit and the margin are the law's; the arithmetic is written out here once more.
    """
    law, zone = shipped_law(), site.site.zone
    entry, leaving = trip.visits
    cameras = {camera.id: camera for camera in site.cameras}
    clocks_s = sum(cameras[visit.camera].clock_error_ms for visit in trip.visits) / 1000
    limit_kmh = limit_over(section, law, zone, entry.at, leaving.at)
    lower_kmh = 3.6 * (section.length_m - section.length_error_m)
    lower_kmh /= trip.drive.duration_s + clocks_s
    margin = margin_on(law.margins[site.site.country], leaving.at.astimezone(zone).date())
    is_violation = margin.corrected_kmh(int(lower_kmh)) > limit_kmh
    verdict = SectionVerdict.VIOLATION if is_violation else SectionVerdict.OK
    return {
        "kind": "section_transit",
        "section": section.id,
        "plate": trip.vehicle.registration.plate,
        "entry_at": rfc3339(entry.at),
        "at": rfc3339(leaving.at),
        "true_kmh": round(trip.drive.kmh, 2),
        "limit_kmh": limit_kmh,
        "verdict": verdict.value,
    }


def _lock_transits(site: Site, lock: Lock, trip: Trip) -> Iterator[dict[str, Any]]:
    """Say whether a vehicle that the lock concerns drove through; nothing of any other."""
    entry, leaving = trip.visits
    calendar = shipped_law().calendar(lock.except_holidays)
    is_meant = trip.vehicle.class_.value in lock.classes
    if not is_meant or not holds(lock, calendar, entry.at.astimezone(site.site.zone)):
        return
    within_s = lock.pairs.get(f"{entry.camera}/{leaving.camera}", lock.through_within_s)
    is_through = trip.drive.duration_s <= within_s
    yield {
        "kind": "lock_transit",
        "lock": lock.id,
        "plate": trip.vehicle.registration.plate,
        "entry_camera": entry.camera,
        "exit_camera": leaving.camera,
        "entry_at": rfc3339(entry.at),
        "at": rfc3339(leaving.at),
        "duration_s": round(trip.drive.duration_s, 3),
        "verdict": (LockVerdict.THROUGH if is_through else LockVerdict.LOCAL).value,
    }
