"""How traffic spreads over the week, drawn: courses of hours, profiles of days, heat of flows."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import TypeVar

from anpr.sites import Site
from console.mapping import HEIGHT as MAP_HEIGHT
from console.mapping import WIDTH as MAP_WIDTH
from console.mapping import schematic
from sinks.statistics.telling import Flow

Hourly = Sequence[tuple[datetime, int]]
"""Vehicles by the hour they came in, in order."""

R = TypeVar("R")
C = TypeVar("C")

WIDTH, HEIGHT = 960, 220
"""Of a drawing, in its own units."""

HOURS = 24
KINDS_OF_DAY: Mapping[str, frozenset[int]] = {
    "working-day": frozenset({0, 1, 2, 3, 4}), "saturday": frozenset({5}), "sunday": frozenset({6}),
}  # fmt: skip

LEAST_STROKE, MOST_STROKE = 2.0, 26.0
BEND = 0.12
"""How far the ways there and back are drawn apart, as a share of their length."""


@dataclass(frozen=True, slots=True)
class Course:
    """Values over time: the line they draw, and what its axes say."""

    path: str
    highest: float
    labels: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """What a usual hour of the day sees, by kind of day; `paths` draw it on one scale."""

    means: Mapping[str, Sequence[float]]
    paths: Mapping[str, str]
    highest: float


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a heat map: what is told of it, and how much it glows; null is not told."""

    count: int | None
    share: float
    is_partly_hidden: bool


@dataclass(frozen=True, slots=True)
class Arrow:
    """A flow on the map."""

    origin: str
    destination: str
    count: int
    path: str
    stroke: float


def course(hourly: Hourly, since: datetime, until: datetime, zone: tzinfo) -> Course:
    """Draw the vehicles of each hour of a period; an hour without any is 0."""
    counts = dict(hourly)
    hours = (until - since) // timedelta(hours=1)
    values = [counts.get(since + timedelta(hours=hour), 0) for hour in range(hours)]
    days = hours // HOURS
    step = max(1, days // 7)
    return Course(
        path=line(values, max(values, default=0)),
        highest=max(values, default=0),
        labels=tuple(
            (
                WIDTH * day / days,
                f"{(since + timedelta(days=day)).astimezone(zone):%d/%m}",
            )
            for day in range(0, days, step)
        ),
    )


def profile(hourly: Hourly, zone: tzinfo) -> Profile:
    """Average the hours of the day by kind of day, over the days on which anything passed."""
    sums: dict[str, Counter[int]] = defaultdict(Counter)
    days: dict[str, set[object]] = defaultdict(set)
    for start, vehicles in hourly:
        local = start.astimezone(zone)
        kind = next(kind for kind, some in KINDS_OF_DAY.items() if local.weekday() in some)
        sums[kind][local.hour] += vehicles
        days[kind].add(local.date())
    means = {
        kind: [sums[kind][hour] / len(days[kind]) for hour in range(HOURS)]
        for kind in KINDS_OF_DAY
        if kind in sums
    }
    return drawn(means)


def drawn(means: Mapping[str, Sequence[float]]) -> Profile:
    """Draw some profiles of a day on one scale."""
    highest = max((max(values) for values in means.values()), default=0.0)
    return Profile(means, {kind: line(values, highest) for kind, values in means.items()}, highest)


def week(hourly: Hourly, zone: tzinfo) -> Sequence[Sequence[Cell]]:
    """Average the hours of the week, Monday first, as a heat map of 7 by 24."""
    sums: Counter[tuple[int, int]] = Counter()
    days: dict[int, set[object]] = defaultdict(set)
    for start, vehicles in hourly:
        local = start.astimezone(zone)
        sums[local.weekday(), local.hour] += vehicles
        days[local.weekday()].add(local.date())
    return heat(
        range(7), range(HOURS), lambda day, hour: round(sums[day, hour] / max(len(days[day]), 1))
    )


def flow_heat(flows: Iterable[Flow], ends: Sequence[str | None]) -> Sequence[Sequence[Cell]]:
    """Add up the told flows by origin (rows) and destination, and note where some are not told."""
    told: Counter[tuple[str | None, str | None]] = Counter()
    hidden: set[tuple[str | None, str | None]] = set()
    for flow in flows:
        pair = flow.origin, flow.destination
        if flow.count is None:
            hidden.add(pair)
        else:
            told[pair] += flow.count

    def count(origin: str | None, destination: str | None) -> int | None:
        pair = origin, destination
        return None if pair in hidden and pair not in told else told[pair]

    return heat(ends, ends, count, hidden)


def heat(
    rows: Iterable[R],
    columns: Sequence[C],
    count: Callable[[R, C], int | None],
    hidden: Iterable[tuple[object, object]] = (),
) -> Sequence[Sequence[Cell]]:
    """Let each cell glow as its count compares with the highest."""
    partly = set(hidden)
    table = [[(count(row, one), (row, one) in partly) for one in columns] for row in rows]
    highest = max((n or 0 for row in table for n, _ in row), default=0) or 1
    return [
        [Cell(n, round((n or 0) / highest, 3), is_hidden) for n, is_hidden in row] for row in table
    ]


def arrows(flows: Iterable[Flow], site: Site) -> Sequence[Arrow]:
    """Draw the told flows from camera to camera on the map, the broadest first."""
    told: Counter[tuple[str, str]] = Counter()
    for flow in flows:
        if flow.origin and flow.destination and flow.count:
            told[flow.origin, flow.destination] += flow.count
    points = schematic(site)
    most = max(told.values(), default=1)
    return [
        Arrow(
            origin,
            destination,
            count,
            _bow(points[origin], points[destination]),
            round(LEAST_STROKE + (MOST_STROKE - LEAST_STROKE) * count / most, 1),
        )
        for (origin, destination), count in told.most_common()
        if origin in points and destination in points
    ]


def line(values: Sequence[float], highest: float) -> str:
    """Draw values as a line on a field of WIDTH by HEIGHT."""
    step = WIDTH / max(len(values) - 1, 1)
    points = " L".join(
        f"{round(place * step, 1)} {round(HEIGHT - HEIGHT * value / (highest or 1), 1)}"
        for place, value in enumerate(values)
    )
    return f"M{points}" if values else ""


def _bow(start: tuple[float, float], end: tuple[float, float]) -> str:
    """Draw a way that bends to the right of who drives it; a way back to the start is a loop."""
    (x0, y0), (x1, y1) = start, end
    if start == end:
        side = 40 if x0 < MAP_WIDTH / 2 else -40
        rise = 60 if y0 < MAP_HEIGHT / 2 else -60
        return f"M{x0} {y0} C{x0 + side} {y0 + rise} {x0 - side} {y0 + rise} {x0} {y0}"
    middle = ((x0 + x1) / 2 - (y1 - y0) * BEND * 2, (y0 + y1) / 2 + (x1 - x0) * BEND * 2)
    return f"M{x0} {y0} Q{middle[0]:.1f} {middle[1]:.1f} {x1} {y1}"
