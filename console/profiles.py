"""How traffic spreads over the week: courses of hours, profiles of days, heat of weeks."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import TypeVar

from console.plots import Plot, plotted

Hourly = Sequence[tuple[datetime, int]]
"""Vehicles by the hour they came in, in order."""

R = TypeVar("R")
C = TypeVar("C")

HOUR = timedelta(hours=1)
HOURS = 24
LABELS = 7
"""The most days that are named below a course."""

KINDS_OF_DAY: Mapping[str, frozenset[int]] = {
    "working-day": frozenset({0, 1, 2, 3, 4}), "saturday": frozenset({5}), "sunday": frozenset({6}),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Profile:
    """What a usual hour of the day sees, by kind of day, and how it is drawn."""

    means: Mapping[str, Sequence[float]]
    plot: Plot


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a heat map: what is told of it, and how much it glows; null is not told."""

    count: int | None
    share: float
    is_partly_hidden: bool


def course(hourly: Hourly, since: datetime, until: datetime, now: datetime, zone: tzinfo) -> Plot:
    """Draw the vehicles of each hour of a period up to now; an hour without any is 0."""
    counts = dict(hourly)
    hours = (until - since) // HOUR
    starts = [since + HOUR * hour for hour in range(hours)]
    values = [counts.get(start, 0) if start <= now else None for start in starts]
    return plotted({"vehicles": values}, days_in(since, until, zone))


def days_in(since: datetime, until: datetime, zone: tzinfo) -> Sequence[tuple[float, str]]:
    """Say where in a period its days begin, at most `LABELS` of them; of one day, its hours."""
    days = max(round((until - since) / timedelta(days=1)), 1)
    if days == 1:
        return [(hour / HOURS, f"{hour}:00") for hour in range(0, HOURS, 4)]
    step = -(-days // LABELS)
    starts = (since.astimezone(zone) + timedelta(days=day) for day in range(0, days, step))
    return [((start - since) / (until - since), f"{start:%d/%m}") for start in starts]


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
    moments = [(hour / (HOURS - 1), f"{hour}:00") for hour in range(0, HOURS, 3)]
    return Profile(means, plotted(means, moments))


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
