"""`anpr hotlist`: import, show and compare lists; permits are lists too."""

import getpass
import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter
from rich.table import Table

from anpr.errors import AccessDeniedError
from anpr.events import Action
from anpr.list_changes import ListDiff, successor
from anpr.list_changes import diff as compare
from anpr.list_entries import Rows
from anpr.list_file import Life, parse_list
from anpr.lists import Entry, PlateList
from anpr.sites import Site
from anpr.time import Moment, rfc3339
from pipeline.clock import now
from pipeline.commands.opening import acting_account, opened_log, opened_store, site_of
from pipeline.commands.past import ListName, past
from pipeline.commands.terminal import (
    DEFAULT_DATA,
    DataFolder,
    GivenSite,
    moment_given,
    out,
    read_text,
    say,
)
from pipeline.controls import Controls, publish_list
from rules.false_alerts import false_alerts_of
from sinks.store.audit import record_audit
from sinks.store.clearance import Clearance
from sinks.store.figures import passages_per_day
from sinks.store.people import Account
from sinks.store.rights import Right

app = typer.Typer(no_args_is_help=True, help="Lists of wanted plates and of permits.")
app.command()(past)


def register(verbs: typer.Typer) -> None:
    """Add these verbs to the command line."""
    verbs.add_typer(app, name="hotlist")


SHOWN = 200
"""So many entries of a list are shown unless more are asked for."""

ListFile = Annotated[Path, typer.Argument(metavar="FILE", help="CSV in the native format.")]


@app.command("import")
def import_(
    file: ListFile,
    list_name: ListName,
    data: DataFolder = DEFAULT_DATA,
    site: GivenSite = None,
    holds_from: Annotated[
        str | None,
        typer.Option(
            help="Of a permit list: the moment from which it holds, such as"
            " 2026-03-01T00:00:00+01:00. Cases since then are judged again. Default: now",
            callback=moment_given,
        ),
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option(help="Only say what would change.")] = False,
) -> None:
    """Make a file the newest version of a list: it holds from now on, in a running zone too.

    A file that says what the list says already is a version too: it confirms the list.
    """
    zone = site_of(data, site)
    if holds_from is not None and list_name not in zone.permit_lists:
        msg = f"{list_name!r} is no permit list: no hotlist reaches back"
        raise typer.BadParameter(msg)
    since = now() if holds_from is None else TypeAdapter(Moment).validate_python(holds_from)
    rows = _read(file, list_name, zone)
    with opened_log(data, zone) as log:
        known = Controls(log).lists().latest(list_name)
        changes = compare(known, rows)
        _print_counts(known, rows, changes, dry_run=dry_run)
        _say_undated(zone, rows)
        if dry_run:
            return
        _record(data, known, rows, changes, since)
        publish_list(log, successor(known, rows, changes, since))


@app.command()
def diff(
    file: ListFile, list_name: ListName, data: DataFolder = DEFAULT_DATA, site: GivenSite = None
) -> None:
    """Show what an import would add, change and remove (as the account of ANPR_TOKEN)."""
    zone = site_of(data, site)
    rows = _read(file, list_name, zone)
    with opened_store(data) as engine, opened_log(data, zone) as log:
        account = acting_account(engine, Right.LISTS)
        known = Controls(log).lists().latest(list_name)
        before = PlateList(list_name, 1, None, _known_to(account, zone, known.entries))
        changes = compare(before, _known_to(account, zone, rows))
        record_audit(engine, account, "list_diff", now(), query={"list": list_name})
    for sign, entries in (("+", changes.added), ("~", changes.changed), ("-", changes.removed)):
        for entry in entries:
            out.print(f"{sign} {_line(entry)}", highlight=False, markup=False)
    _say_renewed(changes)
    _say_undated(zone, rows)


