"""Reads through rules and store on Kafka, beside the same hops done bare: the machine's limit.

A backlog of simulated reads is worked off by the processes of docker-compose.yml, with one and two
workers a stage, into both stores. The bare hops consume, produce and load the very bytes and rows
that this left behind, and decide nothing. Needs Linux, Java 17 and a PostgreSQL server; the number
of reads is taken from ANPR_BENCH_READS.
"""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from statistics import quantiles
from threading import Barrier
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from anpr.events import PlateRead
from anpr.list_file import parse_list
from anpr.list_parts import parts_of
from anpr.ports import Log, Output, Record
from anpr.topics import EVENTS, PASSAGES, READS
from bench import rebuild
from bench.zones import Bench, append, moved, simulated, zones
from bench.zones.processor import spent_s
from deploy.cluster import Cluster
from deploy.processes import wait_for
from pipeline.clock import now
from pipeline.commands.demo import GROUPS
from pipeline.controls import publish_list
from pipeline.logs.kafka_client import KafkaConsumer, KafkaProducer
from pipeline.logs.kafka_outbox import BATCH_BYTES, RECORD_BYTES
from pipeline.settings import Mode
from pipeline.wiring import open_database
from sinks.store import schema
from sinks.store.dialects import load
from sinks.store.engine import writing
from sinks.store.rows import Row

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

READ_COUNT = int(os.environ.get("ANPR_BENCH_READS", "60000"))
WORKERS = (1, 2)
STORES = ("postgresql", "sqlite")
PARTS = ("rules", "sinks", "broker", "database")
LINE = {name: topics for name, topics in GROUPS.items() if name != "ocr"}
PATIENCE_S = 900.0
BATCH = 500

BEFORE = 2000
"""Reads that go before the backlog: programs load and groups form while nothing is timed."""

LOADED = 0.5
"""At which share of the sustained rate alerts are timed: what waits then waits for the work."""

ALERT_SECONDS = 20
TICK_S = 0.1
FIRST = "9WNTAAA"
WANTED = [f"9WNT{number:03d}" for number in range(ALERT_SECONDS * 10)]


@dataclass(frozen=True, slots=True)
class Run:
    """How long a backlog took, and the processor seconds that each part spent on it."""

    reads: int
    seconds: float
    cpu_s: Mapping[str, float]

    @property
    def rate(self) -> float:
        """Reads a second."""
        return self.reads / self.seconds

    @property
    def cost(self) -> float:
        """Processor microseconds a read, broker and database among them."""
        return sum(self.cpu_s.values()) / self.reads * 1e6

    def cost_of(self, part: str) -> str:
        """Processor microseconds a read of one part."""
        return f"{self.cpu_s.get(part, 0) / self.reads * 1e6:,.0f}"


def spent(bench: Bench, cluster: Cluster | None = None) -> dict[str, float]:
    """Tell the processor seconds of the servers, and of a cluster's processes by service."""
    servers = bench.servers
    told = {"broker": spent_s(servers.broker.pid), "database": spent_s(servers.postgres.pid)}
    if cluster is not None:
        for service in cluster.services:
            told[service.name] = sum(one.cpu_s for one in cluster.processes(service.name))
    return told


