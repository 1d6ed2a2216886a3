"""The other end of the line: a dispatch room's webhook, a bollard, and the traffic service.

Who signed is checked, and whether a package holds.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Self

import structlog
from pydantic import ValidationError

from anpr.events import EventBase, Wire
from sinks.evidence.verify import verify

log = structlog.get_logger()

DISPATCH = "/dispatch"
BOLLARD = "/bollard/"
TRAFFIC = "/traffic/"
SIGNATURE, TIMESTAMP = "X-Anpr-Signature", "X-Anpr-Timestamp"


class Call(Wire):
    """What a webhook carries, as far as this receiver reads it."""

    event: EventBase
    state: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """An alert that arrived, its signature good."""

    event: str
    state: str
    event_at: datetime
    arrived_at: datetime

    @property
    def delay_s(self) -> float:
        """Seconds from the frame that shows the vehicle best to the alert's arrival."""
        return (self.arrived_at - self.event_at).total_seconds()


class Receiver:
    """A small HTTP server on a free port of this machine; use it as a context."""

    def __init__(
        self, dispatch_secret: str, bollard_secret: str, now: Callable[[], datetime]
    ) -> None:
        self._secrets = {DISPATCH: dispatch_secret, BOLLARD: bollard_secret}
        self._now = now
        self._lock = Lock()
        self._arrivals: list[Arrival] = []
        self._openings: list[str] = []
        self._packages: set[str] = set()
        self._refused = 0
        self._server = _Server(self)
        self._thread = Thread(target=self._server.serve_forever, args=(0.1,), name="receiver")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it listens, as a base URL."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def arrivals(self) -> tuple[Arrival, ...]:
        """The alerts that arrived, in their order."""
        with self._lock:
            return tuple(self._arrivals)

    @property
    def openings(self) -> tuple[str, ...]:
        """The gates whose bollard was asked to lower, in their order."""
        with self._lock:
            return tuple(self._openings)

    @property
    def packages(self) -> frozenset[str]:
        """The names of the evidence packages that arrived whole."""
        with self._lock:
            return frozenset(self._packages)

    @property
    def refused(self) -> int:
        """How many calls had a wrong signature or were not understood."""
        with self._lock:
            return self._refused

    def take(self, path: str, timestamp: str, signed: str, body: bytes) -> HTTPStatus:
        """Take a call in: check who signed it, then remember it."""
        route = BOLLARD if path.startswith(BOLLARD) else path
        secret = self._secrets.get(route)
        if secret is None:
            return HTTPStatus.NOT_FOUND
        status = self._judge(path, secret, timestamp, signed, body)
        if status is not HTTPStatus.NO_CONTENT:
            log.warning("call_refused", status=status.value)
            with self._lock:
                self._refused += 1
        return status

    def take_package(self, path: str, body: bytes) -> HTTPStatus:
        """Take in an evidence package that holds."""
        if not path.startswith(TRAFFIC):
            return HTTPStatus.NOT_FOUND
        if not verify(body).holds:
            return HTTPStatus.UNPROCESSABLE_ENTITY
        with self._lock:
            self._packages.add(path.removeprefix(TRAFFIC))
        return HTTPStatus.CREATED

    def _judge(
        self, path: str, secret: str, timestamp: str, signed: str, body: bytes
    ) -> HTTPStatus:
        arrived_at = self._now()
        # Written out rather than taken from the sender: this is what a receiver has to do.
        content = timestamp.encode() + b"." + body
        wanted = "sha256=" + hmac.new(secret.encode(), content, "sha256").hexdigest()
        if not hmac.compare_digest(signed.encode(), wanted.encode()):
            return HTTPStatus.UNAUTHORIZED
        if path.startswith(BOLLARD):
            with self._lock:
                self._openings.append(path.removeprefix(BOLLARD))
            return HTTPStatus.NO_CONTENT
        try:
            call = Call.model_validate_json(body)
        except ValidationError:
            return HTTPStatus.UNPROCESSABLE_ENTITY
        with self._lock:
            self._arrivals.append(Arrival(call.event.id, call.state, call.event.at, arrived_at))
        return HTTPStatus.NO_CONTENT


class _Server(ThreadingHTTPServer):
    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    server: _Server

    def do_POST(self) -> None:
        body = self._body()
        timestamp, signed = self.headers.get(TIMESTAMP, ""), self.headers.get(SIGNATURE, "")
        self._answer(self.server.receiver.take(self.path, timestamp, signed, body))

    def do_PUT(self) -> None:
        self._answer(self.server.receiver.take_package(self.path, self._body()))

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        return self.rfile.read(int(length) if length.isdigit() else 0)

    def _answer(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        """Say nothing: the receiver logs what it refuses."""
