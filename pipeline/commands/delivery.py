"""`anpr delivery`: what was sent to whom, what is missing, and sending again."""

import json
from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Table

from pipeline.clock import now
from pipeline.commands.opening import acting_account, opened_store
from pipeline.commands.terminal import DEFAULT_DATA, DataFolder, out, say
from sinks.cases.receipts import send_again
from sinks.delivery.ledger import Consignment, since
from sinks.delivery.report import MISSING, reconcile
from sinks.store.rights import Right

app = typer.Typer(no_args_is_help=True, help="Packages on their way to their receivers.")

Days = Annotated[int, typer.Option(min=1, help="How far back.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON line a consignment.")]


def register(verbs: typer.Typer) -> None:
    """Add these verbs to the command line."""
    verbs.add_typer(app, name="delivery")


@app.command("list")
def list_(data: DataFolder = DEFAULT_DATA, days: Days = 30, *, as_json: AsJson = False) -> None:
    """Show every consignment and what its receiver said (as the account of ANPR_TOKEN)."""
    found = _entered(data, days)
    if as_json:
        for one in found:
            print(json.dumps(_told(one)))
        return
    table = Table("id", "receiver", "case", "kind", "state", "tries", "answer")
    for one in found:
        what = (one.receiver, one.case, one.kind, one.state)
        row = (str(one.id), *what, str(one.attempts), one.answer)
        table.add_row(*row)
    out.print(table)


@app.command()
def report(data: DataFolder = DEFAULT_DATA, days: Days = 30) -> None:
    """Reconcile: what was entered, sent and received, and what is missing. Exit 1: something is."""
    table = Table("receiver", "entered", "received", "refused", "sent", "waiting", "failed")
    found = reconcile(_entered(data, days))
    for line in found:
        counts = (line.entered, line.received, line.refused, line.sent, line.waiting, line.failed)
        table.add_row(line.receiver, *map(str, counts))
    out.print(table)
    missing = [one for line in found for one in line.missing]
    for one in missing:
        say(f"missing: {one.receiver} {one.name} ({one.state}) {one.answer}")
    if missing:
        raise typer.Exit(1)


@app.command("resend")
def resend_(
    ids: Annotated[
        list[int] | None, typer.Argument(metavar="[ID]...", help="Default: all that is missing.")
    ] = None,
    data: DataFolder = DEFAULT_DATA,
    days: Days = 30,
) -> None:
    """Send consignments again (as the account of ANPR_TOKEN); a double is harmless."""
    with opened_store(data) as engine:
        account = acting_account(engine, Right.CASES)
        with engine.connect() as connection:
            entered = since(connection, now() - timedelta(days=days))
        wanted = ids or [one.id for one in entered if one.state in MISSING]
        count = send_again(engine, account, wanted, now())
    say(f"{count} to be sent again")


def _entered(data: DataFolder, days: int) -> list[Consignment]:
    with opened_store(data) as engine:
        acting_account(engine, Right.CASES)
        with engine.connect() as connection:
            return list(since(connection, now() - timedelta(days=days)))


def _told(one: Consignment) -> dict[str, object]:
    return {
        "id": one.id,
        "receiver": one.receiver,
        "case": one.case,
        "kind": one.kind,
        "name": one.name,
        "sha256": one.sha256,
        "state": one.state,
        "attempts": one.attempts,
        "answer": one.answer,
    }
