"""The speed limit of a section over a transit: what its signs displayed, else its calendar."""

from datetime import datetime
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from anpr.events import LimitSource
from anpr.signs import Signs
from anpr.sites import Section
from rules.hours import holds, switches
from rules.law import Law


class LimitHeld(NamedTuple):
    """A limit (km/h), who says it, and the version of the displayed limits that counted."""

    kmh: int
    source: LimitSource
    version: int = 0


def limit_held(
    section: Section, law: Law, zone: ZoneInfo, signs: Signs, start: datetime, end: datetime
) -> LimitHeld:
    """Give the highest limit that held at any moment from `start` to `end`, both included.

    While signs display a limit it holds in place of the calendar's; dark ones leave that.
    """
    shown = signs.over(section.id, start, end)
    if not shown:
        return _by_calendar(section, law, zone, start, end)
    moments = [start, *(max(start, one.holds_from) for one in shown), end]
    spans = zip((None, *shown), pairwise(moments), strict=True)
    # Until the first known display the calendar speaks, where any time is left for it.
    limits = [
        LimitHeld(one.limit_kmh, LimitSource.SIGN)
        if one is not None and one.limit_kmh is not None
        else _by_calendar(section, law, zone, since, until)
        for one, (since, until) in spans
        if one is not None or shown[0].holds_from > start
    ]
    highest = max(limits, key=lambda limit: (limit.kmh, limit.source is LimitSource.SIGN))
    return LimitHeld(highest.kmh, highest.source, max(one.version for one in shown))


def _by_calendar(
    section: Section, law: Law, zone: ZoneInfo, start: datetime, end: datetime
) -> LimitHeld:
    kmh = limit_over(section, law, zone, start, end)
    return LimitHeld(kmh, LimitSource.SITE if kmh == section.limit_kmh else LimitSource.CALENDAR)


def limit_over(section: Section, law: Law, zone: ZoneInfo, start: datetime, end: datetime) -> int:
    """Give the highest limit (km/h) that held at any moment from `start` to `end`, both included.

    Of several exceptions that hold at once the highest counts; so does one of which it is not
    known whether it holds: a doubt is the driver's.
    """
    if not section.limits:
        return section.limit_kmh
    # Instants leave UTC only here: clock faces decide what holds, never how long it took.
    here, there = start.astimezone(zone), end.astimezone(zone)
    moments = {here, there}
    for limit in section.limits:
        moments.update(switches(limit, here, there))
    return max(_limit_at(section, law, moment) for moment in moments)


def _limit_at(section: Section, law: Law, local: datetime) -> int:
    answers = [
        (limit.limit_kmh, holds(limit, law.calendar(limit.except_holidays), local))
        for limit in section.limits
    ]
    certain = [kmh for kmh, does_hold in answers if does_hold]
    possible = [kmh for kmh, does_hold in answers if does_hold is None]
    return max([*(certain or [section.limit_kmh]), *possible])
