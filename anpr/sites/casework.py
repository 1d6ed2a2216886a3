"""How a zone's cases are worked: the terms that the law sets."""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from anpr.sites.values import Part


class Term(Part):
    """`[[casework.terms]]`: within how many days a report must be made up, from a day on."""

    since: date
    """the day of the facts from which the term holds, such as 2021-02-01"""
    days: Annotated[int, Field(ge=1, le=365)]
    """the days after the facts, from 1 to 365"""


class Casework(Part):
    """`[casework]`: the terms of cases, by the day of the facts."""

    terms: Annotated[tuple[Term, ...], Field(min_length=1)] = (
        Term(since=date(2021, 2, 1), days=14),
    )
    """a [[casework.terms]] table for each term, with since and days"""
    warn_days: Annotated[int, Field(ge=0, le=60)] = 3
    """the days before a deadline from which it is shown as near, from 0 to 60"""

    def due(self, at: datetime, zone: ZoneInfo) -> datetime:
        """Tell when a case's report must be made up: by the end of that local day."""
        day = at.astimezone(zone).date()
        holding = [one for one in self.terms if one.since <= day] or [
            min(self.terms, key=lambda one: one.since)
        ]
        days = max(holding, key=lambda one: one.since).days
        return datetime.combine(day + timedelta(days=days + 1), time(), zone)
