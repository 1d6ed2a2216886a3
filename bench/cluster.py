"""Reads through rules and store on Kafka, beside the same hops done bare: the machine's limit.

A backlog of simulated reads is worked off by the processes of docker-compose.yml, with one and two
workers a stage, into both stores. The bare hops consume, produce and load the very bytes and rows
that this left behind, and decide nothing. Both are done once before anything is timed: a broker
that has just started spends more on compiling itself than on messages. Needs Linux, Java 17 and a
PostgreSQL server; the number of reads is taken from ANPR_BENCH_READS.
"""

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import islice
from statistics import quantiles

from rich.console import Console
from rich.table import Table

from anpr.events import PlateRead
from anpr.list_file import parse_list
from anpr.list_parts import parts_of
from anpr.ports import Log, Output, Record
from anpr.topics import EVENTS, READS
from bench import rebuild
from bench.zones import Bench, append, moved, simulated, zones
from bench.zones.bare import bare
from bench.zones.hops import Hop, hops_of
from bench.zones.run import Run, since, spent, together
from deploy.cluster import Cluster
from deploy.processes import wait_for
from pipeline.clock import now
from pipeline.commands.demo import GROUPS
from pipeline.controls import publish_list
from pipeline.doctor.interpreter import described

READ_COUNT = int(os.environ.get("ANPR_BENCH_READS", "120000"))
BARE = 0
TURNS = (1, BARE, 2, BARE, 1)
"""Which run follows which, by workers a stage: whatever else the machine does comes to all."""

STORES = ("postgresql", "sqlite")
PARTS = ("rules", "sinks", "broker", "database")
LINE = {name: topics for name, topics in GROUPS.items() if name != "ocr"} | {"actuator": [EVENTS]}
"""Who is to be through: the zone has a bollard, and nobody reads frames where none come."""

PATIENCE_S = 900.0

BEFORE = 2000
"""Reads that go before the backlog: programs load and groups form while nothing is timed."""

LOADED = 0.5
"""At which share of the sustained rate alerts are timed: what waits then waits for the work."""

ALERT_SECONDS = 20
TICK_S = 0.1
FIRST = "9WNTAAA"
WANTED = [f"9WNT{number:03d}" for number in range(ALERT_SECONDS * 10)]


def waiting(log: Log) -> int:
    """Count what the stages have not committed."""
    return sum(
        sum(log.backlog(group, topic).values())
        for group, topics in LINE.items()
        for topic in topics
    )


def ours(bench: Bench, reads: Sequence[PlateRead], workers: int, before: int = BEFORE) -> Run:
    """Let stages that are at work already work a backlog off; time until all of it is done.

    So many reads go before the backlog.
    """
    records = [Record(read.camera, read.to_json()) for read in reads]
    with bench.log() as log, bench.cluster(workers) as cluster:
        append(log, READS, records[:before])
        cluster.wait_ready()
        wait_for(lambda: waiting(log) == 0, "all stages are at work", 120)
        with paused(cluster):
            append(log, READS, records[before:])
            wait_for(lambda: waiting(log) > 0, "the backlog is seen")
        begun, already = time.perf_counter(), spent(bench, cluster)
        wait_for(lambda: waiting(log) == 0, "the backlog is worked off", PATIENCE_S)
        seconds = time.perf_counter() - begun
        return Run(len(records) - before, seconds, since(already, spent(bench, cluster)))


@contextmanager
def paused(cluster: Cluster) -> Iterator[None]:
    """Stand all processes still, for less than their groups would notice."""
    for process in cluster.processes():
        process.pause()
    yield
    for process in cluster.processes():
        process.resume()


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
    """Run every combination, ours and bare in turns; print the rates, then alerts under load."""
    table = Table("store", "workers", "reads/s", "bare", "ratio", "CPU us a read", "bare", "ratio",
                  *PARTS, title=f"{READ_COUNT:,} reads through rules and store",
                  caption=f"{os.cpu_count()} cores, {described()}")  # fmt: skip
    reads = simulated(make("site").site, READ_COUNT)
    warm = make("warm")
    ours(warm, reads, 1)
    bare(make("warm-bare"), hops_of(warm, make("warm-fresh")), reads)
    best = 0.0
    for store in STORES:
        runs = in_turns(partial(make, store=store), store, reads)
        limit = together(runs.pop(BARE))
        for workers, run in sorted((workers, together(some)) for workers, some in runs.items()):
            table.add_row(
                store, str(workers), f"{run.rate:,.0f}", f"{limit.rate:,.0f}",
                f"{run.rate / limit.rate:.2f}", f"{run.cost:,.0f}", f"{limit.cost:,.0f}",
                f"{limit.cost / run.cost:.2f}", *map(run.cost_of, PARTS),
            )  # fmt: skip
            best = best or run.rate
    Console(width=120).print(table)
    print_alerts(make("alerts", store=STORES[0]), reads, best)


def in_turns(
    make: Callable[..., Bench], store: str, reads: Sequence[PlateRead]
) -> dict[int, list[Run]]:
    """Run ours and bare in turns, each in a zone of its own; tell of each run, and give them all.

    By workers a stage, as TURNS has them.
    """
    runs: dict[int, list[Run]] = defaultdict(list)
    hops: Sequence[Hop] = ()
    for number, workers in enumerate(TURNS):
        bench = make(f"{store}-{number}")
        if workers == BARE:
            run = bare(bench, hops, reads)
        else:
            run = ours(bench, reads, workers)
            hops = hops or hops_of(bench, make(f"{store}-fresh"))
        runs[workers].append(run)
        who = f"workers {workers}" if workers else "bare"
        Console().print(f"{store}, {who}: {run}", soft_wrap=True)
    return runs


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
