"""What the hours of a day add up to, of what is told of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sinks.statistics.computing import STEP_KMH
from sinks.statistics.telling import Compliance, Speeds


@dataclass(frozen=True, slots=True)
class SpeedDay:
    """How fast vehicles were on a day: `classes` are (from, to, told vehicles).

    `untold`: in how many of its hours some numbers are too small to tell.
    """

    kind: str
    subject: str
    n: int
    mean_kmh: float | None
    classes: tuple[tuple[int, int, int], ...]
    untold: int

    @property
    def highest(self) -> int:
        """The most vehicles in one class, or in none that is told."""
        return max((*(count for _, _, count in self.classes), self.hidden), default=0)

    @property
    def hidden(self) -> int:
        """How many vehicles are in classes that are not told in their hour."""
        return self.n - sum(count for _, _, count in self.classes)


@dataclass(frozen=True, slots=True)
class GateDay:
    """What a gate allowed on a day, of the hours of which that is told."""

    zone: str
    gate: str
    n: int
    allowed: int
    untold: int

    @property
    def share(self) -> float | None:
        """Which share was allowed."""
        return self.allowed / self.n if self.n else None


def speeds_of(hours: Iterable[Speeds]) -> Sequence[SpeedDay]:
    """Add up the hours of each camera and section."""
    by_subject: dict[tuple[str, str], list[Speeds]] = defaultdict(list)
    for hour in hours:
        by_subject[hour.kind, hour.subject].append(hour)
    return [_speed_day(*named, some) for named, some in sorted(by_subject.items())]


def compliance_of(hours: Iterable[Compliance]) -> Sequence[GateDay]:
    """Add up the hours of each gate."""
    by_gate: dict[tuple[str, str], list[Compliance]] = defaultdict(list)
    for hour in hours:
        by_gate[hour.zone, hour.gate].append(hour)
    return [
        GateDay(
            zone,
            gate,
            n=sum(one.n or 0 for one in some if one.allowed is not None),
            allowed=sum(one.allowed or 0 for one in some),
            untold=sum(one.allowed is None for one in some),
        )
        for (zone, gate), some in sorted(by_gate.items())
    ]


def _speed_day(kind: str, subject: str, hours: Sequence[Speeds]) -> SpeedDay:
    n = sum(one.n or 0 for one in hours)
    timed = [(one.mean_kmh, one.n) for one in hours if one.mean_kmh is not None and one.n]
    in_mean = sum(vehicles for _, vehicles in timed)
    counts: Counter[int] = Counter()
    for one in hours:
        counts.update({step.from_kmh: step.count for step in one.classes if step.count})
    steps = range(min(counts, default=0), max(counts, default=-STEP_KMH) + STEP_KMH, STEP_KMH)
    return SpeedDay(
        kind,
        subject,
        n,
        mean_kmh=sum(mean * vehicles for mean, vehicles in timed) / in_mean if in_mean else None,
        classes=tuple((step, step + STEP_KMH, counts[step]) for step in steps),
        untold=sum(not one.classes or any(c.count is None for c in one.classes) for one in hours),
    )
