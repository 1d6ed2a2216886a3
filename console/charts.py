"""The bars of the figures page: vehicles per camera and hour over the last day."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from anpr.time import EPOCH
from sinks.store.figures import Count

HOUR = timedelta(hours=1)
HOURS = 24
HEIGHT = 58
"""Of the highest bar, in the units of the drawing."""
WINDOW = timedelta(minutes=5)
WINDOWS = 288
"""A day of them."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour: when it began, how many vehicles, how high it is drawn."""

    label: str
    count: int
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """One camera's day; `classes` are its vehicles by class, the most frequent first.

    `highest` is the highest bar of all cameras.
    """

    camera: str
    total: int
    highest: int
    bars: tuple[Bar, ...]
    classes: tuple[tuple[str, int], ...]


def charts_of(counts: Iterable[Count], now: datetime, zone: tzinfo) -> list[Chart]:
    """Draw the last 24 hours of each camera; all share one scale, so that they compare."""
    hours = [_hour(now) - HOUR * back for back in reversed(range(HOURS))]
    per_hour: dict[str, Counter[datetime]] = defaultdict(Counter)
    per_class: dict[str, Counter[str]] = defaultdict(Counter)
    for one in counts:
        if one.start >= hours[0]:
            per_hour[one.camera][one.start] += one.count
            per_class[one.camera][one.class_ or "unknown"] += one.count
    highest = max((max(counter.values()) for counter in per_hour.values()), default=1)
    return [
        Chart(
            camera=camera,
            total=per_hour[camera].total(),
            highest=highest,
            bars=tuple(_bar(hour, per_hour[camera][hour], highest, zone) for hour in hours),
            classes=tuple(per_class[camera].most_common()),
        )
        for camera in sorted(per_hour)
    ]


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _bar(hour: datetime, count: int, highest: int, zone: tzinfo) -> Bar:
    label = f"{hour.astimezone(zone):%H:%M}"
    return Bar(label, count, round(HEIGHT * count / highest, 1))


@dataclass(frozen=True, slots=True)
class Curve:
    """Vehicles per five minutes over a day: the drawing of it, and the figures behind it."""

    path: str
    highest: int
    since: str
    until: str
    data: str


def curve(flow: Sequence[tuple[datetime, int]], now: datetime, zone: tzinfo) -> Curve:
    """Draw the traffic of the last day on a field of 288 by HEIGHT; a window without any is 0."""
    counts = dict(flow)
    last = now - (now - EPOCH) % WINDOW
    starts = [last - WINDOW * back for back in reversed(range(WINDOWS))]
    values = [counts.get(start, 0) for start in starts]
    highest = max(values)
    points = " L".join(
        f"{place} {round(HEIGHT - HEIGHT * value / (highest or 1), 1)}"
        for place, value in enumerate(values)
    )
    return Curve(
        path=f"M{points}",
        highest=highest,
        since=f"{starts[0].astimezone(zone):%H:%M}",
        until=f"{now.astimezone(zone):%H:%M}",
        data=json.dumps([[int(start.timestamp()) for start in starts], values]),
    )
