"""What taking in needs, the limits it keeps, and how a push becomes durable."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from http import HTTPStatus

import structlog

from anpr.errors import LogError, LogFullError
from anpr.events import CameraState, CameraStatus
from anpr.heartbeats import ClockReport
from anpr.ports import Log, Record
from anpr.sites import Site
from anpr.topics import EVENTS, HEARTBEATS
from ingest import metrics
from ingest.heartbeats import Heartbeat
from ingest.monitor import HealthMonitor
from ingest.refusals import RefusedError, try_later

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Limits:
    """What is taken in at once, and from where on it is refused."""

    max_body_bytes: int = 2 << 20
    max_backlog: int = 10_000
    """Messages of a topic that nobody worked on yet; from here on pushes are answered 503."""
    max_in_flight: int = 128
    """Pushes under way: with the body limit this bounds the memory that pushes take."""
    max_in_flight_per_camera: int = 64
    """Less than all, so that one camera never shuts the others out."""
    body_timeout_s: float = 30
    """A body that takes longer gives its place up."""
    retry_after_s: int = 5


@dataclass(frozen=True, slots=True)
class Intake:
    """What the camera routes work with.

    `secret` resolves a reference and raises SecretError. `lag` counts the messages of a topic
    (`frames`, `reads`) that nobody has worked on; it is asked at each push, so it must be cheap.
    """

    site: Site
    log: Log
    monitor: HealthMonitor
    now: Callable[[], datetime]
    secret: Callable[[str], str]
    lag: Callable[[str], int]
    limits: Limits = field(default_factory=Limits)

    def refuse_if_behind(self, topic: str) -> None:
        """Raise RefusedError (503) while too many messages of a topic wait."""
        if self.lag(topic) < self.limits.max_backlog:
            return
        why = f"{self.limits.max_backlog} or more {topic} wait to be worked on. Push again later"
        raise self.later(HTTPStatus.SERVICE_UNAVAILABLE, "backlog", why)

    async def keep(self, topic: str, records: Iterable[Record]) -> None:
        """Append records and return once all are durable. Raises RefusedError (503).

        A list that fails halfway is refused whole: pushed again, its ids are the same.
        """
        try:
            await durable([self.log.append(topic, record) for record in records])
        except LogFullError as error:
            why = "the log is full. Push again later"
            raise self.later(HTTPStatus.SERVICE_UNAVAILABLE, "log_full", why) from error
        except LogError as error:
            # No traceback: a renderer that shows locals would show plates.
            log.error("push_not_kept", topic=topic, error=str(error))  # noqa: TRY400
            why = "the log cannot keep it now. Push again later"
            raise self.later(HTTPStatus.SERVICE_UNAVAILABLE, "log_failed", why) from error

    def publish(self, states: Iterable[CameraState]) -> None:
        """Append changes of health; one that fails is said again at the next sign or tick."""
        for state in states:
            log.info("camera_state", camera=state.camera, state=state.state, reason=state.reason)
            metrics.CAMERA_UP.labels(state.camera).set(state.state is not CameraStatus.DOWN)
            try:
                future = self.log.append(EVENTS, Record(state.camera, state.to_json()))
            except LogError as error:
                self._lost(state.camera, error)
                continue
            future.add_done_callback(partial(self._kept, state.camera))

    def take_heartbeat(self, camera: str, at: datetime, beat: Heartbeat) -> None:
        """Take in a heartbeat; one that the log does not keep is missing in the clock's log."""
        self.publish(self.monitor.heartbeat(camera, at, beat))
        report = ClockReport(
            camera=camera,
            received_at=at,
            clock=beat.clock,
            state=beat.health.state,
            reason=beat.health.reason,
        )
        try:
            future = self.log.append(HEARTBEATS, Record(camera, report.to_json()))
        except LogError as error:
            _heartbeat_lost(camera, error)
            return
        future.add_done_callback(partial(_heartbeat_kept, camera))

    def tick(self) -> None:
        """Notice cameras that fell silent. Call it every few seconds, from any thread."""
        now = self.now()
        self.publish(self.monitor.tick(now))
        for camera, silence in self.monitor.silences(now).items():
            metrics.CAMERA_SILENCE.labels(camera).set(silence.total_seconds())

    def later(self, status: HTTPStatus, reason: str, why: str) -> RefusedError:
        """Refuse for now, with the time after which to push again."""
        return try_later(status, reason, why, self.limits.retry_after_s)

    def _kept(self, camera: str, done: Future[int]) -> None:
        if error := done.exception():
            self._lost(camera, error)

    def _lost(self, camera: str, error: BaseException) -> None:
        log.error("camera_state_not_kept", camera=camera, error=str(error))
        self.monitor.unsaid(camera)


def _heartbeat_kept(camera: str, done: Future[int]) -> None:
    if error := done.exception():
        _heartbeat_lost(camera, error)


def _heartbeat_lost(camera: str, error: BaseException) -> None:
    log.error("heartbeat_not_kept", camera=camera, error=str(error))


async def durable(appended: Sequence[Future[int]]) -> None:
    """Wait until all appends are durable; raise the first failure."""
    waits = asyncio.gather(*map(asyncio.wrap_future, appended), return_exceptions=True)
    # Shielded: a request that is given up must not cancel what the log is already writing.
    for result in await asyncio.shield(waits):
        if isinstance(result, BaseException):
            raise result


class Places:
    """Counts the pushes under way; for one event loop."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken(self, camera: str) -> Iterator[None]:
        """Hold a place for a camera's push. Raises RefusedError (429) when none is free."""
        limits = self._intake.limits
        if (
            self._taken.total() >= limits.max_in_flight
            or self._taken[camera] >= limits.max_in_flight_per_camera
        ):
            why = "too many pushes are under way. Push again later"
            raise self._intake.later(HTTPStatus.TOO_MANY_REQUESTS, "in_flight", why)
        self._taken[camera] += 1
        try:
            yield
        finally:
            self._taken[camera] -= 1
