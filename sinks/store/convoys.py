"""Who drives with a vehicle: seen within seconds of it, again and again, beyond what chance gives.

Two cars that follow one another through a town are near each other at every camera they pass, and
that is one coincidence, not many. So the unit is the drive: `together` counts the drives of X on
which Y was near. How likely chance alone makes Y near on a drive follows from Y's own habits: how
often it passes the same camera at the same time of the day on other days. Commuters pass with each
other by habit, and score nothing. `p` is the chance of so many drives together or more (Poisson
binomial), times the vehicles looked at, so that the best of many is judged as such.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import Connection, and_, select

from anpr.time import from_us, to_us
from sinks.store.dialects import among, is_postgresql, ranges
from sinks.store.filters import NO_FILTERS, Filters
from sinks.store.questions import Period
from sinks.store.schema import passages

DRIVE_US = 1_800_000_000
"""Half an hour without a passage ends a drive."""

DAY_US = 86_400_000_000
HABIT_US = 900_000_000
"""So far before and after the same time of the day a passage of another day counts as habit."""

MOST_LED = 300
"""So many of the newest passages of X are gone through."""

CANDIDATES = 200
"""So many vehicles, those near X at most cameras, are judged."""

HALF = 0.5
"""Who was never seen at a place at that time may still come: half a passage more than seen."""


class Near(NamedTuple):
    """A passage of X, and one of another vehicle beside it."""

    led: int
    fold: str
    id: str
    at_us: int
    plate: str


class Led(NamedTuple):
    """A passage of X."""

    at_us: int
    camera: str
    id: str


@dataclass(frozen=True, slots=True)
class ConvoyQuery:
    """Within `within` of the plate at `cameras` distinct cameras, in a period."""

    period: Period
    fold: str
    within: timedelta
    cameras: int
    filters: Filters = NO_FILTERS


@dataclass(frozen=True, slots=True)
class Encounter:
    """The two vehicles past one camera; `gap_s` above 0: the other came after X."""

    camera: str
    at: datetime
    gap_s: float
    passage: str
    other: str


@dataclass(frozen=True, slots=True)
class Companion:
    """A vehicle near X: at how many cameras, on how many of X's drives, and what chance says.

    `expected` drives would be together by chance; `lift` is how many times more there were.
    """

    fold: str
    plates: tuple[str, ...]
    cameras: int
    together: int
    drives: int
    expected: float
    lift: float
    p: float
    encounters: tuple[Encounter, ...]


def find_companions(connection: Connection, query: ConvoyQuery, limit: int) -> list[Companion]:
    """Find who was near a vehicle, the least likely by chance first."""
    led = _led(connection, query)
    near = _near(connection, query, led)
    chosen = _candidates(led, near, query.cameras)
    if not chosen:
        return []
    habits = _habits(connection, query, led, chosen)
    days = max(1, round((query.period.until - query.period.since) / timedelta(days=1)))
    judged = [
        companion(led, chosen[fold], habits.get(fold, []), query.within, days, len(chosen))
        for fold in chosen
    ]
    return sorted(judged, key=lambda one: (one.p, -one.lift, one.fold))[:limit]


def companion(
    led: Sequence[Led],
    near: Sequence[Near],
    habits: Sequence[tuple[str, int]],
    within: timedelta,
    days: int,
    looked_at: int,
) -> Companion:
    """Judge one vehicle near X, by its passages (`habits`: camera and time) at X's cameras."""
    drives = drives_of(led)
    chances = [0.0] * (max(drives) + 1)
    within_us = within // timedelta(microseconds=1)
    by_camera: dict[str, list[int]] = defaultdict(list)
    for camera, at_us in habits:
        by_camera[camera].append(at_us)
    for one, drive in zip(led, drives, strict=True):
        chances[drive] += _chance(one, by_camera[one.camera], within_us, days)
    chances = [min(1.0, chance) for chance in chances]
    together = len({drives[one.led] for one in near})
    expected = sum(chances)
    return Companion(
        fold=near[0].fold,
        plates=tuple(dict.fromkeys(one.plate for one in near)),
        cameras=len({led[one.led].camera for one in near}),
        together=together,
        drives=len(chances),
        expected=round(expected, 6),
        lift=round(together / expected, 1),
        p=min(1.0, at_least(together, chances) * looked_at),
        encounters=tuple(
            Encounter(
                led[one.led].camera,
                from_us(led[one.led].at_us),
                (one.at_us - led[one.led].at_us) / 1_000_000,
                led[one.led].id,
                one.id,
            )
            for one in sorted(near, key=lambda one: one.at_us, reverse=True)
        ),
    )


