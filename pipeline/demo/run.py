"""The demo as one thing: its site, lists and secrets before it starts, then its traffic."""

import csv
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from io import StringIO
from itertools import pairwise
from math import inf
from threading import Event, Thread

from anpr.sites.channels import secrets_of
from pipeline.demo import zone
from pipeline.demo.cameras import Camera
from pipeline.demo.planner import plan_traffic
from pipeline.demo.push import Pusher, Shot
from pipeline.demo.traffic import Row
from pipeline.demo.truth import truth_of

HEARTBEAT_S = 15.0


@dataclass(frozen=True, slots=True)
class Driven:
    """What the cameras did: when the traffic began, pictures taken, pictures acknowledged."""

    started_at: datetime
    frames_taken: int
    frames_acknowledged: int


class Demo:
    """A planned demo. The same seconds and seed give the same traffic and the same truth.

    Write `site_text` and `lists` to files, put `secrets` into the environment, start the line,
    then `drive`.
    """

    def __init__(self, seconds: float = 60, seed: int = 1) -> None:
        self.plan = plan_traffic(seconds, seed)
        self.truth = truth_of(self.plan)
        self.secrets: Mapping[str, str] = {
            reference.removeprefix("env:"): secrets.token_urlsafe(24)
            for reference in self._references()
        }

    @property
    def dispatch_secret(self) -> str:
        """What signs the calls to the dispatch webhook."""
        return self.secrets[zone.DISPATCH_SECRET]

    @property
    def bollard_secret(self) -> str:
        """What signs the calls to the bollard."""
        return self.secrets[zone.BOLLARD_SECRET]

    @property
    def lists(self) -> Mapping[str, str]:
        """The lists in the native format, as CSV text by name."""
        return {name: _csv(rows) for name, rows in self.plan.lists.items()}

    def site_text(self, receiver_url: str) -> str:
        """Write the site file, with its alerts going to a receiver's base URL."""
        return zone.site_text(receiver_url)

    def drive(self, base_url: str, now: Callable[[], datetime], stop: Event) -> Driven:
        """Let the traffic run and the cameras push, for the plan's seconds of wall time.

        Returns when every picture is acknowledged or given up; earlier when `stop` is set.
        """
        cameras = [
            Camera(camera.id, self.plan, is_triggered=camera.triggered)
            for camera in zone.site().cameras
        ]
        tokens = {camera.id: self._token(camera.token) for camera in zone.site().cameras}
        pushers = [Pusher(base_url, one.id, tokens[one.id], now, stop) for one in cameras]
        started_at = now()
        threads = [
            Thread(target=_film, args=(camera, pusher, started_at, now, stop), name=camera.id)
            for camera, pusher in zip(cameras, pushers, strict=True)
        ]
        for thread in threads:
            thread.start()
        _beat(pushers, started_at + timedelta(seconds=self.plan.seconds), now, stop)
        for thread in threads:
            thread.join()
        for pusher in pushers:
            pusher.close()
        return Driven(
            started_at,
            sum(pusher.tally.taken for pusher in pushers),
            sum(pusher.tally.acknowledged for pusher in pushers),
        )

    def _token(self, reference: str | None) -> str:
        return self.secrets[(reference or "").removeprefix("env:")]

    def _references(self) -> Sequence[str]:
        site = zone.site()
        tokens = [camera.token for camera in site.cameras]
        channels = [one for channel in site.channels.values() for one in secrets_of(channel)]
        return [one for one in (*tokens, *channels, *(z.secret for z in site.zones)) if one]


def _film(
    camera: Camera, pusher: Pusher, started_at: datetime, now: Callable[[], datetime], stop: Event
) -> None:
    """Take one camera's pictures at their moments; one overdue by a whole picture is left out."""
    for tick, following in pairwise((*camera.ticks, inf)):
        if _wait_until(started_at + timedelta(seconds=tick), now, stop):
            return
        taken_at = now()
        moment_s = (taken_at - started_at).total_seconds()
        if moment_s < following:
            pusher.push(Shot(taken_at, *camera.shoot(moment_s)))


def _beat(
    pushers: Sequence[Pusher], until: datetime, now: Callable[[], datetime], stop: Event
) -> None:
    """Let every camera say regularly that it lives, until a moment."""
    due = now()
    while due < until and not _wait_until(due, now, stop):
        for pusher in pushers:
            pusher.beat()
        due += timedelta(seconds=HEARTBEAT_S)
    _wait_until(until, now, stop)


def _wait_until(moment: datetime, now: Callable[[], datetime], stop: Event) -> bool:
    """Wait for a moment; True when told to stop."""
    return stop.wait(max(0.0, (moment - now()).total_seconds()))


def _csv(rows: Sequence[Row]) -> str:
    text = StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Row)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return text.getvalue()
