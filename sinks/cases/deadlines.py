"""The deadlines of cases: how long is left, and how many run out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from prometheus_client import Gauge
from sqlalchemy import Engine

from anpr.sites import Site
from sinks.cases.ledger import Case, find_cases
from sinks.cases.life import OPEN
from sinks.fitness import unfit_days
from sinks.store.questions import Period

NEAR = Gauge("anpr_cases_near", "Open cases whose deadline is near", ["kind"])
OVERDUE = Gauge("anpr_cases_overdue", "Open cases whose deadline has passed", ["kind"])

LOOKED_BACK = timedelta(days=60)
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Deadline:
    """By when the report of a case must be made up; `state` is met, ahead, near or overdue."""

    due: datetime
    state: str
    days_left: int


def deadline_of(case: Case, site: Site, now: datetime) -> Deadline:
    """Tell how a case stands to its deadline; one that waits for nothing has met it."""
    due = site.casework.due(case.at, site.site.zone)
    left = due - now
    if case.state not in OPEN:
        state = "met"
    elif left <= timedelta(0):
        state = "overdue"
    else:
        state = "near" if left <= timedelta(days=site.casework.warn_days) else "ahead"
    return Deadline(due, state, left // timedelta(days=1))


def watch_deadlines(engine: Engine, site: Site, now: datetime) -> None:
    """Set the figures of the cases that are still open."""
    period = Period(now - LOOKED_BACK, now)
    with engine.connect() as connection:
        held = [day.held_back for day in unfit_days(connection, site, period)]
        found = find_cases(connection, MOST, states=OPEN, period=period, held=held)
    told = [(one.kind, deadline_of(one, site, now).state) for one in found]
    for kind in ("section_transit", "lock_transit", "access"):
        NEAR.labels(kind).set(told.count((kind, "near")))
        OVERDUE.labels(kind).set(told.count((kind, "overdue")))
