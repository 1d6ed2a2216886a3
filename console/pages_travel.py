"""The page of travel times: how long a section takes, by hour over days and by hour of the day."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from console.api_counts import MOST_FIGURES
from console.context import Here
from console.pages_statistics import Days, GivenDay, Reader, days_before, last_day, span_of
from console.plots import Plot, plotted
from console.profiles import HOUR, days_in
from console.views import show
from sinks.statistics.times import TravelTime, find_travel_times
from sinks.store.questions import Period

router = APIRouter(prefix="/statistics", include_in_schema=False)

WINDOWS = 50
"""The most windows that are listed."""


@router.get("/travel-times")
def show_travel_times(
    request: Request,
    console: Here,
    account: Reader,
    section: Annotated[str, Query(max_length=64)] = "",
    until: GivenDay = None,
    days: Days = 7,
) -> Response:
    """Show how long a section took in each hour of some days."""
    period = days_before(console, until, days)
    sections = [one.id for one in console.site.sections]
    chosen = section or next(iter(sections), "")
    k = console.site.statistics.k
    with console.engine.connect() as connection:
        windows = find_travel_times(connection, period, MOST_FIGURES, k, chosen)
    told = [one for one in windows if not one.suppressed]
    vehicles = sum(one.n or 0 for one in told)
    fuzzy = sum((one.fuzzy_share or 0) * (one.n or 0) for one in told)
    return show(
        request,
        "figures/travel.html",
        account,
        sections=sections,
        chosen=chosen,
        days=days,
        until=last_day(console, period),
        span=span_of(period),
        plot=course_of(told, period, days_in(period.since, period.until, console.site.site.zone)),
        told=told[: -WINDOWS - 1 : -1],
        vehicles=vehicles,
        fuzzy=fuzzy / vehicles if vehicles else None,
        usual=median(one.median_s or 0 for one in told) if told else None,
        untold=len(windows) - len(told),
        k=k,
    )


def course_of(
    told: Sequence[TravelTime], period: Period, moments: Sequence[tuple[float, str]]
) -> Plot:
    """Draw the usual median and 85th centile of each hour; nothing where none is told."""
    hours: dict[datetime, list[TravelTime]] = defaultdict(list)
    for one in told:
        hours[one.start.replace(minute=0)].append(one)
    starts = [period.since + HOUR * n for n in range((period.until - period.since) // HOUR)]
    return plotted(
        {
            "median": [_usual([one.median_s for one in hours[start]]) for start in starts],
            "p85": [_usual([one.p85_s for one in hours[start]]) for start in starts],
        },
        moments,
    )


def _usual(times_s: Sequence[float | None]) -> float | None:
    told = [one for one in times_s if one is not None]
    return median(told) if told else None
