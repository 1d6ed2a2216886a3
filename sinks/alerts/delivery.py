"""Deliver what the outbox holds: at least once, a thread a channel, patiently."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from threading import Event, Thread

import structlog
from sqlalchemy import Connection, Engine

from sinks.alerts import outbox
from sinks.alerts.channel import Channel, Fate, Outcome
from sinks.alerts.outbox import Delivery
from sinks.store.engine import writing

log = structlog.get_logger()

_TOGETHER = 16
"""How many deliveries one transaction claims, and one settles: a store's commits take longer than
most receivers."""

_LOOK_AGAIN = timedelta(seconds=1)
"""Another process may have filled the outbox without waking this one."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to keep trying. The wait doubles from `first` to `longest`, less up to a half."""

    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(minutes=5)
    give_up_after: timedelta = timedelta(hours=24)
    lease: timedelta = timedelta(seconds=15)

    def wait(self, attempts: int, chance: float) -> timedelta:
        """Say how long to wait after so many attempts; `chance` in 0..1 spreads the herd."""
        doubled = self.first * float(1 << min(attempts - 1, 20))
        return min(doubled, self.longest) * (1 - chance / 2)


@dataclass(frozen=True, slots=True)
class _End:
    """How an attempt ended, and the how-manieth it was."""

    fate: Fate
    detail: str
    attempts: int


class Deliverer:
    """Sends pending deliveries. A slow or dead channel delays no other."""

    def __init__(
        self,
        engine: Engine,
        channels: Mapping[str, Channel],
        now: Callable[[], datetime],
        patience: Patience | None = None,
        random: Random | None = None,
    ) -> None:
        self._engine = engine
        self._channels = dict(channels)
        self._now = now
        self._patience = patience or Patience()
        self._random = random or Random()  # noqa: S311 - it only spreads retries in time
        self._wakes = {name: Event() for name in channels}

    def wake(self) -> None:
        """Look at the outbox now: something new was committed."""
        for wake in self._wakes.values():
            wake.set()

    def deliver_due(self) -> int:
        """Send, channel after channel, all that is due; tell how many attempts that took."""
        return sum(self._drain(name) for name in self._channels)

    def run(self, stop: Event) -> None:
        """Deliver until told to stop, each channel in its own thread; then close the channels."""
        with writing(self._engine) as connection:
            outbox.abandon(connection, self._channels)
        threads = [
            Thread(target=self._serve, args=(name, stop), name=f"channel-{name}")
            for name in self._channels
        ]
        for thread in threads:
            thread.start()
        stop.wait()
        self.wake()
        for thread in threads:
            thread.join()
        for channel in self._channels.values():
            channel.close()

    def _serve(self, name: str, stop: Event) -> None:
        wake = self._wakes[name]
        while not stop.is_set():
            wake.clear()
            pause = _LOOK_AGAIN
            try:
                self._drain(name, stop)
                pause = min(pause, self._until_due(name))
            except Exception:  # the outermost ring: a channel must outlive a store that fails
                log.exception("delivery_failed", channel=name)
            wake.wait(pause.total_seconds())

    def _drain(self, name: str, stop: Event | None = None) -> int:
        attempts = 0
        while not (stop and stop.is_set()) and (claimed := self._claim(name)):
            attempts += self._attempt(name, claimed, stop)
        return attempts

    def _attempt(self, name: str, claimed: Sequence[Delivery], stop: Event | None) -> int:
        """Send what was claimed while the lease is young; tell how many attempts that took."""
        outcomes: list[tuple[Delivery, Outcome]] = []
        until = self._now() + self._patience.lease / 3
        try:
            for batch in outbox.together(claimed):
                now = self._now()
                if outcomes and (now > until or (stop and stop.is_set())):
                    break
                body, key = outbox.body_of(batch, now), outbox.key_of(batch)
                outcome = self._channels[name].send(body, key)
                outcomes += [(delivery, outcome) for delivery in batch]
        except BaseException:
            self._settle(name, outcomes, ())
            raise
        tried = {delivery.id for delivery, _ in outcomes}
        self._settle(name, outcomes, [one for one in claimed if one.id not in tried])
        return len(outcomes)

    def _claim(self, name: str) -> Sequence[Delivery]:
        if self._until_due(name) > timedelta(0):  # a look costs no write lock
            return ()
        with writing(self._engine) as connection:
            return outbox.claim(connection, name, self._now(), self._patience.lease, _TOGETHER)

    def _until_due(self, name: str) -> timedelta:
        with self._engine.connect() as connection:
            due = outbox.next_due(connection, name)
        return timedelta.max if due is None else max(due - self._now(), timedelta(0))

    def _settle(
        self, name: str, outcomes: Sequence[tuple[Delivery, Outcome]], untried: Sequence[Delivery]
    ) -> None:
        now, chance = self._now(), self._random.random()  # what went together waits together
        with writing(self._engine) as connection:
            for fate, some in self._by_fate(outcomes, now):
                self._record(connection, fate, some, now, chance)
            if untried:
                outbox.give_back(connection, untried, now)
        for delivery, outcome in outcomes:
            log.info(
                "alert_delivery",
                channel=name,
                alert=delivery.alert,
                attempt=delivery.attempts,
                fate=outcome.fate,
                detail=outcome.detail,
            )

    def _by_fate(
        self, outcomes: Iterable[tuple[Delivery, Outcome]], now: datetime
    ) -> Iterator[tuple[_End, Sequence[Delivery]]]:
        """Put together what ended alike: many that were sent are one statement."""
        alike: dict[_End, list[Delivery]] = {}
        for delivery, outcome in outcomes:
            is_over = now - delivery.created_at >= self._patience.give_up_after
            fate = Fate.REFUSED if outcome.fate is Fate.RETRY and is_over else outcome.fate
            end = _End(fate, outcome.detail, delivery.attempts)
            alike.setdefault(end, []).append(delivery)
        yield from alike.items()

    def _record(
        self,
        connection: Connection,
        end: _End,
        some: Sequence[Delivery],
        now: datetime,
        chance: float,
    ) -> None:
        match end.fate:
            case Fate.SENT:
                outbox.settle(connection, some, outbox.SENT, None, now)
            case Fate.REFUSED:
                outbox.settle(connection, some, outbox.FAILED, end.detail, now)
            case Fate.RETRY:
                wait = self._patience.wait(end.attempts, chance)
                outbox.postpone(connection, some, now + wait, end.detail)
