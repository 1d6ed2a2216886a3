"""Decide what an event does to alerts: pure, and every decision has its reason."""

from collections.abc import Sequence
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
from anpr.sites import AlertRoute, Escalation, ListSettings, Site, When
from sinks.alerts.conditions import Terms, asks, is_for_dispatch

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
    LAPSED = "lapsed"
    STALE = "stale"
    OVERTAKEN = "overtaken"


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
    escalate: tuple[Escalation, ...] = ()
    dispatch_only: bool = False
    """it must be looked at before anybody acts: patrols are not told"""


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
    is_lapsed: bool = False
    """whether the entry that was hit holds no more"""
    is_unfit: bool = False
    """whether it asks a person, and its lock has asked too often that day"""
    case: Sequence[SectionTransit] = ()
    """what open alerts tell of the same case: violations on sections in a row with it"""


def route(
    event: RuleEvent | CameraState,
    site: Site,
    terms: Terms = Terms(),  # noqa: B008 - a value
) -> Routing | None:
    """Gather every route that asks for the event: all their channels, the shortest silence."""
    routes = site.alerts or (HITS_TO_CONSOLE,)
    asking = [one for one in routes if asks(one.when, event, site, terms)]
    if not asking:
        return None
    dispatch_only = is_for_dispatch(event, site, terms)

    def allowed(names: Sequence[str], when: When) -> list[str]:
        return [
            name
            for name in names
            if name == CONSOLE
            or (_may_carry(when, event, site) and (not dispatch_only or _is_dispatch(site, name)))
        ]

    channels = dict.fromkeys(name for one in asking for name in allowed(one.channels, one.when))
    escalate = [
        Escalation(after_s=step.after_s, channels=names)
        for one in asking
        for step in one.escalate
        if (names := tuple(allowed(step.channels, one.when)))
    ]
    silence = min(one.repeat_after_s for one in asking)
    return Routing(tuple(channels), timedelta(seconds=silence), tuple(escalate), dispatch_only)


def hearers(list_: str, site: Site) -> tuple[str, ...]:
    """Name the channels that hear how a list fares: of dispatch where its hits go, and its owner's.

    A list that not everybody may know of is told where a route names it.
    """
    settings = site.lists.get(list_, ListSettings())
    spoken_of = (list_,) if not settings.visible_to else ()
    carrying = [
        name
        for one in site.alerts
        if one.when.kind == "hit" and list_ in (one.when.lists or spoken_of)
        for names in (one.channels, *(step.channels for step in one.escalate))
        for name in names
        if _is_dispatch(site, name)
    ]
    return tuple(dict.fromkeys((*carrying, *settings.owner)))


def longest_silence(site: Site) -> timedelta:
    """Give the longest time in which any route does not say the same again."""
    routes = site.alerts or (HITS_TO_CONSOLE,)
    return timedelta(seconds=max(one.repeat_after_s for one in routes))


def _is_dispatch(site: Site, channel: str) -> bool:
    terms = site.channels.get(channel)
    return terms is not None and terms.dispatch


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
    if unwanted := _unwanted(event, routing, around):
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


def _unwanted(
    event: RuleEvent | CameraState, routing: Routing | None, around: Circumstances
) -> Reason | None:
    if event.withdrawn:
        return Reason.WITHDRAWN
    if around.is_lapsed:
        return Reason.LAPSED
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
