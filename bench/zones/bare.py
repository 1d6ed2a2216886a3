"""The hops of a zone done bare: plain clients move the very messages and rows, and decide nothing.

There are as many groups as the zone's stages joined, and they take the same messages of the same
topics. As in a zone of one worker a stage, one process has the hops to passages and to events, and
another those that lead to the store. A hop has a thread and clients of its own; what a turn of it
leaves in the store is one transaction.
"""

import multiprocessing
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

from sqlalchemy import Engine

from anpr.events import PlateRead
from anpr.ports import Record
from anpr.topics import READS
from bench.zones import Bench, append
from bench.zones.hops import RULES, Hop
from bench.zones.run import Run, since, spent
from pipeline.clock import now
from pipeline.logs.kafka_client import KafkaConsumer, KafkaProducer
from pipeline.logs.kafka_outbox import BATCH_BYTES, RECORD_BYTES
from pipeline.settings import Mode
from pipeline.wiring import open_database
from sinks.store.dialects import load
from sinks.store.engine import writing
from sinks.store.schema import metadata
from sinks.store.weeks import CUT, Weeks

TURN = 2000
"""How many messages a turn takes at most: as many as a stage's."""

PATIENCE_S = 60.0
"""How long nothing may come before a hop gives up."""

Leave = Callable[[float, float], None]
"""What leaves what a hop left between two shares of its way."""


def bare(bench: Bench, hops: Sequence[Hop], reads: Sequence[PlateRead]) -> Run:
    """Do in a fresh zone what hops did with these reads in another; time until all is done."""
    records = [Record(read.camera, read.to_json()) for read in reads]
    make_weeks(bench, hops)
    shares = [
        [hop for hop in hops if (hop.group in RULES) is of_rules] for of_rules in (True, False)
    ]
    context = multiprocessing.get_context("spawn")
    with (
        bench.log() as log,
        context.Manager() as manager,
        ProcessPoolExecutor(len(shares), context) as processes,
    ):
        steps = manager.Barrier(len(shares) + 1)
        data = bench.folder / "data"
        working = [
            processes.submit(work_off, Share(bench.mode, data, share), steps) for share in shares
        ]
        seconds, servers = 0.0, {}
        with suppress(BrokenBarrierError):  # then a result says why
            steps.wait()
            append(log, READS, records)
            begun, before = time.perf_counter(), spent(bench)
            steps.wait()
            steps.wait()
            seconds, servers = time.perf_counter() - begun, since(before, spent(bench))
        clients = sum(one.result() for one in working)
    return Run(len(reads), seconds, {**servers, "bare clients": clients})


def make_weeks(bench: Bench, hops: Sequence[Hop]) -> None:
    """Cut the tables of a zone as those were that its rows come from."""
    cut = {table.name for table in CUT}
    with bench.engine() as engine:
        Weeks(engine, now).make(
            row["at_us"]
            for hop in hops
            for told in hop.rows
            if told.table in cut
            for row in told.rows
        )


@dataclass(frozen=True, slots=True)
class Share:
    """The hops of one process, and where it does them."""

    mode: Mode
    data: Path
    hops: Sequence[Hop]


def work_off(share: Share, steps: Barrier) -> float:
    """Join the groups, and then do the hops, each on a thread; give the processor seconds.

    Each step is taken together with the other processes: joined, begun, done.
    """
    try:
        with ExitStack() as opened:
            engine = open_database(share.data, share.mode)
            opened.callback(engine.dispose)
            working = []
            for hop in share.hops:
                consumer = opened.enter_context(closing(join(share.mode, hop)))
                leave = loading(engine, hop)
                if hop.messages:
                    producer = opened.enter_context(closing(producer_of(share.mode)))
                    leave = producing(producer, share.mode, hop)
                working.append((hop, consumer, leave))
            steps.wait()
            steps.wait()
            before = time.process_time()
            with ThreadPoolExecutor(len(working)) as threads:
                done = [threads.submit(take_turns, *one) for one in working]
            for one in done:
                one.result()
            spent_s = time.process_time() - before
            steps.wait()
            return spent_s
    except BrokenBarrierError:  # another process says why
        return 0.0
    except BaseException:
        steps.abort()
        raise


def join(mode: Mode, hop: Hop) -> Any:
    """Open a consumer of what the hop took, and wait until its group gives it all partitions."""
    topics = {f"{mode.zone}.{topic}" for topic in hop.taken}
    consumer = KafkaConsumer(
        bootstrap_servers=mode.kafka, group_id=f"{mode.zone}.{hop.group}",
        auto_offset_reset="earliest", enable_auto_commit=False, max_poll_records=TURN,
        metrics_enabled=False,
    )  # fmt: skip
    consumer.subscribe(list(topics))
    for topic in topics:  # it gives itself none of a topic that it does not know yet
        consumer.partitions_for_topic(topic)
    deadline = time.monotonic() + PATIENCE_S
    while {at.topic for at in consumer.assignment()} != topics:
        if time.monotonic() > deadline:
            consumer.close()
            raise TimeoutError(f"the group of {hop.group!r} does not give out all partitions")
        consumer.poll(timeout_ms=100)
    return consumer


def producer_of(mode: Mode) -> Any:
    """Open a producer that is as sure of its messages, and packs them, as the zone's."""
    return KafkaProducer(
        bootstrap_servers=mode.kafka, acks="all", enable_idempotence=True, compression_type="lz4",
        batch_size=BATCH_BYTES, max_request_size=RECORD_BYTES, metrics_enabled=False,
    )  # fmt: skip


def take_turns(hop: Hop, consumer: Any, leave: Leave) -> None:
    """Take all that the hop took; with each turn leave a fair share of what it left, and commit."""
    taken = 0
    while taken < hop.count:
        came = sum(map(len, consumer.poll(timeout_ms=PATIENCE_S * 1000).values()))
        if not came:
            raise TimeoutError(f"{hop.group!r} took {taken:,} of {hop.count:,} messages")
        leave(taken / hop.count, (taken + came) / hop.count)
        consumer.commit()
        taken += came


def producing(producer: Any, mode: Mode, hop: Hop) -> Leave:
    """Append the messages of a part of the way, to the partitions that they were in."""

    def leave(before: float, until: float) -> None:
        count = len(hop.messages)
        for message in hop.messages[int(count * before) : int(count * until)]:
            place, record = message.place, message.record
            producer.send(
                f"{mode.zone}.{place.topic}", record.value, record.key.encode(),
                partition=place.partition,
            )  # fmt: skip
        producer.flush()

    return leave


def loading(engine: Engine, hop: Hop) -> Leave:
    """Load the rows of a part of the way into their tables, in one transaction."""

    def leave(before: float, until: float) -> None:
        with writing(engine) as connection:
            for told in hop.rows:
                load(connection, metadata.tables[told.table], told.between(before, until))

    return leave
