"""How soon a bollard is asked, from the camera's push to the call: beside the limit of 200 ms.

A whole zone in this process on the embedded log, without OCR: reads of permit holders are pushed
one at a time over HTTP, and a server beside it notes when the actuator is called. The bare calls
are the same pair of requests with no zone between them: what the loopback takes by itself.
"""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from statistics import median, quantiles
from threading import Thread

import httpx
from rich.console import Console
from rich.table import Table

from anpr.list_file import parse_list
from anpr.list_parts import parts_of
from anpr.sites import parse_site
from pipeline.clock import now
from pipeline.controls import publish_list
from pipeline.settings import RunSettings
from pipeline.zone import running

LIMIT_MS = 200.0
VEHICLES = 200
TOKEN = "bench"  # noqa: S105 - of a camera that exists in this measurement alone
SITE = """
[site]
name = "Bench"
timezone = "UTC"
country = "BE"
[[cameras]]
id = "markt"
lat = 51.0
lon = 4.0
token = "env:BENCH"
[[zones]]
id = "centre"
gates = ["markt"]
permits = ["residents"]
action = "open"
actuator = "{actuator}"
"""

Calls = Queue[float]
"""When an actuator was called, by `time.perf_counter`."""


@contextmanager
def actuator() -> Iterator[tuple[str, Calls]]:
    """Serve an actuator that notes when it is called."""
    calls: Calls = Queue()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            calls.put(time.perf_counter())
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", calls
    finally:
        server.shutdown()
        server.server_close()


def through_the_zone(folder: Path) -> list[float]:
    """Push reads one by one; give the milliseconds until the actuator was called for each."""
    with actuator() as (called, calls):
        text = SITE.replace("{actuator}", called)
        site = parse_site(text, "bench")
        settings = RunSettings(folder, port=0, stages=frozenset({"ingest", "rules", "sinks"}))
        with running(site, text, settings, now, lambda _: TOKEN) as zone:
            plates = [f"1AAA{number:03}" for number in range(VEHICLES)]
            rows = parse_list("plate_pattern\n" + "\n".join(plates), "residents", site.site.zone)
            publish_list(zone.log, parts_of("residents", 1, now(), rows))
            zone.controls.refresh()
            url = f"http://127.0.0.1:{zone.port}/v1/cameras/markt/reads"
            headers = {"Authorization": f"Bearer {TOKEN}"}
            with httpx.Client(headers=headers, timeout=10) as camera:
                return [_one(camera, url, plate, calls) for plate in plates][VEHICLES // 10 :]


def _one(camera: httpx.Client, url: str, plate: str, calls: Calls) -> float:
    read = {"captured_at": now().isoformat(), "plate": plate, "confidence": 0.97}
    start = time.perf_counter()
    camera.post(url, json={"camera": "markt", **read}).raise_for_status()
    return (calls.get(timeout=10) - start) * 1000


def bare() -> list[float]:
    """Call the actuator twice in a row, as push and call would be with nothing between them."""
    body = json.dumps({"plate": "1AAA000"})
    with actuator() as (url, calls), httpx.Client() as client:
        spans = []
        for _ in range(VEHICLES):
            start = time.perf_counter()
            client.post(url, content=body)
            calls.get(timeout=10)
            client.post(url, content=body)
            spans.append((calls.get(timeout=10) - start) * 1000)
        return spans


def main() -> None:
    """Measure, and print a table: the zone, the bare calls, and the share of the limit."""
    table = Table("what", "median ms", "95th ms", "of 200 ms", title="From a push to the bollard")
    with tempfile.TemporaryDirectory(prefix="bench-access-") as folder:
        spans = {"a whole zone": through_the_zone(Path(folder)), "bare calls": bare()}
    for what, measured in spans.items():
        late = quantiles(measured, n=20)[18]
        row = [f"{median(measured):.1f}", f"{late:.1f}", f"{late / LIMIT_MS:.2f}"]
        table.add_row(what, *row)
    Console().print(table)


if __name__ == "__main__":
    main()
