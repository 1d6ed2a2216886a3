"""A zone of cameras, a log that can be made to fail, and pushes without a network."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import cv2
import httpx
import numpy as np
from fastapi import FastAPI

from anpr.errors import LogError, SecretError
from anpr.events import CameraState
from anpr.frames import FrameMeta
from anpr.ports import Consumer, Log, Message, Record, TopicSpec
from anpr.sites import Site, parse_site
from anpr.topics import CONTROLS, EVENTS, FRAMES, HEARTBEATS, READS
from ingest.http import camera_routes
from ingest.intake import Intake, Limits
from ingest.monitor import HealthMonitor
from ingest.signs import sign_routes

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
TOKEN = "north-secret"  # noqa: S105 - of a camera that exists in these tests alone
SIGN_TOKEN = "sign-secret"  # noqa: S105 - likewise

SITE = parse_site(
    """
    [site]
    name = "Testzone"
    timezone = "Europe/Brussels"
    country = "BE"
    [[cameras]]
    id = "north"
    lat = 51.1
    lon = 4.4
    token = "env:NORTH"
    [[cameras]]
    id = "south"
    lat = 51.0
    lon = 4.4
    token = "env:SOUTH"
    [[cameras]]
    id = "mute"
    lat = 51.0
    lon = 4.3
    [[cameras]]
    id = "lost"
    lat = 51.0
    lon = 4.2
    token = "env:LOST"
    [[cameras]]
    id = "empty"
    lat = 51.0
    lon = 4.1
    token = "env:EMPTY"
    [[sections]]
    id = "n177"
    entry = ["north"]
    exit = ["south"]
    length_m = 1000
    limit_kmh = 70
    sign_token = "env:SIGN"
    [[sections]]
    id = "n16"
    entry = ["south"]
    exit = ["north"]
    length_m = 1000
    limit_kmh = 70
    """,
    "test.toml",
)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class FakeLog(Log):
    """Keeps records in lists; can hold futures open, refuse appends, or fail what was appended."""

    def __init__(self) -> None:
        self.kept: dict[str, list[Record]] = {
            FRAMES: [], READS: [], EVENTS: [], CONTROLS: [], HEARTBEATS: [],
        }  # fmt: skip
        self.held: list[tuple[str, Record, Future[int]]] | None = None
        self.refuses: dict[str, LogError] = {}
        self.fails: dict[str, LogError] = {}

    def append(self, topic: str, record: Record) -> Future[int]:
        if topic in self.refuses:
            raise self.refuses[topic]
        future: Future[int] = Future()
        future.set_running_or_notify_cancel()
        if self.held is not None:
            self.held.append((topic, record, future))
        elif topic in self.fails:
            future.set_exception(self.fails[topic])
        else:
            self._keep(topic, record, future)
        return future

    def release(self) -> None:
        """Make durable what was held."""
        held, self.held = self.held or [], None
        for topic, record, future in held:
            self._keep(topic, record, future)

    def _keep(self, topic: str, record: Record, future: Future[int]) -> None:
        self.kept[topic].append(record)
        future.set_result(len(self.kept[topic]) - 1)

    def create(self, topics: Sequence[TopicSpec]) -> None:
        raise NotImplementedError

    def flush(self) -> None:
        raise NotImplementedError

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer:
        raise NotImplementedError

    def read(self, topic: str, start: int = 0) -> Sequence[Message]:
        raise NotImplementedError

    def backlog(self, group: str, topic: str) -> Mapping[int, int]:
        raise NotImplementedError

    def sweep(self, now: datetime) -> int:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


def secret(reference: str) -> str:
    known = {
        "env:NORTH": TOKEN,
        "env:SOUTH": "zuid-geheim",
        "env:EMPTY": "",
        "env:SIGN": SIGN_TOKEN,
    }
    if reference not in known:
        raise SecretError(f"{reference} is not set")
    return known[reference]


@dataclass
class Zone:
    """The routes over a fake log, at noon."""

    limits: Limits = field(default_factory=Limits)
    site: Site = SITE
    lag: dict[str, int] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    log: FakeLog = field(default_factory=FakeLog)

    def __post_init__(self) -> None:
        self.intake = Intake(
            site=self.site,
            log=self.log,
            monitor=HealthMonitor(self.site, self.clock()),
            now=self.clock,
            secret=secret,
            lag=lambda topic: self.lag.get(topic, 0),
            limits=self.limits,
        )
        self.app = FastAPI()
        self.app.include_router(camera_routes(self.intake))
        self.app.include_router(sign_routes(self.intake))

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url="http://zone.test"
        )

    def post(self, path: str, **request: Any) -> httpx.Response:
        """Post to a route under `/v1/cameras/`, as camera north unless headers say otherwise."""
        headers = {"authorization": f"Bearer {TOKEN}", **request.pop("headers", {})}

        async def push() -> httpx.Response:
            async with self.client() as client:
                return await client.post(f"/v1/cameras/{path}", headers=headers, **request)

        return asyncio.run(push())

    def post_frame(self, jpeg: bytes | None = None, **headers: str) -> httpx.Response:
        """Push a frame; `x_lane="1"` becomes the header `x-lane`."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        content = picture() if jpeg is None else jpeg
        return self.post(
            "north/frames", content=content, headers={"content-type": "image/jpeg", **named}
        )

    def frames(self) -> list[FrameMeta]:
        return [FrameMeta.of(record) for record in self.log.kept[FRAMES]]

    def states(self) -> list[CameraState]:
        return [CameraState.model_validate_json(record.value) for record in self.log.kept[EVENTS]]

    def is_untouched(self) -> bool:
        """Say whether nothing at all came into the log."""
        return not any(self.log.kept.values())


def picture(width: int = 160, height: int = 120, *parameters: int) -> bytes:
    """Draw a JPEG with something to see in it."""
    ramp = np.add.outer(np.arange(height), np.arange(width)) % 251
    is_written, data = cv2.imencode(".jpg", ramp.astype(np.uint8), list(parameters))
    assert is_written
    return data.tobytes()


def problems(answer: httpx.Response) -> list[tuple[tuple[str | int, ...], str]]:
    """Give (where, what) of a 422."""
    assert answer.status_code == 422, answer.text
    return [(tuple(one["loc"]), one["msg"]) for one in answer.json()["detail"]]


def only_problem(answer: httpx.Response) -> tuple[tuple[str | int, ...], str]:
    (problem,) = problems(answer)
    return problem
