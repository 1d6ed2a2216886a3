"""Reconciliation: of all that was entered for a receiver, what it has and what is missing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sinks.delivery.ledger import Consignment, State

MISSING = frozenset({State.WAITING, State.SENT, State.FAILED})
"""What the receiver has said nothing of."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What became of all that was entered for one receiver."""

    receiver: str
    entered: int
    received: int
    refused: int
    sent: int
    waiting: int
    failed: int
    missing: Sequence[Consignment]


def reconcile(entered: Iterable[Consignment]) -> list[Reconciled]:
    """Count by receiver, and name what is missing."""
    by_receiver: dict[str, list[Consignment]] = {}
    for one in entered:
        by_receiver.setdefault(one.receiver, []).append(one)
    return [_reconciled(name, by_receiver[name]) for name in sorted(by_receiver)]


def _reconciled(receiver: str, entered: Sequence[Consignment]) -> Reconciled:
    states = Counter(one.state for one in entered)
    return Reconciled(
        receiver=receiver,
        entered=len(entered),
        received=states[State.RECEIVED],
        refused=states[State.REFUSED],
        sent=states[State.SENT],
        waiting=states[State.WAITING],
        failed=states[State.FAILED],
        missing=[one for one in entered if one.state in MISSING],
    )
