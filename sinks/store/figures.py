"""The counts that people ask of the store."""

from datetime import datetime, timedelta

from pydantic import ConfigDict, Field
from sqlalchemy import Connection, func, select

from anpr.events import Wire
from anpr.time import from_us, to_us
from sinks.store.questions import Period
from sinks.store.schema import (
    UNKNOWN_CLASS,
    UNKNOWN_DIRECTION,
    UNKNOWN_LANE,
    counts,
)

HOUR_US = 3_600_000_000


class Count(Wire):
    """Vehicles of a class past a camera in a lane and a direction, in a window from `start` on."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, serialize_by_alias=True
    )

    camera: str
    lane: int | None
    class_: str | None = Field(alias="class")
    direction: str | None
    start: datetime
    count: int


def find_counts(
    connection: Connection,
    period: Period,
    window: timedelta,
    limit: int,
    camera: str | None = None,
) -> list[Count]:
    """Count passages by camera, lane, class, direction and window (so many times five minutes)."""
    width = window // timedelta(microseconds=1)
    start = (counts.c.start_us - counts.c.start_us % width).label("window_us")
    by = (counts.c.camera, counts.c.lane, counts.c["class"], counts.c.direction)
    wanted = (
        select(
            counts.c.camera, counts.c.lane, counts.c["class"].label("vehicle_class"), start,
            counts.c.direction, func.sum(counts.c.count).label("vehicles"),
        )
        .where(
            counts.c.start_us >= to_us(period.since), counts.c.start_us < to_us(period.until)
        )
        .group_by(start, *by)
        .order_by(start, *by)
        .limit(limit)
    )  # fmt: skip
    if camera is not None:
        wanted = wanted.where(counts.c.camera == camera)
    return [
        Count(
            camera=row.camera,
            lane=None if row.lane == UNKNOWN_LANE else row.lane,
            class_=None if row.vehicle_class == UNKNOWN_CLASS else row.vehicle_class,
            direction=None if row.direction == UNKNOWN_DIRECTION else row.direction,
            start=from_us(row.window_us),
            count=row.vehicles,
        )
        for row in connection.execute(wanted)
    ]


def hourly_totals(
    connection: Connection, period: Period, camera: str | None = None
) -> list[tuple[datetime, int]]:
    """Count the passages of each hour in which there are any, at one camera or at all, in order."""
    hour = (counts.c.start_us - counts.c.start_us % HOUR_US).label("hour_us")
    wanted = (
        select(hour, func.sum(counts.c.count))
        .where(counts.c.start_us >= to_us(period.since), counts.c.start_us < to_us(period.until))
        .group_by(hour)
        .order_by(hour)
    )
    if camera is not None:
        wanted = wanted.where(counts.c.camera == camera)
    return [(from_us(hour_us), n) for hour_us, n in connection.execute(wanted)]


def camera_totals(connection: Connection, period: Period) -> dict[str, int]:
    """Count the passages of each camera in a period."""
    wanted = (
        select(counts.c.camera, func.sum(counts.c.count))
        .where(counts.c.start_us >= to_us(period.since), counts.c.start_us < to_us(period.until))
        .group_by(counts.c.camera)
    )
    return {camera: int(n) for camera, n in connection.execute(wanted)}


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
