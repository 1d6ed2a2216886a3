"""Whether a truck lock concerns a vehicle, from what sensors and cameras measured of it."""

from collections.abc import Iterable

from anpr.events import Passage
from anpr.sites import Lock


def is_concerned(lock: Lock, passages: Iterable[Passage]) -> bool | None:
    """Judge all passages of one vehicle: yes, no, or None where a person must look.

    A measured height decides; without one, a class that is certain enough (one that comes
    without a confidence is a sensor's statement and counts). Contradictions decide nothing.
    """
    vehicles = [passage.vehicle for passage in passages if passage.vehicle is not None]
    heights = {one.height_m >= lock.min_height_m for one in vehicles if one.height_m is not None}
    if heights:
        return heights.pop() if len(heights) == 1 else None
    classes = {
        one.class_ in lock.classes
        for one in vehicles
        if one.class_ is not None
        and (one.confidence is None or one.confidence >= lock.class_confidence)
    }
    return classes.pop() if len(classes) == 1 else None
