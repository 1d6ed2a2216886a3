"""A zone that is killed again and again while cameras push loses nothing and doubles nothing.

The same rendered frames are pushed into two zones: one is left alone, the other is killed with
SIGKILL at random moments and started again. Both must end with the same passages and events.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from anpr.events import CameraState, Passage, RuleEvent, parse_event
from anpr.list_file import parse_list
from anpr.list_parts import parts_of
from anpr.sites import parse_site
from anpr.time import rfc3339
from anpr.topics import DEAD_LETTERS, EVENTS
from pipeline.commands.demo import GROUPS
from pipeline.controls import publish_list
from pipeline.demo.cameras import Camera
from pipeline.demo.run import Demo
from pipeline.demo.zone import site as demo_site
from pipeline.logs.sqlite import SqliteLog
from pipeline.settings import Mode, RunSettings
from pipeline.topics import topics_of
from pipeline.wiring import open_database
from sinks.store import schema

AnyEvent = RuleEvent | CameraState

KILLS = 6
FRAMES = 240
PATIENCE_S = 90
DISPATCH_NOWHERE = "http://127.0.0.1:9"
"""Nobody listens there: deliveries stay pending, which is not what this test is about."""


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - cameras push at the real time


@dataclass(frozen=True)
class Frame:
    camera: str
    captured_at: datetime
    jpeg: bytes
    headers: Mapping[str, str]


@pytest.fixture(scope="module")
def demo() -> Demo:
    return Demo(seconds=30, seed=7)


@pytest.fixture(scope="module")
def frames(demo: Demo) -> Sequence[Frame]:
    """The first frames of the demo's cameras, as if taken half a minute ago, in time order."""
    start = now() - timedelta(seconds=30)
    cameras = [Camera(one.id, demo.plan, is_triggered=one.triggered) for one in demo_site().cameras]
    moments = sorted((tick, camera.id, camera) for camera in cameras for tick in camera.ticks)
    taken = []
    for tick, _, camera in moments[:FRAMES]:
        jpeg, sensed = camera.shoot(tick)
        taken.append(Frame(camera.id, start + timedelta(seconds=tick), jpeg, sensed))
    return taken


class Zone:
    """`anpr run` on a data folder, in a process of its own."""

    def __init__(self, folder: Path, demo: Demo) -> None:
        self.data = folder / "data"
        self.site_file = folder / "zone.toml"
        # Never late: what is late is followed apart, and kills make some frames late by chance.
        text = demo.site_text(DISPATCH_NOWHERE).replace(
            "[[cameras]]", "[[cameras]]\nlate_after_s = 3600"
        )
        self.site_file.write_text(text, encoding="utf-8")
        self.site = parse_site(text, "zone.toml")
        self.port = free_port()
        self.environ = {**os.environ, **demo.secrets}
        self.tokens = {
            camera.id: demo.secrets[str(camera.token).removeprefix("env:")]
            for camera in self.site.cameras
        }
        self.process: subprocess.Popen[bytes] | None = None
        with closing(SqliteLog(self.data / "log", now)) as log:
            log.create(topics_of(self.site, RunSettings(self.data)))
            for name, rows in demo.lists.items():
                entries = parse_list(rows, name, self.site.site.zone)
                publish_list(log, parts_of(name, 1, now() - timedelta(minutes=5), entries))

    def start(self) -> None:
        command = [
            sys.executable, "-m", "pipeline.cli", "run", str(self.site_file),
            "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}",
        ]  # fmt: skip
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            command, env=self.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None

    def is_through(self) -> bool:
        """Every group has committed everything."""
        with closing(SqliteLog(self.data / "log", now)) as log:
            return not any(
                sum(log.backlog(group, topic).values())
                for group, topics in GROUPS.items()
                for topic in topics
            )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def push(zone: Zone, frames: Sequence[Frame], stop: threading.Event) -> int:
    """Push frames in order, each until it is acknowledged; return how many were."""
    acknowledged = 0
    with httpx.Client(base_url=f"http://127.0.0.1:{zone.port}/v1/cameras", timeout=5) as client:
        for frame in frames:
            while not pushed(client, zone, frame):
                if stop.wait(0.05):
                    return acknowledged
            acknowledged += 1
    return acknowledged


