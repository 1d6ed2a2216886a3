"""Alerts of a zone over Kafka: how soon they are at a webhook, and on the stream of the console."""

import time
from itertools import islice

from bench.cluster import FIRST, TICK_S, WANTED, feed, publish, wanted
from bench.zones import Bench, moved, simulated
from bench.zones.feed import dispatcher, listening
from deploy.processes import wait_for
from pipeline.clock import now

PATIENCE_S = 120.0


def over_kafka(bench: Bench, rate: float) -> tuple[list[float], list[float]]:
    """Feed reads of now at a rate, ten wanted plates a second among them.

    Give the seconds from capture to each alert: at the receiver, and on the stream.
    """
    per_tick = max(0, int(rate * TICK_S) - 1)
    reads = simulated(bench.site, per_tick * len(WANTED) + 1)
    publish(bench)
    receiver = bench.receiver
    with bench.log() as log, bench.engine() as engine:
        token = dispatcher(engine)
        with bench.cluster(1, ("rules", "sinks", "console")) as cluster:
            before, fed = len(receiver.arrivals), iter(reads)
            cluster.wait_ready("console")
            feed(log, [wanted(bench, FIRST, 0)])
            wait_for(lambda: len(receiver.arrivals) > before, "all stages are at work", PATIENCE_S)
            with listening(cluster.url("console"), token) as heard:
                begun, before = time.perf_counter(), len(receiver.arrivals)
                for number, plate in enumerate(WANTED):
                    time.sleep(max(0.0, begun + number * TICK_S - time.perf_counter()))
                    moment = now()
                    others = [moved(read, moment, moment) for read in islice(fed, per_tick)]
                    feed(log, [wanted(bench, plate, number), *others])
                everywhere = before + len(WANTED)
                wait_for(lambda: len(receiver.arrivals) >= everywhere, "alerts arrive", PATIENCE_S)
                wait_for(lambda: len(heard.delays) >= len(WANTED), "alerts are heard", PATIENCE_S)
        return [one.delay_s for one in receiver.arrivals[before:]], list(heard.delays.values())
