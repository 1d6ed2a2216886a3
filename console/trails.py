"""A vehicle's trail as two drawings: its way over the map, and when it passed which camera."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import pairwise

from anpr.sites import Site
from console.investigating import TrailPoint
from console.mapping import Point, schematic

WIDTH, ROW, EDGE = 1000.0, 64.0, 40.0
"""Of the timeline, in the units of its drawing: a row for each camera, room at both ends."""

TICKS = 4
MOST_NUMBERS = 6
"""So many passages are numbered at one camera before the rest is left out."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A camera that saw the vehicle: `label` numbers the passages there, in order of time."""

    camera: str
    name: str
    label: str
    at: Point


@dataclass(frozen=True, slots=True)
class Leg:
    """From one camera straight to another, `times` times."""

    start: Point
    end: Point
    name: str
    times: int


@dataclass(frozen=True, slots=True)
class Mark:
    """One passage on the timeline."""

    number: int
    at: Point
    said: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment under the timeline."""

    x: float
    said: str


@dataclass(frozen=True, slots=True)
class Trail:
    """Both drawings; `data` is the map's for where there are tiles."""

    stops: tuple[Stop, ...]
    legs: tuple[Leg, ...]
    others: tuple[Point, ...]
    rows: tuple[tuple[float, str], ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    height: float
    data: str


def trail_of(site: Site, points: Sequence[TrailPoint]) -> Trail | None:
    """Draw a trail, oldest first; None where no camera of the site saw anything of it."""
    places = schematic(site)
    seen = [one for one in points if one.camera in places]
    if not seen:
        return None
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(seen, 1):
        numbers[one.camera].append(number)
    names = {one.id: one.name or one.id for one in site.cameras}
    stops = tuple(
        Stop(camera, names[camera], _label(some), places[camera])
        for camera, some in numbers.items()
    )
    ways = Counter(
        (one.camera, other.camera) for one, other in pairwise(seen) if one.camera != other.camera
    )
    legs = tuple(
        Leg(places[start], places[end], f"{names[start]} → {names[end]}", times)
        for (start, end), times in ways.items()
    )
    rows = {camera: ROW * (row + 1) for row, camera in enumerate(numbers)}
    return Trail(
        stops,
        legs,
        tuple(at for camera, at in places.items() if camera not in numbers),
        tuple((y, names[camera]) for camera, y in rows.items()),
        tuple(_marks(seen, rows, site.site.zone)),
        tuple(_ticks(seen[0].at, seen[-1].at, site.site.zone)),
        ROW * (len(rows) + 1),
        json.dumps(_on_tiles(site, stops, ways, names)),
    )


def _label(numbers: Sequence[int]) -> str:
    said = ", ".join(map(str, numbers[:MOST_NUMBERS]))
    return said if len(numbers) <= MOST_NUMBERS else f"{said} …"


def _marks(seen: Sequence[TrailPoint], rows: Mapping[str, float], zone: tzinfo) -> Sequence[Mark]:
    return [
        Mark(
            number,
            (_along(one.at, seen[0].at, seen[-1].at), rows[one.camera]),
            f"{one.at.astimezone(zone):%d/%m/%Y %H:%M:%S}",
        )
        for number, one in enumerate(seen, 1)
    ]


def _along(at: datetime, since: datetime, until: datetime) -> float:
    """Place a moment on the timeline; all that lasts no time stands in its middle."""
    share = (at - since) / (until - since) if until > since else 0.5
    return round(EDGE + share * (WIDTH - 2 * EDGE), 1)


def _ticks(since: datetime, until: datetime, zone: tzinfo) -> Sequence[Tick]:
    """Say a few moments, with the day where a trail lasts longer than one."""
    if until == since:
        return [Tick(WIDTH / 2, f"{since.astimezone(zone):%d/%m/%Y %H:%M:%S}")]
    local = [
        (since + (until - since) * step / (TICKS - 1)).astimezone(zone) for step in range(TICKS)
    ]
    form = "%H:%M:%S" if local[0].date() == local[-1].date() else "%d/%m %H:%M"
    return [Tick(_along(moment, since, until), f"{moment:{form}}") for moment in local]


def _on_tiles(
    site: Site,
    stops: Sequence[Stop],
    ways: Mapping[tuple[str, str], int],
    names: Mapping[str, str],
) -> Mapping[str, object]:
    places = {one.id: [one.lat, one.lon] for one in site.cameras}
    return {
        "cameras": [
            {"name": f"{one.label} · {one.name}", "at": places[one.camera], "state": "up"}
            for one in stops
        ],
        "lines": [
            {
                "kind": "section",
                "name": f"{names[start]} → {names[end]} ({times})",
                "ends": [places[start], places[end]],
            }
            for (start, end), times in ways.items()
        ],
        "tiles": site.map.tiles,
        "attribution": site.map.attribution,
        "deepest": site.map.max_zoom,
    }
