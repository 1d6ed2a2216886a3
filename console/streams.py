"""Live streams (server-sent events): what changed since the last look at the store."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent

from console.access import Credentials, Presented, requires
from console.api_events import AlertOut
from console.api_passages import REFUSALS
from console.context import Console, Here
from console.metrics import STREAMS
from sinks.store.audit import record_audit
from sinks.store.people import Account
from sinks.store.questions import Alert, AlertMark, alert_marks, alerts_by_id
from sinks.store.rights import Right

router = APIRouter(prefix="/api", tags=["events"], responses=REFUSALS)

LOOK_EVERY_S = 0.2
RECOGNISE_EVERY = 75
"""After so many looks (15 s) a stream checks that its account still has its roles."""
WATCHED = 500
"""So many of the newest alerts can still change on a stream."""

Change = tuple[str, Alert]


class AlertChanges:
    """What became of the alerts since the last look: a viewer's memory of the newest ones."""

    def __init__(self, console: Console, account: Account, last_seen: int | None) -> None:
        self._console = console
        self._clearance = console.clearance(account)
        self._last_seen = last_seen
        self._marks: dict[int, AlertMark] | None = None
        self.newest = last_seen or 0

    def look(self) -> list[Change]:
        """Give each new alert, and each that was recalled, judged again or spoken of, oldest first.

        The first look gives nothing but what came after `last_seen`, and what was recalled of
        what came before it.
        """
        with self._console.engine.connect() as connection:
            marks = alert_marks(connection, WATCHED, self._clearance)
            known = self._known(marks)
            changed = [alert for alert, mark in marks.items() if known.get(alert) != mark]
            self._marks = marks
            self.newest = max([self.newest, *marks])
            alerts = alerts_by_id(connection, changed) if changed else []
        return [
            ("recall" if alert.state == "recalled" else "alert", alert)
            for alert in alerts
            if alert.state != "recalled" or alert.id in known
        ]

    def _known(self, marks: dict[int, AlertMark]) -> dict[int, AlertMark]:
        if self._marks is not None:
            return self._marks
        if self._last_seen is None:
            return marks
        return {
            alert: mark._replace(state="open")
            for alert, mark in marks.items()
            if alert <= self._last_seen
        }


@router.get("/alerts/stream", response_class=EventSourceResponse)
async def stream_alerts(
    console: Here,
    presented: Presented,
    account: Annotated[Account, Depends(requires(Right.ALERTS))],
    last_event_id: Annotated[str | None, Header(max_length=40)] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Stream alerts as they are raised (`alert`) and recalled (`recall`).

    The data is the alert as `/api/alerts` gives it. `Last-Event-ID` resumes after an alert.
    """
    await run_in_threadpool(record_audit, console.engine, account, "alerts_stream", console.now())
    changes = AlertChanges(console, account, last_seen_of(last_event_id))

    def look() -> Iterator[ServerSentEvent]:
        for name, alert in changes.look():
            data = AlertOut.of(alert)
            yield ServerSentEvent(event=name, id=str(changes.newest), data=data)

    async for event in watch(console, presented, account, lambda: list(look())):
        yield event


def last_seen_of(last_event_id: str | None) -> int | None:
    """Read where a stream broke off; None where it never began."""
    if last_event_id is None or not last_event_id.isdecimal():
        return None
    return min(int(last_event_id), 2**63 - 1)


async def watch(
    console: Console,
    presented: Credentials,
    account: Account,
    look: Callable[[], list[ServerSentEvent]],
) -> AsyncIterator[ServerSentEvent]:
    """Look again and again, until the server stops or the account is not what it was."""
    with STREAMS.track_inprogress():
        news = await run_in_threadpool(look)  # before we say so: what comes from here on is told
        yield ServerSentEvent(comment="listening", retry=2000)
        looks = 0
        while not console.is_stopping():
            for event in news:
                yield event
            looks += 1
            is_due = looks % RECOGNISE_EVERY == 0
            if is_due and await run_in_threadpool(presented.account, console) != account:
                return
            await asyncio.sleep(LOOK_EVERY_S)
            news = await run_in_threadpool(look)
