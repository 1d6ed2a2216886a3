"""The pages of figures: today, the course of weeks, flows, before and after, what is published."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from anpr.time import rfc3339
from console.access import requires
from console.api_counts import MOST_FIGURES, day_of
from console.charts import HOUR, charts_of
from console.context import Console, Here
from console.day_sums import compliance_of, speeds_of
from console.flowing import arrows, matrix_of, places_of
from console.mapping import HEIGHT as MAP_HEIGHT
from console.mapping import WIDTH as MAP_WIDTH
from console.profiles import Profile, course, drawn, profile, week
from console.views import show
from sinks.analysis.figures import find_captures, find_dark
from sinks.statistics.comparing import Measure, compare_periods, days_from
from sinks.statistics.register import find_published
from sinks.statistics.tables import TABLES
from sinks.statistics.telling import (
    find_balance,
    find_compliance,
    find_flows,
    find_speeds,
    find_through,
    find_truck_shares,
)
from sinks.statistics.times import find_travel_times
from sinks.store.figures import find_counts, hourly_totals
from sinks.store.people import Account
from sinks.store.questions import Period
from sinks.store.rights import Right

router = APIRouter(prefix="/statistics", include_in_schema=False)

TRAVEL_ROWS = 50
DAY = timedelta(days=1)
MOST_DAYS = 92

Reader = Annotated[Account, Depends(requires(Right.STATISTICS))]
Days = Annotated[int, Query(ge=1, le=MOST_DAYS)]
GivenCamera = Annotated[str, Query(max_length=64)]
GivenDay = Annotated[date | None, Query(ge=date(2000, 1, 1), le=date(2100, 1, 1))]


@router.get("")
def statistics(request: Request, console: Here, account: Reader) -> Response:
    """Show the figures of the last day."""
    now = console.now()
    period = day_of(console, None, None)
    with console.engine.connect() as connection:
        hourly = find_counts(connection, period, HOUR, MOST_FIGURES)
        times = find_travel_times(connection, period, MOST_FIGURES, console.site.statistics.k)
    travel = [one for one in times if not one.suppressed][-TRAVEL_ROWS:]
    charts = charts_of(hourly, now, console.site.site.zone)
    return show(request, "statistics.html", account, charts=charts, travel=travel[::-1])


@router.get("/course")
def show_course(
    request: Request,
    console: Here,
    account: Reader,
    camera: GivenCamera = "",
    until: GivenDay = None,
    days: Days = 28,
) -> Response:
    """Show the course of some weeks, and what a usual day and week look like."""
    period = days_before(console, until, days)
    zone = console.site.site.zone
    with console.engine.connect() as connection:
        hourly = hourly_totals(connection, period, camera or None)
    return show(
        request,
        "figures/course.html",
        account,
        chosen=camera,
        days=days,
        until=last_day(console, period),
        span=span_of(period),
        course=course(hourly, period.since, period.until, console.now(), zone),
        profile=profile(hourly, zone),
        week=week(hourly, zone),
        daily=_by_day(hourly, console),
    )


@router.get("/flows")
def show_flows(
    request: Request,
    console: Here,
    account: Reader,
    until: GivenDay = None,
    days: Days = 1,
) -> Response:
    """Show from where to where vehicles drive over the border, and who came and left."""
    period = days_before(console, until, days)
    with console.engine.connect() as connection:
        flows = find_flows(connection, period)
        through = [one for one in find_through(connection, period) if one.through is not None]
        balance = find_balance(connection, console.site, period)
    entered = sum(one.entered or 0 for one in through)
    ends = [None, *sorted(console.site.border)]
    places = places_of(console.site)
    return show(
        request,
        "figures/flows.html",
        account,
        days=days,
        until=last_day(console, period),
        span=span_of(period),
        ends=ends,
        matrix=matrix_of(flows, ends),
        arrows=arrows(flows, places),
        posts=places,
        size=(MAP_WIDTH, MAP_HEIGHT),
        through=sum(one.through or 0 for one in through) / entered if entered else None,
        entered=entered,
        balance=balance,
        entering=sum(one.entering for one in balance),
        leaving=sum(one.leaving for one in balance),
        most=max((max(one.entering, one.leaving) for one in balance), default=1),
        k=console.site.statistics.k,
    )


@router.get("/speeds")
def show_speeds(
    request: Request, console: Here, account: Reader, until: GivenDay = None
) -> Response:
    """Show the speeds, trucks and compliance of a day."""
    period = days_before(console, until, 1)
    k = console.site.statistics.k
    with console.engine.connect() as connection:
        speeds = find_speeds(connection, period, k)
        trucks = find_truck_shares(connection, period, k, None)
        compliance = find_compliance(connection, period, k)
    return show(
        request,
        "figures/speeds.html",
        account,
        until=last_day(console, period),
        span=span_of(period),
        speeds=speeds_of(speeds),
        trucks=trucks,
        compliance=compliance_of(compliance),
        k=k,
    )


@router.get("/compare")
def show_comparison(
    request: Request,
    console: Here,
    account: Reader,
    measure: Measure = Measure.COUNTS,
    before: GivenDay = None,
    after: GivenDay = None,
    days: Days = 14,
    camera: GivenCamera = "",
) -> Response:
    """Show two periods of as many days beside each other: before and after a measure."""
    after = after or _today(console) - days * DAY
    before = before or after - days * DAY
    periods = [days_from(one, days, console.site.site.zone) for one in (before, after)]
    with console.engine.connect() as connection:
        changes = compare_periods(connection, console.site, measure, *periods)
        hourly = [hourly_totals(connection, one, camera or None) for one in periods]
    return show(
        request,
        "figures/compare.html",
        account,
        measure=measure,
        measures=list(Measure),
        before=before,
        after=after,
        days=days,
        chosen=camera,
        profile=_two(hourly, console) if measure is Measure.COUNTS else None,
        changes=changes,
        highest=max((max(one.before or 0, one.after or 0) for one in changes), default=0) or 1,
    )


@router.get("/capture")
def show_capture(
    request: Request, console: Here, account: Reader, until: GivenDay = None, days: Days = 7
) -> Response:
    """Show which share of the vehicles each gate of a line sees and reads."""
    period = days_before(console, until, days)
    with console.engine.connect() as connection:
        captures = find_captures(connection, console.site, period)
        dark = find_dark(connection, console.site, period, console.now())
    return show(
        request,
        "figures/capture.html",
        account,
        days=days,
        until=last_day(console, period),
        span=span_of(period),
        captures=captures,
        dark=dark,
    )


@router.get("/published")
def show_published(request: Request, console: Here, account: Reader) -> Response:
    """Show what was published of the last weeks, and offer it."""
    until = console.now()
    period = Period(until - MOST_DAYS * DAY, until)
    with console.engine.connect() as connection:
        editions = {table: find_published(connection, table, period) for table in TABLES}
    return show(
        request,
        "figures/published.html",
        account,
        editions=editions,
        since=period.since,
        by_itself=console.site.statistics.publish,
        k=console.site.statistics.k,
    )


def _today(console: Console) -> date:
    return console.now().astimezone(console.site.site.zone).date()


def span_of(period: Period) -> str:
    """Give a period as the API is asked for it."""
    return f"from={rfc3339(period.since)}&to={rfc3339(period.until)}"


def days_before(console: Console, last: date | None, days: int) -> Period:
    """Give the period of so many days that ends with a day; by default with today."""
    first = (last or _today(console)) - (days - 1) * DAY
    return days_from(first, days, console.site.site.zone)


def last_day(console: Console, period: Period) -> date:
    """Give the last local day of a period."""
    return (period.until - HOUR).astimezone(console.site.site.zone).date()


def _by_day(hourly: Sequence[tuple[datetime, int]], console: Console) -> Mapping[date, int]:
    totals: Counter[date] = Counter()
    for start, vehicles in hourly:
        totals[start.astimezone(console.site.site.zone).date()] += vehicles
    return totals


def _two(hourly: Sequence[Sequence[tuple[datetime, int]]], console: Console) -> Profile:
    """Draw the usual day of two periods on one scale."""
    means: dict[str, Sequence[float]] = {}
    for name, some in zip(("before", "after"), hourly, strict=True):
        sums: Counter[int] = Counter()
        local = [(one.astimezone(console.site.site.zone), vehicles) for one, vehicles in some]
        for start, vehicles in local:
            sums[start.hour] += vehicles
        days = len({start.date() for start, _ in local}) or 1
        means[name] = [sums[hour] / days for hour in range(24)]
    return drawn(means)
