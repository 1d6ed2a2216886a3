"""Zones on a broker and a database of this machine, for benchmarks: made, fed, run."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from anpr.events import PlateRead
from anpr.ports import Log, Output, Record
from anpr.sites import Site, parse_site
from deploy.cluster import Cluster, Servers
from pipeline.clock import now
from pipeline.demo.receiver import Receiver
from pipeline.demo.run import Demo
from pipeline.settings import Mode, RunSettings
from pipeline.simulate import simulate
from pipeline.topics import topics_of
from pipeline.wiring import open_database, open_log

STALL = timedelta(hours=6)
"""The product's own stall_s."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A zone of its own on the servers."""

    servers: Servers
    folder: Path
    zone: str
    demo: Demo
    receiver: Receiver
    store: str = "postgresql"
    stall: timedelta = STALL

    @property
    def site_text(self) -> str:
        """The demo's zone: every rule, and all that it names; with a stall of its own."""
        stall = f"[site]\nstall_s = {self.stall.total_seconds():.0f}\n"
        return self.demo.site_text(self.receiver.url).replace("[site]\n", stall)

    @property
    def site(self) -> Site:
        """The zone, parsed."""
        return parse_site(self.site_text, "zone.toml")

    @property
    def mode(self) -> Mode:
        """Where its log and store are."""
        database = self.servers.postgres.url if self.store == "postgresql" else None
        return Mode(self.servers.broker.bootstrap, {}, database, self.zone)

    @contextmanager
    def log(self) -> Iterator[Log]:
        """Open its log, with its topics made."""
        with closing(open_log(self.folder, self.mode, now)) as log:
            log.create(topics_of(self.site, RunSettings(self.folder, self.mode)))
            yield log

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """Open its store."""
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        engine = open_database(self.folder / "data", self.mode)
        try:
            yield engine
        finally:
            engine.dispose()

    def cluster(self, workers: int, only: Sequence[str] = ("rules", "sinks")) -> Cluster:
        """Give its processes, not started yet."""
        database = {} if self.store == "postgresql" else {"ANPR_DATABASE": ""}
        return Cluster(
            self.folder, self.servers, self.site_text, zone=self.zone, only=only,
            replicas=dict.fromkeys(only, workers),
            environ={**self.demo.secrets, **database},
        )  # fmt: skip


def simulated(site: Site, count: int) -> list[PlateRead]:
    """Simulate reads that arrived until now."""
    reads = [PlateRead.model_validate_json(line) for line in simulate(site, count).reads]
    shift = now() - max(read.received_at or read.captured_at for read in reads)
    return [
        moved(read, read.captured_at + shift, (read.received_at or now()) + shift) for read in reads
    ]


def moved(read: PlateRead, at: datetime, received_at: datetime) -> PlateRead:
    """Give a read as of another moment, with the id of that moment."""
    fields = read.model_dump(mode="json", exclude={"id"})
    return PlateRead.model_validate({**fields, "captured_at": at, "received_at": received_at})


def append(log: Log, topic: str, records: Sequence[Record]) -> None:
    """Append a lot of records, durably, no more at once than may be on their way."""
    for start in range(0, len(records), 5000):
        log.append_all([Output(topic, record) for record in records[start : start + 5000]])
        log.flush()


@contextmanager
def zones() -> Iterator[Callable[..., Bench]]:
    """Start a broker and a database; give what makes zones there, by name and other fields."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="anpr-bench-")))
        folder.chmod(0o755)  # the database's user must be let through
        servers = stack.enter_context(Servers(folder / "servers"))
        yield stack.enter_context(zones_on(servers, folder))


@contextmanager
def zones_on(servers: Servers, folder: Path) -> Iterator[Callable[..., Bench]]:
    """Give what makes zones on servers, by name and other fields, each in a part of a folder."""
    demo = Demo(30)
    with Receiver(demo.dispatch_secret, demo.bollard_secret, now) as receiver:

        def make(name: str, **fields: Any) -> Bench:
            (folder / name).mkdir()
            return Bench(servers, folder / name, name, demo, receiver, **fields)

        yield make
