"""`anpr audit`: whether the chain is whole, who asked for a plate, and what must be explained."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter
from rich.table import Table

from anpr.plates import plain
from anpr.time import Moment, from_us
from console.watching import name_own_plates, report_on
from pipeline.clock import now
from pipeline.commands.opening import acting_account, opened_store, site_of
from pipeline.commands.terminal import (
    DEFAULT_DATA,
    DataFolder,
    GivenSite,
    moment_given,
    out,
    read_text,
    say,
)
from pipeline.wiring import HEADS_KEY, VAULT
from sinks.store.audit import record_audit, verify_chain
from sinks.store.heads import check_heads, open_signer
from sinks.store.own_plates import read_plates
from sinks.store.questions import Period
from sinks.store.rights import Right
from sinks.store.sealing import who_asked
from sinks.store.vault import open_vault

app = typer.Typer(no_args_is_help=True, help="The audit chain.")

LOOKED_BACK = timedelta(days=30)
FEW = 8
"""Of a finding with more records, the first ones are named."""


def register(verbs: typer.Typer) -> None:
    """Add these verbs to the command line."""
    verbs.add_typer(app, name="audit")


@app.command("verify")
def verify(
    data: DataFolder = DEFAULT_DATA,
    heads: Annotated[
        Path | None, typer.Option(help="The signed heads that the zone left elsewhere.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="The key that signed them; else that of the data folder.")
    ] = None,
) -> None:
    """Check that no record of the audit chain was changed, added or taken out.

    A cut at its end shows only against `--heads`.
    """
    with opened_store(data) as engine, engine.connect() as connection:
        chain = verify_chain(connection)
        held = None
        if heads is not None:
            lines = iter(read_text(heads).splitlines())
            held = check_heads(connection, lines, key or open_signer(data / HEADS_KEY).name)
    if chain.broken_at is not None:
        say(f"broken at record {chain.broken_at}")
        raise typer.Exit(1)
    if held is not None and held.wrong is not None:
        say(f"not what it was: {held.wrong}")
        raise typer.Exit(1)
    if held is not None:
        say(f"{held.heads} signed heads bear it out")
    out.print(f"{chain.records} records, unbroken; head {chain.head}", highlight=False)


@app.command("who")
def who(
    plate: Annotated[str, typer.Option(help="The plate; `-` to be asked for it.")] = "-",
    data: DataFolder = DEFAULT_DATA,
    days: Annotated[int, typer.Option(min=1, help="How far back.")] = 3650,
) -> None:
    """Tell who asked for a plate or opened its passages (as the account of ANPR_TOKEN)."""
    if plate == "-":
        plate = typer.prompt("Plate", err=True)
    asked = plain(plate)
    vault = open_vault(data / VAULT)
    with opened_store(data) as engine:
        account = acting_account(engine, Right.AUDIT)
        record_audit(engine, account, "audit_who", now(), query={"plate": asked})
        table = Table("record", "at", "who", "did", "purpose", "case", "decision", "results")
        with engine.connect() as connection:
            for row, _ in who_asked(connection, vault, asked, now() - timedelta(days=days)):
                at = f"{from_us(row.at_us):%Y-%m-%d %H:%M:%S}Z"
                grounds = (row.purpose or "", row.case_ref or "", row.decision_ref or "")
                table.add_row(str(row.id), at, row.account, row.action, *grounds, str(row.results))
    out.print(table)


@app.command("head")
def head(data: DataFolder = DEFAULT_DATA) -> None:
    """Print a signed head of the chain as of now, to be kept elsewhere (a zone does so hourly)."""
    signer = open_signer(data / HEADS_KEY)
    with opened_store(data) as engine, engine.connect() as connection:
        print(signer.line(connection, now()))
    say(f"signed by {signer.name}")


@app.command()
def report(
    since: Annotated[
        str | None,
        typer.Option("--from", help="Default: 30 days before the end.", callback=moment_given),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="Default: now.", callback=moment_given)
    ] = None,
    data: DataFolder = DEFAULT_DATA,
    site: GivenSite = None,
) -> None:
    """Tell which look-ups must be explained (as the account of ANPR_TOKEN), without any plate.

    Of one's own plate, of a colleague's, of one plate again and again for one case, at odd hours.
    """
    zone, vault = site_of(data, site), open_vault(data / VAULT)
    moment = TypeAdapter(Moment).validate_python
    end = moment(until) if until else now()
    period = Period(moment(since) if since else end - LOOKED_BACK, end)
    if period.until <= period.since:
        raise typer.BadParameter("--to is not after --from")
    with opened_store(data) as engine:
        account = acting_account(engine, Right.AUDIT)
        found = report_on(engine, vault, zone, account, period, now())
    table = Table("sign", "who", "whose", "case", "times", "first", "last", "records")
    for one in found:
        times = [f"{at.astimezone(zone.site.zone):%Y-%m-%d %H:%M}" for at in (one.first, one.last)]
        more = ["…"] if len(one.records) > FEW else []
        records = " ".join([*map(str, one.records[:FEW]), *more])
        grounds = (one.of or "", one.case_ref or "", str(len(one.records)))
        table.add_row(one.sign, one.account, *grounds, *times, records)
    out.print(table)


@app.command()
def plates(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The account's name.")],
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Say which plates are an account's own, for `report` (as the account of ANPR_TOKEN).

    They are asked for, and kept sealed; none: those of before are forgotten.
    """
    told = typer.prompt("Plates, with commas between", default="", show_default=False, err=True)
    vault = open_vault(data / VAULT)
    own = read_plates(told)
    with opened_store(data) as engine:
        account = acting_account(engine, Right.AUDIT)
        name_own_plates(engine, vault, account, name, own, now())
    say(f"{len(own)} plates are {name}'s own")
