"""The API of what is counted: vehicles past cameras, and how long they took over sections."""

from datetime import datetime, timedelta
from enum import IntEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.responses import Response

from console.access import requires
from console.api_events import Since, Subject, Until
from console.api_passages import REFUSALS
from console.context import Console, Here
from sinks.statistics.formats import MEDIA_TYPES, Format, write_found
from sinks.statistics.times import TravelTime, find_travel_times
from sinks.store.figures import Count, find_counts
from sinks.store.people import Account
from sinks.store.questions import Period
from sinks.store.rights import Right

router = APIRouter(prefix="/api/statistics", tags=["statistics"], responses=REFUSALS)

MOST_FIGURES = 20_000

StatisticsReader = Annotated[Account, Depends(requires(Right.STATISTICS))]
AsFormat = Annotated[Format, Query(alias="format")]
Most = Annotated[int, Query(ge=1, le=MOST_FIGURES)]

AS_FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {} for media in MEDIA_TYPES.values()}}
}

_DAY = timedelta(days=1)


class Window(IntEnum):
    """How wide a window is, in seconds."""

    FIVE_MINUTES = 300
    QUARTER = 900
    HOUR = 3600
    DAY = 86400


class Counts(BaseModel):
    """Vehicles per camera, lane, class and window, in order of time."""

    counts: list[Count]


class TravelTimes(BaseModel):
    """Travel times per section and five minutes, in order of time."""

    travel_times: list[TravelTime]


def day_of(console: Console, since: datetime | None, until: datetime | None) -> Period:
    """Complete a period: a day that ends now, unless said otherwise."""
    until = until or console.now()
    return Period(since or until - _DAY, until)


def as_file(content: bytes, name: str, written: Format) -> Response:
    """Offer figures as a file of their name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{written}"'}
    return Response(content, media_type=MEDIA_TYPES[written], headers=headers)


@router.get("/counts", response_model=Counts, responses=AS_FILES)
def read_counts(
    console: Here,
    _account: StatisticsReader,
    since: Since = None,
    until: Until = None,
    camera: Subject = None,
    window_s: Annotated[Window, Query()] = Window.FIVE_MINUTES,
    limit: Most = MOST_FIGURES,
    written: AsFormat = Format.JSON,
) -> Counts | Response:
    """Count the vehicles of a period (by default the last day) per camera, lane and class."""
    period = day_of(console, since, until)
    window = timedelta(seconds=window_s)
    with console.engine.connect() as connection:
        found = find_counts(connection, period, window, limit, camera)
    if written is not Format.JSON:
        return as_file(write_found(found, Count, written), "counts", written)
    return Counts(counts=found)


@router.get("/travel-times", response_model=TravelTimes, responses=AS_FILES)
def read_travel_times(
    console: Here,
    _account: StatisticsReader,
    since: Since = None,
    until: Until = None,
    section: Subject = None,
    limit: Most = MOST_FIGURES,
    written: AsFormat = Format.JSON,
) -> TravelTimes | Response:
    """Give the travel times of a period (by default the last day) per section."""
    period, k = day_of(console, since, until), console.site.statistics.k
    with console.engine.connect() as connection:
        found = find_travel_times(connection, period, limit, k, section)
    if written is not Format.JSON:
        return as_file(write_found(found, TravelTime, written), "travel-times", written)
    return TravelTimes(travel_times=found)
