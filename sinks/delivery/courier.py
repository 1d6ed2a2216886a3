"""Bring consignments to their receivers: at least once, a thread a receiver, patiently."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import Random
from threading import Event, Thread

import structlog
from prometheus_client import Gauge
from sqlalchemy import Connection, Engine

from anpr.sites import Receiver, Site
from sinks.alerts.delivery import Patience
from sinks.delivery import ledger
from sinks.delivery.folder import FolderWay
from sinks.delivery.https import HttpsWay
from sinks.delivery.ledger import Consignment, State
from sinks.delivery.sftp import SftpWay
from sinks.delivery.way import Outcome, Way
from sinks.evidence.sealing import Recipient
from sinks.signing import Secrets
from sinks.store.dialects import take_turn
from sinks.store.engine import writing

log = structlog.get_logger()

PATIENCE = Patience(
    first=timedelta(seconds=5), longest=timedelta(hours=1), give_up_after=timedelta(days=7)
)
CONSIGNMENTS = Gauge("anpr_consignments", "Packages by what became of them", ["receiver", "state"])

LOOK = timedelta(seconds=5)
ASK = timedelta(minutes=1)
"""How often receivers are asked for what they have not answered yet."""

TOGETHER = 50

Told = Callable[[Connection, Consignment], None]
"""Is told of a consignment that changed, in the transaction that changes it."""


def nobody_told(connection: Connection, one: Consignment) -> None:
    """Tell nobody."""


class Courier:
    """Sends what is due and asks for receipts. A slow or dead receiver delays no other."""

    def __init__(
        self,
        engine: Engine,
        ways: Mapping[str, tuple[Way, Recipient | None]],
        now: Callable[[], datetime],
        told: Told = nobody_told,
        patience: Patience = PATIENCE,
    ) -> None:
        self._engine = engine
        self._ways = dict(ways)
        self._now = now
        self._told = told
        self._patience = patience
        self._random = Random()  # noqa: S311 - it only spreads retries in time

    def deliver_due(self) -> int:
        """Send all that is due, receiver after receiver; tell how many attempts that took."""
        return sum(self._send_due(name) for name in self._ways)

    def ask(self) -> int:
        """Ask for all receipts that are missing; tell how many came."""
        return sum(self._ask(name) for name in self._ways)

    def run(self, stop: Event) -> None:
        """Deliver until told to stop, each receiver in its own thread; then close the ways."""
        threads = [
            Thread(target=self._serve, args=(name, stop), name=f"receiver-{name}")
            for name in self._ways
        ]
        for thread in threads:
            thread.start()
        stop.wait()
        for thread in threads:
            thread.join()
        for way, _ in self._ways.values():
            way.close()

    def tell_waiting(self) -> None:
        """Say on the metrics how much is open, refused or failed of each receiver."""
        with self._engine.connect() as connection:
            counts = ledger.counts(connection)
        for name in self._ways:
            for state in State:
                CONSIGNMENTS.labels(name, state.value).set(counts.get((name, state), 0))

    def _serve(self, name: str, stop: Event) -> None:
        asked_at = self._now() - ASK
        while not stop.is_set():
            try:
                self._send_due(name, stop)
                if self._now() - asked_at >= ASK:
                    asked_at = self._now()
                    self._ask(name)
                    self.tell_waiting()
            except Exception:  # the outermost ring: a receiver must outlive a store that fails
                log.exception("consignments_failed", receiver=name)
            stop.wait(LOOK.total_seconds())

    def _send_due(self, name: str, stop: Event | None = None) -> int:
        attempts = 0
        while not (stop and stop.is_set()):
            with self._engine.connect() as connection:
                found = ledger.due(connection, name, self._now(), TOGETHER)
            for one in found:
                if stop and stop.is_set():
                    break
                outcome = self._sent(name, one)
                self._settle(one, outcome)
                attempts += 1
                if outcome.state is None:  # the receiver is down: the others wait for their turn
                    return attempts
            if len(found) < TOGETHER:
                break
        return attempts

    def _sent(self, name: str, one: Consignment) -> Outcome:
        way, recipient = self._ways[name]
        try:
            content = one.path.read_bytes()
        except OSError as error:
            return Outcome(None, f"the package cannot be read: {error.strerror}; export it again")
        if recipient is None:
            return way.send(one.name, content, one.key)
        return way.send(f"{one.name}.age", recipient.seal(content), one.key)

    def _ask(self, name: str) -> int:
        way, recipient = self._ways[name]
        with self._engine.connect() as connection:
            found = ledger.unanswered(connection, name)
        came = 0
        for one in found:
            outcome = way.answer(one.name if recipient is None else f"{one.name}.age")
            if outcome.state is not None:
                self._settle(one, outcome)
                came += 1
        return came

    def _settle(self, one: Consignment, outcome: Outcome) -> None:
        now, state = self._now(), outcome.state
        if state is None and now - one.created_at >= self._patience.give_up_after:
            state = State.FAILED
        with writing(self._engine) as connection:
            take_turn(connection, ledger.TURN)
            if state is None:
                wait = self._patience.wait(one.attempts + 1, self._random.random())
                is_changed = ledger.postpone(connection, one, now + wait, outcome.answer)
            else:
                is_changed = ledger.settle(connection, one, state, outcome.answer, now)
            if is_changed:
                self._told(connection, ledger.by_id(connection, one.id))
        log.info(
            "consignment", receiver=one.receiver, case=one.case, state=state or "waiting",
            attempt=one.attempts + 1, detail=outcome.answer if state is None else "",
        )  # fmt: skip


def receivers_of(site: Site, kind: str) -> list[str]:
    """Name the receivers that get cases of a kind."""
    return [name for name, one in site.receivers.items() if kind in one.cases]


def ways(
    site: Site, secrets: Secrets, now: Callable[[], datetime]
) -> dict[str, tuple[Way, Recipient | None]]:
    """Make the ways to a site's receivers, each with whom its packages are encrypted for."""
    return {
        name: (_way(one, secrets, now), Recipient(one.recipient) if one.recipient else None)
        for name, one in site.receivers.items()
    }


def _way(receiver: Receiver, secrets: Secrets, now: Callable[[], datetime]) -> Way:
    if receiver.folder is not None:
        return FolderWay(receiver.folder)
    if receiver.to.startswith("sftp:") and receiver.host_key and receiver.secret:
        return SftpWay(receiver.to, receiver.secret, receiver.host_key, secrets)
    return HttpsWay(receiver.to, receiver.secret, secrets, now)
