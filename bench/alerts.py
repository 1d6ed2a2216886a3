"""How soon an alert is delivered, from the capture to the receiver's answer: beside its budget.

A whole zone in this process on the embedded log, without OCR. 100 cameras push reads over HTTP at
an even pace, some of them of listed plates; a receiver notes when each alert comes, and a listener
when the console's stream tells of it. The bare calls are the same two requests with no zone between
them, at the same pace. Where a broker and a database can run, the same over Kafka and PostgreSQL:
rules, sinks and console in processes of their own, reads appended to the log.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from statistics import median, quantiles
from threading import Thread
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Table

from anpr.list_file import parse_list
from anpr.list_parts import parts_of
from anpr.sites import parse_site
from bench.cluster import WANTED
from bench.zones import zones
from bench.zones.alerting import over_kafka
from bench.zones.feed import dispatcher, listening
from console.streams import LOOK_EVERY_S
from deploy.broker import BrokerError
from deploy.postgres import PostgresError
from pipeline.clock import now
from pipeline.controls import publish_list
from pipeline.settings import RunSettings
from pipeline.zone import running

BUDGET_MS = {95: 1000.0, 99: 2000.0}
"""From the capture to the delivered alert, by percentile."""

CAMERAS = 100
WANTED_EVERY = 10
"""One read in so many is of a listed plate, each of another one."""

KAFKA_PER_S = (50.0, 2000.0)
"""What a busy zone has, and what a province's two cores may."""

STAGES = frozenset({"ingest", "rules", "sinks", "console"})

Measured = tuple[list[float], int]
"""Milliseconds, and how many never came."""

HANDS = 8
"""How many pushes are under way at once at most."""

TOKEN = "bench"  # noqa: S105 - of cameras that exist in this measurement alone
HEAD = """
[site]
name = "Bench"
timezone = "UTC"
country = "BE"
[[alerts]]
when = { kind = "hit" }
channels = ["dispatch", "console"]
[channels.dispatch]
type = "webhook"
url = "{receiver}"
secret = "env:BENCH"
"""
CAMERA = """
[[cameras]]
id = "c{number}"
lat = 51.0
lon = 4.0
token = "env:BENCH"
"""


