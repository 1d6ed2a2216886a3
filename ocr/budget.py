"""Which frames may go unread when the line is behind: those between two that say the same."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

KEY = timedelta(seconds=0.5)
"""How far apart in capture time the frames that are read may be at most."""


def spared(moments: Sequence[datetime], says_same: Callable[[int, int], bool]) -> frozenset[int]:
    """Choose the frames of one camera, by their places, that need not be read.

    From a frame that is read the farthest one within KEY is read next. What lies between is spared
    only where both surely read the same plates, and some: a vehicle that is in neither of them
    would have come and gone within KEY, beside another. First and last frames are always read.
    """
    places: set[int] = set()
    at = 0
    while at < len(moments):
        far = at
        while far + 1 < len(moments) and timedelta(0) <= moments[far + 1] - moments[at] <= KEY:
            far += 1
        if far - at > 1 and says_same(at, far):
            places.update(range(at + 1, far))
            at = far
        else:
            at += 1
    return frozenset(places)
