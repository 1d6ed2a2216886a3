"""`anpr hotlist`: import, show and compare lists; permits are lists too."""

import getpass
import os
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from rich.table import Table

from anpr.list_changes import ListDiff, parts_of
from anpr.list_changes import diff as compare
from anpr.list_file import parse_list
from anpr.lists import Entry, PlateList
from anpr.ports import Log
from anpr.sites import Id
from pipeline.clock import now
from pipeline.commands.terminal import (
    DEFAULT_DATA,
    DataFolder,
    GivenSite,
    acting_account,
    opened_log,
    opened_store,
    out,
    read_text,
    say,
    site_of,
)
from pipeline.controls import Controls, publish_list
from sinks.store.audit import record_audit
from sinks.store.people import Account
from sinks.store.rights import Right

app = typer.Typer(no_args_is_help=True, help="Lists of wanted plates and of permits.")

ListFile = Annotated[Path, typer.Argument(metavar="FILE", help="CSV in the native format.")]


def _list_name(name: str) -> str:
    try:
        return TypeAdapter(Id).validate_python(name)
    except ValidationError as error:
        msg = f"{name!r} names no list: write small letters, digits, '-', '_' and '.'"
        raise typer.BadParameter(msg) from error


ListName = Annotated[
    str,
    typer.Option("--list", metavar="NAME", help="The list's name.", callback=_list_name),
]


@app.command("import")
def import_(
    file: ListFile,
    list_name: ListName,
    data: DataFolder = DEFAULT_DATA,
    site: GivenSite = None,
    *,
    dry_run: Annotated[bool, typer.Option(help="Only say what would change.")] = False,
) -> None:
    """Make a file the newest version of a list: it holds from now on, in a running zone too."""
    zone = site_of(data, site)
    entries = parse_list(read_text(file), list_name, zone.site.zone)
    with opened_log(data, zone) as log:
        known = Controls(log).lists().latest(list_name)
        changes = compare(known, entries)
        _print_counts(list_name, known, changes, dry_run=dry_run)
        if dry_run or changes.is_empty:
            return
        _record(data, list_name, known, changes)
        _publish(log, known, entries)


@app.command()
def diff(
    file: ListFile, list_name: ListName, data: DataFolder = DEFAULT_DATA, site: GivenSite = None
) -> None:
    """Show what an import would add, change and remove (as the account of ANPR_TOKEN)."""
    zone = site_of(data, site)
    entries = parse_list(read_text(file), list_name, zone.site.zone)
    with opened_store(data) as engine, opened_log(data, zone) as log:
        account = acting_account(engine, Right.LISTS)
        known = Controls(log).lists().latest(list_name)
        changes = compare(known, entries)
        record_audit(engine, account, "list_diff", now(), query={"list": list_name})
    for sign, rows in (("+", changes.added), ("~", changes.changed), ("-", changes.removed)):
        for entry in rows:
            out.print(f"{sign} {_line(entry)}", highlight=False, markup=False)


@app.command()
def show(list_name: ListName, data: DataFolder = DEFAULT_DATA, site: GivenSite = None) -> None:
    """Show the newest version of a list (as the account of ANPR_TOKEN)."""
    with opened_store(data) as engine, opened_log(data, site_of(data, site)) as log:
        account = acting_account(engine, Right.LISTS)
        known = Controls(log).lists().latest(list_name)
        record_audit(
            engine, account, "list_show", now(), query={"list": list_name},
            results=len(known.entries),
        )  # fmt: skip
    table = Table("plate", "country", "match", "priority", "action", "from", "to", "reason")
    for entry in known.entries.values():
        table.add_row(
            entry.plate_pattern, entry.country or "", entry.match_mode, str(entry.priority),
            entry.action, _moment(entry.valid_from), _moment(entry.valid_to), entry.reason_code,
        )  # fmt: skip
    out.print(table)


def _publish(log: Log, known: PlateList, entries: tuple[Entry, ...]) -> None:
    publish_list(log, parts_of(known.name, known.version + 1, now(), entries))


def _record(data: Path, list_name: str, known: PlateList, changes: ListDiff) -> None:
    """Record who changed the list: the account of ANPR_TOKEN, else the machine's own user."""
    query = {
        "list": list_name, "version": known.version + 1, "added": len(changes.added),
        "changed": len(changes.changed), "removed": len(changes.removed),
    }  # fmt: skip
    with opened_store(data) as engine:
        if os.environ.get("ANPR_TOKEN"):
            account = acting_account(engine, Right.LISTS)
        else:
            account = Account(f"system:{getpass.getuser()}", frozenset())
        record_audit(engine, account, "list_import", now(), query=query)


def _print_counts(name: str, known: PlateList, changes: ListDiff, *, dry_run: bool) -> None:
    table = Table("list", "version", "added", "changed", "removed", "unchanged")
    same = len(known.entries) - len(changes.changed) - len(changes.removed)
    version = known.version + (0 if changes.is_empty or dry_run else 1)
    table.add_row(
        name, str(version), str(len(changes.added)), str(len(changes.changed)),
        str(len(changes.removed)), str(same),
    )  # fmt: skip
    out.print(table)
    if dry_run:
        say("dry run: nothing was changed")


def _line(entry: Entry) -> str:
    span = f"{_moment(entry.valid_from) or '…'} to {_moment(entry.valid_to) or '…'}"
    return f"{entry.plate_pattern} {entry.match_mode} {entry.action} {span} {entry.reason_code}"


def _moment(moment: object) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
