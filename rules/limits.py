"""The speed limit of a section over a transit, by its calendar."""

from datetime import datetime
from zoneinfo import ZoneInfo

from anpr.sites import Section
from rules.hours import holds, switches
from rules.law import Law


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