@app.command()
def show(
    list_name: ListName,
    data: DataFolder = DEFAULT_DATA,
    site: GivenSite = None,
    limit: Annotated[int, typer.Option(min=0, help="How many entries to show.")] = SHOWN,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show the newest version of a list and what it costs (as the account of ANPR_TOKEN)."""
    zone = site_of(data, site)
    with opened_store(data) as engine, opened_log(data, zone) as log:
        account = acting_account(engine, Right.LISTS)
        known = Controls(log).lists().latest(list_name)
        entries = _known_to(account, zone, known.entries)
        shown = entries.page(0, limit)
        record_audit(
            engine, account, "list_show", now(), query={"list": list_name}, results=len(shown)
        )
        with engine.connect() as connection:
            summary = _summary(zone, known, entries, passages_per_day(connection, now()))
    if as_json:
        print(json.dumps({**summary, "content": [_plain(entry) for entry in shown]}))
        return
    for name, value in summary.items():
        say(f"{name}: {value}")
    out.print(_table(shown))


def _read(file: Path, list_name: str, zone: Site) -> Rows:
    days = zone.life_days(list_name)
    today = now().astimezone(zone.site.zone).date()
    life = None if days is None else Life(days, today)
    return parse_list(read_text(file), list_name, zone.site.zone, life)


def _known_to(account: Account, zone: Site, rows: Rows) -> Rows:
    """Give what an account may know of a list. Raises AccessDeniedError where that is nothing."""
    clearance = Clearance(account.roles, zone.lists)
    if not clearance.covers(rows.name):
        msg = f"account {account.name!r} may not see list {rows.name!r}; its visible_to names roles"
        raise AccessDeniedError(msg)
    return rows if clearance.covers_discreet(rows.name) else rows.without(Action.DISCREET)


def _record(data: Path, known: PlateList, rows: Rows, changes: ListDiff, since: datetime) -> None:
    """Record who changed the list: the account of ANPR_TOKEN, else the machine's own user."""
    query = {
        "list": known.name, "version": known.version + 1, "checksum": rows.checksum,
        "added": len(changes.added), "changed": len(changes.changed),
        "renewed": len(changes.renewed), "removed": len(changes.removed),
        "holds_from": rfc3339(since),
    }  # fmt: skip
    with opened_store(data) as engine:
        if os.environ.get("ANPR_TOKEN"):
            account = acting_account(engine, Right.LISTS)
        else:
            account = Account(f"system:{getpass.getuser()}", frozenset())
        record_audit(engine, account, "list_import", now(), query=query)


def _print_counts(known: PlateList, rows: Rows, changes: ListDiff, *, dry_run: bool) -> None:
    table = Table("list", "version", "added", "changed", "removed", "unchanged")
    same = len(known.entries) - len(changes.changed) - len(changes.removed)
    table.add_row(
        known.name, str(known.version + (0 if dry_run else 1)), str(len(changes.added)),
        str(len(changes.changed)), str(len(changes.removed)), str(same),
    )  # fmt: skip
    out.print(table)
    _say_renewed(changes)
    say(f"checksum {rows.checksum}")
    if dry_run:
        say("dry run: nothing was changed")


def _say_renewed(changes: ListDiff) -> None:
    if changes.renewed:
        say(f"{len(changes.renewed)} unchanged entries hold longer than before")


def _say_undated(zone: Site, rows: Rows) -> None:
    days = zone.life_days(rows.name)
    if rows.undated:
        life = "for ever" if days is None else f"{days} days, the list's default life"
        say(f"{rows.undated} entries came without valid_to: they hold {life}")


def _summary(
    zone: Site, known: PlateList, entries: Rows, passages: float | None
) -> Mapping[str, object]:
    name = known.name
    stale_h = zone.lists[name].stale_after_h if name in zone.lists else None
    held = known.holds_from
    expected = None
    if passages is not None and name not in zone.permit_lists:
        expected = false_alerts_of(entries, passages, zone)
    return {
        "list": name,
        "version": known.version,
        "holds_from": held and rfc3339(held),
        "entries": len(entries),
        "checksum": entries.checksum,
        "stale": bool(stale_h and held and _hours(now(), held) > stale_h),
        "false_alerts_per_day": expected,
    }


def _hours(until: datetime, since: datetime) -> float:
    return (until - since).total_seconds() / 3600


def _table(entries: list[Entry]) -> Table:
    table = Table("plate", "country", "match", "priority", "action", "from", "to", "reason")
    for entry in entries:
        table.add_row(
            entry.plate_pattern, entry.country or "", entry.match_mode, str(entry.priority),
            entry.action, _moment(entry.valid_from), _moment(entry.valid_to), entry.reason_code,
        )  # fmt: skip
    return table


def _plain(entry: Entry) -> Mapping[str, object]:
    return entry.model_dump(mode="json")


def _line(entry: Entry) -> str:
    span = f"{_moment(entry.valid_from) or '…'} to {_moment(entry.valid_to) or '…'}"
    return f"{entry.plate_pattern} {entry.match_mode} {entry.action} {span} {entry.reason_code}"


def _moment(moment: object) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
