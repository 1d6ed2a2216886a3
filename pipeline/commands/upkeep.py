"""The verbs that keep a zone in order: dead letters, retention, visits, benchmarks."""

import base64
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Table

from anpr.errors import AnprError
from anpr.ports import Message, Record
from anpr.time import to_us
from anpr.topics import DEAD_LETTERS, EVENTS, PASSAGES
from pipeline.clock import now
from pipeline.commands.benchmarks import Benchmarks
from pipeline.commands.opening import acting_account, opened_log, opened_store, site_of
from pipeline.commands.terminal import DEFAULT_DATA, DataFolder, out, say
from pipeline.reread import reread
from pipeline.wiring import IMAGES, PACKAGES
from sinks.images import FolderImages
from sinks.retention import sweep
from sinks.store.audit import record_audit
from sinks.store.rights import Right
from sinks.store.visits import rebuild_visits

dead_letters = typer.Typer(no_args_is_help=True, help="Messages that could not be understood.")
bench = typer.Typer(
    cls=Benchmarks, no_args_is_help=True, help="Benchmarks, each beside a named peer or limit."
)

STORE_TOPICS = (PASSAGES, EVENTS)
"""What the store is made of."""

Offset = Annotated[int, typer.Argument(metavar="NUMBER", help="The dead letter's number.")]


class NoSuchDeadLetterError(AnprError):
    """There is no dead letter of this number; `anpr dead-letters list` names them."""


def register(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    app.add_typer(dead_letters, name="dead-letters")
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


def retention(data: DataFolder = DEFAULT_DATA) -> None:
    """Erase now what is older than the site's retention (a running zone does so by itself)."""
    site = site_of(data)
    with opened_store(data) as engine:
        swept = sweep(engine, FolderImages(data / IMAGES), site.retention, now(), data / PACKAGES)
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