def pushed(client: httpx.Client, zone: Zone, frame: Frame) -> bool:
    headers = {
        "Authorization": f"Bearer {zone.tokens[frame.camera]}",
        "Content-Type": "image/jpeg",
        "X-Captured-At": rfc3339(frame.captured_at),
        **frame.headers,
    }
    try:
        answer = client.post(f"/{frame.camera}/frames", content=frame.jpeg, headers=headers)
    except httpx.TransportError:
        return False
    return answer.status_code == httpx.codes.ACCEPTED


def wait_for(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(PATIENCE_S * 2):
        if condition():
            return
        pause.wait(0.5)
    raise AssertionError("the zone did not get through")


def settled(zone: Zone) -> Callable[[], bool]:
    """Through for several looks on end: open tracks are given up after two seconds of quiet."""
    looks = iter(range(10**6))
    quiet = [0]

    def condition() -> bool:
        next(looks)
        quiet[0] = quiet[0] + 1 if zone.is_through() else 0
        return quiet[0] >= 8

    return condition


@dataclass(frozen=True)
class Outcome:
    """What a zone made of the frames; ids aside, since an outage in the middle of a vehicle's
    view may let another of its reads be the first."""

    passages: Counter[tuple[str, str | None]]
    events: Counter[tuple[str, ...]]
    alerts: Counter[str]
    dead_letters: int


def outcome(zone: Zone) -> Outcome:
    engine = open_database(zone.data, Mode())
    try:
        with engine.connect() as connection:
            passages, events = (
                connection.scalars(select(rows.c.body).where(rows.c.withdrawn.is_(False))).all()
                for rows in (schema.passages, schema.events)
            )
            alerts = connection.scalars(
                select(schema.alerts.c.kind).where(schema.alerts.c.kind != "camera_state")
            ).all()
            doubled = connection.scalar(
                select(func.count() - func.count(schema.deliveries.c.key.distinct())).select_from(
                    schema.deliveries
                )
            )
        assert doubled == 0
    finally:
        engine.dispose()
    with closing(SqliteLog(zone.data / "log", now)) as log:
        letters = len(log.read(DEAD_LETTERS))
    read = [Passage.model_validate_json(body) for body in passages]
    judged = [parse_event(body) for body in events]
    return Outcome(
        Counter((one.camera, one.plate) for one in read),
        Counter(gist(one) for one in judged if one.kind != "camera_state"),
        Counter(alerts),
        letters,
    )


def gist(event: AnyEvent) -> tuple[str, ...]:
    """What an event says, without its ids and times."""
    names = ("kind", "plate", "camera", "section", "lock", "exit_camera", "gate", "verdict", "list")
    return tuple(str(getattr(event, name, "")) for name in names)


@pytest.fixture
def zones(tmp_path: Path, demo: Demo) -> Iterator[Callable[[str], Zone]]:
    made: list[Zone] = []

    def make(name: str) -> Zone:
        folder = tmp_path / name
        folder.mkdir()
        made.append(Zone(folder, demo))
        return made[-1]

    yield make
    for zone in made:
        zone.kill()


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.timeout(400)
def test_killed_again_and_again_it_ends_as_if_it_had_never_been(
    zones: Callable[[str], Zone], frames: Sequence[Frame]
) -> None:
    calm, harried = zones("calm"), zones("harried")
    stop = threading.Event()
    giving_up = threading.Timer(PATIENCE_S * 2, stop.set)
    giving_up.start()
    calm.start()
    assert push(calm, frames, stop) == len(frames)
    wait_for(settled(calm))
    calm.kill(signal.SIGTERM)

    seed = random.SystemRandom().randrange(10**6)
    moments = random.Random(seed)  # noqa: S311 - when to kill
    harried.start()
    pusher = threading.Thread(target=push, args=(harried, frames, stop))
    pusher.start()
    pause = threading.Event()
    for _ in range(KILLS):
        pause.wait(moments.uniform(1.0, 5.0))
        harried.kill()
        harried.start()
    pusher.join(PATIENCE_S)
    assert not pusher.is_alive(), f"seed {seed}"
    wait_for(settled(harried))
    harried.kill(signal.SIGTERM)

    giving_up.cancel()

    left, right = outcome(calm), outcome(harried)
    assert left.passages, "the frames show vehicles"
    assert right.passages == left.passages, f"seed {seed}"
    assert right.events == left.events, f"seed {seed}"
    assert right.alerts == left.alerts, f"seed {seed}"
    assert (left.dead_letters, right.dead_letters) == (0, 0)
    with closing(SqliteLog(harried.data / "log", now)) as log:
        assert log.read(EVENTS)
