"""`anpr statistics`: what the stored passages tell together, without any plate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import Engine

from anpr.events import Wire
from anpr.sites import Site
from anpr.time import Moment, rfc3339
from pipeline.clock import now
from pipeline.commands.opening import acting_account, opened_store, site_of
from pipeline.commands.terminal import (
    DEFAULT_DATA,
    DataFolder,
    GivenSite,
    err,
    moment_given,
    out,
    say,
)
from sinks.analysis.figures import Drifts, InversionOut, find_drifts, find_inversions
from sinks.statistics.catalogue import FIGURES, Figures
from sinks.statistics.comparing import Change, Measure, compare_periods, days_from
from sinks.statistics.datex import MEASURED, measured_data, site_table
from sinks.statistics.flows import FlowRoller
from sinks.statistics.formats import WRITTEN, Format, write_found
from sinks.statistics.publishing import publish
from sinks.statistics.register import Edition
from sinks.statistics.rolling import mark_period, roll
from sinks.statistics.tables import TABLES
from sinks.statistics.times import TravelTime, find_travel_times
from sinks.store.audit import record_audit
from sinks.store.figures import Count, find_counts
from sinks.store.people import Account
from sinks.store.questions import Period
from sinks.store.rights import Right

app = typer.Typer(no_args_is_help=True, help="Figures of stored passages, as JSON lines.")

FIVE_MINUTES_S = 300
MOST = 1_000_000


def register(family: typer.Typer) -> None:
    """Add this verb to the command line."""
    family.add_typer(app, name="statistics")


Since = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="MOMENT", help="Default: a day before the end.", callback=moment_given
    ),
]
Until = Annotated[
    str | None,
    typer.Option("--to", metavar="MOMENT", help="Default: now.", callback=moment_given),
]
AsJson = Annotated[
    bool, typer.Option("--json/--table", help="JSON lines, for scripts; or a table, for people.")
]
Publish = Annotated[
    bool,
    typer.Option(
        "--publish", help="Publish complete tables, each once, for good; few vehicles are not told."
    ),
]
AsFormat = Annotated[Format, typer.Option("--format", help="How rows are written.")]
ToFile = Annotated[Path | None, typer.Option("--out", help="Where to write; default: here.")]


@dataclass(frozen=True, slots=True)
class Told:
    """How figures are to be told: as rows of a format, or as a table for people."""

    as_json: bool
    format: Format
    file: Path | None

    def check(self) -> None:
        """Refuse what cannot be written."""
        if self.format is Format.PARQUET and self.file is None:
            msg = "Parquet is no text: say with --out where to write it"
            raise typer.BadParameter(msg)


def _published_verb(figures: Figures) -> None:
    """Add a verb that tells what is found in a period, or publishes it."""

    @app.command(figures.name, help=figures.about)
    def verb(
        *,
        since: Since = None,
        until: Until = None,
        data: DataFolder = DEFAULT_DATA,
        site: GivenSite = None,
        as_json: AsJson = True,
        is_published: Publish = False,
        format_: AsFormat = Format.JSON,
        file: ToFile = None,
    ) -> None:
        period, told = _period(since, until), Told(as_json, format_, file)
        if is_published:
            _publish(figures.name, period, data, site, told)
        else:
            _tell(figures, Right.STATISTICS, period, data, site, told)


def _publish(table: str, period: Period, data: Path, site: Path | None, told: Told) -> None:
    """Publish what is complete, from figures that are made anew where something changed."""
    told.check()
    zone = site_of(data, site)
    with opened_store(data) as engine:
        account = acting_account(engine, Right.STATISTICS)
        editions = _published(engine, account, zone, table, period)
    _write(WRITTEN[told.format](editions), told.file)
    say(f"{len(editions)} tables of {table} are published")


def _published(
    engine: Engine, account: Account, site: Site, table: str, period: Period
) -> list[Edition]:
    roll(engine)
    FlowRoller(engine, site).roll()
    editions = publish(engine, site, table, period, now())
    asked = {"table": table, "from": rfc3339(period.since), "to": rfc3339(period.until)}
    record_audit(engine, account, "statistics_publish", now(), query=asked, results=len(editions))
    return editions


def _write(written: bytes, file: Path | None) -> None:
    if file is None:
        print(written.decode(), end="")
    else:
        file.write_bytes(written)


def _verb(figures: Figures, right: Right = Right.STATISTICS) -> None:
    """Add a verb that tells what is found in a period."""

    @app.command(figures.name, help=figures.about)
    def verb(
        *,
        since: Since = None,
        until: Until = None,
        data: DataFolder = DEFAULT_DATA,
        site: GivenSite = None,
        as_json: AsJson = True,
        format_: AsFormat = Format.JSON,
        file: ToFile = None,
    ) -> None:
        told = Told(as_json, format_, file)
        _tell(figures, right, _period(since, until), data, site, told)


def _tell(
    figures: Figures, right: Right, period: Period, data: Path, site: Path | None, told: Told
) -> None:
    """Print what is found in a period, as the account of ANPR_TOKEN."""
    told.check()
    with opened_store(data) as engine:
        account = acting_account(engine, right)
        with engine.connect() as connection:
            found = list(figures.find(connection, site_of(data, site), period, now()))
        record_audit(engine, account, "statistics", now(), results=len(found))
    if told.as_json:
        _write(write_found(found, figures.row, told.format), told.file)
    else:
        _print(found)
    if len(found) == MOST:
        say(f"these are the first {MOST} rows: ask for a shorter period to see what follows")


@app.command()
def counts(
    *,
    since: Since = None,
    until: Until = None,
    data: DataFolder = DEFAULT_DATA,
    site: GivenSite = None,
    as_json: AsJson = True,
    is_published: Publish = False,
    format_: AsFormat = Format.JSON,
    file: ToFile = None,
    window_s: Annotated[
        int, typer.Option(min=300, max=86_400, help="How wide a window is: five minutes or more.")
    ] = 3600,
) -> None:
    """Count vehicles per camera, lane, class, direction and window (by default an hour)."""
    if window_s % FIVE_MINUTES_S:
        msg = f"{window_s} s is no multiple of five minutes: write 300, 900, 3600 or 86400"
        raise typer.BadParameter(msg)
    period, told = _period(since, until), Told(as_json, format_, file)
    if is_published:
        _publish("counts", period, data, site, told)
        return
    window = timedelta(seconds=window_s)
    counted = Figures(
        "counts",
        Count,
        lambda connection, _site, period, _now: find_counts(connection, period, window, MOST),
        "",
    )
    _tell(counted, Right.STATISTICS, period, data, site, told)


@app.command()
def compare(
    *,
    measure: Annotated[Measure, typer.Argument(help="What is compared.")],
    before: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day before.")],
    after: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day after.")],
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days each.")] = 7,
    data: DataFolder = DEFAULT_DATA,
    site: GivenSite = None,
    as_json: AsJson = True,
    format_: AsFormat = Format.JSON,
    file: ToFile = None,
) -> None:
    """Compare as many local days from two dates on: before and after something was changed."""
    zone = site_of(data, site).site.zone
    old, new = (days_from(first.date(), days, zone) for first in (before, after))
    compared = Figures(
        "compare",
        Change,
        lambda connection, site, new, _now: compare_periods(connection, site, measure, old, new),
        "",
    )
    _tell(compared, Right.STATISTICS, new, data, site, Told(as_json, format_, file))


_published_verb(
    Figures(
        "travel-times",
        TravelTime,
        lambda connection, site, period, _now: find_travel_times(
            connection, period, MOST, site.statistics.k
        ),
        "Give the travel times per section and five minutes.",
    )
)
for _one in FIGURES.values():
    (_published_verb if _one.name in TABLES else _verb)(_one)
_verb(
    Figures(
        "clock-drift",
        Drifts,
        lambda connection, _site, period, _now: [find_drifts(connection, period)],
        "Tell which cameras' clocks have drifted, seen from the traffic.",
    )
)
_verb(
    Figures(
        "overtaking",
        InversionOut,
        lambda connection, site, period, _now: find_inversions(connection, site, period),
        "Find the overtaking on stretches with a ban, cancelled ones too.",
    ),
    Right.CASES,
)


@app.command()
def datex(
    *,
    since: Since = None,
    until: Until = None,
    data: DataFolder = DEFAULT_DATA,
    site: GivenSite = None,
    sites: Annotated[
        bool, typer.Option("--sites", help="The table of measurement sites instead of the data.")
    ] = False,
    file: ToFile = None,
) -> None:
    """Publish flow, speed and travel time as DATEX II v3."""
    period, zone = _period(since, until), site_of(data, site)
    with opened_store(data) as engine:
        account = acting_account(engine, Right.STATISTICS)
        if sites:
            written = site_table(zone, now())
        else:
            editions = [
                one
                for table in MEASURED
                for one in _published(engine, account, zone, table, period)
            ]
            written = measured_data(zone, editions, now())
    _write(written, file)


@app.command()
def recompute(
    since: Since = None,
    until: Until = None,
    data: DataFolder = DEFAULT_DATA,
    site: GivenSite = None,
) -> None:
    """Make the figures of a period anew from what is stored, as far back as it is kept whole.

    For a store of before there were such figures, or after the site's [statistics] or a camera's
    `direction` were changed. The zone may be running.
    """
    period = _period(since, until)
    with opened_store(data) as engine, Progress(console=err) as progress:
        account = acting_account(engine, Right.STATISTICS)
        days = -(-(period.until - period.since) // timedelta(days=1))
        total = mark_period(engine, period) + days
        task = progress.add_task("figures", total=total)

        def done(windows: int) -> None:
            progress.advance(task, windows)

        rolled = roll(engine, done) + FlowRoller(engine, site_of(data, site)).roll(done)
        progress.update(task, completed=total)
        record_audit(engine, account, "statistics_recompute", now(), results=rolled)
    say(f"{rolled} windows computed anew")


def _period(since: str | None, until: str | None) -> Period:
    moment = TypeAdapter(Moment).validate_python
    end = moment(until) if until else now()
    return Period(moment(since) if since else end - timedelta(days=1), end)


def _print(found: Sequence[Wire]) -> None:
    if not found:
        return
    rows = [one.model_dump(mode="json", by_alias=True) for one in found]
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    out.print(table)
