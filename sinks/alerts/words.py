"""What a person must be told beside the bare event."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from anpr.events import (
    Access,
    CameraState,
    CloneSuspect,
    Hit,
    LockTransit,
    Match,
    RuleEvent,
    SectionTransit,
)

_SLOW = timedelta(seconds=60)

_BETWEEN = "; "
"""What stands between the words of an alert in the store; none of them holds it."""

UNCONFIRMED = {
    Match.EQUIVALENT: "not confirmed: the plate is a look-alike of the entry, compare the picture",
    Match.WILDCARD: "not confirmed: the plate fits the entry's pattern, compare the picture",
    Match.PROBABLE: "not confirmed: the plate is probably the entry's, compare the picture",
}

STALE = "the list has not been renewed in time: ask whether the entry still holds, and do not stop"

DEMOTED = "the list has proved wrong too often: look first, and do not stop on this alone"

UPDATE = "update: alerted before, now at another camera"

TAKEN_UP = "somebody has taken the list up again: its hits go where they went before"

LAPSED = "recalled: the entry was taken off its list or has expired"

PART_OF_CASE = "part of one case with sections in a row: another alert tells of the highest"

HIGHEST_OF_CASE = "the highest of sections in a row: it takes the place of an alert before it"

CAMERA_UP = "recalled: the camera is up again"

CAMERA_CHANGED = "recalled: the camera is in another state now"

RECALLED = "recalled: what raised this alert no longer holds"


_UNSENT = "not sent"
"""How words begin that say why an alert was not heard of everywhere."""


def silenced(account: str, reason: str) -> str:
    """Say that a person silenced an alert."""
    return f"{_UNSENT}: silenced by {account}: {reason}"


def explained(alert: int) -> str:
    """Say that another alert explains one."""
    return f"{_UNSENT}: alert {alert} explains it"


def asleep_at(channels: Iterable[str]) -> str:
    """Say at which channels it was quiet."""
    return f"{_UNSENT} to {', '.join(channels)}: quiet hours"


def unsent(said: Iterable[str]) -> tuple[str, ...]:
    """Give of an alert's words those that say why it was not heard of everywhere."""
    return tuple(one for one in said if one.startswith(_UNSENT))


def joined(said: Iterable[str]) -> str:
    """Write words as the store keeps them."""
    return _BETWEEN.join(one.replace(_BETWEEN, ", ") for one in said)


def apart(text: str) -> tuple[str, ...]:
    """Read words as the store keeps them."""
    return tuple(filter(None, text.split(_BETWEEN)))


def gist(event: RuleEvent | CameraState) -> tuple[str, ...]:
    """Give what an alert's reader acts on: a revision that leaves it as it was is not sent."""
    match event:
        case Hit():
            return (event.plate, event.match, event.action)
        case SectionTransit():
            speeds = (str(event.corrected_kmh), str(event.limit_kmh))
            return (event.plate, event.verdict, event.case_class, *speeds)
        case LockTransit():
            return (event.plate, event.verdict)
        case Access():
            return (event.plate, event.decision)
        case CloneSuspect():
            return (event.plate,)
        case CameraState():
            return (event.state,)


def words(
    event: RuleEvent | CameraState, *, is_update: bool, now: datetime, is_demoted: bool = False
) -> tuple[str, ...]:
    """Say what is unconfirmed, new or slow about an alert; nothing if all is plain."""
    demoted = (DEMOTED,) if is_demoted else ()
    return (*demoted, *_words(event, is_update=is_update, delay=now - event.at))


def _words(event: RuleEvent | CameraState, *, is_update: bool, delay: timedelta) -> Iterator[str]:
    if isinstance(event, Hit) and event.match in UNCONFIRMED:
        yield UNCONFIRMED[event.match]
    if isinstance(event, Hit) and event.stale:
        yield STALE
    if is_update:
        yield UPDATE
    if delay > _SLOW:
        yield f"delayed: it happened {delay // timedelta(minutes=1)} min before this alert"
