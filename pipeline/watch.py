"""How far the stages of this process are: measured every few seconds, for metrics and readiness."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from shutil import disk_usage
from threading import Lock

import structlog
from prometheus_client import Gauge

from anpr.errors import LogError
from anpr.ports import Log, Place
from pipeline.stage import Stage, StageState

log = structlog.get_logger()

LAG = Gauge(
    "anpr_stage_lag",
    "Messages that the stage's group has not committed",
    ["stage", "topic", "partition"],
)
OLDEST = Gauge(
    "anpr_stage_oldest_unread_seconds",
    "For how long the oldest message waits in the partitions that this process owns, at most",
    ["stage", "topic"],
)
OWNED = Gauge("anpr_stage_partitions", "Partitions that this process owns", ["stage"])
REBUILDING = Gauge(
    "anpr_stage_rebuilding_partitions", "Owned partitions whose state is not whole yet", ["stage"]
)

FREE = Gauge("anpr_data_free_bytes", "Free on the disk of the data folder")

LOOK = timedelta(seconds=5)
STALE = timedelta(seconds=30)
"""A look older than this tells nothing about now."""

TOO_OLD = timedelta(seconds=60)
"""From here on a stage is behind: what waits this long is no longer live."""


LEAST_FREE = 128 << 20
"""With fewer bytes the disk is full for what comes next."""


def disk_state(data: Path) -> str:
    """Say whether the data folder has room: "ok", or how much is left."""
    try:
        free = disk_usage(data).free
    except OSError as error:
        return f"the data folder cannot be asked: {error.strerror}"
    FREE.set(free)
    return "ok" if free >= LEAST_FREE else f"only {free >> 20} MiB free for the data folder"


class LineWatch:
    """Looks at the stages of this process. Call `look` regularly from one thread, ask from any."""

    def __init__(self, log_: Log, stages: Sequence[Stage], now: Callable[[], datetime]) -> None:
        self._log = log_
        self._now = now
        self._stages: dict[str, list[Stage]] = {}
        for stage in stages:
            self._stages.setdefault(stage.spec.name, []).append(stage)
        self._lock = Lock()
        self._done_until: dict[tuple[str, Place], datetime] = {}
        self._ages: Mapping[str, timedelta] = {}
        self._unknown: Sequence[str] = ()
        self._looked_at: datetime | None = None

    def look(self) -> None:
        """Measure lags and ages, and judge what they mean."""
        now = self._now()
        states = self._states()
        unknown: list[str] = []
        ages: dict[str, timedelta] = {}
        for name, state in states.items():
            try:
                ages[name] = self._measure(name, state, now)
            except LogError as error:
                log.warning("lag_unknown", stage=name, error=type(error).__name__)
                unknown.append(name)
            OWNED.labels(name).set(len(state.reached))
            REBUILDING.labels(name).set(state.rebuilding)
        with self._lock:
            self._ages, self._unknown, self._looked_at = ages, unknown, now

    def checks(self) -> Mapping[str, str]:
        """Name what the stages need, each with "ok" or what is wrong with it.

        Lags are those of the last look; how the stages are is told as of now.
        """
        if not self._stages:
            return {}
        with self._lock:
            ages, unknown, looked_at = self._ages, self._unknown, self._looked_at
        if looked_at is None:
            return {"watch": "not looked yet"}
        checks = _judged(self._states(), ages, unknown)
        if self._now() - looked_at > STALE:
            return {**checks, "watch": "did not look for half a minute"}
        return {**checks, "watch": "ok"}

    def _states(self) -> Mapping[str, StageState]:
        return {name: _together(stages) for name, stages in self._stages.items()}

    def _measure(self, name: str, state: StageState, now: datetime) -> timedelta:
        """Set a stage's figures; give how long the oldest message waits that this process owns."""
        oldest = timedelta(0)
        for topic in self._stages[name][0].spec.topics:
            waits = timedelta(0)
            for partition, waiting in self._log.backlog(name, topic).items():
                LAG.labels(name, topic, partition).set(waiting)
                place = Place(topic, partition)
                waits = max(waits, self._age(name, place, waiting, state, now))
            OLDEST.labels(name, topic).set(waits.total_seconds())
            oldest = max(oldest, waits)
        return oldest

    def _age(
        self, name: str, place: Place, waiting: int, state: StageState, now: datetime
    ) -> timedelta:
        """Bound how long a partition's oldest message waits; nothing where another process works.

        The oldest unread message came after the last one worked on, and after the last moment
        when none waited.
        """
        key = (name, place)
        if place not in state.reached or not waiting:
            self._done_until[key] = now
            return timedelta(0)
        known = self._done_until.setdefault(key, now)
        reached = state.reached[place]
        if reached is not None and state.rebuilding == 0:
            known = self._done_until[key] = max(known, min(reached, now))
        return now - known


def _together(stages: Sequence[Stage]) -> StageState:
    """Take the members of one group in this process as one."""
    states = [stage.state for stage in stages]
    return StageState(
        reached={place: at for state in states for place, at in state.reached.items()},
        rebuilding=sum(state.rebuilding for state in states),
        failure=next((state.failure for state in states if state.failure), None),
        is_joining=all(state.is_joining for state in states),
    )


def _state(joining: Sequence[str], rebuilding: Sequence[str]) -> str:
    if joining:
        return f"no partitions yet: {', '.join(joining)}"
    return f"partitions being rebuilt: {', '.join(rebuilding)}" if rebuilding else "ok"


def _judged(
    states: Mapping[str, StageState], ages: Mapping[str, timedelta], unknown: Sequence[str]
) -> Mapping[str, str]:
    failing = [f"{name}: {state.failure}" for name, state in states.items() if state.failure]
    rebuilding = [
        f"{name}: {state.rebuilding}" for name, state in states.items() if state.rebuilding
    ]
    joining = [name for name, state in states.items() if state.is_joining]
    behind = [f"{name}: {age.total_seconds():.0f} s" for name, age in ages.items() if age > TOO_OLD]
    behind += [f"{name}: unknown" for name in unknown]
    return {
        "stages": f"tried again after {', '.join(failing)}" if failing else "ok",
        "state": _state(joining, rebuilding),
        "lag": f"oldest unread: {', '.join(behind)}" if behind else "ok",
    }
