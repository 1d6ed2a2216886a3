"""The zone as a drawing: where its cameras stand, and the sections, locks and zones they make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import cos, radians

from anpr.sites import Site

WIDTH, HEIGHT, MARGIN = 1000.0, 640.0, 70.0

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """A section or a way through a lock, from a camera to a camera."""

    kind: str
    name: str
    start: str
    end: str


def lines_of(site: Site) -> list[Line]:
    """Give what connects the cameras of a site."""
    sections = [
        Line("section", one.id, start, end)
        for one in site.sections
        for start, end in product(one.entry, one.exit)
    ]
    locks = [
        Line("lock", one.id, start, end)
        for one in site.locks
        for start, end in product(one.entries, one.exits)
        if start != end
    ]
    return sections + locks


def schematic(site: Site) -> Mapping[str, Point]:
    """Place the cameras on a drawing of WIDTH by HEIGHT, north up, close ones drawn apart.

    Where cameras lie in few places far from each other, true distances would put them on top of
    each other; ranks keep the order of west and east, north and south, and give each its room.
    """
    scale = cos(radians(sum(one.lat for one in site.cameras) / len(site.cameras)))
    true = {one.id: (one.lon * scale, -one.lat) for one in site.cameras}
    axes = [_spread([true[one.id][axis] for one in site.cameras]) for axis in (0, 1)]
    return {
        one.id: (
            round(MARGIN + axes[0][place] * (WIDTH - 2 * MARGIN), 1),
            round(MARGIN + axes[1][place] * (HEIGHT - 2 * MARGIN), 1),
        )
        for place, one in enumerate(site.cameras)
    }


def _spread(values: Sequence[float]) -> list[float]:
    """Bring values to 0..1, half by their size and half by their rank."""
    least, most = min(values), max(values)
    ranks = {value: rank for rank, value in enumerate(sorted(set(values)))}
    if least == most:
        return [0.5] * len(values)
    return [
        ((value - least) / (most - least) + ranks[value] / (len(ranks) - 1)) / 2 for value in values
    ]