def drives_of(led: Sequence[Led]) -> list[int]:
    """Give the number of each passage's drive, in order of time."""
    numbers = [0] if led else []
    for before, after in pairwise(led):
        numbers.append(numbers[-1] + (after.at_us - before.at_us > DRIVE_US))
    return numbers


def at_least(successes: int, chances: Iterable[float]) -> float:
    """Give the chance of so many successes or more in trials of their own chances each."""
    exactly = [1.0]
    for chance in chances:
        longer = [0.0] * (len(exactly) + 1)
        for count, likely in enumerate(exactly):
            longer[count] += likely * (1 - chance)
            longer[count + 1] += likely * chance
        exactly = longer
    return min(1.0, sum(exactly[successes:]))


def _chance(one: Led, passed_us: Sequence[int], within_us: int, days: int) -> float:
    """Tell how likely a vehicle passes a camera beside X, by its habits on other days."""
    width_us = max(HABIT_US, within_us)
    usual = 0
    for at_us in passed_us:
        off_us = (at_us - one.at_us + DAY_US // 2) % DAY_US - DAY_US // 2
        is_other_day = abs(at_us - one.at_us) > DAY_US // 2
        usual += is_other_day and abs(off_us) <= width_us
    return (usual + HALF) / days * min(1.0, within_us / width_us)


def _led(connection: Connection, query: ConvoyQuery) -> list[Led]:
    wanted = (
        select(passages.c.at_us, passages.c.camera, passages.c.id)
        .where(
            passages.c.fold == query.fold,
            passages.c.at_us >= to_us(query.period.since),
            passages.c.at_us < to_us(query.period.until),
            *query.filters.conditions(connection),
        )
        .order_by(passages.c.at_us.desc(), passages.c.id)
        .limit(MOST_LED)
    )
    return sorted(Led(*row) for row in connection.execute(wanted))


def _near(connection: Connection, query: ConvoyQuery, led: Sequence[Led]) -> list[Near]:
    """Give what passed beside X: one range of the camera's index for each passage."""
    within_us = query.within // timedelta(microseconds=1)
    found: list[Near] = []
    for some in _near_in_time(connection, led):
        sought = ranges(
            connection,
            [
                (place, one.camera, one.at_us - within_us, one.at_us + within_us)
                for place, one in some
            ],
        )
        passage = passages.c
        beside = and_(
            passage.camera == sought.c.key,
            passage.at_us >= sought.c.first,
            passage.at_us <= sought.c.last,
        )
        wanted = (
            select(sought.c.number, passage.fold, passage.id, passage.at_us, passage.plate)
            .select_from(sought.join(passages, beside))
            .where(passage.withdrawn.is_(False), passage.fold != query.fold)
        )
        if is_postgresql(connection):  # it then opens the weeks of these alone
            first_us, last_us = some[0][1].at_us, some[-1][1].at_us
            wanted = wanted.where(passage.at_us.between(first_us - within_us, last_us + within_us))
        found += [Near(*row) for row in connection.execute(wanted)]
    return found


def _near_in_time(connection: Connection, led: Sequence[Led]) -> Iterable[list[tuple[int, Led]]]:
    """Ask for a week of passages at once where the table is cut into weeks."""
    if led and not is_postgresql(connection):
        return [list(enumerate(led))]
    weeks: dict[int, list[tuple[int, Led]]] = defaultdict(list)
    for place, one in enumerate(led):
        weeks[one.at_us // (7 * DAY_US)].append((place, one))
    return weeks.values()


def _candidates(led: Sequence[Led], near: Iterable[Near], least: int) -> Mapping[str, list[Near]]:
    """Keep who was near at enough cameras: those at most of them."""
    by_fold: dict[str, list[Near]] = defaultdict(list)
    for one in near:
        by_fold[one.fold].append(one)
    ranked = sorted(
        (-count, fold)
        for fold, some in by_fold.items()
        if (count := len({led[one.led].camera for one in some})) >= least
    )
    return {fold: by_fold[fold] for _, fold in ranked[:CANDIDATES]}


def _habits(
    connection: Connection, query: ConvoyQuery, led: Sequence[Led], chosen: Iterable[str]
) -> Mapping[str, list[tuple[str, int]]]:
    """Give where and when the candidates passed the cameras of X."""
    cameras = {one.camera for one in led}
    wanted = select(passages.c.fold, passages.c.camera, passages.c.at_us).where(
        among(connection, passages.c.fold, sorted(chosen)),
        passages.c.at_us >= to_us(query.period.since),
        passages.c.at_us < to_us(query.period.until),
        passages.c.withdrawn.is_(False),
    )
    habits: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for row in connection.execute(wanted):
        if row.camera in cameras:
            habits[row.fold].append((row.camera, row.at_us))
    return habits
