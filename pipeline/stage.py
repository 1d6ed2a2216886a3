"""The stage loop: poll, work, append, flush, commit; rebuild after an assignment.

Every commit carries as metadata the lowest offset that the state still needs, and the worker's
note. A stage never stops: what it cannot do it tries again, and a message that keeps breaking
it is put aside with its bytes.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import structlog
from prometheus_client import Counter, Histogram

from anpr.errors import LogError, PartitionLostError
from anpr.ports import Commit, Consumer, Log, Message, Output, Place, Worker, dead_letter
from anpr.topics import DEAD_LETTERS

log = structlog.get_logger()

MESSAGES = Counter("anpr_stage_messages", "Messages worked on", ["stage"])
REBUILT = Counter("anpr_stage_rebuilt_messages", "Messages folded again after a start", ["stage"])
FAILURES = Counter("anpr_stage_failures", "Turns that failed and were tried again", ["stage"])
DEAD = Counter("anpr_dead_letters", "Messages put aside", ["stage"])
REBUILD = Histogram(
    "anpr_stage_rebuild_seconds",
    "From the assignment of a partition until its state was rebuilt",
    ["stage"],
    buckets=(0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800),
)

JOINING_S = 30.0
"""For how long a stage that owns nothing is taken to be joining its group still. A group of more
members than partitions has some that never own any: they are ready too."""

ATTEMPTS = 3
"""How often a message may break its stage before it is put aside."""


@dataclass(slots=True)
class _Partition:
    """A partition we own. Messages below `silent_until` are folded without publishing."""

    worker: Worker
    silent_until: int
    next_offset: int
    last_work: float
    committed: Commit | None = None
    opened: float | None = None
    appended_at: datetime | None = None


class _Run(NamedTuple):
    """What a turn brought of one partition."""

    part: _Partition
    messages: Sequence[Message]

    @property
    def silent(self) -> Sequence[Message]:
        """What is only folded again."""
        return [one for one in self.messages if one.offset < self.part.silent_until]

    @property
    def fresh(self) -> Sequence[Message]:
        """What is worked on."""
        return [one for one in self.messages if one.offset >= self.part.silent_until]


@dataclass(frozen=True, slots=True)
class StageState:
    """What a stage tells of itself: what it owns, what it rebuilds, why its last turn failed.

    `reached` is, by owned partition, when the last message worked on was appended.
    """

    reached: Mapping[Place, datetime | None]
    rebuilding: int
    failure: str | None
    is_joining: bool


@dataclass(frozen=True, slots=True)
class StageSpec:
    """A stage: its name (the consumer group), its topics, and who works on a partition.

    `worker_for` gets the partition's last commit. Partitions that are given the same worker are
    worked on together, in one call a turn. `outages` are the exceptions that mean the world outside
    is gone for now: they are retried for ever. `limit`: so many messages a turn takes at most.
    `gather`: so long it lets messages gather after a turn that brought few.
    """

    name: str
    topics: Sequence[str]
    worker_for: Callable[[Commit | None], Worker]
    idle_after: timedelta = timedelta(seconds=2)
    limit: int = 2000
    gather: timedelta = timedelta(0)
    outages: tuple[type[Exception], ...] = (LogError, OSError)


@dataclass(slots=True)
class _Suspicion:
    """Where a stage broke: messages up to `until` are worked on one by one, and counted."""

    until: int
    attempts: dict[int, int] = field(default_factory=lambda: defaultdict(int))


class Stage:
    """One member of a stage's group, on one thread."""

    def __init__(
        self, spec: StageSpec, log_: Log, patience: float = 0.05, joining_s: float = JOINING_S
    ) -> None:
        self.spec = spec
        self._log = log_
        self._patience = patience
        self._joining_s = joining_s
        self._consumer: Consumer | None = None
        self._partitions: dict[Place, _Partition] = {}
        self._suspects: dict[Place, _Suspicion] = {}
        self._failure: str | None = None
        self._joined: float | None = None

    @property
    def state(self) -> StageState:
        """Tell how it is; any thread may ask."""
        partitions = self._partitions.copy()
        return StageState(
            reached={place: part.appended_at for place, part in partitions.items()},
            rebuilding=sum(part.next_offset < part.silent_until for part in partitions.values()),
            failure=self._failure,
            is_joining=self._is_joining(owns=bool(partitions)),
        )

    def _is_joining(self, *, owns: bool) -> bool:
        return not owns and (
            self._joined is None or time.monotonic() - self._joined < self._joining_s
        )

    def run(self, stop: threading.Event) -> None:
        """Take turns until told to stop; a turn that fails is rebuilt and tried again."""
        wait = self._patience
        while not stop.is_set():
            try:
                brought_few = self._has_few(self.turn())
                wait = self._patience
                self._failure = None
                if brought_few:
                    stop.wait(self.spec.gather.total_seconds())
            except Exception as error:
                self._failure = type(error).__name__
                FAILURES.labels(self.spec.name).inc()
                log.warning("stage_failed", stage=self.spec.name, error=type(error).__name__)
                log.debug("stage_failure", stage=self.spec.name, exc_info=True)
                self.leave()
                stop.wait(wait)
                wait = min(wait * 2, 10.0)
        self.leave()

    def _has_few(self, brought: int) -> bool:
        """Say whether a turn was not worth its while; after a larger one more may be waiting."""
        return 0 < brought < self.spec.limit / 4 and not self._suspects

    def leave(self) -> None:
        """Leave the group and forget all state; the next turn joins and rebuilds."""
        consumer, self._consumer = self._consumer, None
        self._partitions.clear()
        if consumer is None:
            return
        try:
            consumer.close()
        except LogError as error:
            log.warning("stage_left_badly", stage=self.spec.name, error=type(error).__name__)

    def turn(self, timeout: timedelta = timedelta(milliseconds=200)) -> int:
        """Poll once, work on what came, commit; return how many messages there were."""
        if self._consumer is None:
            self._consumer = self._log.consumer(self.spec.name, self.spec.topics)
            self._joined = time.monotonic()
        consumer = self._consumer
        batch = consumer.poll(timeout, 1 if self._suspects else self.spec.limit)
        for place in batch.revoked:
            self._partitions.pop(place, None)
            self._suspects.pop(place, None)
        for place in batch.assigned:
            self._open(consumer, place)
        by_worker: dict[int, list[_Run]] = defaultdict(list)
        for place, run in groupby(batch.messages, attrgetter("place")):
            if (part := self._partitions.get(place)) is not None:
                by_worker[id(part.worker)].append(_Run(part, list(run)))
        outputs = [one for runs in by_worker.values() for one in self._work(runs)]
        outputs += self._idle({message.place for message in batch.messages})
        self._publish(outputs)
        self._commit(consumer)
        return len(batch.messages)

    def _open(self, consumer: Consumer, place: Place) -> None:
        """Rewind a newly assigned partition to what its state still needs."""
        commit = consumer.committed(place)
        needed = commit.metadata.partition(" ")[0] if commit else ""
        until = commit.offset if commit else 0
        start = int(needed) if needed else until
        consumer.seek(place, start)
        if start < consumer.beginning(place) and start < until:
            log.warning("state_incomplete", stage=self.spec.name, partition=place.partition)
        worker = self.spec.worker_for(commit)
        begun = time.monotonic()
        self._partitions[place] = _Partition(
            worker, until, start, begun, commit, begun if start < until else None
        )
        consumer.resume(place)

    def _work(self, runs: Sequence[_Run]) -> list[Output]:
        """Let one worker work on its partitions' messages; what is rebuilt comes first."""
        worker = runs[0].part.worker
        silent = [message for run in runs for message in run.silent]
        fresh = [message for run in runs for message in run.fresh]
        self._attempt(worker, silent)
        outputs = self._attempt(worker, fresh)
        REBUILT.labels(self.spec.name).inc(len(silent))
        MESSAGES.labels(self.spec.name).inc(len(fresh))
        for part, messages in runs:
            part.next_offset = messages[-1].offset + 1
            part.appended_at = messages[-1].appended_at
            part.last_work = time.monotonic()
            if part.opened is not None and part.next_offset >= part.silent_until:
                REBUILD.labels(self.spec.name).observe(part.last_work - part.opened)
                part.opened = None
        return outputs

    def _attempt(self, worker: Worker, messages: Sequence[Message]) -> list[Output]:
        if not messages:
            return []
        first, ends = messages[0], {message.place: message.offset for message in messages}
        suspicion = self._suspects.get(first.place)
        if suspicion and suspicion.attempts[first.offset] >= ATTEMPTS:
            log.error("message_put_aside", stage=self.spec.name, offset=first.offset)
            self._clear(ends)
            return [dead_letter(first, "it broke the stage again and again; see the log")]
        try:
            outputs = list(worker.work(messages))
        except self.spec.outages:
            raise
        except Exception:
            for place, end in ends.items():
                self._suspects.setdefault(place, _Suspicion(end))
            if len(messages) == 1:
                self._suspects[first.place].attempts[first.offset] += 1
            raise
        self._clear(ends)
        return outputs

    def _clear(self, ends: Mapping[Place, int]) -> None:
        """Stop working one by one once the messages of the broken turn are behind us."""
        for place, offset in ends.items():
            if (suspicion := self._suspects.get(place)) and offset >= suspicion.until:
                del self._suspects[place]

    def _idle(self, busy: set[Place]) -> list[Output]:
        now = time.monotonic()
        outputs: list[Output] = []
        for place, part in self._partitions.items():
            quiet = now - part.last_work >= self.spec.idle_after.total_seconds()
            if place in busy or not quiet or part.next_offset < part.silent_until:
                continue
            part.last_work = now
            outputs += part.worker.idle()
        return outputs

    def _publish(self, outputs: Sequence[Output]) -> None:
        if not outputs:
            return
        self._log.append_all(outputs)
        self._log.flush()
        DEAD.labels(self.spec.name).inc(sum(one.topic == DEAD_LETTERS for one in outputs))

    def _commit(self, consumer: Consumer) -> None:
        """Commit what moved; never below what is folding silently."""
        commits: dict[Place, Commit] = {}
        for place, part in self._partitions.items():
            if part.next_offset < part.silent_until:
                continue
            needed = part.worker.needed_from()
            lowest = part.next_offset if needed is None else needed
            metadata = f"{lowest} {part.worker.note()}".rstrip()
            commit = Commit(part.next_offset, metadata)
            if commit != part.committed and (part.committed or part.next_offset):
                commits[place] = commit
        if not commits:
            return
        try:
            consumer.commit(commits)
        except PartitionLostError:
            # The next poll tells which partitions went; their new owner works on them again.
            log.info("commit_after_loss", stage=self.spec.name)
            return
        for place, commit in commits.items():
            self._partitions[place].committed = commit
