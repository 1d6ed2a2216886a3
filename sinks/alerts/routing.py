"""Decide what an event does to alerts: pure, and every decision has its reason."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from anpr.events import (
    Access,
    Action,
    CameraState,
    CloneSuspect,
    Hit,
    LockTransit,
    RuleEvent,
    SectionTransit,
)
from anpr.journeys import Journey
from anpr.sites import AlertRoute, Site, When

CONSOLE = "console"

HITS_TO_CONSOLE = AlertRoute(when=When(kind="hit"), channels=(CONSOLE,))
"""What holds for a site that routes nothing: somebody must see its hits."""


class Step(StrEnum):
    """What to do with the alert of an event; `hold` raises none but remembers the event."""

    RAISE = "raise"
    REVISE = "revise"
    RECALL = "recall"
    HOLD = "hold"
    IGNORE = "ignore"


class Reason(StrEnum):
    """Why."""

    ROUTED = "routed"
    NOT_ROUTED = "not_routed"
    WITHDRAWN = "withdrawn"
    LATE = "late"
    TOO_OLD = "too_old"
    REPEAT = "repeat"
    PART_OF_CASE = "part_of_case"
    UNFIT = "unfit"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and why."""

    step: Step
    reason: Reason


@dataclass(frozen=True, slots=True)
class Routing:
    """Where an event goes, and how long the same thing at the same camera is not said again."""

    channels: tuple[str, ...]
    repeat_after: timedelta


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of an event: its winning version, and whether its alert is open."""

    revision: int
    withdrawn: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a decision rests on beside the event."""

    known: Known | None
    """what is remembered of the event itself"""
    told: datetime | None
    """the moment nearest to the event's at which the same thing was said at the same camera"""
    now: datetime
    live_for: timedelta
    """older events are no news any more: the site's longest stall that must cost nothing"""
    is_unfit: bool = False
    """whether it asks a person, and its lock has asked too often that day"""
    case: Sequence[SectionTransit] = ()
    """what open alerts tell of the same case: violations on sections in a row with it"""


def route(event: RuleEvent | CameraState, site: Site) -> Routing | None:
    """Gather every route that asks for the event: all their channels, the shortest silence."""
    routes = site.alerts or (HITS_TO_CONSOLE,)
    asking = [one for one in routes if asks(one.when, event, site)]
    if not asking:
        return None
    channels = dict.fromkeys(
        channel
        for one in asking
        for channel in one.channels
        if channel == CONSOLE or _may_carry(one.when, event, site)
    )
    silence = min(one.repeat_after_s for one in asking)
    return Routing(tuple(channels), timedelta(seconds=silence))


def asks(when: When, event: RuleEvent | CameraState, site: Site) -> bool:
    """Say whether a route asks for an event."""
    if when.kind != event.kind:
        return False
    if isinstance(event, Hit):
        if when.priority_min is not None and event.priority < when.priority_min:
            return False
        if when.lists is not None and event.list not in when.lists:
            return False
    if when.verdicts is not None and _verdict(event) not in when.verdicts:
        return False
    return when.cameras is None or not set(when.cameras).isdisjoint(_cameras(event, site))


def _may_carry(when: When, event: RuleEvent | CameraState, site: Site) -> bool:
    """Say whether a route may carry an event beyond the console, which knows who is looking.

    A hit that not everybody may know of goes only where a route names its list.
    """
    if not isinstance(event, Hit):
        return True
    settings = site.lists.get(event.list)
    is_for_few = event.action is Action.DISCREET or (settings and settings.visible_to)
    return not is_for_few or event.list in (when.lists or ())


def decide(
    event: RuleEvent | CameraState, routing: Routing | None, around: Circumstances
) -> Decision:
    """Decide what an event does. Highest revision wins; at equal revision a live one."""
    known = around.known
    if known and (event.revision, not event.withdrawn) <= (known.revision, not known.withdrawn):
        return Decision(Step.IGNORE, Reason.STALE)
    is_open = known is not None and known.is_open
    if unwanted := _unwanted(event, routing):
        # even without an alert: an older revision that comes after it must find this one
        silent = Step.HOLD if known or routing else Step.IGNORE
        return Decision(Step.RECALL if is_open else silent, unwanted)
    if is_open:
        return Decision(Step.REVISE, Reason.ROUTED)
    if untimely := _untimely(event, around):
        return Decision(Step.HOLD if known else Step.IGNORE, untimely)
    if known_already := _told_by_another(event, routing, around):
        return Decision(Step.HOLD, known_already)
    return Decision(Step.RAISE, Reason.ROUTED)


def _told_by_another(
    event: RuleEvent | CameraState, routing: Routing | None, around: Circumstances
) -> Reason | None:
    if routing and around.told and abs(event.at - around.told) < routing.repeat_after:
        return Reason.REPEAT
    is_part = around.case and leads(event, around.case) is not event
    return Reason.PART_OF_CASE if is_part else None


def leads(
    event: RuleEvent | CameraState, case: Sequence[SectionTransit]
) -> RuleEvent | CameraState:
    """Give the one of a case that its alert tells of: the highest."""
    if not isinstance(event, SectionTransit):
        return event
    return Journey((event, *case)).leading


def _unwanted(event: RuleEvent | CameraState, routing: Routing | None) -> Reason | None:
    if event.withdrawn:
        return Reason.WITHDRAWN
    return Reason.NOT_ROUTED if routing is None else None


def _untimely(event: RuleEvent | CameraState, around: Circumstances) -> Reason | None:
    if event.late:
        return Reason.LATE
    if around.now - event.at > around.live_for:
        return Reason.TOO_OLD
    return Reason.UNFIT if around.is_unfit else None


def subject(event: RuleEvent | CameraState) -> str | None:
    """Name what an alert is about, so that a repeat is known; None: each event stands alone."""
    match event:
        case Hit():
            return f"{event.list}/{event.entry}"
        case Access():
            return f"{event.zone}/{event.plate}"
        case CloneSuspect():
            return event.plate
        case CameraState():
            return event.state.value
        case SectionTransit() | LockTransit():
            return None


def filed_under(event: RuleEvent | CameraState) -> str | None:
    """Name what an alert is found by: what it is about, or the vehicle of which it may be a part.

    Transits of sections are no repeats of each other, but several in a row are one case.
    """
    return event.plate if isinstance(event, SectionTransit) else subject(event)


def camera(event: RuleEvent | CameraState) -> str | None:
    """Name the camera where an event happened; a transit of a section has no single one."""
    return None if isinstance(event, SectionTransit) else next(_places(event))


def _cameras(event: RuleEvent | CameraState, site: Site) -> Iterator[str]:
    if not isinstance(event, SectionTransit):
        yield from _places(event)
        return
    for section in site.sections:
        if section.id == event.section:
            yield from (*section.entry, *section.exit)


def _places(event: RuleEvent | CameraState) -> Iterator[str]:
    """Give the cameras of an event, the last one passed first."""
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


def _verdict(event: RuleEvent | CameraState) -> str | None:
    match event:
        case SectionTransit() | LockTransit():
            return event.verdict.value
        case Access():
            return event.decision.value
        case CameraState():
            return event.state.value
        case Hit() | CloneSuspect():
            return None
