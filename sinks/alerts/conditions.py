"""What a route or an inhibition asks of an event: of what kind, where, when, which way."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from anpr.events import (
    Access,
    CameraState,
    CloneSuspect,
    Direction,
    Hit,
    LockTransit,
    Match,
    RuleEvent,
    SectionTransit,
)
from anpr.sites import Hours, ListSettings, Site, When
from anpr.sites.channels import AnyChannel

AnyEvent = RuleEvent | CameraState

_TURNED = {"in": "out", "out": "in", "through": "through"}


def _without_calendar(_hours: Hours, _at: datetime) -> bool:
    raise LookupError("a site with hours needs its calendar; hand over `is_within`")


@dataclass(frozen=True, slots=True)
class Terms:
    """What routing rests on beside the site and the event."""

    is_within: Callable[[Hours, datetime], bool] = _without_calendar
    """whether some days and hours of the site hold at a moment"""
    demoted: frozenset[str] = field(default_factory=frozenset)
    """the lists whose hits were wrong too often"""


def asks(when: When, event: AnyEvent, site: Site, terms: Terms = Terms()) -> bool:
    """Say whether a condition holds for an event."""
    if when.kind != event.kind or not _is_of(when, event):
        return False
    if when.verdicts is not None and verdict(event) not in when.verdicts:
        return False
    cameras = set(cameras_of(event, site))
    if when.cameras is not None and cameras.isdisjoint(when.cameras):
        return False
    if when.areas is not None and not any(_lies_in(one, when.areas, site) for one in cameras):
        return False
    if when.ways is not None and not set(_ways(event, site)) & set(when.ways):
        return False
    return not when.hours or any(terms.is_within(one, event.at) for one in when.hours)


def _is_of(when: When, event: AnyEvent) -> bool:
    """Say whether it is of the lists, urgency and rules that are meant."""
    if isinstance(event, Hit):
        is_urgent = when.priority_min is None or event.priority >= when.priority_min
        return is_urgent and (when.lists is None or event.list in when.lists)
    return when.rules is None or _rule(event) in when.rules


def is_for_dispatch(event: AnyEvent, site: Site, terms: Terms) -> bool:
    """Say whether only dispatchers should hear of an event: it must be looked at first."""
    if not isinstance(event, Hit):
        return False
    settings = site.lists.get(event.list, ListSettings())
    is_open = event.match is Match.EXACT or settings.unconfirmed == "all"
    return event.list in terms.demoted or not is_open


def is_quiet(channel: AnyChannel, terms: Terms, now: datetime, priority: int = -1) -> bool:
    """Say whether it is a channel's quiet hours, and something not urgent enough for them."""
    quiet = channel.quiet
    return quiet is not None and priority < quiet.priority_min and terms.is_within(quiet, now)


def awake(
    channels: Iterable[str], event: AnyEvent, site: Site, terms: Terms, now: datetime
) -> list[str]:
    """Leave out the channels in whose quiet hours an event is not urgent enough."""
    known, priority = site.channels, event.priority if isinstance(event, Hit) else -1
    return [
        name
        for name in channels
        if name not in known or not is_quiet(known[name], terms, now, priority)
    ]


def cameras_of(event: AnyEvent, site: Site) -> Iterator[str]:
    """Name the cameras of an event."""
    if not isinstance(event, SectionTransit):
        yield from places(event)
        return
    for section in site.sections:
        if section.id == event.section:
            yield from (*section.entry, *section.exit)


def places(event: AnyEvent) -> Iterator[str]:
    """Give the cameras of an event that names them, the last one passed first."""
    match event:
        case Hit() | CameraState():
            yield event.camera
        case LockTransit():
            yield from (event.exit_camera, event.entry_camera)
        case Access():
            yield event.gate
        case CloneSuspect():
            yield from reversed(event.cameras)
        case SectionTransit():
            return


def camera(event: AnyEvent) -> str | None:
    """Name the camera where an event happened; a transit of a section has no single one."""
    return None if isinstance(event, SectionTransit) else next(places(event))


def verdict(event: AnyEvent) -> str | None:
    """Give an event's verdict, decision or state."""
    match event:
        case SectionTransit() | LockTransit():
            return event.verdict.value
        case Access():
            return event.decision.value
        case CameraState():
            return event.state.value
        case Hit() | CloneSuspect():
            return None


def _rule(event: AnyEvent) -> str | None:
    match event:
        case SectionTransit():
            return event.section
        case LockTransit():
            return event.lock
        case Access():
            return event.zone
        case Hit() | CloneSuspect() | CameraState():
            return None


def _lies_in(camera_: str, areas: tuple[str, ...], site: Site) -> bool:
    known = site.camera(camera_)
    return known is not None and any(site.areas[one].holds(known.lat, known.lon) for one in areas)


def _ways(event: AnyEvent, site: Site) -> Iterator[str]:
    """Give the ways over the border at its cameras; who drives away goes the other way."""
    is_turned = isinstance(event, Hit) and event.direction is Direction.RECEDING
    for name in cameras_of(event, site):
        if known := site.camera(name):
            yield _TURNED[known.direction] if is_turned else known.direction
