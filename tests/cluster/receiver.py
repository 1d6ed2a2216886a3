"""A dispatch room that honours the idempotency key: what comes twice is acted on once."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Self

from anpr.events import EventBase
from sinks.alerts.payload import AlertPayload
from sinks.signing import IDEMPOTENCY_KEY


@dataclass(frozen=True)
class Step:
    """What a receiver is told about an event: that it is open or recalled, and by which version."""

    event: str
    revision: int
    state: str


class Dispatch:
    """Takes alerts in on a free port; `acted` counts how often each step was acted on."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._keys: set[str] = set()
        self._acted: Counter[Step] = Counter()
        self._calls = 0
        self._server = _Server(self)
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), name="dispatch")

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
        return f"http://127.0.0.1:{self._server.server_port}/"

    @property
    def acted(self) -> Mapping[Step, int]:
        with self._lock:
            return dict(self._acted)

    @property
    def calls(self) -> int:
        with self._lock:
            return self._calls

    def take(self, key: str, body: bytes) -> None:
        payload = AlertPayload.model_validate_json(body)
        event: EventBase = payload.event
        with self._lock:
            self._calls += 1
            if key not in self._keys:
                self._keys.add(key)
                self._acted[Step(event.id, event.revision, payload.state)] += 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, dispatch: Dispatch) -> None:
        self.dispatch = dispatch
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, _request: object, _address: object) -> None:
        """A sender that was killed in the middle of a call is no news here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.dispatch.take(self.headers[IDEMPOTENCY_KEY], body)
        self.send_response(HTTPStatus.NO_CONTENT)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing."""
