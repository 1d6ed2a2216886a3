"""The API of the traffic as a whole: flows, balance, speeds, trucks, compliance. No plate in it."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, create_model
from starlette.responses import Response

from anpr.events import Wire
from anpr.sites.statistics import Published
from console.api_counts import AS_FILES, AsFormat, StatisticsReader, as_file, day_of
from console.api_events import Since, Until
from console.api_passages import REFUSALS
from console.context import Here
from console.problems import NothingHereError
from sinks.statistics.catalogue import FIGURES, Figures
from sinks.statistics.comparing import Change, Measure, compare_periods, days_from
from sinks.statistics.datex import MEASURED, NothingMeasuredError, measured_data, site_table
from sinks.statistics.formats import WRITTEN, Format, write_found
from sinks.statistics.register import find_published
from sinks.statistics.telling import Through, find_through

XML = "application/xml"
IN_XML: dict[int | str, dict[str, Any]] = {200: {"content": {XML: {}}}}
MOST_DAYS = 92

FirstDay = Annotated[date, Query(ge=date(2000, 1, 1), le=date(2100, 1, 1))]

router = APIRouter(prefix="/api/statistics", tags=["statistics"], responses=REFUSALS)


class Changes(BaseModel):
    """What a measure's figures were in two periods, in order of what they are of."""

    changes: list[Change]


def _route(figures: Figures) -> None:
    """Give figures of a period: as JSON under their name, or as a file of rows."""
    key = _KEYS.get(figures.name, figures.name)
    fields: dict[str, Any] = {key: (list[figures.row], ...)}  # type: ignore[name-defined] # a class
    if figures.name == "flows":
        fields["through"] = (list[Through], ...)
    model = create_model(f"{figures.name.title()}Out", __doc__=figures.about, **fields)

    @router.get(
        f"/{figures.name}", name=figures.name, description=figures.about, response_model=model,
        responses=AS_FILES,
    )  # fmt: skip
    def read(
        console: Here,
        _account: StatisticsReader,
        since: Since = None,
        until: Until = None,
        written: AsFormat = Format.JSON,
    ) -> dict[str, list[Wire]] | Response:
        period = day_of(console, since, until)
        with console.engine.connect() as connection:
            found = list(figures.find(connection, console.site, period, console.now()))
            if written is not Format.JSON:
                return as_file(write_found(found, figures.row, written), figures.name, written)
            answer = {key: found}
            if figures.name == "flows":
                answer["through"] = list(find_through(connection, period))
        return answer


_KEYS = {"capture": "captures"}
"""Where the answer's key is not the figures' name."""

for _one in FIGURES.values():
    _route(_one)


@router.get("/compare", response_model=Changes, responses=AS_FILES)
def read_comparison(
    console: Here,
    _account: StatisticsReader,
    measure: Measure,
    before: FirstDay,
    after: FirstDay,
    days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = 7,
    written: AsFormat = Format.JSON,
) -> Changes | Response:
    """Compare as many local days from two dates on: before and after something was changed."""
    zone = console.site.site.zone
    periods = [days_from(first, days, zone) for first in (before, after)]
    with console.engine.connect() as connection:
        changes = compare_periods(connection, console.site, measure, *periods)
    if written is not Format.JSON:
        return as_file(write_found(changes, Change, written), f"{measure}-compared", written)
    return Changes(changes=changes)


@router.get("/published/{table}", response_class=Response, responses=AS_FILES)
def read_published(
    console: Here,
    _account: StatisticsReader,
    table: Published,
    since: Since = None,
    until: Until = None,
    written: AsFormat = Format.JSON,
) -> Response:
    """Give the tables that were published of a period, as open data: JSON lines, CSV or Parquet."""
    with console.engine.connect() as connection:
        editions = find_published(connection, table, day_of(console, since, until))
    return as_file(WRITTEN[written](editions), table, written)


@router.get("/datex/measured", response_class=Response, responses=IN_XML)
def read_measured(
    console: Here, _account: StatisticsReader, since: Since = None, until: Until = None
) -> Response:
    """Give what was published of flow, speed and travel time as DATEX II v3 MeasuredData."""
    period = day_of(console, since, until)
    with console.engine.connect() as connection:
        editions = [one for table in MEASURED for one in find_published(connection, table, period)]
    try:
        written = measured_data(console.site, editions, console.now())
    except NothingMeasuredError as error:
        raise NothingHereError(str(error)) from error
    return Response(written, media_type=XML)


@router.get("/datex/sites", response_class=Response, responses=IN_XML)
def read_sites(console: Here, _account: StatisticsReader) -> Response:
    """Give the cameras and sections as a DATEX II v3 table of measurement sites."""
    return Response(site_table(console.site, console.now()), media_type=XML)
