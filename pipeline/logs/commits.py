"""What the groups have committed: held in memory to be asked at every request, kept on disk."""

from collections.abc import Mapping, Sequence

import structlog

from anpr.errors import LogError
from anpr.ports import Commit, Place
from pipeline.logs.storage import CommitStorage
from pipeline.logs.write_queue import WriteQueue

log = structlog.get_logger()

GroupCommits = tuple[str, Mapping[Place, Commit]]


class Commits:
    """The newest commit of every group and partition.

    Its maps are replaced, never changed, so that any thread may read them without a lock.
    """

    def __init__(self, storage: CommitStorage) -> None:
        self._storage = storage
        self._by_topic: Mapping[str, Mapping[str, Mapping[int, Commit]]] = {}
        for group, place, commit in storage.load():
            self._remember(group, {place: commit})
        self._queue: WriteQueue[GroupCommits, None] = WriteQueue("commits", self._write, self._tend)

    def of(self, group: str, topic: str) -> Mapping[int, Commit]:
        """Give what a group committed in a topic, by partition."""
        return self._by_topic.get(topic, {}).get(group, {})

    def save(self, group: str, commits: Mapping[Place, Commit]) -> None:
        """Commit; durable on return. Raises LogError."""
        self._queue.put((group, commits), size=len(commits)).result()

    def needed(self, topic: str, partition: int) -> int | None:
        """Tell the lowest offset that any group still needs; None where no group ever committed.

        A group that committed elsewhere in the topic, and not yet here, needs everything.
        """
        groups = self._by_topic.get(topic, {}).values()
        return min((lowest_needed(held.get(partition)) for held in groups), default=None)

    def close(self) -> None:
        """Write what waits and release the file."""
        self._queue.close()
        self._storage.close()

    def _write(self, group_commits: Sequence[GroupCommits]) -> Sequence[None]:
        self._storage.save(group_commits)
        for group, commits in group_commits:
            self._remember(group, commits)
        return [None] * len(group_commits)

    def _tend(self) -> None:
        """Notice what groups in other processes committed."""
        try:
            if self._storage.has_changed():
                for group, place, commit in self._storage.load():
                    self._remember(group, {place: commit})
        except LogError as error:
            log.warning("log_watch_failed", file="commits", error=str(error))

    def _remember(self, group: str, commits: Mapping[Place, Commit]) -> None:
        for place, commit in commits.items():
            groups = self._by_topic.get(place.topic, {})
            held = {**groups.get(group, {}), place.partition: commit}
            self._by_topic = {**self._by_topic, place.topic: {**groups, group: held}}


def lowest_needed(commit: Commit | None) -> int:
    """Read the lowest offset that a group needs: the first word of its metadata, if that is one."""
    if commit is None:
        return 0
    word = commit.metadata.partition(" ")[0]
    is_offset = word.isascii() and word.isdecimal()
    return min(int(word), commit.offset) if is_offset else commit.offset
