"""Flows over the border, drawn: as a heat map of origins and destinations, and on the map."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from anpr.sites import Site
from anpr.sites.alerts import distance_m
from console.mapping import HEIGHT, WIDTH, Point, schematic
from console.profiles import Cell, heat
from sinks.statistics.telling import Flow

LEAST_STROKE, MOST_STROKE = 2.0, 26.0
BEND = 0.12
"""How far the ways there and back are drawn apart, as a share of their length."""

NEAR_M = 150.0
"""Cameras nearer to each other stand at one place: in and out of one road, mostly."""

End = str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where cameras of the border stand together on the map."""

    name: str
    at: Point
    cameras: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arrow:
    """A flow from one place of the map to another."""

    origin: str
    destination: str
    count: int
    path: str
    stroke: float


@dataclass(frozen=True, slots=True)
class Matrix:
    """A heat map of flows; only the origins and destinations that have any."""

    origins: Sequence[End]
    destinations: Sequence[End]
    cells: Sequence[Sequence[Cell]]


def matrix_of(flows: Iterable[Flow], ends: Sequence[End]) -> Matrix:
    """Add up the told flows by origin (rows) and destination, and note where some are not told."""
    told: Counter[tuple[End, End]] = Counter()
    hidden: set[tuple[End, End]] = set()
    for flow in flows:
        pair = flow.origin, flow.destination
        if flow.count is None:
            hidden.add(pair)
        else:
            told[pair] += flow.count
    pairs = hidden | told.keys()
    origins = [end for end in ends if any(origin == end for origin, _ in pairs)]
    destinations = [end for end in ends if any(destination == end for _, destination in pairs)]

    def count(origin: End, destination: End) -> int | None:
        pair = origin, destination
        return None if pair in hidden and pair not in told else told[pair]

    return Matrix(origins, destinations, heat(origins, destinations, count, hidden))


def places_of(site: Site) -> Sequence[Place]:
    """Put the cameras of the border that stand together into one place each."""
    points, true = schematic(site), {one.id: (one.lat, one.lon) for one in site.cameras}
    groups: list[list[str]] = []
    for camera in (one.id for one in site.cameras if one.id in site.border):
        near = (some for some in groups if distance_m(true[some[0]], true[camera]) < NEAR_M)
        group = next(near, None)
        if group is None:
            groups.append([camera])
        else:
            group.append(camera)
    return [
        Place(_name(site, some), _middle([points[one] for one in some]), tuple(some))
        for some in groups
    ]


def arrows(flows: Iterable[Flow], places: Sequence[Place]) -> Sequence[Arrow]:
    """Draw the told flows from place to place, the broadest first."""
    place_of = {camera: place for place in places for camera in place.cameras}
    told: Counter[tuple[Place, Place]] = Counter()
    for flow in flows:
        start, end = (place_of.get(one or "") for one in (flow.origin, flow.destination))
        if start and end and flow.count:
            told[start, end] += flow.count
    most = max(told.values(), default=1)
    return [
        Arrow(
            origin.name,
            destination.name,
            count,
            _bow(origin.at, destination.at),
            round(LEAST_STROKE + (MOST_STROKE - LEAST_STROKE) * count / most, 1),
        )
        for (origin, destination), count in told.most_common()
    ]


def _name(site: Site, cameras: Sequence[str]) -> str:
    """Give the words that the cameras' names begin with; of one, what stands before a comma."""
    titles = [one.title for one in site.cameras if one.id in cameras]
    if len(titles) > 1:
        columns = zip(*(title.replace(",", " ,").split() for title in titles), strict=False)
        titles = [" ".join(some[0] for some in takewhile(_is_one, columns)) or titles[0]]
    return titles[0].split(",")[0].strip()


def _is_one(words: Sequence[str]) -> bool:
    return len(set(words)) == 1


def _middle(points: Sequence[Point]) -> Point:
    xs, ys = zip(*points, strict=True)
    return round(sum(xs) / len(xs), 1), round(sum(ys) / len(ys), 1)


def _bow(start: Point, end: Point) -> str:
    """Draw a way that bends to the right of who drives it; a way back to the start is a loop."""
    (x0, y0), (x1, y1) = start, end
    if start == end:
        side = 40 if x0 < WIDTH / 2 else -40
        rise = 60 if y0 < HEIGHT / 2 else -60
        return f"M{x0} {y0} C{x0 + side} {y0 + rise} {x0 - side} {y0 + rise} {x0} {y0}"
    middle = ((x0 + x1) / 2 - (y1 - y0) * BEND * 2, (y0 + y1) / 2 + (x1 - x0) * BEND * 2)
    return f"M{x0} {y0} Q{middle[0]:.1f} {middle[1]:.1f} {x1} {y1}"
