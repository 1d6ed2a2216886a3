"""The figures that people ask of the store: counts and travel times."""

from datetime import datetime, timedelta

from pydantic import ConfigDict, Field
from sqlalchemy import Connection, func, select

from anpr.events import Wire
from anpr.time import from_us, to_us
from sinks.store.questions import Period
from sinks.store.schema import UNKNOWN_CLASS, UNKNOWN_LANE, counts, travel_times


class Count(Wire):
    """Vehicles of one class past one camera in one lane, in a window that begins at `start`."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, serialize_by_alias=True
    )

    camera: str
    lane: int | None
    class_: str | None = Field(alias="class")
    start: datetime
    count: int


class TravelTime(Wire):
    """How long vehicles that left a section in a window took: number, median, 85th centile."""

    section: str
    start: datetime
    n: int
    median_s: float
    p85_s: float


def find_counts(
    connection: Connection,
    period: Period,
    window: timedelta,
    limit: int,
    camera: str | None = None,
) -> list[Count]:
    """Count passages per camera, lane, class and window (a multiple of five minutes), in order."""
    width = window // timedelta(microseconds=1)
    start = (counts.c.start_us - counts.c.start_us % width).label("window_us")
    wanted = (
        select(
            counts.c.camera, counts.c.lane, counts.c["class"].label("vehicle_class"), start,
            func.sum(counts.c.count).label("vehicles"),
        )
        .where(
            counts.c.start_us >= to_us(period.since), counts.c.start_us < to_us(period.until)
        )
        .group_by(start, counts.c.camera, counts.c.lane, counts.c["class"])
        .order_by(start, counts.c.camera, counts.c.lane, counts.c["class"])
        .limit(limit)
    )  # fmt: skip
    if camera is not None:
        wanted = wanted.where(counts.c.camera == camera)
    return [
        Count(
            camera=row.camera,
            lane=None if row.lane == UNKNOWN_LANE else row.lane,
            class_=None if row.vehicle_class == UNKNOWN_CLASS else row.vehicle_class,
            start=from_us(row.window_us),
            count=row.vehicles,
        )
        for row in connection.execute(wanted)
    ]


def passages_per_day(connection: Connection, now: datetime) -> float | None:
    """Give how many vehicles passed a day, over the last week or what there is of it.

    None where nothing was counted yet.
    """
    week = counts.c.start_us >= to_us(now - timedelta(days=7))
    counted = select(func.sum(counts.c.count), func.min(counts.c.start_us)).where(week)
    vehicles, since_us = connection.execute(counted).one()
    if not vehicles:
        return None
    days = max((now - from_us(since_us)) / timedelta(days=1), 1 / 24)
    return float(vehicles) / days


def find_travel_times(
    connection: Connection, period: Period, limit: int, section: str | None = None
) -> list[TravelTime]:
    """Give the travel times per section and window, in order."""
    wanted = (
        travel_times.select()
        .where(
            travel_times.c.start_us >= to_us(period.since),
            travel_times.c.start_us < to_us(period.until),
        )
        .order_by(travel_times.c.start_us, travel_times.c.section)
        .limit(limit)
    )
    if section is not None:
        wanted = wanted.where(travel_times.c.section == section)
    return [
        TravelTime(
            section=row.section,
            start=from_us(row.start_us),
            n=row.n,
            median_s=row.median_s,
            p85_s=row.p85_s,
        )
        for row in connection.execute(wanted)
    ]
