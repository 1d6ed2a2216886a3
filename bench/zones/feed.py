"""A listener to the console's stream of alerts: it notes when each line arrives."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Thread

import httpx
from sqlalchemy import Engine

from pipeline.clock import now
from sinks.store.engine import writing
from sinks.store.people import add_account, issue_token
from sinks.store.rights import Role

PATIENCE_S = 60.0


@dataclass(slots=True)
class Feed:
    """What a listener heard: the event of each alert, and how long after its capture, in s."""

    delays: dict[str, float] = field(default_factory=dict)
    is_listening: Event = field(default_factory=Event)

    def hear(self, line: str) -> None:
        """Note a line of the stream."""
        self.is_listening.set()
        if line.startswith("data:"):
            event = json.loads(line.removeprefix("data:"))["event"]
            delay = now() - datetime.fromisoformat(event["at"])
            self.delays.setdefault(event["id"], delay.total_seconds())


def dispatcher(engine: Engine) -> str:
    """Add a dispatcher to a store; give a token of theirs."""
    with writing(engine) as connection:
        add_account(connection, "bench", [Role.DISPATCHER], None, now())
        return issue_token(connection, "bench", now())


@contextmanager
def listening(url: str, token: str) -> Iterator[Feed]:
    """Listen to the console at a URL, from before the body of this begins until it ends."""
    feed, headers = Feed(), {"Authorization": f"Bearer {token}"}
    client = httpx.Client(base_url=url, headers=headers, timeout=PATIENCE_S)
    is_over = Event()

    def listen() -> None:
        try:
            with client.stream("GET", "/api/alerts/stream") as stream:
                stream.raise_for_status()
                for line in stream.iter_lines():
                    if is_over.is_set():
                        return
                    feed.hear(line)
        except (httpx.HTTPError, httpx.StreamError):
            if not is_over.is_set():
                raise

    thread = Thread(target=listen, daemon=True)
    thread.start()
    if not feed.is_listening.wait(PATIENCE_S):
        msg = "the console's stream says nothing; see whether it runs and knows the token"
        raise TimeoutError(msg)
    try:
        yield feed
    finally:
        is_over.set()
        client.close()
