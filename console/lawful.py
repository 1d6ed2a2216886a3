"""The gate before stored passages: a purpose, the age of the data, and a prosecutor's decision.

Belgium (WPA art. 44/11/3decies): the administrative police may look at the first month only; for
judicial tasks the whole retention is open, after the first month only on the prosecutor's written
and reasoned decision. Traffic offences and worrying disappearances are judicial in this sense.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sinks.store.audit import Grounds
from sinks.store.rights import Purpose


class Reason(StrEnum):
    """Why a search may or may not go on."""

    LAWFUL = "lawful"
    NO_PURPOSE = "no_purpose"
    NO_CASE = "no_case"
    FIRST_MONTH_ONLY = "first_month_only"
    DECISION_NEEDED = "decision_needed"


@dataclass(frozen=True, slots=True)
class Terms:
    """How long passages are kept, and how long "the first month" lasts (30 days in practice)."""

    retention: timedelta
    first_month: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether a search is lawful, why, and the earliest moment these grounds open."""

    reason: Reason
    earliest: datetime

    @property
    def is_lawful(self) -> bool:
        """Say whether it may go on."""
        return self.reason is Reason.LAWFUL

    @property
    def field(self) -> str:
        """Name what would have to be different."""
        return _FIELDS[self.reason]


_FIELDS = {
    Reason.LAWFUL: "",
    Reason.NO_PURPOSE: "purpose",
    Reason.NO_CASE: "case_ref",
    Reason.FIRST_MONTH_ONLY: "from",
    Reason.DECISION_NEEDED: "decision_ref",
}


def rule_on(grounds: Grounds, since: datetime, now: datetime, terms: Terms) -> Ruling:
    """Rule on looking at passages from `since` on. `earliest` is never after `now`."""
    youngest, oldest = now - terms.first_month, now - terms.retention
    if grounds.purpose is None:
        return Ruling(Reason.NO_PURPOSE, now)
    if not (grounds.case_ref or "").strip():
        return Ruling(Reason.NO_CASE, now)
    first = max(youngest, oldest)
    if grounds.purpose == Purpose.ADMINISTRATIVE:
        return Ruling(Reason.LAWFUL if since >= first else Reason.FIRST_MONTH_ONLY, first)
    if (grounds.decision_ref or "").strip():
        return Ruling(Reason.LAWFUL, oldest)
    return Ruling(Reason.LAWFUL if since >= first else Reason.DECISION_NEEDED, first)
