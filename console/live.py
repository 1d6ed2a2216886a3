"""The stream behind the live page: rows of traffic and alerts, rendered as on the page."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent

from console.access import Presented, requires
from console.cards import cards_of
from console.context import Console, Here
from console.pages import TRAFFIC_ROWS
from console.streams import AlertChanges, watch
from console.views import render
from sinks.store.audit import record_audit
from sinks.store.people import Account
from sinks.store.questions import Sighting, latest_sightings
from sinks.store.rights import Right

router = APIRouter(include_in_schema=False)


class TrafficChanges:
    """Which passages came, changed or went since the last look."""

    def __init__(self, console: Console, account: Account) -> None:
        self._console = console
        self._clearance = console.clearance(account)
        self._marks: dict[str, tuple[int, bool, bool]] = {}

    def look(self) -> list[Sighting]:
        """Give what changed, oldest first; the first look gives everything that is shown."""
        with self._console.engine.connect() as connection:
            latest = latest_sightings(connection, TRAFFIC_ROWS, self._clearance)
        known, self._marks = self._marks, {one.passage.id: _mark(one) for one in latest}
        return [one for one in reversed(latest) if known.get(one.passage.id) != _mark(one)]


@router.get("/live/stream", response_class=EventSourceResponse)
async def stream_live(
    request: Request,
    console: Here,
    presented: Presented,
    account: Annotated[Account, Depends(requires(Right.LIVE))],
) -> AsyncIterator[ServerSentEvent]:
    """Stream `passage`, `gone`, and for those who may see them `alert` and `recall`."""
    await run_in_threadpool(record_audit, console.engine, account, "live_stream", console.now())
    sees_alerts = Right.ALERTS in account.rights
    traffic = TrafficChanges(console, account)
    alerts = AlertChanges(console, account, None)

    def look() -> list[ServerSentEvent]:
        rows = [_row(request, account, one, sees_alerts=sees_alerts) for one in traffic.look()]
        if not sees_alerts:
            return rows
        changes = alerts.look()
        cards = cards_of(console, account, [alert for _, alert in changes])
        return rows + [
            ServerSentEvent(event=name, raw_data=render(request, "alert.html", account, card=card))
            for (name, _), card in zip(changes, cards, strict=True)
        ]

    async for event in watch(console, presented, account, look):
        yield event


def _mark(sighting: Sighting) -> tuple[int, bool, bool]:
    return sighting.passage.revision, sighting.is_hit, sighting.is_withdrawn


def _row(
    request: Request, account: Account, sighting: Sighting, *, sees_alerts: bool
) -> ServerSentEvent:
    if sighting.is_withdrawn:
        return ServerSentEvent(event="gone", raw_data=sighting.passage.id)
    row = render(request, "sighting.html", account, sighting=sighting, sees_alerts=sees_alerts)
    return ServerSentEvent(event="passage", raw_data=row)
