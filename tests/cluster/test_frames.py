"""Frames pushed over HTTP while ingest and both readers are killed: each is read, and once."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import cycle
from pathlib import Path
from random import Random, SystemRandom

import httpx
import pytest

from anpr.events import Passage, PlateRead
from anpr.list_file import parse_list
from anpr.list_parts import parts_of
from anpr.lists import ListPart
from anpr.ports import Log
from anpr.sites import Site
from anpr.time import rfc3339
from anpr.topics import FRAMES, READS
from deploy.processes import wait_for
from pipeline.demo.cameras import Camera
from pipeline.demo.run import Demo
from pipeline.demo.zone import site as demo_site
from pipeline.settings import RunSettings
from pipeline.wiring import secret_resolver
from pipeline.zone import running
from rules.folds import PassageFold
from tests.cluster.recording import Recording
from tests.cluster.trial import Trial, now

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.model,
    pytest.mark.slow,
    pytest.mark.timeout(900),
]

FRAMES_PUSHED = 160
KILLS = 8


@dataclass(frozen=True)
class Frame:
    camera: str
    captured_at: datetime
    jpeg: bytes
    headers: Mapping[str, str]


def shot(demo: Demo, count: int) -> list[Frame]:
    """The first frames of the demo's cameras, as if taken half a minute ago, in time order."""
    start = now() - timedelta(seconds=30)
    cameras = [Camera(one.id, demo.plan, is_triggered=one.triggered) for one in demo_site().cameras]
    moments = sorted((tick, camera.id, camera) for camera in cameras for tick in camera.ticks)
    return [
        Frame(camera.id, start + timedelta(seconds=tick), *camera.shoot(tick))
        for tick, _, camera in moments[:count]
    ]


def push(urls: Sequence[str], tokens: Mapping[str, str], frames: Sequence[Frame]) -> None:
    """Push each frame until it is acknowledged, to one server after the other."""
    pause, server = threading.Event(), cycle(urls)
    with httpx.Client(timeout=5) as client:
        for frame in frames:
            headers = {
                "Authorization": f"Bearer {tokens[frame.camera]}",
                "Content-Type": "image/jpeg",
                "X-Captured-At": rfc3339(frame.captured_at),
                **frame.headers,
            }
            while not pushed(client, next(server), frame, headers):
                pause.wait(0.1)


def pushed(client: httpx.Client, server: str, frame: Frame, headers: Mapping[str, str]) -> bool:
    url = f"{server}/v1/cameras/{frame.camera}/frames"
    try:
        answer = client.post(url, content=frame.jpeg, headers=dict(headers))
    except httpx.TransportError:
        return False
    assert answer.status_code in {HTTPStatus.ACCEPTED, HTTPStatus.SERVICE_UNAVAILABLE}
    return answer.status_code == HTTPStatus.ACCEPTED


def read_by_one(demo: Demo, trial: Trial, frames: Sequence[Frame], folder: Path) -> list[PlateRead]:
    """Give the reads that one undisturbed process makes of the same frames."""
    secret = secret_resolver(demo.secrets)
    quiet = [0]
    with running(trial.site, trial.site_text, RunSettings(folder, port=0), now, secret) as zone:
        push([f"http://127.0.0.1:{zone.port}"], tokens_of(demo, trial.site), frames)

        def is_through() -> bool:
            waits = any(zone.log.backlog("ocr", FRAMES).values())
            quiet[0] = 0 if waits else quiet[0] + 1
            return quiet[0] > 40

        wait_for(is_through, "one process is through", 120)
        return reads_of(zone.log)


def reads_of(log: Log) -> list[PlateRead]:
    return [PlateRead.model_validate_json(message.record.value) for message in log.read(READS)]


def tokens_of(demo: Demo, site: Site) -> Mapping[str, str]:
    return {one.id: demo.secrets[str(one.token).removeprefix("env:")] for one in site.cameras}


def seen(site: Site, reads: Sequence[PlateRead]) -> set[tuple[str, str | None]]:
    """Give the vehicles of reads: the camera and the plate of each passage.

    A track that a standstill cut short is told early, and told again when it goes on: that is one
    more read of the same passage.
    """
    fold = PassageFold(site)
    passages: dict[str, Passage] = {}
    for offset, read in enumerate(reads):
        for change in fold.take(read, offset):
            passages[change.after.id] = change.after
    return {(one.camera, one.plate) for one in passages.values() if not one.withdrawn}


def test_ingest_and_readers_are_killed_while_cameras_push(trial: Trial, tmp_path: Path) -> None:
    demo = Demo(seconds=30, seed=7)
    # Never late: what is late is followed apart, and kills make some frames late by chance.
    site_text = demo.site_text(trial.dispatch.url).replace(
        "[[cameras]]", "[[cameras]]\nlate_after_s = 3600"
    )
    trial = replace(trial, site_text=site_text, secrets=demo.secrets)
    site = trial.site
    recording = Recording(site, (), lists_of(demo, site))
    trial.prepare(recording)
    frames = shot(demo, FRAMES_PUSHED)
    moments = Random(SystemRandom().randrange(10**6))  # noqa: S311 - when to kill whom
    pause = threading.Event()
    stages = {"ingest": 2, "ocr": 2, "rules": 1, "sinks": 1}
    with trial.cluster(stages, stages) as cluster:
        cluster.wait_ready()
        servers = [one.url for one in cluster.processes("ingest")]
        to = (servers, tokens_of(demo, site), frames)
        pushing = threading.Thread(target=push, args=to, name="push")
        pushing.start()
        for _ in range(KILLS):
            pause.wait(moments.uniform(0.5, 3.0))
            victim = moments.choice(cluster.processes("ingest", "ocr"))
            victim.kill()
            victim.start()
        pushing.join()
        trial.wait_through(cluster)
    with trial.log() as log:
        reads = reads_of(log)
    alone = read_by_one(demo, trial, frames, tmp_path / "alone")
    assert alone, "the frames show vehicles"
    assert {read.track for read in reads} == {read.track for read in alone}
    assert seen(site, reads) == seen(site, alone)
    trial.check(recording)


def lists_of(demo: Demo, site: Site) -> list[ListPart]:
    return [
        part
        for name, rows in demo.lists.items()
        for part in parts_of(
            name, 1, now() - timedelta(days=1), parse_list(rows, name, site.site.zone)
        )
    ]
