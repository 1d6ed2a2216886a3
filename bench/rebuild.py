"""How soon restarted rules are whole again, against their horizon: on Kafka, by real processes.

A state is what its horizon holds, and a restart folds it again before it goes on. The horizon is
the longest travel or stay that a rule watches, plus `lateness_s`, plus `stall_s`; here the last
one is varied under the same reads. ANPR_BENCH_READS gives their number. Needs Java 17 and a
PostgreSQL server.
"""

import os
import re
import time
from dataclasses import dataclass
from datetime import timedelta
from urllib.error import URLError
from urllib.request import urlopen

from rich.console import Console
from rich.table import Table

from anpr.ports import Record
from anpr.topics import PASSAGES, READS
from bench.zones import Bench, append, simulated, zones
from deploy.cluster import Cluster
from deploy.processes import wait_for
from rules.all import horizon, rules_of

READ_COUNT = int(os.environ.get("ANPR_BENCH_READS", "60000"))
STALLS = tuple(timedelta(hours=hours) for hours in (1, 3, 6, 12))
HOPS = {"passage": READS, "rules": PASSAGES}
PATIENCE_S = 900.0
QUIET_S = 2.0
"""When nothing more was folded for so long, all of it is."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A restart: messages folded again, and the seconds from the first to the last of them.

    `ready_s` is from the start of the process: its imports and its joining the groups too.
    """

    horizon: timedelta
    folded: int
    fold_s: float
    ready_s: float


def rebuild(bench: Bench, reads: list[Record]) -> Rebuilt:
    """Work reads off, stop the rules, and start them again."""
    with bench.log() as log:
        append(log, READS, reads)

        def is_through() -> bool:
            return not any(sum(log.backlog(*hop).values()) for hop in HOPS.items())

        with bench.cluster(1, ("rules",)):
            wait_for(is_through, "the reads are worked off", PATIENCE_S)
    begun = time.perf_counter()
    with bench.cluster(1, ("rules",)) as cluster:
        folded, first, last = watched(cluster)
    reach = horizon(bench.site, rules_of(bench.site))
    return Rebuilt(reach, folded, last - first, last - begun)


def watched(cluster: Cluster) -> tuple[int, float, float]:
    """Follow the fold to its end; give its length, and when it was first and last seen to grow."""
    folded, first, last = 0, 0.0, 0.0

    def is_whole() -> bool:
        nonlocal folded, first, last
        now, known = time.perf_counter(), folded
        folded = max(folded, folded_again(cluster.url("rules")))
        if folded > known:
            first, last = first or now, now
        return folded > 0 and now - last > QUIET_S

    wait_for(is_whole, "the state is whole", PATIENCE_S)
    return folded, first, last


def folded_again(url: str) -> int:
    """Ask a process how many messages it has folded again."""
    try:
        with urlopen(f"{url}/metrics", timeout=10) as answer:  # noqa: S310 - our own process
            told = answer.read().decode()
    except URLError:
        return 0
    found = re.findall(r"^anpr_stage_rebuilt_messages_total\S* (\S+)$", told, re.MULTILINE)
    return int(sum(map(float, found)))


def main() -> None:
    """Measure each horizon, and print the table."""
    title = f"Restarted rules, {READ_COUNT:,} reads before, {os.cpu_count()} cores"
    table = Table(
        "horizon", "messages folded", "fold s", "messages/s", "s from start of process", title=title
    )
    with zones() as make:
        benches = [make(f"stall{number}", stall=stall) for number, stall in enumerate(STALLS)]
        simulation = simulated(benches[0].site, READ_COUNT)
        reads = [Record(read.camera, read.to_json()) for read in simulation]
        for bench in benches:
            done = rebuild(bench, reads)
            table.add_row(
                str(done.horizon), f"{done.folded:,}", f"{done.fold_s:.1f}",
                f"{done.folded / max(done.fold_s, 0.05):,.0f}", f"{done.ready_s:.1f}",
            )  # fmt: skip
    Console().print(table)


if __name__ == "__main__":
    main()
