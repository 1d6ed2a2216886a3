"""`anpr limit`: what the dynamic signs of a section display, where no controller tells it."""

import getpass
import os
from datetime import datetime
from typing import Annotated

import typer
from pydantic import TypeAdapter
from rich.table import Table

from anpr.signs import DisplayedLimit
from anpr.sites import Site
from anpr.time import OLDEST, Moment, rfc3339
from pipeline.clock import now
from pipeline.commands.opening import acting_account, opened_log, opened_store, site_of
from pipeline.commands.terminal import DEFAULT_DATA, DataFolder, GivenSite, moment_given, out, say
from pipeline.controls import Controls, publish_limit
from sinks.store.audit import record_audit
from sinks.store.people import Account
from sinks.store.rights import Right

app = typer.Typer(no_args_is_help=True, help="The limits that dynamic signs display.")


def register(verbs: typer.Typer) -> None:
    """Add these verbs to the command line."""
    verbs.add_typer(app, name="limit")


SectionId = Annotated[str, typer.Argument(metavar="SECTION", help="The section's id.")]


@app.command("set")
def set_(
    section: SectionId,
    kmh: Annotated[int | None, typer.Option(min=5, max=200, help="The limit in km/h.")] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--from", help="When it was displayed first. Default: now", callback=moment_given
        ),
    ] = None,
    data: DataFolder = DEFAULT_DATA,
    site: GivenSite = None,
    *,
    dark: Annotated[bool, typer.Option(help="They display nothing.")] = False,
) -> None:
    """Say what the signs of a section display from a moment on: it holds in a running zone too."""
    if (kmh is None) is not dark:
        msg = "give either --kmh or --dark"
        raise typer.BadParameter(msg)
    zone = site_of(data, site)
    _known(zone, section)
    holds_from: datetime = TypeAdapter(Moment).validate_python(since or now())
    limit = DisplayedLimit(section=section, holds_from=holds_from, limit_kmh=kmh)
    query = {"section": section, "from": rfc3339(holds_from), "limit_kmh": kmh}
    with opened_store(data) as engine, opened_log(data, zone) as log:
        if os.environ.get("ANPR_TOKEN"):
            account = acting_account(engine, Right.LISTS)
        else:
            account = Account(f"system:{getpass.getuser()}", frozenset())
        record_audit(engine, account, "limit_set", now(), query=query)
        publish_limit(log, limit)
    shown = "nothing" if kmh is None else f"{kmh} km/h"
    say(f"{section} displays {shown} from {rfc3339(holds_from)}")


@app.command()
def show(section: SectionId, data: DataFolder = DEFAULT_DATA, site: GivenSite = None) -> None:
    """Show what the signs of a section displayed, oldest first."""
    zone = site_of(data, site)
    _known(zone, section)
    with opened_log(data, zone) as log:
        shown = Controls(log).lists().signs.over(section, OLDEST, now())
    table = Table("from", "km/h", "version")
    for one in shown:
        kmh = "dark" if one.limit_kmh is None else str(one.limit_kmh)
        local = one.holds_from.astimezone(zone.site.zone)
        table.add_row(f"{local:%Y-%m-%d %H:%M:%S%z}", kmh, str(one.version))
    out.print(table)


def _known(zone: Site, section: str) -> None:
    ids = [one.id for one in zone.sections]
    if section not in ids:
        msg = f"the site has no section {section!r}; it has {', '.join(ids) or 'none'}"
        raise typer.BadParameter(msg)
