"""The state of the whole line at a glance: cameras, traffic, and how far behind it runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median, quantiles

from sqlalchemy import Connection, case, func, select

from anpr.events import CameraStatus
from anpr.time import to_us
from console.api_zone import CameraOut, cameras_of
from console.context import Console
from sinks.analysis.figures import DarkOut, find_dark
from sinks.store.figures import find_counts
from sinks.store.questions import Period
from sinks.store.schema import passages

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LATELY = timedelta(minutes=15)
SAMPLE = 1000
FIVE_MINUTES = timedelta(minutes=5)
MOST_FIGURES = 20_000


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a camera saw in the last hour: vehicles, and how many of them without a plate."""

    vehicles: int
    unread: int


@dataclass(frozen=True, slots=True)
class Lag:
    """How long passages took lately: from the camera to us, and from us to the store."""

    n: int
    transport_s: float
    line_s: float
    line_p95_s: float


@dataclass(frozen=True, slots=True)
class Row:
    """A camera: how it is, what it saw in the last hour, how long it was dark in the last day."""

    camera: CameraOut
    traffic: Traffic
    dark: timedelta


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole line. `coverage`: the share of camera time of the last day that was not dark."""

    rows: Sequence[Row]
    coverage: float
    up: int
    vehicles: int
    unread: int
    lag: Lag | None
    flow: Sequence[tuple[datetime, int]]


def overview(console: Console) -> Overview:
    """Look at the line as it is now."""
    now = console.now()
    day = Period(now - DAY, now)
    cameras = cameras_of(console)
    with console.engine.connect() as connection:
        traffic = _traffic(connection, now)
        dark = find_dark(connection, console.site, day, now)
        lag = _lag(connection, now)
        flow = _flow(connection, day)
    rows = [Row(one, traffic.get(one.id, Traffic(0, 0)), _dark_of(one.id, dark)) for one in cameras]
    lost = sum((row.dark for row in rows), timedelta(0))
    return Overview(
        rows=rows,
        coverage=1 - lost / (DAY * len(rows)),
        up=sum(one.state is CameraStatus.UP for one in cameras),
        vehicles=sum(row.traffic.vehicles for row in rows),
        unread=sum(row.traffic.unread for row in rows),
        lag=lag,
        flow=flow,
    )


def _dark_of(camera: str, dark: Sequence[DarkOut]) -> timedelta:
    """Sum what a camera was dark: its states and its silences may tell of the same time."""
    spans = sorted((one.since, one.until) for one in dark if one.camera == camera)
    total, reached = timedelta(0), None
    for since, until in spans:
        start = since if reached is None else max(since, reached)
        total += max(until - start, timedelta(0))
        reached = until if reached is None else max(reached, until)
    return total


def _traffic(connection: Connection, now: datetime) -> dict[str, Traffic]:
    unread = func.sum(case((passages.c.plate.is_(None), 1), else_=0)).label("unread")
    counted = (
        select(passages.c.camera, func.count().label("vehicles"), unread)
        .where(
            passages.c.at_us >= to_us(now - HOUR),
            passages.c.at_us <= to_us(now),
            passages.c.withdrawn.is_(False),
        )
        .group_by(passages.c.camera)
    )
    return {row.camera: Traffic(row.vehicles, row.unread) for row in connection.execute(counted)}


def _lag(connection: Connection, now: datetime) -> Lag | None:
    newest = (
        select(passages.c.at_us, passages.c.received_us, passages.c.stored_us)
        .where(passages.c.stored_us >= to_us(now - LATELY), passages.c.late.is_(False))
        .order_by(passages.c.stored_us.desc())
        .limit(SAMPLE)
    )
    rows = connection.execute(newest).all()
    if not rows:
        return None
    line = [max(0, row.stored_us - row.received_us) / 1e6 for row in rows]
    transport = [max(0, row.received_us - row.at_us) / 1e6 for row in rows]
    p95 = quantiles(line, n=20)[-1] if len(line) > 1 else line[0]
    return Lag(len(rows), median(transport), median(line), p95)


def _flow(connection: Connection, day: Period) -> list[tuple[datetime, int]]:
    """Count the vehicles of the whole zone per five minutes."""
    flow: dict[datetime, int] = {}
    for one in find_counts(connection, day, FIVE_MINUTES, MOST_FIGURES):
        flow[one.start] = flow.get(one.start, 0) + one.count
    return sorted(flow.items())
