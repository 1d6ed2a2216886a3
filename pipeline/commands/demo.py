"""`anpr demo`: a complete small zone, driven by simulated cameras, and what came of it."""

import json
import logging
import os
import secrets
import tempfile
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import func, select

from anpr.events import Passage, parse_event
from anpr.list_file import parse_list
from anpr.list_parts import parts_of
from anpr.sites import Site, parse_site
from anpr.topics import DEAD_LETTERS, EVENTS, FRAMES, HEARTBEATS, PASSAGES, READS
from pipeline.clock import now
from pipeline.commands.terminal import out, say
from pipeline.controls import publish_list
from pipeline.demo.receiver import Receiver
from pipeline.demo.run import Demo, Driven
from pipeline.demo.summary import Found, Summary, summarise, table
from pipeline.logging import configure_logging
from pipeline.settings import RunSettings
from pipeline.wiring import KEYS, secret_resolver
from pipeline.zone import RunningZone, running
from sinks.evidence.keys import KeyRing
from sinks.store import schema
from sinks.store.engine import writing
from sinks.store.people import add_account, issue_token
from sinks.store.rights import Role

GROUPS = {
    "ocr": [FRAMES],
    "passage": [READS],
    "rules": [PASSAGES],
    "store": [PASSAGES, EVENTS],
    "alerts": [EVENTS],
    "evidence": [READS, HEARTBEATS],
}
QUIET_S = 4.0
"""The line is through when nothing has moved for longer than OCR waits for a track to go on."""

DRAIN_S = 60.0
TOKENS = "tokens.json"
ACCOUNT = "demo"


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command()(demo)


def demo(
    seconds: Annotated[
        float | None, typer.Option(min=30, help="Drive this long, then end.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Keep the data in this folder.")
    ] = None,
    port: Annotated[int, typer.Option(help="The console's port; 0 takes a free one.")] = 0,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as one JSON line.")] = False,
) -> None:
    """Drive simulated vehicles through a small zone and show what came of it.

    Without --seconds it drives for a minute, and the console stays open until Ctrl-C.
    """
    configure_logging(logging.WARNING)
    with ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="anpr-demo-")))
        summary = _run(Demo(seconds or 60.0), folder, port, stack)
        if as_json:
            print(json.dumps(summary.to_json()))
        else:
            out.print(table(summary))
        if seconds is None:
            _stay_open()
    if not summary.is_as_planned:
        raise typer.Exit(1)


def _run(plan: Demo, folder: Path, port: int, stack: ExitStack) -> Summary:
    """Start the zone (the stack stops it), drive the plan through it, and count."""
    receiver = stack.enter_context(Receiver(plan.dispatch_secret, plan.bollard_secret, now))
    text = plan.site_text(receiver.url)
    site = parse_site(text, "the demo's site")
    settings = RunSettings(data=folder, port=port)
    secret = secret_resolver({**os.environ, **plan.secrets})
    zone = stack.enter_context(running(site, text, settings, now, secret))
    base_url = f"http://127.0.0.1:{zone.port}"
    _import_lists(zone, site, plan.lists)
    password = _people(zone, folder)
    KeyRing(folder / KEYS).prepare(now())
    say(f"Console: {base_url}  account {ACCOUNT}, password {password}")
    say(f"Driving for {plan.plan.seconds:.0f} s …")
    driven = plan.drive(base_url, now, threading.Event())
    _await_quiet(zone)
    return summarise(plan.truth, _found(zone, driven, receiver))


def _import_lists(zone: RunningZone, site: Site, lists: Mapping[str, str]) -> None:
    for name, text in lists.items():
        entries = parse_list(text, name, site.site.zone)
        publish_list(zone.log, parts_of(name, 1, now(), entries))


def _people(zone: RunningZone, folder: Path) -> str:
    """Make an account to log in with, and one with a personal token for each role."""
    password = secrets.token_urlsafe(9)
    tokens: dict[str, str] = {}
    with writing(zone.engine) as connection:
        known = connection.execute(
            select(func.count()).select_from(schema.metadata.tables["accounts"])
        )
        suffix = "" if not known.scalar() else f"-{secrets.token_hex(3)}"
        add_account(connection, ACCOUNT + suffix, list(Role), password, now())
        for role in Role:
            name = f"demo-{role}{suffix}".replace("_", "-")
            add_account(connection, name, [role], None, now())
            tokens[role.value] = issue_token(connection, name, now())
    path = folder / TOKENS
    path.touch(mode=0o600)
    path.write_text(json.dumps(tokens, indent=2), encoding="utf-8")
    return password


def _await_quiet(zone: RunningZone) -> None:
    """Wait until every stage is through and every alert is delivered, for a while on end."""
    pause = threading.Event()
    quiet_s, waited_s, step_s = 0.0, 0.0, 0.2
    while quiet_s < QUIET_S and waited_s < DRAIN_S:
        pause.wait(step_s)
        waited_s += step_s
        quiet_s = 0.0 if _waiting(zone) else quiet_s + step_s


def _waiting(zone: RunningZone) -> int:
    backlog = sum(
        sum(zone.log.backlog(group, topic).values())
        for group, topics in GROUPS.items()
        for topic in topics
    )
    return backlog + _deliveries(zone, "pending")


def _deliveries(zone: RunningZone, state: str) -> int:
    query = select(func.count()).select_from(schema.deliveries)
    with zone.engine.connect() as connection:
        return connection.scalar(query.where(schema.deliveries.c.state == state)) or 0


def _found(zone: RunningZone, driven: Driven, receiver: Receiver) -> Found:
    """Collect what the line made of the demo, from the store and from the receiver."""
    unread = sum(zone.log.backlog("ocr", FRAMES).values())
    letters = len(zone.log.read(DEAD_LETTERS))
    with zone.engine.connect() as connection:
        alerts = connection.scalar(select(func.count()).select_from(schema.alerts)) or 0
        passages, events = (
            connection.scalars(select(rows.c.body).where(rows.c.withdrawn.is_(False))).all()
            for rows in (schema.passages, schema.events)
        )
    return Found(
        started_at=driven.started_at,
        passages=[Passage.model_validate_json(body) for body in passages],
        events=[parse_event(body) for body in events],
        arrivals=receiver.arrivals,
        frames_taken=driven.frames_taken,
        frames_acknowledged=driven.frames_acknowledged,
        frames_read=driven.frames_acknowledged - unread,
        alerts=alerts,
        dropped=letters + _deliveries(zone, "failed"),
        bollard_openings=len(receiver.openings),
    )


def _stay_open() -> None:
    say("The console stays open. Ctrl-C ends it.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        say("")