def since(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Give what was spent between two answers."""
    return {part: seconds - before[part] for part, seconds in after.items()}


def waiting(log: Log) -> int:
    """Count what the stages have not committed."""
    return sum(
        sum(log.backlog(group, topic).values())
        for group, topics in LINE.items()
        for topic in topics
    )


def ours(bench: Bench, reads: Sequence[PlateRead], workers: int) -> Run:
    """Let stages that are at work already work a backlog off; time until all of it is done."""
    records = [Record(read.camera, read.to_json()) for read in reads]
    with bench.log() as log, bench.cluster(workers) as cluster:
        append(log, READS, records[:BEFORE])
        cluster.wait_ready()
        wait_for(lambda: waiting(log) == 0, "all stages are at work", 120)
        with paused(cluster):
            append(log, READS, records[BEFORE:])
        begun, before = time.perf_counter(), spent(bench, cluster)
        wait_for(lambda: waiting(log) == 0, "the backlog is worked off", PATIENCE_S)
        seconds = time.perf_counter() - begun
        return Run(len(records) - BEFORE, seconds, since(before, spent(bench, cluster)))


@contextmanager
def paused(cluster: Cluster) -> Iterator[None]:
    """Stand all processes still, for less than their groups would notice."""
    for process in cluster.processes():
        process.pause()
    yield
    for process in cluster.processes():
        process.resume()


@dataclass(frozen=True, slots=True)
class Hop:
    """A bare hop on the brokers: so many messages of some topics in, these records to another."""

    mode: Mode
    sources: Sequence[str]
    count: int
    target: str = ""
    records: Sequence[Record] = ()

    def batches(self, started: Barrier, told: "Queue[float]") -> Iterator[int]:
        """Consume it all with the plain client; give how much came, commit after each turn.

        In the end the processor seconds that this took are told.
        """
        consumer = KafkaConsumer(
            *(f"{self.mode.zone}.{name}" for name in self.sources),
            bootstrap_servers=self.mode.kafka, group_id=f"bare-{self.mode.zone}-{self.target}",
            auto_offset_reset="earliest", enable_auto_commit=False, max_poll_records=BATCH,
        )  # fmt: skip
        started.wait()
        consumed, before = 0, time.process_time()
        while consumed < self.count:
            came = sum(map(len, consumer.poll(timeout_ms=200).values()))
            if came:
                consumed += came
                yield consumed
                consumer.commit()
        told.put(time.process_time() - before)
        consumer.close()


def produce(hop: Hop, started: Barrier, told: "Queue[float]") -> None:
    """Consume; with each turn produce a fair share of the records."""
    producer = KafkaProducer(
        bootstrap_servers=hop.mode.kafka, acks="all", compression_type="lz4",
        batch_size=BATCH_BYTES, max_request_size=RECORD_BYTES,
    )  # fmt: skip
    topic, produced = f"{hop.mode.zone}.{hop.target}", 0
    for consumed in hop.batches(started, told):
        share = len(hop.records) * consumed // hop.count
        for record in hop.records[produced:share]:
            producer.send(topic, record.value, record.key.encode())
        producer.flush()
        produced = share
    producer.close()


def load_rows(
    hop: Hop, data: Path, rows: Mapping[str, Sequence[Row]], started: Barrier, told: "Queue[float]"
) -> None:
    """Consume; with each turn load a fair share of the rows, in one transaction."""
    tables = {table.name: table for table in (schema.passages, schema.events)}
    loaded = dict.fromkeys(rows, 0)
    engine = open_database(data, hop.mode)
    for consumed in hop.batches(started, told):
        with writing(engine) as connection:
            for name, all_rows in rows.items():
                share = len(all_rows) * consumed // hop.count
                load(connection, tables[name], all_rows[loaded[name] : share])
                loaded[name] = share
    engine.dispose()


def bare(bench: Bench, left_by: Bench, reads: Sequence[PlateRead]) -> Run:
    """Do the same hops with nothing decided, each in a process of its own."""
    with left_by.log() as log:
        passages, events = log.read(PASSAGES), log.read(EVENTS)
    with left_by.engine() as engine, engine.connect() as connection:
        rows = {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in (schema.passages, schema.events)
        }
    with bench.log() as log, bench.engine():
        append(log, READS, [Record(read.camera, read.to_json()) for read in reads])
    mode, data = bench.mode, bench.folder / "data"
    context = multiprocessing.get_context("spawn")
    started, told = context.Barrier(4, timeout=PATIENCE_S), context.Queue()
    to_passages = Hop(mode, [READS], len(reads), PASSAGES, [one.record for one in passages])
    to_events = Hop(mode, [PASSAGES], len(passages), EVENTS, [one.record for one in events])
    to_rows = Hop(mode, [PASSAGES, EVENTS], len(passages) + len(events))
    processes = [
        context.Process(target=produce, args=(to_passages, started, told)),
        context.Process(target=produce, args=(to_events, started, told)),
        context.Process(target=load_rows, args=(to_rows, data, rows, started, told)),
    ]
    for process in processes:
        process.start()
    started.wait()
    begun, before = time.perf_counter(), spent(bench)
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise RuntimeError("a bare hop failed; see above")
    seconds, servers = time.perf_counter() - begun, since(before, spent(bench))
    clients = sum(told.get() for _ in processes)
    return Run(len(reads), seconds, {**servers, "bare clients": clients})


def alerts(bench: Bench, reads: Sequence[PlateRead], rate: float) -> list[float]:
    """Feed reads of now at a rate, wanted plates among them; give each alert's delay, in s."""
    per_tick = max(1, int(rate * TICK_S) - 1)
    receiver = bench.receiver
    with bench.log() as log, bench.cluster(1):
        before, fed = len(receiver.arrivals), iter(reads)
        feed(log, [wanted(bench, FIRST, 0)])
        wait_for(lambda: len(receiver.arrivals) > before, "all stages are at work", 120)
        begun = time.perf_counter()
        for number, plate in enumerate(WANTED):
            time.sleep(max(0.0, begun + number * TICK_S - time.perf_counter()))
            moment = now()
            others = [moved(read, moment, moment) for read in islice(fed, per_tick)]
            feed(log, [wanted(bench, plate, number), *others])
        wait_for(lambda: len(receiver.arrivals) - before > len(WANTED), "alerts arrive", 120)
        return [one.delay_s for one in receiver.arrivals[before + 1 :]]


def wanted(bench: Bench, plate: str, number: int) -> PlateRead:
    """Read a wanted plate now, at one camera after the other."""
    cameras, moment = bench.site.cameras, now()
    return PlateRead(
        camera=cameras[number % len(cameras)].id, captured_at=moment, received_at=moment,
        plate=plate, confidence=0.99,
    )  # fmt: skip


def feed(log: Log, reads: Sequence[PlateRead]) -> None:
    """Append reads, and wait for nothing."""
    log.append_all([Output(READS, Record(read.camera, read.to_json())) for read in reads])


def publish(bench: Bench) -> None:
    """Put the wanted plates on a hotlist."""
    rows = "\n".join(["plate_pattern,priority", *(f"{plate},90" for plate in (FIRST, *WANTED))])
    entries = parse_list(rows, "stolen", bench.site.site.zone)
    with bench.log() as log:
        publish_list(log, parts_of("stolen", 1, now() - timedelta(days=30), entries))


def main() -> None:
    """Measure, and print the tables."""
    with zones() as make:
        measure(make)
    rebuild.main()


def measure(make: Callable[..., Bench]) -> None:
    """Run every combination; print rates beside the bare hops, then alerts under load."""
    title = f"{READ_COUNT:,} reads through rules and store, {os.cpu_count()} cores"
    table = Table("store", "workers", "reads/s", "bare", "ratio", "CPU us a read", "bare", "ratio",
                  *PARTS, title=title)  # fmt: skip
    reads: list[PlateRead] = []
    best = 0.0
    for store in STORES:
        zones_ = [make(f"{store[:4]}{workers}", store=store) for workers in WORKERS]
        if not reads:
            reads = simulated(zones_[0].site, READ_COUNT)
            # A broker and a database that have just started would charge it to the first run.
            ours(make("warm", store=store), reads, 1)
        runs = [ours(one, reads, workers) for one, workers in zip(zones_, WORKERS, strict=True)]
        limit = bare(make(f"{store[:4]}bare", store=store), zones_[0], reads)
        for workers, run in zip(WORKERS, runs, strict=True):
            table.add_row(
                store, str(workers), f"{run.rate:,.0f}", f"{limit.rate:,.0f}",
                f"{run.rate / limit.rate:.2f}", f"{run.cost:,.0f}", f"{limit.cost:,.0f}",
                f"{limit.cost / run.cost:.2f}", *map(run.cost_of, PARTS),
            )  # fmt: skip
        told = ", ".join(f"{part} {limit.cost_of(part)}" for part in limit.cpu_s)
        Console().print(f"{store}, bare, CPU us a read: {told}")
        best = best or runs[0].rate
    Console(width=120).print(table)
    print_alerts(make("alerts", store=STORES[0]), reads, best)


def print_alerts(bench: Bench, reads: Sequence[PlateRead], rate: float) -> None:
    """Print how soon an alert arrives under load."""
    publish(bench)
    delays = alerts(bench, reads, rate * LOADED)
    centiles = quantiles(delays, n=100)
    middle, late = centiles[49], centiles[98]
    told = f"alerts at {rate * LOADED:,.0f} reads/s: median {middle:.2f} s, p99 {late:.2f} s"
    Console().print(told)


if __name__ == "__main__":
    main()
