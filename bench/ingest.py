"""Frames taken in over HTTP beside bare Starlette routes that keep nothing of the same bodies.

One server process on one core; the sender on another, where the machine has one. Frames are counted
per second of the server's CPU, which a busy machine does not change, and per second on the wall.
Needs Linux: the CPU time is read from /proc.
"""

import asyncio
import hashlib
import multiprocessing
import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import uvicorn
from anyio import to_thread
from fastapi import FastAPI
from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from anpr.ports import Log, TopicSpec
from anpr.sites import parse_site
from anpr.topics import EVENTS, FRAMES, READS
from ingest.http import camera_routes
from ingest.intake import Intake, Limits
from ingest.jpeg import check_jpeg
from ingest.monitor import HealthMonitor
from pipeline.clock import now
from pipeline.logs.memory import MemoryLog
from pipeline.logs.sqlite import SqliteLog

SECONDS = 4.0
CONNECTIONS = 16
FRAME_BYTES = 100_000
TOKEN = "bench"  # noqa: S105 - of a camera that exists in this measurement alone
PATH = "/v1/cameras/bench/frames"
SITE = """
[site]
name = "Bench"
timezone = "UTC"
country = "BE"
[[cameras]]
id = "bench"
lat = 51.0
lon = 4.0
token = "env:BENCH"
"""


def frame() -> bytes:
    """Draw a noisy 1280x720 street-like picture and write it as a JPEG of about 100 KB."""
    rng = np.random.default_rng(1)
    blocks = rng.integers(0, 255, (18, 32, 3), dtype=np.uint8)
    smooth = cv2.resize(blocks, (1280, 720), interpolation=cv2.INTER_CUBIC).astype(np.float64)
    noisy = np.clip(smooth + rng.normal(0, 4, smooth.shape), 0, 255).astype(np.uint8)
    written = (cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, q])[1] for q in range(99))
    return next(data.tobytes() for data in written if data.size >= FRAME_BYTES)


async def bare(request: Request) -> JSONResponse:
    """Read a body and answer, as little as a route can do."""
    await request.body()
    return JSONResponse({"frame": "none"}, status_code=202)


async def decoding(request: Request) -> JSONResponse:
    """Read a body and decode it whole, as a route does that trusts nobody and keeps nothing."""
    pixels = np.frombuffer(await request.body(), np.uint8)
    image = await to_thread.run_sync(cv2.imdecode, pixels, cv2.IMREAD_COLOR)
    return JSONResponse({"frame": "none"}, status_code=422 if image is None else 202)


PEERS = {"bare": bare, "decoding": decoding}


def ours(log: Log) -> FastAPI:
    """Make the camera routes over a log."""
    site = parse_site(SITE, "bench")
    for topic in (FRAMES, READS, EVENTS):
        log.create([TopicSpec(topic, partitions=8, retention=timedelta(days=1))])
    app = FastAPI()
    intake = Intake(
        site=site,
        log=log,
        monitor=HealthMonitor(site, now()),
        now=now,
        secret=lambda _: TOKEN,
        lag=lambda topic: sum(log.backlog("ocr", topic).values()),
        limits=Limits(max_backlog=1_000_000),
    )
    app.include_router(camera_routes(intake))
    return app


def serve(kind: str, listener: socket.socket) -> None:
    """Serve one kind of route until the process is ended."""
    pin(0)
    with ExitStack() as stack:
        app: Starlette
        if kind in PEERS:
            app = Starlette(routes=[Route(PATH, PEERS[kind], methods=["POST"])])
        elif kind == "memory":
            app = ours(stack.enter_context(closing(MemoryLog(now))))
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-ingest-"))
            app = ours(stack.enter_context(closing(SqliteLog(Path(folder), now))))
        config = uvicorn.Config(
            app, loop="uvloop", http="httptools", access_log=False, log_level="warning"
        )
        uvicorn.Server(config).run([listener])


def pin(core: int) -> None:
    """Keep this process on one core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[core % len(cores)]})


@contextmanager
def server(kind: str) -> Iterator[tuple[int, int]]:
    """Run a server in a process of its own and give its port and process id."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        process = multiprocessing.get_context("fork").Process(target=serve, args=(kind, listener))
        process.start()
        try:
            yield listener.getsockname()[1], process.pid or 0
        finally:
            process.terminate()
            process.join()


async def push_for(seconds: float, port: int, jpeg: bytes) -> int:
    """Count the frames that are answered 202, each connection waiting for its own."""
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n"
        "X-Captured-At: 2026-06-01T12:00:00Z\r\nX-Lane: 1\r\n\r\n"
    )
    pushed = head.encode() + jpeg
    start = time.perf_counter()

    async def push() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        count = 0
        while time.perf_counter() - start < seconds:
            writer.write(pushed)
            answer = await reader.readuntil(b"}")
            if b" 202 " not in answer:
                raise RuntimeError(f"not taken in: {answer!r}")
            count += 1
        writer.close()
        await writer.wait_closed()
        return count

    return sum(await asyncio.gather(*(push() for _ in range(CONNECTIONS))))


def cpu_s(process: int) -> float:
    """Tell the CPU seconds that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rates(kind: str, jpeg: bytes) -> tuple[float, float]:
    """Measure the frames a second of the server's CPU, and a second on the wall."""
    with server(kind) as (port, process):
        asyncio.run(push_for(0.5, port, jpeg))
        start, used = time.perf_counter(), cpu_s(process)
        count = asyncio.run(push_for(SECONDS, port, jpeg))
        return count / (cpu_s(process) - used), count / (time.perf_counter() - start)


def cost_ms(call: Callable[[], object]) -> float:
    """Time a call, in milliseconds of this process' CPU."""
    rounds = 100
    start = time.process_time()
    for _ in range(rounds):
        call()
    return (time.process_time() - start) / rounds * 1000


def main() -> None:
    """Measure, and print what is taken in a second and where the time of one frame goes."""
    jpeg = frame()
    pin(1)
    kinds = {
        "bare": "Starlette route that reads and forgets",
        "decoding": "Starlette route that decodes and forgets",
        "memory": "ours, log in memory",
        "sqlite": "ours, log on disk",
    }
    table = Table(
        "what", "frames per CPU s", "ratio", "CPU ms a frame", "frames/s", title="Frames taken in"
    )
    measured = {name: rates(kind, jpeg) for kind, name in kinds.items()}
    bare_rate = measured[kinds["bare"]][0]
    for name, (each, wall) in measured.items():
        table.add_row(
            name, f"{each:,.0f}", f"{each / bare_rate:.2f}", f"{1000 / each:.2f}", f"{wall:,.0f}"
        )
    parts = Table(f"part of one frame of {len(jpeg):,} bytes", "CPU ms")
    pixels = np.frombuffer(jpeg, np.uint8)
    parts.add_row(
        "checked: walked, decoded at an eighth", f"{cost_ms(lambda: check_jpeg(jpeg)):.2f}"
    )
    full = cost_ms(lambda: cv2.imdecode(pixels, cv2.IMREAD_COLOR))
    parts.add_row("(decoded whole, in colour, instead)", f"{full:.2f}")
    parts.add_row("SHA-256", f"{cost_ms(lambda: hashlib.sha256(jpeg).digest()):.2f}")
    Console().print(table, parts)


if __name__ == "__main__":
    main()
