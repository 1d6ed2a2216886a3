"""`anpr statistics`: what the stored passages tell together, without any plate."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import Connection, Engine

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
from sinks.analysis.figures import find_captures, find_dark, find_drifts, find_inversions
from sinks.statistics.datex import MEASURED, measured_data, site_table
from sinks.statistics.flows import FlowRoller
from sinks.statistics.formats import WRITTEN, Format
from sinks.statistics.publishing import Edition, publish
from sinks.statistics.rolling import mark_period, roll
from sinks.statistics.telling import (
    find_balance,
    find_compliance,
    find_flows,
    find_speeds,
    find_through,
    find_truck_shares,
)
from sinks.store.audit import record_audit
from sinks.store.figures import find_counts, find_travel_times
from sinks.store.people import Account
from sinks.store.questions import Period
from sinks.store.rights import Right

app = typer.Typer(no_args_is_help=True, help="Figures of stored passages, as JSON lines.")

FIVE_MINUTES_S = 300
MOST = 1_000_000

Find = Callable[[Connection, Site, Period], Iterable[Wire]]


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
AsFormat = Annotated[Format, typer.Option("--format", help="Of published tables.")]
ToFile = Annotated[Path | None, typer.Option("--out", help="Where to write published tables.")]


def _published_verb(name: str, help_: str, find: Find) -> None:
    """Add a verb that tells what is found in a period, or publishes it."""

    @app.command(name, help=help_)
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
        period = _period(since, until)
        if is_published:
            _publish(name, period, data, site, format_, file)
        else:
            _tell(find, Right.STATISTICS, period, data, site, as_json=as_json)


def _publish(
    table: str, period: Period, data: Path, site: Path | None, format_: Format, file: Path | None
) -> None:
    """Publish what is complete, from figures that are made anew where something changed."""
    if format_ is Format.PARQUET and file is None:
        msg = "Parquet is no text: say with --out where to write it"
        raise typer.BadParameter(msg)
    zone = site_of(data, site)
    with opened_store(data) as engine:
        account = acting_account(engine, Right.STATISTICS)
        editions = _published(engine, account, zone, table, period)
    _write(WRITTEN[format_](editions), file)
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


def _verb(name: str, help_: str, find: Find, right: Right = Right.STATISTICS) -> None:
    """Add a verb that tells what is found in a period."""

    @app.command(name, help=help_)
    def verb(
        *,
        since: Since = None,
        until: Until = None,
        data: DataFolder = DEFAULT_DATA,
        site: GivenSite = None,
        as_json: AsJson = True,
    ) -> None:
        _tell(find, right, _period(since, until), data, site, as_json=as_json)


def _tell(
    find: Find, right: Right, period: Period, data: Path, site: Path | None, *, as_json: bool
) -> None:
    """Print what is found in a period, as the account of ANPR_TOKEN."""
    with opened_store(data) as engine:
        account = acting_account(engine, right)
        with engine.connect() as connection:
            found = list(find(connection, site_of(data, site), period))
        record_audit(engine, account, "statistics", now(), results=len(found))
    _print(found, as_json=as_json)
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
    period, window = _period(since, until), timedelta(seconds=window_s)
    if is_published:
        _publish("counts", period, data, site, format_, file)
        return
    _tell(
        lambda connection, _, asked: find_counts(connection, asked, window, MOST),
        Right.STATISTICS, period, data, site, as_json=as_json,
    )  # fmt: skip


_published_verb(
    "travel-times",
    "Give the travel times per section and five minutes.",
    lambda connection, site, period: find_travel_times(connection, period, MOST, site.statistics.k),
)
_published_verb(
    "flows",
    "Count trips by where they came over the border and where they left, per hour.",
    lambda connection, _, period: find_flows(connection, period),
)
_verb(
    "through",
    "Give the share of those who come in that only drive through, per hour.",
    lambda connection, _, period: find_through(connection, period),
)
_verb("balance", "Give how many came in over the border and how many left, per hour.", find_balance)
_published_verb(
    "speeds",
    "Give how fast vehicles were, per camera, section and hour.",
    lambda connection, site, period: find_speeds(connection, period, site.statistics.k),
)
_verb(
    "trucks",
    "Give the share of trucks, per camera and hour.",
    lambda connection, site, period: find_truck_shares(connection, period, site.statistics.k),
)
_published_verb(
    "compliance",
    "Give the share of passages that a permit or low emission zone allows, per gate and hour.",
    lambda connection, site, period: find_compliance(connection, period, site.statistics.k),
)
_verb(
    "clock-drift",
    "Tell which cameras' clocks have drifted, seen from the traffic.",
    lambda connection, _, period: [find_drifts(connection, period)],
)
_verb("capture", "Estimate which share of the vehicles each gate of a line sees.", find_captures)
_verb(
    "dark",
    "Tell when each camera saw nothing.",
    lambda connection, site, period: find_dark(connection, site, period, now()),
)
_verb(
    "overtaking",
    "Find the overtaking on stretches with a ban, cancelled ones too.",
    find_inversions,
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


def _print(found: list[Wire], *, as_json: bool) -> None:
    if as_json:
        for one in found:
            print(one.model_dump_json(by_alias=True))
    elif found:
        rows = [one.model_dump(mode="json", by_alias=True) for one in found]
        table = Table(*rows[0])
        for row in rows:
            table.add_row(*("" if value is None else str(value) for value in row.values()))
        out.print(table)
