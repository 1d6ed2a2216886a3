"""`anpr statistics`: what the stored passages tell together, as JSON, without any plate."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Annotated

import typer
from pydantic import TypeAdapter
from sqlalchemy import Connection

from anpr.events import Wire
from anpr.sites import Site
from anpr.time import Moment
from pipeline.clock import now
from pipeline.commands.opening import acting_account, opened_store, site_of
from pipeline.commands.terminal import DEFAULT_DATA, DataFolder, GivenSite, moment_given
from sinks.analysis.figures import find_captures, find_dark, find_drifts, find_inversions
from sinks.store.audit import record_audit
from sinks.store.figures import find_counts, find_travel_times
from sinks.store.questions import Period
from sinks.store.rights import Right

app = typer.Typer(no_args_is_help=True, help="Figures of stored passages, as JSON lines.")

HOUR = timedelta(hours=1)
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


@app.command()
def counts(since: Since = None, until: Until = None, data: DataFolder = DEFAULT_DATA) -> None:
    """Count vehicles per camera, lane, class and hour."""
    _tell(data, None, since, until, lambda c, _, p: find_counts(c, p, HOUR, MOST))


@app.command("travel-times")
def travel_times(since: Since = None, until: Until = None, data: DataFolder = DEFAULT_DATA) -> None:
    """Give the travel times per section and five minutes."""
    _tell(data, None, since, until, lambda c, _, p: find_travel_times(c, p, MOST))


@app.command("clock-drift")
def clock_drift(since: Since = None, until: Until = None, data: DataFolder = DEFAULT_DATA) -> None:
    """Tell which cameras' clocks have drifted, seen from the traffic."""
    _tell(data, None, since, until, lambda c, _, p: [find_drifts(c, p)])


@app.command()
def capture(
    since: Since = None,
    until: Until = None,
    data: DataFolder = DEFAULT_DATA,
    site: GivenSite = None,
) -> None:
    """Estimate which share of the vehicles each gate of a line sees."""
    _tell(data, site, since, until, find_captures)


@app.command()
def dark(
    since: Since = None,
    until: Until = None,
    data: DataFolder = DEFAULT_DATA,
    site: GivenSite = None,
) -> None:
    """Tell when each camera saw nothing."""
    _tell(data, site, since, until, lambda c, s, p: find_dark(c, s, p, now()))


@app.command()
def overtaking(
    since: Since = None,
    until: Until = None,
    data: DataFolder = DEFAULT_DATA,
    site: GivenSite = None,
) -> None:
    """Find the overtaking on stretches with a ban, cancelled ones too."""
    _tell(data, site, since, until, find_inversions, Right.CASES)


def _tell(
    data: DataFolder,
    site: GivenSite,
    since: str | None,
    until: str | None,
    find: Callable[[Connection, Site, Period], Iterable[Wire]],
    right: Right = Right.STATISTICS,
) -> None:
    """Print what is found in a period, one JSON a line, as the account of ANPR_TOKEN."""
    moment = TypeAdapter(Moment).validate_python
    end = moment(until) if until else now()
    period = Period(moment(since) if since else end - timedelta(days=1), end)
    with opened_store(data) as engine:
        account = acting_account(engine, right)
        with engine.connect() as connection:
            found = list(find(connection, site_of(data, site), period))
        record_audit(engine, account, "statistics", now(), results=len(found))
    for one in found:
        print(one.model_dump_json(by_alias=True))
