"""How long a backlog took, and what each part of a zone spent on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.zones import Bench
from bench.zones.processor import spent_s
from deploy.cluster import Cluster


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

    def __str__(self) -> str:
        """Tell all of it on one line."""
        parts = ", ".join(f"{part} {self.cost_of(part)}" for part in self.cpu_s)
        return f"{self.rate:,.0f} reads/s; {self.cost:,.0f} us a read: {parts}"

    def cost_of(self, part: str) -> str:
        """Processor microseconds a read of one part."""
        return f"{self.cpu_s.get(part, 0) / self.reads * 1e6:,.0f}"


def together(runs: Sequence[Run]) -> Run:
    """Take several runs for one long one."""
    parts = {part for run in runs for part in run.cpu_s}
    return Run(
        sum(run.reads for run in runs),
        sum(run.seconds for run in runs),
        {part: sum(run.cpu_s.get(part, 0.0) for run in runs) for part in sorted(parts)},
    )


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
