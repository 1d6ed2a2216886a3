"""An ingest of few words: answers as it is told, and remembers what it was sent."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass(frozen=True, slots=True)
class Request:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Ingest:
    """`answers` are (status, Retry-After) for the next frames; then everything is taken."""

    answers: list[tuple[int, str]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    url: str = ""

    def frames(self) -> Sequence[Request]:
        return [one for one in self.requests if one.path.endswith("/frames")]


@contextmanager
def ingest(*answers: tuple[int, str]) -> Iterator[Ingest]:
    """Run an ingest on a free port."""
    told = Ingest(list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.requests.append(Request(self.path, dict(self.headers), body))
            is_frame = self.path.endswith("/frames")
            status, wait = told.answers.pop(0) if is_frame and told.answers else (202, "")
            self.send_response(status)
            if wait:
                self.send_header("Retry-After", wait)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
