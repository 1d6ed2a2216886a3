"""The verbs that keep a zone in order: dead letters, the audit chain, retention, benchmarks."""

import base64
import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from anpr.errors import AnprError
from anpr.plates import plain
from anpr.ports import Message, Record
from anpr.time import from_us, to_us
from anpr.topics import DEAD_LETTERS, EVENTS, PASSAGES
from pipeline.clock import now
from pipeline.commands.benchmarks import Benchmarks
from pipeline.commands.opening import acting_account, opened_log, opened_store, site_of
from pipeline.commands.terminal import DEFAULT_DATA, DataFolder, out, read_text, say
from pipeline.reread import reread
from pipeline.wiring import HEADS_KEY, IMAGES, VAULT
from sinks.images import FolderImages
from sinks.retention import sweep
from sinks.store.audit import record_audit, verify_chain
from sinks.store.heads import check_heads, open_signer
from sinks.store.rights import Right
from sinks.store.sealing import who_asked
from sinks.store.vault import open_vault
from sinks.store.visits import rebuild_visits

dead_letters = typer.Typer(no_args_is_help=True, help="Messages that could not be understood.")
bench = typer.Typer(
    cls=Benchmarks, no_args_is_help=True, help="Benchmarks, each beside a named peer or limit."
)
audit_app = typer.Typer(no_args_is_help=True, help="The audit chain.")

STORE_TOPICS = (PASSAGES, EVENTS)
"""What the store is made of."""

Offset = Annotated[int, typer.Argument(metavar="NUMBER", help="The dead letter's number.")]


class NoSuchDeadLetterError(AnprError):
    """There is no dead letter of this number; `anpr dead-letters list` names them."""


def register(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    app.add_typer(dead_letters, name="dead-letters")
    app.add_typer(audit_app, name="audit")
    app.command()(retention)
    app.command(name="reread")(reread_store)
    app.command()(visits)
    app.add_typer(bench, name="bench")


@dead_letters.command("list")
def list_(data: DataFolder = DEFAULT_DATA) -> None:
    """List the refused messages and why; their contents stay hidden."""
    table = Table("number", "since", "from", "bytes", "reason")
    with opened_log(data, site_of(data)) as log:
        for message in log.read(DEAD_LETTERS):
            headers = message.record.headers
            origin = f"{headers['topic']}/{headers['partition']}@{headers['offset']}"
            since = f"{message.appended_at:%Y-%m-%d %H:%M:%S}Z"
            size = str(len(message.record.value))
            table.add_row(str(message.offset), since, origin, size, headers["reason"])
    out.print(table)


@dead_letters.command()
def show(number: Offset, data: DataFolder = DEFAULT_DATA) -> None:
    """Show a refused message whole, as JSON (as the account of ANPR_TOKEN)."""
    with opened_store(data) as engine, opened_log(data, site_of(data)) as log:
        account = acting_account(engine, Right.CAMERAS)
        message = _dead_letter(log.read(DEAD_LETTERS), number)
        record_audit(
            engine, account, "dead_letter_show", now(), query={"number": number}, results=1
        )
    shown = {
        "headers": dict(message.record.headers),
        "value_base64": base64.b64encode(message.record.value).decode(),
    }
    print(json.dumps(shown, indent=2))


@dead_letters.command()
def resend(number: Offset, data: DataFolder = DEFAULT_DATA) -> None:
    """Append a refused message to its topic again, after what refused it was mended."""
    with opened_log(data, site_of(data)) as log:
        message = _dead_letter(log.read(DEAD_LETTERS), number)
        headers = dict(message.record.headers)
        prefix = "header."
        original = {
            name.removeprefix(prefix): value
            for name, value in headers.items()
            if name.startswith(prefix)
        }
        log.append(headers["topic"], Record(headers["key"], message.record.value, original))
        log.flush()
    say(f"dead letter {number} appended to {headers['topic']} again")


@audit_app.command("verify")
def audit_verify(
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


@audit_app.command("who")
def audit_who(
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


@audit_app.command("head")
def audit_head(data: DataFolder = DEFAULT_DATA) -> None:
    """Print a signed head of the chain as of now, to be kept elsewhere (a zone does so hourly)."""
    signer = open_signer(data / HEADS_KEY)
    with opened_store(data) as engine, engine.connect() as connection:
        print(signer.line(connection, now()))
    say(f"signed by {signer.name}")


def retention(data: DataFolder = DEFAULT_DATA) -> None:
    """Erase now what is older than the site's retention (a running zone does so by itself)."""
    site = site_of(data)
    with opened_store(data) as engine:
        swept = sweep(engine, FolderImages(data / IMAGES), site.retention, now())
    out.print(swept)


def visits(data: DataFolder = DEFAULT_DATA) -> None:
    """Pair the zone's entries and exits anew, from stored passages, as far back as visits go.

    For a store of before there were visits, or after a camera's `direction` was changed. The zone
    may be running.
    """
    site = site_of(data)
    until = now()
    since = until - timedelta(days=site.retention.visits_days)
    with opened_store(data) as engine:
        made = rebuild_visits(engine, site.border, to_us(since), to_us(until))
    say(f"{made} visits of the last {site.retention.visits_days} days paired anew")


def reread_store(data: DataFolder = DEFAULT_DATA) -> None:
    """Let the store read again what the log keeps, after its backup was put back.

    The zone, or its processes of `sinks`, are stopped meanwhile. What is stored already stays as
    it is; no alert is raised again.
    """
    with opened_log(data, site_of(data)) as log:
        reread(log, "store", STORE_TOPICS)
    say("the store reads all that the log keeps again, once its stage is started")


def _dead_letter(messages: Sequence[Message], number: int) -> Message:
    for message in messages:
        if message.offset == number:
            return message
    msg = f"no dead letter has number {number}; `anpr dead-letters list` names them"
    raise NoSuchDeadLetterError(msg)
