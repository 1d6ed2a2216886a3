"""Let a group read again what the log keeps: its store was put back from a backup."""

import time
from collections.abc import Sequence
from datetime import timedelta

from anpr.errors import LogError
from anpr.ports import Commit, Log, Place

PATIENCE = timedelta(seconds=30)


class StillReadingError(LogError):
    """Somebody else reads for the group, and would go on where it is; stop that first."""


def reread(log: Log, group: str, topics: Sequence[str], patience: timedelta = PATIENCE) -> None:
    """Set a group back to the beginning of its topics.

    Raises StillReadingError where another member holds partitions.
    """
    wanted = sum(len(log.backlog(group, topic)) for topic in topics)
    consumer = log.consumer(group, topics)
    try:
        owned: set[Place] = set()
        deadline = time.monotonic() + patience.total_seconds()
        while len(owned) < wanted:
            if time.monotonic() > deadline:
                raise StillReadingError(
                    f"the group {group!r} has other members; stop the processes that run it first"
                )
            batch = consumer.poll(timedelta(milliseconds=100), 1)
            owned = (owned - set(batch.revoked)) | set(batch.assigned)
        consumer.commit({place: Commit(consumer.beginning(place)) for place in owned})
    finally:
        consumer.close()
