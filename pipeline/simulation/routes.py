"""The ways through a site that its rules watch, and how long each takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from anpr.sites import Lock, Section, Site


class Watched(StrEnum):
    """What a way is watched by."""

    SECTION = "section"
    LOCK = "lock"
    CAMERA = "camera"


@dataclass(frozen=True, slots=True)
class Route:
    """A way past one camera or two; `rule` is the section or lock between two."""

    watched: Watched
    rule: str
    cameras: tuple[str, ...]
    section: Section | None = None
    lock: Lock | None = None


def routes_of(site: Site) -> Sequence[Route]:
    """List every way: through each section, through each lock, past each camera of neither.

    Where all cameras belong to sections and locks, nobody passes just one.
    """
    sections = [
        Route(Watched.SECTION, section.id, (entry, exit_), section=section)
        for section in site.sections
        for entry in section.entry
        for exit_ in section.exit
        if entry != exit_
    ]
    locks = [
        Route(Watched.LOCK, lock.id, (entry, exit_), lock=lock)
        for lock in site.locks
        for entry in lock.entries
        for exit_ in lock.exits
        if entry != exit_
    ]
    watched = {camera for route in (*sections, *locks) for camera in route.cameras}
    watched |= {camera for lock in site.locks for camera in lock.inside}
    others = [
        Route(Watched.CAMERA, camera.id, (camera.id,))
        for camera in site.cameras
        if camera.id not in watched
    ]
    return [*sections, *locks, *others]


SPEEDERS = 0.04
LOCK_DELIVERIES = 0.55
"""Shares of drivers: who speeds well over the limit, which trucks have business inside a lock."""

STREET_KMH = (28, 52)


@dataclass(frozen=True, slots=True)
class Drive:
    """How a way is driven: seconds between its ends (0 past one camera), and the speed."""

    duration_s: float
    kmh: float


def drive(route: Route, rng: Random) -> Drive:
    """Draw how somebody drives a way."""
    if route.section:
        limit = route.section.limit_kmh
        share = rng.uniform(1.12, 1.6) if rng.random() < SPEEDERS else rng.gauss(0.92, 0.06)
        kmh = limit * max(share, 0.5)
        return Drive(route.section.length_m * 3.6 / kmh, kmh)
    kmh = rng.uniform(*STREET_KMH)
    if route.lock is None:
        return Drive(0, kmh)
    within_s = route.lock.pairs.get("/".join(route.cameras), route.lock.through_within_s)
    if rng.random() < LOCK_DELIVERIES:
        return Drive(min(within_s * rng.uniform(1.3, 12), route.lock.max_stay_s * 0.9), kmh)
    return Drive(within_s * rng.uniform(0.35, 0.85), kmh)
