"""A member's part in its group; and what kafka-python 3.0.12 leaves undone there."""

from collections.abc import Callable, Sequence
from typing import Any

from pipeline.logs.kafka_client import (
    ConsumerRebalanceListener,
    CooperativeStickyAssignor,
    MemberState,
)


class Ownership(ConsumerRebalanceListener):  # type: ignore[misc] # it has no types
    """Notes what the group gives and takes, and pauses what it gives, by `on_assigned`.

    It may do no more: it is called in the client's own thread, where a request would wait for
    itself.
    """

    def __init__(self) -> None:
        self.owned: set[Any] = set()
        self.on_assigned: Callable[..., None] = lambda *_: None
        self._assigned: set[Any] = set()
        self._revoked: set[Any] = set()

    def on_partitions_assigned(self, assigned: Sequence[Any]) -> None:
        """Note and pause."""
        self.on_assigned(*assigned)
        self.owned.update(assigned)
        self._assigned.update(assigned)

    def on_partitions_revoked(self, revoked: Sequence[Any]) -> None:
        """Note; what was given and taken between two polls is not told."""
        self._revoked.update(set(revoked) - self._assigned)
        self._assigned.difference_update(revoked)
        self.owned.difference_update(revoked)

    def on_partitions_lost(self, lost: Sequence[Any]) -> None:
        """Note; the group went on without us."""
        self.on_partitions_revoked(lost)

    def changes(self) -> tuple[set[Any], set[Any]]:
        """Give what was assigned and revoked since this was last asked."""
        changes = self._assigned, self._revoked
        self._assigned, self._revoked = set(), set()
        return changes


class Assignor(CooperativeStickyAssignor):  # type: ignore[misc] # it has no types
    """Deals partitions out so that a move takes from a member before it gives to another.

    The client's own goes on claiming what its member had before it was put out of the group, and
    so takes it from who was given it since.
    """

    def __init__(self, ownership: Ownership) -> None:
        super().__init__()
        self._ownership = ownership

    def metadata(self, topics: Sequence[str]) -> Any:
        """Tell the leader what this member owns."""
        self.member_assignment = sorted(self._ownership.owned)
        return super().metadata(topics)


def is_settled(client: Any) -> bool:
    """Whether the member is in its group and the group is not changing."""
    return bool(client.group_metadata().state == MemberState.STABLE)


class _Joined:
    """A join that ended between two polls, told as one that is still awaited."""

    is_done = False

    def __init__(self, assignment: bytes) -> None:
        self._assignment = assignment

    def add_callback(self, told: Callable[[bytes], None]) -> None:
        """Tell at once."""
        told(self._assignment)

    def add_errback(self, told: Callable[[Exception], None]) -> None:
        """Tell nothing: it has succeeded."""


def see_join_through(client: Any) -> None:
    """Let the next poll finish a join that the last one began.

    The client throws away a join that ended between two polls, and begins another: where the
    leader does, all must join again. And where news of a topic's partitions was the reason to
    join, it forgets the reason before it has taken up its own part, and is a silent member for ever
    (what KAFKA-9815 was to the Java client).
    """
    coordinator = client._coordinator  # noqa: SLF001 - nothing public tells of a join
    if client.group_metadata().state != MemberState.REBALANCING:
        return
    coordinator.request_rejoin()
    join = coordinator._join_task  # noqa: SLF001
    if join is not None and join.is_done and join.succeeded():
        coordinator._join_task = _Joined(join.value)  # noqa: SLF001
