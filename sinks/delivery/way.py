"""A way to a receiver: it says of each attempt whether to try again, and brings answers back."""

import json
from dataclasses import dataclass
from typing import Protocol

from sinks.delivery.ledger import State

RECEIPT = ".receipt.json"
"""Beside a file NAME a receiver lays NAME.receipt.json: {"state": "received" or "refused"}, with
what it wants to say under "note"."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt; None: try again later. `answer` tells no address, no content."""

    state: State | None
    answer: str = ""


class Way(Protocol):
    """A way to one receiver."""

    def send(self, name: str, content: bytes, key: str) -> Outcome:
        """Send a file; sent again under the same name, it replaces itself."""
        ...

    def answer(self, name: str) -> Outcome:
        """Ask what the receiver says of a file that it has; None: nothing yet."""
        ...

    def close(self) -> None:
        """Release the connection."""
        ...


def receipt_in(content: bytes) -> Outcome:
    """Read a receipt; one that cannot be understood is no answer."""
    try:
        told = json.loads(content)
        state = State(told["state"])
        note = str(told.get("note", ""))
    except (ValueError, TypeError, KeyError, AttributeError):
        return Outcome(None, "the receipt cannot be understood")
    if state not in (State.RECEIVED, State.REFUSED):
        return Outcome(None, "the receipt says neither received nor refused")
    return Outcome(state, note)
