"""The habits of a vehicle: since when it comes, where, and at which hours of the week."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from anpr.time import from_us, to_us
from sinks.store.filters import NO_FILTERS, Filters
from sinks.store.questions import Period
from sinks.store.schema import passages

HOURS = 24
DAYS = 7


@dataclass(frozen=True, slots=True)
class Habits:
    """What the passages of a vehicle come to.

    `cameras`: how often each, most first. `hours`: for each day from Monday on, how often in each
    local hour. `days`: on how many days it came.
    """

    passages: int
    days: int
    first_at: datetime | None
    last_at: datetime | None
    plates: tuple[str, ...]
    cameras: tuple[tuple[str, int], ...]
    hours: tuple[tuple[int, ...], ...]


def find_habits(
    connection: Connection,
    period: Period,
    fold: str,
    zone: ZoneInfo,
    filters: Filters = NO_FILTERS,
) -> Habits:
    """Sum up the passages of a vehicle in a period; look-alikes are one vehicle."""
    wanted = select(passages.c.at_us, passages.c.camera, passages.c.plate).where(
        passages.c.fold == fold,
        passages.c.at_us >= to_us(period.since),
        passages.c.at_us < to_us(period.until),
        *filters.conditions(connection),
    )
    return habits_of([tuple(row) for row in connection.execute(wanted)], zone)


def habits_of(seen: Sequence[tuple[int, str, str]], zone: ZoneInfo) -> Habits:
    """Sum up when (microseconds), by which camera and as what a vehicle was seen."""
    local = [from_us(at_us).astimezone(zone) for at_us, _, _ in seen]
    tally = Counter((moment.weekday(), moment.hour) for moment in local)
    cameras = Counter(camera for _, camera, _ in seen)
    plates = Counter(plate for _, _, plate in seen)
    return Habits(
        passages=len(seen),
        days=len({moment.date() for moment in local}),
        first_at=min(local, default=None),
        last_at=max(local, default=None),
        plates=_by_count(plates),
        cameras=tuple(sorted(cameras.items(), key=lambda pair: (-pair[1], pair[0]))),
        hours=tuple(tuple(tally[day, hour] for hour in range(HOURS)) for day in range(DAYS)),
    )


def _by_count(tally: Counter[str]) -> tuple[str, ...]:
    return tuple(one for one, _ in sorted(tally.items(), key=lambda pair: (-pair[1], pair[0])))
