"""Turn events into alerts: the decisions of a turn and their outbox are one transaction."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy import Connection, Engine

from anpr.events import CameraState, LockTransit, LockVerdict, SectionTransit
from anpr.lists import Lists
from anpr.ports import Message, Output
from anpr.sites import Site
from sinks.alerts import escalation, ledger
from sinks.alerts.book import Book
from sinks.alerts.conditions import AnyEvent, Terms
from sinks.alerts.demotion import demoted
from sinks.alerts.desk import Desk, Moment
from sinks.alerts.muting import inhibiting, silences_at
from sinks.alerts.posting import Tray
from sinks.alerts.routing import Decision, Reason, longest_silence, route
from sinks.alerts.words import LAPSED
from sinks.fitness import unfit_days
from sinks.messages import Stateless, read
from sinks.store.dialects import take_turn
from sinks.store.engine import writing
from sinks.store.questions import Period

T = TypeVar("T")

log = structlog.get_logger()

OPEN_FOR = timedelta(days=1)
"""An older alert nobody acts on any more: it is not recalled when its entry lapses."""

LOOK_AGAIN = timedelta(minutes=1)
"""How soon an entry is noticed that expires, without any list having changed."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What alerts rest on beside the site: the lists as they are now, and the terms of routing.

    `lists` may ask the log for news: a turn asks it once.
    """

    lists: Callable[[], Lists] = Lists
    terms: Terms = field(default_factory=Terms)


class AlertsWorker(Stateless):
    """Takes `events` from the log; `on_new` is called once what it raised is committed."""

    def __init__(
        self,
        engine: Engine,
        site: Site,
        now: Callable[[], datetime],
        on_new: Callable[[], None],
        around: Surroundings | None = None,
    ) -> None:
        self._engine = engine
        self._site = site
        self._now = now
        self._on_new = on_new
        self._around = around or Surroundings()
        self._looked_at: tuple[object, datetime] | None = None

    def work(self, messages: Sequence[Message]) -> Sequence[Output]:
        """Decide on each event; what cannot be understood becomes a dead letter."""
        brought = read(messages)
        self.take(event for event, _ in brought.events)
        return brought.refused

    def take(self, events: Iterable[AnyEvent]) -> list[Decision]:
        """Decide on events that a route asks for or that are remembered, in one transaction."""
        asked = self._asked(list(events))
        if not asked:
            return []
        decisions = self._decide(asked, lambda desk: [desk.take(event) for event in asked])
        for event, decision in zip(asked, decisions, strict=True):
            log.info("alert_decided", event_id=event.id, step=decision.step, why=decision.reason)
        return decisions

    def recall_lapsed(self) -> int:
        """Recall open alerts whose entry was taken off its list or has expired; tell how many."""
        now, lists = self._now(), self._around.lists()
        versions = [(name, lists.latest(name).version) for name in lists.names()]
        if self._looked_at is not None:
            seen, at = self._looked_at
            if seen == versions and now - at < LOOK_AGAIN:
                return 0
        with self._engine.connect() as connection:
            hits = ledger.open_hits(connection, now - OPEN_FOR)
        moment = Moment(now, lists, self._around.terms)
        lapsed = [hit for hit in hits if moment.is_lapsed(hit)]
        if lapsed:
            self._decide(lapsed, lambda desk: desk.recall_open(lapsed, LAPSED))
            log.info("alerts_recalled", why=Reason.LAPSED, count=len(lapsed))
        self._looked_at = versions, now
        return len(lapsed)

    def _asked(self, events: Sequence[AnyEvent]) -> list[AnyEvent]:
        """Leave out what no route asks for and nothing is known of; a state ends the one before."""
        with self._engine.connect() as connection:
            known = ledger.remembered(connection, [event.id for event in events])
        return [
            event
            for event in events
            if event.id in known
            or isinstance(event, CameraState)
            or route(event, self._site, self._around.terms)
        ]

    def _decide(self, events: Sequence[AnyEvent], act: Callable[[Desk], T]) -> T:
        """Read what the events ask for, decide in memory, and write it: one transaction."""
        now, lists = self._now(), self._around.lists()
        with writing(self._engine) as connection:
            take_turn(connection, "alerts")  # what is a repeat depends on all that went before
            terms = replace(self._around.terms, demoted=frozenset(demoted(connection)))
            silences, unfit = silences_at(connection, now), self._unfit(connection, events)
            moment = Moment(now, lists, terms, silences, unfit)
            since = now - timedelta(seconds=self._site.site.stall_s)
            kinds = inhibiting(events, self._site, terms)
            book = ledger.read_book(connection, events, since, longest_silence(self._site), kinds)
            tray = _tray(connection, self._site, events, book, now)
            desk = Desk(self._site, moment, book, tray)
            done = act(desk)
            ledger.write_book(connection, book)
            tray.write(connection)
            escalation.plan(connection, desk.escalating, now)
        self._on_new()
        return done

    def _unfit(
        self, connection: Connection, events: Sequence[AnyEvent]
    ) -> frozenset[tuple[str, date]]:
        asking = [
            event.at
            for event in events
            if isinstance(event, LockTransit) and event.verdict is LockVerdict.REVIEW
        ]
        if not asking:
            return frozenset()
        period = Period(min(asking), max(asking))
        return frozenset((one.lock, one.day) for one in unfit_days(connection, self._site, period))


def _tray(
    connection: Connection, site: Site, events: Sequence[AnyEvent], book: Book, now: datetime
) -> Tray:
    """Have a number for all that may be raised, and know what was sent of all that may change."""
    about = [*events, *(one.event for one in book.held.values())]
    fresh = {one.id for one in about if not one.withdrawn} - book.raised.keys()
    book.take_numbers(ledger.numbers(connection, len(fresh)))
    tray = Tray(now, site.channels)
    ids = {one.id for one in about}
    may_change = [
        alert.id
        for alert in book.raised.values()
        if alert.event.id in ids or isinstance(alert.event, SectionTransit | CameraState)
    ]
    tray.look(connection, may_change, about)
    return tray
