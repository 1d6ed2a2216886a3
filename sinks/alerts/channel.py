"""What a channel is: one way out, which says of each message whether to try again."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Fate(StrEnum):
    """What became of one attempt."""

    SENT = "sent"
    RETRY = "retry"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fate of an attempt, and why: words for a log, without address or content."""

    fate: Fate
    detail: str = ""


class Channel(Protocol):
    """A way out of the line."""

    def send(self, body: bytes, key: str) -> Outcome:
        """Send one message; `key` is the same in every attempt, so that doubles can be dropped."""
        ...

    def close(self) -> None:
        """Release the connection."""
        ...
