"""A zone on the servers under trial: fed, disturbed, and in the end compared with one process."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import OperationalError

from anpr.errors import LogError
from anpr.events import CameraState, Passage, PlateRead, RuleEvent, parse_event
from anpr.ports import Log, Record
from anpr.sites import Site, parse_site
from anpr.topics import DEAD_LETTERS, READS
from deploy.cluster import Cluster, Servers
from deploy.processes import wait_for
from pipeline.commands.demo import GROUPS
from pipeline.controls import publish_list
from pipeline.settings import Mode, RunSettings
from pipeline.topics import topics_of
from pipeline.wiring import open_database, open_log
from sinks.store import schema
from tests.cluster.receiver import Dispatch
from tests.cluster.recording import Recording, events_of
from tests.sites import SITE_TOML

SECRETS = {
    **{f"TOKEN_{camera}": f"token-of-{camera.lower()}" for camera in "ABCDEFG"},
    "DISPATCH_SECRET": "shared-with-dispatch",
}
LINE = {name: topics for name, topics in GROUPS.items() if name != "ocr"}
"""Who is to be through; nobody reads frames where none come."""
PATIENCE_S = 300.0
"""How long a line may take that was disturbed: sessions run out, leases end, rows wait."""

SLOWEST = 100
"""Reads a second that a line does, at least, on a machine that is busy with other things."""


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - alerts are about what is happening now


@dataclass(eq=False)
class Trial:
    """One zone in a folder, its own on the shared servers."""

    folder: Path
    servers: Servers
    zone: str
    dispatch: Dispatch
    told: Callable[[str], None]
    site_text: str = ""
    secrets: Mapping[str, str] = field(default_factory=lambda: SECRETS)
    acknowledged: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if not self.site_text:
            self.site_text = SITE_TOML.replace("https://dispatch.example/anpr", self.dispatch.url)

    @property
    def site(self) -> Site:
        return parse_site(self.site_text, "site.toml")

    @property
    def mode(self) -> Mode:
        return Mode(self.servers.broker.bootstrap, {}, self.servers.postgres.url, self.zone)

    def cluster(
        self, replicas: Mapping[str, int] | None = None, only: Iterable[str] = ("rules", "sinks")
    ) -> Cluster:
        """Give the services, two processes each unless said otherwise; they are not started yet."""
        replicas = {"rules": 2, "sinks": 2, **(replicas or {})}
        return Cluster(
            self.folder, self.servers, self.site_text, zone=self.zone, only=only,
            replicas=replicas, environ=self.secrets,
        )  # fmt: skip

    @contextmanager
    def log(self) -> Iterator[Log]:
        """Open the zone's log, with its topics made."""
        with closing(open_log(self.folder, self.mode, now)) as log:
            log.create(topics_of(self.site, RunSettings(self.folder, self.mode)))
            yield log

    @contextmanager
    def store(self) -> Iterator[Engine]:
        """Open the zone's store."""
        engine = open_database(self.folder, self.mode)
        try:
            yield engine
        finally:
            engine.dispose()

    def prepare(self, recording: Recording) -> None:
        """Make the topics, and publish the lists before anybody judges."""
        with self.log() as log:
            publish_list(log, recording.parts)

    def feed(self, reads: Sequence[PlateRead], per_second: float = 1e9) -> None:
        """Append reads in order, at most so fast, each until it is acknowledged."""
        with self.log() as log:
            begun, sent = time.monotonic(), 0
            for start in range(0, len(reads), 200):
                batch = reads[start : start + 200]
                self._append(log, batch)
                sent += len(batch)
                time.sleep(max(0.0, begun + sent / per_second - time.monotonic()))

    def feeding(self, reads: Sequence[PlateRead], per_second: float) -> threading.Thread:
        """Feed on a thread of its own."""
        thread = threading.Thread(target=self.feed, args=(reads, per_second), name="feed")
        thread.start()
        return thread

    def _append(self, log: Log, reads: Sequence[PlateRead]) -> None:
        waiting = list(reads)
        while waiting:
            futures = [(read, _appended(log, read)) for read in waiting]
            waiting = [read for read, future in futures if not _is_kept(future)]
            self.acknowledged.update(read.id for read, future in futures if _is_kept(future))

    def wait_through(self, cluster: Cluster | None = None, patience_s: float = PATIENCE_S) -> None:
        """Wait until every group has committed everything and no alert waits to be sent."""
        quiet = [0]
        reads_frames = cluster is not None and bool(cluster.processes("ocr"))
        line = GROUPS if reads_frames else LINE
        # A reader waits for two seconds whether a track goes on.
        looks = 16 if reads_frames else 4
        with self.log() as log, self.store() as engine:

            def is_through() -> bool:
                if cluster is not None:
                    cluster.revive()
                quiet[0] = 0 if _waits(log, engine, line) else quiet[0] + 1
                time.sleep(0.3)
                return quiet[0] >= looks

            waits_s = patience_s + len(self.acknowledged) / SLOWEST
            wait_for(is_through, f"zone {self.zone} is through", waits_s)

    def check(
        self, recording: Recording, letters: int = 0, *, alerts_were_kept: bool = True
    ) -> None:
        """Hold the zone to what one process makes of the reads that are in the log."""
        with self.log() as log:
            messages = log.read(READS)
            put_aside = len(log.read(DEAD_LETTERS))
        kept = [read for message in messages if (read := _read(message.record.value))]
        assert not self.acknowledged - {read.id for read in kept}, "an acknowledged read is gone"
        order = {read.id: number for number, read in enumerate(recording.reads)}
        expected = events_of(recording, sorted(kept, key=lambda read: order.get(read.id, 0)))
        assert put_aside == letters
        reads = {read.id for read in kept}
        passages = self._check_store(reads, expected)
        if alerts_were_kept:
            self._check_alerts(expected)
        self.told(
            f"{len(reads)} reads, {passages} passages, {len(expected)} events,"
            f" {len(self.dispatch.acted)} alerts and recalls in {self.dispatch.calls} calls;"
            " lost 0, doubled 0"
        )

    def _check_store(self, reads: set[str], expected: Mapping[str, RuleEvent]) -> int:
        """Hold passages and events to what is expected; count the passages."""
        with self.store() as engine, engine.connect() as connection:
            passages, events = (
                connection.scalars(select(rows.c.body).where(rows.c.withdrawn.is_(False))).all()
                for rows in (schema.passages, schema.events)
            )
        stored = [Passage.model_validate_json(body) for body in passages]
        shown = [read for passage in stored for read in passage.reads]
        assert len(shown) == len(set(shown)), "a read is in two passages"
        assert set(shown) == reads, "a read is in no passage"
        judged = map(parse_event, events)
        found = {event.id: event for event in judged if not isinstance(event, CameraState)}
        assert kinds(found, expected) == {}, "an event is too much"
        assert kinds(expected, found) == {}, "an event is missing"
        changed = {id_: event for id_, event in found.items() if event != expected[id_]}
        assert kinds(changed, {}) == {}, "an event says something else"
        return len(stored)

    def _check_alerts(self, expected: Mapping[str, RuleEvent]) -> None:
        with self.store() as engine, engine.connect() as connection:
            alerted = connection.scalars(select(schema.alerts.c.event_id)).all()
            state = schema.deliveries.c.state
            states = connection.execute(select(state, func.count()).group_by(state)).all()
            sent = {row[0]: row[1] for row in states}
        acted = self.dispatch.acted
        assert len(alerted) == len(set(alerted)), "an event raised two alerts"
        assert max(acted.values(), default=1) == 1, "a step was acted on twice"
        assert sum(acted.values()) >= sent.get("sent", 0)
        assert "failed" not in sent
        opened = {step.event for step in acted if step.state == "open"}
        recalled = {step.event for step in acted if step.state == "recalled"}
        assert opened <= set(alerted)
        assert (opened - recalled) <= expected.keys(), "an alert for nothing was not recalled"


def kinds(events: Mapping[str, RuleEvent], without: Collection[str]) -> Mapping[str, int]:
    """Count events by what they are, but for those of some ids."""
    return Counter(event.kind for id_, event in events.items() if id_ not in without)


def _waits(log: Log, engine: Engine, line: Mapping[str, Sequence[str]]) -> bool:
    """Say whether a group has not committed everything, or an alert is yet to be sent."""
    pending = schema.deliveries.c.state == "pending"
    query = select(func.count()).select_from(schema.deliveries).where(pending)
    try:
        backlogs = [log.backlog(group, topic) for group, topics in line.items() for topic in topics]
        with engine.connect() as connection:
            return any(map(any, (one.values() for one in backlogs))) or bool(
                connection.scalar(query)
            )
    except (LogError, OperationalError):
        return True


def _appended(log: Log, read: PlateRead) -> Future[int] | None:
    try:
        return log.append(READS, Record(read.camera, read.to_json()))
    except LogError:
        time.sleep(0.05)
        return None


def _is_kept(future: Future[int] | None) -> bool:
    return future is not None and future.exception() is None


def _read(value: bytes) -> PlateRead | None:
    try:
        return PlateRead.model_validate_json(value)
    except ValueError:
        return None