@contextmanager
def receiver() -> Iterator[tuple[str, Queue[tuple[bytes, datetime]]]]:
    """Serve a receiver that notes what comes, and when."""
    calls: Queue[tuple[bytes, datetime]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            calls.put((body, now()))
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


def plate_of(number: int) -> str:
    """Give each read a plate of its own; every so many are listed."""
    letters = "WTD" if number % WANTED_EVERY == 0 else "ABC"
    return f"{1 + number // 1000 % 7}{letters}{number % 1000:03}"


def through_the_zone(folder: Path, reads: int, per_s: float) -> dict[str, Measured]:
    """Push reads; give the milliseconds from capture to delivery, and how many never came."""
    with receiver() as (url, calls):
        cameras = "".join(CAMERA.format(number=number) for number in range(CAMERAS))
        text = HEAD.replace("{receiver}", url) + cameras
        site = parse_site(text, "bench")
        settings = RunSettings(folder, port=0, stages=STAGES)
        with running(site, text, settings, now, lambda _: TOKEN) as zone:
            plates = [plate_of(number) for number in range(0, reads, WANTED_EVERY)]
            rows = parse_list("plate_pattern\n" + "\n".join(plates), "wanted", site.site.zone)
            publish_list(zone.log, parts_of("wanted", 1, now(), rows))
            zone.controls.refresh()
            assert zone.engine is not None
            base = f"http://127.0.0.1:{zone.port}"
            with listening(base, dispatcher(zone.engine)) as heard:
                push_all(reads, per_s, lambda n: f"{base}/v1/cameras/c{n % CAMERAS}/reads")
                delivered = delays(calls, len(plates))
                time.sleep(LOOK_EVERY_S * 5)
            told = [delay * 1000 for delay in heard.delays.values()]
            return {
                "embedded, webhook": delivered,
                "embedded, console": (told, len(plates) - len(told)),
            }


def bare(reads: int, per_s: float) -> Measured:
    """Do the same without a zone: the listed ones alone go straight to the receiver."""
    with receiver() as (url, calls):
        push_all(reads // WANTED_EVERY, per_s / WANTED_EVERY, lambda _: url)
        return delays(calls, reads // WANTED_EVERY)


def push_all(reads: int, per_s: float, where: Callable[[int], str]) -> None:
    """Push reads at an even pace, each where its number says; what is late is not waited for."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with (
        httpx.Client(headers=headers, timeout=30) as client,
        ThreadPoolExecutor(HANDS) as hands,
    ):
        started = time.perf_counter()
        for number in range(reads):
            time.sleep(max(0.0, started + number / per_s - time.perf_counter()))
            hands.submit(_push, client, where(number), number)


def _push(client: httpx.Client, url: str, number: int) -> None:
    read = {"captured_at": now().isoformat(), "plate": plate_of(number), "confidence": 0.97}
    body = {"camera": url.split("/")[-2], **read, "event": {"at": read["captured_at"]}}
    client.post(url, json=body).raise_for_status()


def delays(calls: Queue[tuple[bytes, datetime]], expected: int, patience_s: float = 10) -> Measured:
    """Take what came; wait so long for each at most."""
    spans: list[float] = []
    try:
        while len(spans) < expected:
            body, at = calls.get(timeout=patience_s)
            captured = datetime.fromisoformat(json.loads(body)["event"]["at"])
            spans.append((at - captured).total_seconds() * 1000)
    except Empty:
        pass
    return spans, expected - len(spans)


def on_servers(rates: Sequence[float]) -> dict[str, Measured]:
    """Do it over Kafka and PostgreSQL at some rates; nothing, and why, where they cannot run."""
    measured: dict[str, Measured] = {}
    if not rates:
        return measured
    try:
        with zones() as make:
            for rate in rates:
                delivered, told = over_kafka(make(f"alerts{rate:.0f}"), rate)
                for where, spans in (("webhook", delivered), ("console", told)):
                    told_ms = [span * 1000 for span in spans]
                    missing = max(0, len(WANTED) - len(told_ms))
                    measured[f"Kafka {rate:,.0f}/s, {where}"] = told_ms, missing
    except (BrokerError, PostgresError) as error:
        Console(stderr=True).print(f"not over Kafka: {error}")
    return measured


def table_of(measured: Mapping[str, Measured], title: str) -> Table:
    """Lay out what was measured beside the budget; of fewer than two alerts nothing is told."""
    table = Table("what", "alerts", "median ms", "95th ms", "of 1 s", "99th ms", "of 2 s",
                  "missing", title=title)  # fmt: skip
    for what, (spans, missing) in measured.items():
        row = [what, str(len(spans))]
        if len(spans) > 1:
            cuts = quantiles(spans, n=100, method="inclusive")
            row.append(f"{median(spans):.1f}")
            for percentile, budget in BUDGET_MS.items():
                late = cuts[percentile - 1]
                row += [f"{late:.1f}", f"{late / budget:.3f}"]
        else:
            row += ["-"] * (1 + 2 * len(BUDGET_MS))
        table.add_row(*row, str(missing))
    return table


def main(
    reads: Annotated[int, typer.Option(help="How many reads are pushed.")] = 3000,
    per_s: Annotated[float, typer.Option(help="How many in a second, of all cameras.")] = 50,
    kafka_per_s: Annotated[
        list[float] | None, typer.Option(help="Reads in a second over Kafka; 0: not at all.")
    ] = None,
) -> None:
    """Measure, and print a table: the zone and the bare calls, beside the budget."""
    with tempfile.TemporaryDirectory(prefix="bench-alerts-") as folder:
        measured = through_the_zone(Path(folder), reads, per_s)
    measured["bare calls"] = bare(reads, per_s)
    measured |= on_servers([rate for rate in kafka_per_s or KAFKA_PER_S if rate])
    title = f"From capture to delivered alert: {CAMERAS} cameras, {per_s:g} reads/s"
    Console(width=110).print(table_of(measured, title))


if __name__ == "__main__":
    main()
