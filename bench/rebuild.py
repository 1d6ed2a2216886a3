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
from deploy.processes import Process, wait_for
from rules.all import horizon, rules_of

READ_COUNT = int(os.environ.get("ANPR_BENCH_READS", "60000"))
STALLS = tuple(timedelta(hours=hours) for hours in (1, 3, 6, 12))
HOPS = {"passage": READS, "rules": PASSAGES}
PATIENCE_S = 900.0
QUIET_S = 5.0
"""When nothing more was folded for so long, and no partition says that it is being rebuilt."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A restart: messages folded again, and how long it took from the start of the process.

    `cpu_s` is the process's own processor time: on a machine that does other things it tells more
    than the `seconds`. Imports and joining the groups are in both.
    """

    horizon: timedelta
    folded: int
    seconds: float
    cpu_s: float


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
        folded, whole_at, cpu_s = watched(cluster.processes("rules")[0])
    reach = horizon(bench.site, rules_of(bench.site))
    return Rebuilt(reach, folded, whole_at - begun, cpu_s)


def watched(process: Process) -> tuple[int, float, float]:
    """Follow the fold to its end; give its length, its end, and the processor time until then."""
    folded, whole_at, cpu_s = 0, 0.0, 0.0

    def is_whole() -> bool:
        nonlocal folded, whole_at, cpu_s
        now, spent, known = time.perf_counter(), process.cpu_s, folded
        folded = max(folded, folded_again(process.url))
        if folded > known:
            whole_at, cpu_s = now, spent
        is_quiet = folded > 0 and now - whole_at > QUIET_S
        return is_quiet and process.checks().get("state") == "ok"

    wait_for(is_whole, "the state is whole", PATIENCE_S)
    return folded, whole_at, cpu_s


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
    table = Table("horizon", "messages folded", "s", "CPU s", "messages/CPU s", title=title)
    with zones() as make:
        benches = [make(f"stall{number}", stall=stall) for number, stall in enumerate(STALLS)]
        simulation = simulated(benches[0].site, READ_COUNT)
        reads = [Record(read.camera, read.to_json()) for read in simulation]
        for bench in benches:
            done = rebuild(bench, reads)
            table.add_row(
                str(done.horizon), f"{done.folded:,}", f"{done.seconds:.1f}",
                f"{done.cpu_s:.1f}", f"{done.folded / done.cpu_s:,.0f}",
            )  # fmt: skip
    Console().print(table)


if __name__ == "__main__":
    main()
