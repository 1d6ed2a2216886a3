"""Read what the log brings to the sinks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from pydantic import ValidationError

from anpr.errors import UnreadableMessageError
from anpr.events import CameraState, Passage, RuleEvent, parse_event
from anpr.ports import Message, Output, Worker, dead_letter
from anpr.topics import EVENTS, PASSAGES

SHARED = 4096
"""So many events are remembered: stages of one process read each, one soon after the other."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What a batch of messages brought, in order, and the dead letters of what was no use.

    `passages` and `events` come with the JSON that told of them.
    """

    passages: list[tuple[Passage, bytes]] = field(default_factory=list)
    events: list[tuple[RuleEvent | CameraState, bytes]] = field(default_factory=list)
    refused: list[Output] = field(default_factory=list)


class Stateless(Worker):
    """The rest of a `Worker` that remembers nothing outside the store."""

    def idle(self) -> Sequence[Output]:
        """Nothing waits here."""
        return ()

    def needed_from(self) -> int | None:
        """Nothing has to be read again after a restart."""
        return None


def read(messages: Sequence[Message]) -> Brought:
    """Read the passages and events of a batch."""
    brought = Brought()
    for message in messages:
        try:
            value = parse(message)
        except UnreadableMessageError as error:
            brought.refused.append(dead_letter(message, str(error)))
            continue
        if isinstance(value, Passage):
            brought.passages.append((value, message.record.value))
        else:
            brought.events.append((value, message.record.value))
    return brought


def parse(message: Message) -> Passage | RuleEvent | CameraState:
    """Read the passage or event of a message. Raises UnreadableMessageError."""
    topic, value = message.place.topic, message.record.value
    try:
        if topic == PASSAGES:
            return Passage.from_json(value)
        if topic == EVENTS:
            return _event(value)
    except ValidationError as error:
        where = ", ".join(".".join(map(str, one["loc"])) or "the JSON" for one in error.errors())
        msg = f"not one of {topic!r}: {where} is wrong"
        raise UnreadableMessageError(msg) from error
    msg = f"topic {topic!r} holds neither passages nor events"
    raise UnreadableMessageError(msg)


_event = lru_cache(maxsize=SHARED)(parse_event)
