"""`anpr patrol`: the lists that a patrol takes along, and the passages that it brings back."""

import json
import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Annotated

import httpx
import typer
from pydantic import ValidationError

from anpr.events import PlateRead
from anpr.plates import normalise
from anpr.time import rfc3339
from pipeline.clock import now
from pipeline.commands.opening import acting_account, opened_log, opened_store, site_of
from pipeline.commands.terminal import DEFAULT_DATA, DataFolder, GivenSite, read_text, say
from pipeline.controls import Controls
from pipeline.wiring import secret_resolver
from sinks.alerts.words import UNCONFIRMED
from sinks.patrol.export import (
    PatrolError,
    Search,
    collect,
    new_unit_key,
    new_zone_key,
    seal,
    unseal,
)
from sinks.store.audit import record_audit
from sinks.store.rights import Right

app = typer.Typer(no_args_is_help=True, help="Lists for patrols without a connection.")

TOGETHER = 100
"""Reads in one call."""

Reference = Annotated[str, typer.Option(help="env:NAME or file:PATH of the secret key.")]


def register(verbs: typer.Typer) -> None:
    """Add these verbs to the command line."""
    verbs.add_typer(app, name="patrol")


@app.command()
def keys(
    whose: Annotated[str, typer.Argument(help="`unit` or `zone`.")],
    file: Annotated[Path, typer.Argument(help="Where the secret key is written.")],
) -> None:
    """Make the keys of a unit or of the zone: the secret one in a file, the public one printed."""
    if whose not in {"unit", "zone"}:
        raise typer.BadParameter("write `unit` or `zone`")
    secret, public = new_unit_key() if whose == "unit" else new_zone_key()
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        msg = f"{file}: cannot be written: {error.strerror}; name a new file"
        raise PatrolError(msg) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(secret)
    print(public)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where the sealed lists are written.")],
    list_: Annotated[list[str], typer.Option("--list", help="A list; may be repeated.")],
    unit: Annotated[str, typer.Option(help="The unit's public key.")],
    sign: Reference,
    hours: Annotated[int, typer.Option(min=1, max=24, help="How long it holds.")] = 12,
    data: DataFolder = DEFAULT_DATA,
    site: GivenSite = None,
) -> None:
    """Seal lists for a unit, as the account of ANPR_TOKEN; it is a record of the audit."""
    zone = site_of(data, site)
    signing_key = secret_resolver()(sign)
    with opened_store(data) as engine, opened_log(data, zone) as log:
        account = acting_account(engine, Right.ALERTS)
        made = collect(Controls(log).newest(), zone, list_, now(), timedelta(hours=hours))
        sealed = seal(made, signing_key, unit)
        entries = sum(len(one.entries) for one in made.lists)
        query = {"lists": list_, "unit": unit, "expires_at": rfc3339(made.expires_at)}
        record_audit(engine, account, "patrol_export", now(), query=query, results=entries)
    file.write_bytes(sealed)
    say(f"{entries} entries, until {made.expires_at:%d/%m/%Y %H:%M} UTC")


@app.command("open")
def open_(
    file: Annotated[Path, typer.Argument(help="The sealed lists.")],
    key: Reference,
    zone_key: Annotated[str, typer.Option(help="The zone's public key.")],
    reads: Annotated[
        Path | None, typer.Option(help="Reads, one JSON a line; without it: plates on stdin.")
    ] = None,
) -> None:
    """Open the lists on a unit, and print a JSON line for each hit on a plate that is read."""
    try:
        sealed = file.read_bytes()
    except OSError as error:
        raise PatrolError(f"{file}: cannot be read: {error.strerror}; give its path") from error
    opened = unseal(sealed, secret_resolver()(key), zone_key, now())
    counts = ", ".join(f"{one.name} {len(one.entries)}" for one in opened.lists)
    say(f"{opened.site}: {counts}; until {opened.expires_at:%d/%m/%Y %H:%M} UTC")
    search = Search(opened)
    if reads is not None:
        for _, read in _reads(reads):
            if read.plate is not None:
                _print_hits(search, read.plate, read.country)
        return
    for line in sys.stdin:
        if plate := normalise(line):
            _print_hits(search, plate, None)


@app.command()
def sync(
    reads: Annotated[Path, typer.Argument(help="Reads, one JSON a line.")],
    url: Annotated[str, typer.Option(help="The zone, such as https://anpr.zone.example.be.")],
    camera: Annotated[str, typer.Option(help="The unit's camera in the site file.")],
    token: Annotated[str, typer.Option(help="env:NAME or file:PATH of the camera's token.")],
) -> None:
    """Bring the reads of a shift to the zone. Broken off, it goes on where it was."""
    noted = reads.with_name(f"{reads.name}.synced")
    done = int(noted.read_text()) if noted.exists() else 0
    rest = ((line, read) for line, read in _reads(reads) if line > done)
    headers = {"Authorization": f"Bearer {secret_resolver()(token)}"}
    sent = 0
    with httpx.Client(headers=headers, timeout=30) as client:
        while chunk := list(islice(rest, TOGETHER)):
            body = [
                {**read.model_dump(mode="json", exclude_unset=True), "camera": camera}
                for _, read in chunk
            ]
            try:
                answer = client.post(f"{url.rstrip('/')}/v1/cameras/{camera}/reads", json=body)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                msg = f"the zone does not answer; {sent} reads are there, run it again for the rest"
                raise PatrolError(msg) from error
            if answer.is_error:
                first, last = chunk[0][0], chunk[-1][0]
                msg = f"lines {first} to {last}: the zone answered {answer.status_code}"
                raise PatrolError(f"{msg}; {sent} reads are there, mend this and run it again")
            sent += len(chunk)
            noted.write_text(str(chunk[-1][0]))
    say(f"{sent} reads synced")


def _reads(file: Path) -> Iterator[tuple[int, PlateRead]]:
    """Go through recorded reads, each with its line. Raises PatrolError and FileError."""
    for number, line in enumerate(read_text(file).splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield number, PlateRead.model_validate_json(line)
        except ValidationError as error:
            where = ", ".join(".".join(map(str, one["loc"])) or "line" for one in error.errors())
            msg = f"{file}: line {number} is no read: {where} is wrong; mend it"
            raise PatrolError(msg) from error


def _print_hits(search: Search, plate: str, country: str | None) -> None:
    for held, found in search.find(plate, country, now()):
        entry = found.entry
        hit = {
            "plate": plate, "entry_plate": entry.plate_pattern, "list": held.name,
            "match": found.match.value, "action": entry.action.value, "priority": entry.priority,
            "reason_code": entry.reason_code, "stale": held.stale,
            "list_updated_at": rfc3339(held.updated_at) if held.updated_at else None,
            "words": [UNCONFIRMED[found.match]] if found.match in UNCONFIRMED else [],
        }  # fmt: skip
        print(json.dumps(hit, ensure_ascii=False), flush=True)
