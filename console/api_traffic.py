"""The API of the traffic as a whole: flows, balance, speeds, trucks, compliance. No plate in it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from anpr.sites.statistics import Published
from console.api_events import Since, Until
from console.api_passages import REFUSALS
from console.api_zone import StatisticsReader, day_of
from console.context import Here
from console.problems import NothingHereError
from sinks.statistics.datex import MEASURED, NothingMeasuredError, measured_data, site_table
from sinks.statistics.formats import MEDIA_TYPES, WRITTEN, Format
from sinks.statistics.publishing import find_published
from sinks.statistics.telling import (
    Balance,
    Compliance,
    Flow,
    Speeds,
    Through,
    TruckShare,
    find_balance,
    find_compliance,
    find_flows,
    find_speeds,
    find_through,
    find_truck_shares,
)

XML = "application/xml"
IN_XML: dict[int | str, dict[str, Any]] = {200: {"content": {XML: {}}}}

router = APIRouter(prefix="/api/statistics", tags=["statistics"], responses=REFUSALS)


class Flows(BaseModel):
    """Matrices of origins and destinations, in order of time, and how much only drives through."""

    flows: list[Flow]
    through: list[Through]


class Balances(BaseModel):
    """Who came and who left, hour after hour."""

    balance: list[Balance]


class SpeedsOut(BaseModel):
    """Distributions of speed, in order of time."""

    speeds: list[Speeds]


class TruckShares(BaseModel):
    """Shares of trucks, in order of time."""

    trucks: list[TruckShare]


class Compliances(BaseModel):
    """Shares of allowed passages, in order of time."""

    compliance: list[Compliance]


@router.get("/flows")
def read_flows(
    console: Here, _account: StatisticsReader, since: Since = None, until: Until = None
) -> Flows:
    """Count trips over the border by origin, destination and window (by default an hour)."""
    period = day_of(console, since, until)
    with console.engine.connect() as connection:
        flows = find_flows(connection, period)
        return Flows(flows=flows, through=find_through(connection, period))


@router.get("/balance")
def read_balance(
    console: Here, _account: StatisticsReader, since: Since = None, until: Until = None
) -> Balances:
    """Count who came in over the border and who left, hour by hour."""
    with console.engine.connect() as connection:
        period = day_of(console, since, until)
        return Balances(balance=find_balance(connection, console.site, period))


@router.get("/speeds")
def read_speeds(
    console: Here, _account: StatisticsReader, since: Since = None, until: Until = None
) -> SpeedsOut:
    """Give how fast vehicles were, by camera, section and hour."""
    with console.engine.connect() as connection:
        period, k = day_of(console, since, until), console.site.statistics.k
        return SpeedsOut(speeds=find_speeds(connection, period, k))


@router.get("/trucks")
def read_trucks(
    console: Here, _account: StatisticsReader, since: Since = None, until: Until = None
) -> TruckShares:
    """Give the share of trucks, by camera and hour."""
    with console.engine.connect() as connection:
        period, k = day_of(console, since, until), console.site.statistics.k
        return TruckShares(trucks=find_truck_shares(connection, period, k))


@router.get("/compliance")
def read_compliance(
    console: Here, _account: StatisticsReader, since: Since = None, until: Until = None
) -> Compliances:
    """Give the share of passages that permit and low emission zones allow, by gate and hour."""
    with console.engine.connect() as connection:
        period, k = day_of(console, since, until), console.site.statistics.k
        return Compliances(compliance=find_compliance(connection, period, k))


@router.get(
    "/published/{table}",
    response_class=Response,
    responses={200: {"content": {media: {} for media in MEDIA_TYPES.values()}}},
)
def read_published(
    console: Here,
    _account: StatisticsReader,
    table: Published,
    since: Since = None,
    until: Until = None,
    written: Annotated[Format, Query(alias="format")] = Format.JSON,
) -> Response:
    """Give the tables that were published of a period, as open data: JSON lines, CSV or Parquet."""
    with console.engine.connect() as connection:
        editions = find_published(connection, table, day_of(console, since, until))
    name = f'attachment; filename="{table}.{written}"'
    return Response(
        WRITTEN[written](editions),
        media_type=MEDIA_TYPES[written],
        headers={"Content-Disposition": name},
    )


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
