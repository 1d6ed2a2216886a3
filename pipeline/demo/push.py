"""A camera's network side: push frames and heartbeats over HTTP, patiently, in order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from queue import SimpleQueue
from threading import Event, Thread

import httpx
import structlog

from anpr.time import rfc3339

log = structlog.get_logger()

TIMEOUT_S = 10.0
PATIENCE = timedelta(seconds=20)
"""How long a picture is offered again before the camera gives it up."""

BUSY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
RETRY_S = 0.5


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture on its way: when it was taken, and what the sensors say of it."""

    taken_at: datetime
    jpeg: bytes
    sensed: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """What became of a camera's pictures."""

    taken: int = 0
    acknowledged: int = 0


class Pusher:
    """Sends what one camera takes, from a thread of its own: a slow answer delays no picture."""

    def __init__(
        self, base_url: str, camera: str, token: str, now: Callable[[], datetime], stop: Event
    ) -> None:
        self.tally = Tally()
        self._camera = camera
        self._now = now
        self._stop = stop
        self._waiting: SimpleQueue[Shot | None] = SimpleQueue()
        self._client = httpx.Client(
            base_url=f"{base_url}/v1/cameras/{camera}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_S,
        )
        self._thread = Thread(target=self._send_all, name=f"push-{camera}")
        self._thread.start()

    def push(self, shot: Shot) -> None:
        """Queue a picture."""
        self.tally.taken += 1
        self._waiting.put(shot)

    def close(self) -> None:
        """Send what waits, then hang up."""
        self._waiting.put(None)
        self._thread.join()
        self._client.close()

    def beat(self) -> None:
        """Send a heartbeat: that the camera lives, and what its clock shows."""
        try:
            answer = self._client.post("/heartbeat", json={"clock": rfc3339(self._now())})
            answer.raise_for_status()
        except httpx.HTTPError as error:
            log.warning("heartbeat_failed", camera=self._camera, error=type(error).__name__)

    def _send_all(self) -> None:
        while (shot := self._waiting.get()) is not None:
            if self._send(shot):
                self.tally.acknowledged += 1

    def _send(self, shot: Shot) -> bool:
        """Push until it is acknowledged; False when it was refused or patience ended."""
        headers = {
            "Content-Type": "image/jpeg",
            "X-Captured-At": rfc3339(shot.taken_at),
            **shot.sensed,
        }
        give_up_at = self._now() + PATIENCE
        while self._now() < give_up_at:
            answer = self._offer(shot.jpeg, headers)
            if answer is not None and answer.status_code == HTTPStatus.ACCEPTED:
                return True
            if answer is not None and answer.status_code not in BUSY:
                log.error("push_refused", camera=self._camera, status=answer.status_code)
                return False
            if self._stop.wait(_retry_after_s(answer)):
                return False
        return False

    def _offer(self, jpeg: bytes, headers: Mapping[str, str]) -> httpx.Response | None:
        """Offer a picture once; None when there was no answer."""
        try:
            return self._client.post("/frames", content=jpeg, headers=headers)
        except httpx.TransportError as error:
            log.warning("push_failed", camera=self._camera, error=type(error).__name__)
            return None


def _retry_after_s(answer: httpx.Response | None) -> float:
    """Read `Retry-After` in its form of whole seconds, the one that ingest uses."""
    text = answer.headers.get("Retry-After", "") if answer is not None else ""
    return float(text) if text.isdigit() else RETRY_S
