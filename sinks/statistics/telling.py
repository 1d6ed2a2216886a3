"""What may be told of the traffic in a period: flows, shares, balance, speeds, compliance."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    func,
    literal,
    select,
)

from anpr.events import Decision, VehicleClass, Wire
from anpr.sites import Site
from anpr.time import from_us, to_us
from sinks.statistics.computing import STEP_KMH, STEPS_KMH, step_of
from sinks.statistics.few import told_share, told_speeds
from sinks.statistics.flows import INSIDE
from sinks.store.questions import Period
from sinks.store.schema import UNKNOWN_CLASS, counts
from sinks.store.traffic import compliance, flows, speeds, through
from sinks.store.visits import Way, way_of
from sinks.store.windows import HOUR_US

HOUR = timedelta(hours=1)


class Flow(Wire):
    """How many went from one camera of the border to another, by when they came in.

    Null instead of a camera: they began or ended inside the zone. A null count is not told.
    """

    start: datetime
    origin: str | None
    destination: str | None
    count: int | None
    suppressed: bool


class Through(Wire):
    """How many came in over the border, and what share of them only drove through."""

    start: datetime
    entered: int | None
    through: int | None
    share: float | None


class Balance(Wire):
    """How many came in over the border and how many left in an hour; plates do not matter."""

    start: datetime
    entering: int
    leaving: int
    balance: int


class SpeedClass(Wire):
    """Vehicles from one speed up to another; null where not told."""

    from_kmh: int
    to_kmh: int
    count: int | None


class Speeds(Wire):
    """How fast vehicles were in an hour: at a camera as measured, on a section on average."""

    kind: str
    subject: str
    start: datetime
    n: int | None
    mean_kmh: float | None
    classes: tuple[SpeedClass, ...]
    suppressed: bool


class TruckShare(Wire):
    """What share of the vehicles of known class past a camera are trucks."""

    camera: str
    start: datetime
    n: int | None
    trucks: int | None
    share: float | None


class Compliance(Wire):
    """What share of the passages at a gate of a permit zone or low emission zone were allowed."""

    zone: str
    gate: str
    start: datetime
    n: int | None
    allowed: int | None
    share: float | None


def find_flows(connection: Connection, period: Period) -> list[Flow]:
    """Give the matrix of origins and destinations of each window, in order; what is 0 is left out.

    Windows that began in the period are given whole: no other cut than the site's can be had.
    """
    wanted = _in(period, flows).order_by(flows.c.start_us, flows.c.origin, flows.c.destination)
    return [
        Flow(
            start=from_us(row["start_us"]),
            origin=row["origin"] if row["origin"] != INSIDE else None,
            destination=row["destination"] if row["destination"] != INSIDE else None,
            count=row["count"],
            suppressed=row["count"] is None,
        )
        for row in connection.execute(wanted).mappings()
    ]


def find_through(connection: Connection, period: Period) -> list[Through]:
    """Give the share of through traffic of each window of flows."""
    return [
        Through(
            start=from_us(row.start_us),
            entered=row.entered,
            through=row.through,
            share=_ratio(row.through, row.entered),
        )
        for row in connection.execute(_in(period, through).order_by(through.c.start_us))
    ]


def find_balance(connection: Connection, site: Site, period: Period) -> list[Balance]:
    """Give who came and who left, of each hour in which somebody did."""
    hour = (counts.c.start_us - counts.c.start_us % HOUR_US).label("hour_us")
    by = (hour, counts.c.camera, counts.c.direction)
    tally = (
        select(*by, func.sum(counts.c.count).label("vehicles"))
        .where(counts.c.start_us >= to_us(period.since), counts.c.start_us < to_us(period.until))
        .group_by(*by)
        .order_by(hour)
    )
    went: dict[int, Counter[Way]] = defaultdict(Counter)
    for row in connection.execute(tally):
        if (way := way_of(site.border, row.camera, row.direction)) is not None:
            went[row.hour_us][way] += row.vehicles
    return [
        Balance(
            start=from_us(hour_us),
            entering=ways[Way.IN],
            leaving=ways[Way.OUT],
            balance=ways[Way.IN] - ways[Way.OUT],
        )
        for hour_us, ways in went.items()
    ]


def find_speeds(connection: Connection, period: Period, k: int) -> list[Speeds]:
    """Give the distribution of speeds of each camera and section and hour, in order."""
    wanted = _in(period, speeds).order_by(
        speeds.c.start_us, speeds.c.kind, speeds.c.subject, speeds.c.from_kmh
    )
    rows = connection.execute(wanted).mappings()
    return [
        _speeds(kind, subject, from_us(start_us), list(group), k)
        for (start_us, kind, subject), group in groupby(
            rows, key=itemgetter("start_us", "kind", "subject")
        )
    ]


def find_truck_shares(
    connection: Connection, period: Period, k: int, window: timedelta | None = HOUR
) -> list[TruckShare]:
    """Give the share of trucks by camera and window (None: the whole period), of known classes."""
    start = _windows_of(period, window).label("window_us")
    by = (start, counts.c.camera, counts.c["class"].label("vehicle_class"))
    tally = (
        select(*by, func.sum(counts.c.count).label("vehicles"))
        .where(counts.c.start_us >= to_us(period.since), counts.c.start_us < to_us(period.until))
        .where(counts.c["class"] != UNKNOWN_CLASS)
        .group_by(*by)
    )
    seen: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    for row in connection.execute(tally):
        seen[row.window_us, row.camera][row.vehicle_class] += row.vehicles
    found = []
    for (start_us, camera), classes in sorted(seen.items()):
        n, trucks = told_share(classes[VehicleClass.TRUCK.value], classes.total(), k)
        share = _ratio(trucks, n)
        found.append(
            TruckShare(camera=camera, start=from_us(start_us), n=n, trucks=trucks, share=share)
        )
    return found


def find_compliance(connection: Connection, period: Period, k: int) -> list[Compliance]:
    """Give the share of allowed passages by gate and hour."""
    decided: dict[tuple[int, str, str], Counter[str]] = defaultdict(Counter)
    for row in connection.execute(_in(period, compliance)).mappings():
        decided[row["start_us"], row["zone"], row["gate"]][row["decision"]] += row["count"]
    found = []
    for (start_us, zone, gate), decisions in sorted(decided.items()):
        n, allowed = told_share(decisions[Decision.ALLOW.value], decisions.total(), k)
        share = _ratio(allowed, n)
        at = from_us(start_us)
        found.append(Compliance(zone=zone, gate=gate, start=at, n=n, allowed=allowed, share=share))
    return found


def percentile_kmh(classes: Sequence[SpeedClass], share: float) -> float | None:
    """Estimate the speed that a share of the vehicles stays below, within its class by proportion.

    None where classes are not told.
    """
    vehicles = [one.count for one in classes if one.count is not None]
    if len(vehicles) < len(classes) or not sum(vehicles):
        return None
    left = share * sum(vehicles)
    for one, n in zip(classes, vehicles, strict=True):
        if n and left <= n:
            return round(one.from_kmh + (one.to_kmh - one.from_kmh) * left / n, 1)
        left -= n
    return None


def _speeds(kind: str, subject: str, start: datetime, rows: Sequence[RowMapping], k: int) -> Speeds:
    by_step: Counter[int] = Counter()
    for row in rows:
        by_step[step_of(row["from_kmh"])] += row["count"]
    n = by_step.total()
    mean_kmh: float | None = None
    told: Sequence[int | None] = ()
    if n >= k:
        sum_kmh = sum(row["sum_kmh"] for row in rows)
        mean_kmh, told = told_speeds(sum_kmh, [by_step[step] for step in STEPS_KMH], k)
    return Speeds(
        kind=kind,
        subject=subject,
        start=start,
        n=n if n >= k else None,
        mean_kmh=mean_kmh,
        classes=tuple(
            SpeedClass(from_kmh=step, to_kmh=step + STEP_KMH, count=count)
            for step, count in zip(STEPS_KMH, told, strict=False)
            if count != 0
        ),
        suppressed=n < k,
    )


def _windows_of(period: Period, window: timedelta | None) -> ColumnElement[int]:
    if window is None:
        return literal(to_us(period.since), BigInteger)
    return counts.c.start_us - counts.c.start_us % (window // timedelta(microseconds=1))


def _ratio(part: int | None, whole: int | None) -> float | None:
    return None if part is None or not whole else round(part / whole, 4)


def _in(period: Period, table: Table) -> Select[Any]:
    start = table.c.start_us
    return select(table).where(start >= to_us(period.since), start < to_us(period.until))
