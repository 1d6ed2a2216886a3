"""How far the groups are: asked in the background, so that it can be told at every request."""

import threading
import time
from collections.abc import Callable, Mapping

import structlog

from anpr.errors import LogError
from anpr.ports import Commit
from pipeline.logs.commits import lowest_needed
from pipeline.logs.kafka_client import KafkaSettings
from pipeline.logs.kafka_cluster import EARLIEST, LATEST, Cluster

log = structlog.get_logger()

Backlog = Mapping[int, int]


class Progress:
    """The backlogs that were ever asked for, kept fresh by one thread.

    `tend` is called in that thread as well, after each refresh.
    """

    def __init__(self, cluster: Cluster, settings: KafkaSettings, tend: Callable[[], None]) -> None:
        self._cluster = cluster
        self._period_s = settings.refresh.total_seconds()
        self._stale_s = self._period_s + settings.ask.total_seconds()
        self._tend = tend
        # Replaced, never changed, so that any thread may read it without a lock.
        self._backlogs: Mapping[tuple[str, str], Backlog] = {}
        self._asked: dict[tuple[str, str], int] = {}
        self._fresh_at = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log-progress", daemon=True)
        self._thread.start()

    def backlog(self, group: str, topic: str, partitions: int) -> Backlog:
        """Tell what was not committed a moment ago; the first question waits for the answer.

        Raises LogError when the brokers have not answered in time: an old number may mislead.
        """
        known = self._backlogs.get((group, topic))
        if known is None:
            self._asked[group, topic] = partitions
            self._refresh()
            return self._backlogs[group, topic]
        if (age_s := time.monotonic() - self._fresh_at) > self._stale_s:
            raise LogError(f"the brokers have not answered for {age_s:.0f} s; see that they run")
        return known

    def consumed(self, topic: str, partitions: int) -> Mapping[int, int]:
        """Find below which offset no group needs a partition any more, where any has committed.

        A group that committed elsewhere in the topic, and not yet there, needs everything there.
        """
        places = [(topic, number) for number in range(partitions)]
        asked = dict.fromkeys(self._cluster.groups(), places)
        groups = [held for held in self._cluster.commits(asked).values() if held]
        return {
            number: min(lowest_needed(held.get((topic, number))) for held in groups)
            for number in range(partitions)
            if groups
        }

    def close(self) -> None:
        """End the thread. The cluster is closed first, so that it waits for no answer."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._period_s):
            try:
                self._refresh()
                self._tend()
            except LogError as error:
                if not self._stop.is_set():
                    log.warning("log_watch_failed", error=str(error))

    def _refresh(self) -> None:
        asked = dict(self._asked)
        begun = time.monotonic()
        if asked:
            places = {
                (topic, number)
                for (_, topic), partitions in asked.items()
                for number in range(partitions)
            }
            firsts = self._cluster.offsets(places, EARLIEST)
            by_group: dict[str, list[tuple[str, int]]] = {}
            for (group, topic), partitions in asked.items():
                by_group.setdefault(group, []).extend((topic, n) for n in range(partitions))
            commits = self._cluster.commits(by_group)
            # The ends come last: what was committed stands below them.
            ends = self._cluster.offsets(places, LATEST)
            self._backlogs = {
                (group, topic): {
                    number: ends[topic, number]
                    - _start(firsts[topic, number], commits[group].get((topic, number)))
                    for number in range(partitions)
                }
                for (group, topic), partitions in asked.items()
            }
        self._fresh_at = begun


def _start(first: int, commit: Commit | None) -> int:
    return first if commit is None else max(first, commit.offset)
