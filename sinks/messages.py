"""Read what the log brings to the sinks."""

from pydantic import ValidationError

from anpr.errors import UnreadableMessageError
from anpr.events import CameraState, Passage, RuleEvent, parse_event
from anpr.ports import Message
from anpr.topics import EVENTS, PASSAGES


def parse(message: Message) -> Passage | RuleEvent | CameraState:
    """Read the passage or event of a message. Raises UnreadableMessageError."""
    topic, value = message.place.topic, message.record.value
    try:
        if topic == PASSAGES:
            return Passage.model_validate_json(value)
        if topic == EVENTS:
            return parse_event(value)
    except ValidationError as error:
        where = ", ".join(".".join(map(str, one["loc"])) or "the JSON" for one in error.errors())
        msg = f"not one of {topic!r}: {where} is wrong"
        raise UnreadableMessageError(msg) from error
    msg = f"topic {topic!r} holds neither passages nor events"
    raise UnreadableMessageError(msg)
