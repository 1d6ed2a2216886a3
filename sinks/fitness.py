"""Whether a truck lock is fit to be enforced.

A lock that cannot tell what drives through asks people. One that asks more often in a day than
its site allows says that it is unfit, and its questions of that day are held back.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from prometheus_client import Gauge
from sqlalchemy import Connection, Engine, func, select

from anpr.sites import Lock, Site
from anpr.time import from_us, to_us
from sinks.store.questions import HeldBack, Period
from sinks.store.schema import events

REVIEWS = Gauge(
    "anpr_lock_reviews", "Transits of a lock today that a person must look at", ["lock"]
)
UNFIT = Gauge("anpr_lock_unfit", "1 while a lock asks people more often than allowed", ["lock"])

QUARTER_US = 900_000_000
"""Every time zone's days begin on one: counted by it, days are put together by the clock."""

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class UnfitDay:
    """A local day on which a lock asked people too often."""

    lock: str
    day: date
    reviews: int
    most: int
    period: Period

    @property
    def held_back(self) -> HeldBack:
        """Its questions of that day."""
        return HeldBack(self.lock, "review", self.period)


def unfit_days(connection: Connection, site: Site, period: Period) -> list[UnfitDay]:
    """Give the days of a period on which locks were unfit, whole days, oldest first."""
    zone = site.site.zone
    first, last = (moment.astimezone(zone).date() for moment in (period.since, period.until))
    whole = Period(_starts(first, zone), _starts(last + ONE_DAY, zone))
    most = {lock.id: lock.review_max_per_day for lock in site.locks}
    counted = _reviews(connection, whole, site.locks, zone)
    return [
        UnfitDay(lock, day, reviews, most[lock], _day(day, zone))
        for (day, lock), reviews in sorted(counted.items())
        if reviews > most[lock]
    ]


def is_unfit(connection: Connection, site: Site, lock: str, at: datetime) -> bool:
    """Say whether a lock is unfit on the local day of a moment."""
    day = _day(at.astimezone(site.site.zone).date(), site.site.zone)
    last = day.until - timedelta(microseconds=1)
    found = unfit_days(connection, site, Period(day.since, last))
    return any(one.lock == lock for one in found)


def watch_locks(engine: Engine, site: Site, now: datetime) -> None:
    """Set the figures of today."""
    zone = site.site.zone
    today = now.astimezone(zone).date()
    with engine.connect() as connection:
        counted = _reviews(connection, _day(today, zone), site.locks, zone)
    for lock in site.locks:
        reviews = counted[today, lock.id]
        REVIEWS.labels(lock.id).set(reviews)
        UNFIT.labels(lock.id).set(reviews > lock.review_max_per_day)


def _reviews(
    connection: Connection, period: Period, locks: Sequence[Lock], zone: ZoneInfo
) -> Counter[tuple[date, str]]:
    """Count the transits that wait for a person, by local day and lock."""
    counted: Counter[tuple[date, str]] = Counter()
    if not locks:
        return counted
    quarter = (events.c.at_us - events.c.at_us % QUARTER_US).label("quarter")
    tally = (
        select(events.c.subject, quarter, func.count().label("reviews"))
        .where(
            events.c.subject.in_([lock.id for lock in locks]),
            events.c.at_us >= to_us(period.since),
            events.c.at_us < to_us(period.until),
            events.c.kind == "lock_transit",
            events.c.verdict == "review",
            events.c.withdrawn.is_(False),
        )
        .group_by(events.c.subject, quarter)
    )
    for row in connection.execute(tally):
        day = from_us(row.quarter).astimezone(zone).date()
        counted[day, row.subject] += row.reviews
    return counted


def _day(day: date, zone: ZoneInfo) -> Period:
    return Period(_starts(day, zone), _starts(day + ONE_DAY, zone))


def _starts(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
