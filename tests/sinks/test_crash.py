"""The database killed, stopped and started again while the stages write: they wait and go on."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import InterfaceError, OperationalError

from anpr.ports import TopicSpec
from anpr.topics import DEAD_LETTERS, EVENTS, PASSAGES
from deploy.postgres import VOLATILE, Postgres, binaries
from pipeline.logs.memory import MemoryLog
from pipeline.stage import Stage, StageSpec
from sinks.alerts.delivery import Deliverer
from sinks.alerts.raising import AlertsWorker
from sinks.store.engine import open_store
from sinks.store.plates import erase_plates
from sinks.store.schema import alerts, deliveries, event_passages, events, passages, plates
from sinks.store.writer import StoreWorker, StoreWriter
from tests.sinks.build import T0, hit, message, passage, seconds
from tests.sinks.conftest import Clock
from tests.sinks.desk import ROUTED
from tests.sinks.test_delivery import Post, eventually

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.slow,
    pytest.mark.skipif(binaries() is None, reason="no PostgreSQL server is installed here"),
]

TOPICS = (PASSAGES, EVENTS, DEAD_LETTERS)
OUTAGES = (OperationalError, InterfaceError)


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A server of the test's own, in a folder that the server's own user reaches."""
    folder = Path(tempfile.mkdtemp(prefix="anpr-postgres-"))
    folder.chmod(0o755)
    server = Postgres(folder / "server", settings=VOLATILE)
    try:
        with server:
            yield server
    finally:
        shutil.rmtree(folder)


COUNT, HITS = 900, 60


def sent() -> list[Any]:
    """Passages in two versions that lie in different weeks, and hits on some of them."""
    told: list[Any] = []
    for number in range(COUNT):
        name, at = f"{number}", T0 + seconds(number)
        told.append(passage(name, at=at, plate=f"1AB{number % 100:03}"))
        if number % 3 == 0:
            told.append(passage(name, at=at + timedelta(days=7), revision=2, plate="2XYZ999"))
        if number % (COUNT // HITS) == 0:
            told.append(hit(name, at=at, entry=f"entry-{number}"))
    return told


def rows(engine: Engine) -> list[list[tuple[object, ...]]]:
    """Give all that the stages are to leave behind, once what they doubt has been looked at."""
    erase_plates(engine, 1)
    kept = (
        select(passages),
        select(events),
        select(event_passages),
        select(plates.c.plate, plates.c.fold),
        select(alerts.c.event_id, alerts.c.state, alerts.c.body),
        select(deliveries.c.key, deliveries.c.state),
    )
    with engine.connect() as connection:
        return [sorted(map(tuple, connection.execute(query)), key=repr) for query in kept]


class Line:
    """The stages of the sinks on one store: two members that store, one that alerts."""

    def __init__(self, engine: Engine, clock: Clock, post: Post) -> None:
        self.log = MemoryLog(clock)
        self.log.create([TopicSpec(topic, 4, timedelta(days=1)) for topic in TOPICS])
        for one in sent():
            told = message(one)
            self.log.append(told.place.topic, told.record._replace(key=one.id)).result()
        writer = StoreWriter(engine, clock)
        self.deliverer = Deliverer(engine, {"dispatch": post}, clock)
        alerting = AlertsWorker(engine, ROUTED, clock, self.deliverer.wake)
        self.stages = [
            Stage(StageSpec("store", [PASSAGES, EVENTS], lambda _: StoreWorker(writer),
                            limit=50, outages=OUTAGES), self.log),
            Stage(StageSpec("store", [PASSAGES, EVENTS], lambda _: StoreWorker(writer),
                            limit=50, outages=OUTAGES), self.log),
            Stage(StageSpec("alerts", [EVENTS], lambda _: alerting,
                            limit=10, outages=OUTAGES), self.log),
        ]  # fmt: skip

    def waiting(self) -> int:
        """Count what is still to be worked on."""
        stored = [self.log.backlog("store", topic) for topic in (PASSAGES, EVENTS)]
        return sum(sum(lag.values()) for lag in (*stored, self.log.backlog("alerts", EVENTS)))

    @contextmanager
    def running(self) -> Iterator[None]:
        stop = Event()
        runs = [stage.run for stage in self.stages] + [self.deliverer.run]
        threads = [Thread(target=run, args=(stop,)) for run in runs]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()
            self.log.close()


def delivered(engine: Engine) -> int:
    query = select(deliveries.c.id).where(deliveries.c.state == "sent")
    with engine.connect() as connection:
        return len(connection.execute(query).all())


@contextmanager
def opened(url: str, zone: str | None = None) -> Iterator[Engine]:
    engine = open_store(url, zone)
    try:
        yield engine
    finally:
        engine.dispose()


def left_undisturbed(folder: Path) -> list[list[tuple[object, ...]]]:
    """Give what one run on SQLite leaves, that nothing disturbs."""
    with opened(f"sqlite:///{folder}/calm.db") as engine:
        line = Line(engine, Clock(), Post())
        with line.running():
            eventually(lambda: line.waiting() == 0 and delivered(engine) == HITS, within_s=60)
        return rows(engine)


@pytest.mark.parametrize("end", [Postgres.kill, Postgres.stop])
def test_a_database_that_goes_and_comes_back_costs_nothing(
    server: Postgres, clock: Clock, tmp_path: Path, end: Any
) -> None:
    post = Post()
    with opened(server.url, "crash") as engine:
        line = Line(engine, clock, post)
        everything = line.waiting()
        with line.running():
            for part in (0.8, 0.5, 0.2):
                eventually(lambda part=part: line.waiting() < part * everything, within_s=60)  # type: ignore[misc] # bound now
                end(server)
                server.start()
            eventually(lambda: line.waiting() == 0, within_s=60)
            clock.forward(timedelta(minutes=10))  # what was being sent at a crash is due again
            line.deliverer.wake()
            eventually(lambda: delivered(engine) == HITS, within_s=60)
        left = rows(engine)

    assert left == left_undisturbed(tmp_path)
    assert len(set(post.sent)) == HITS
