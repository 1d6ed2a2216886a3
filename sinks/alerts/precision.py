"""How often hits were right, by list and by camera, as people said; and lists that are demoted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import sqrt

from sqlalchemy import Connection, Engine, insert, select, update

from anpr.errors import UnusableInputError
from anpr.events import Hit, parse_event
from anpr.sites import ListSettings, Site
from anpr.time import from_us, to_us
from sinks.store.alerting import demotions
from sinks.store.audit import MACHINE, append_audit
from sinks.store.casework import Feedback, feedback
from sinks.store.engine import writing
from sinks.store.people import Account
from sinks.store.schema import alerts

LOOKED_AT = timedelta(days=30)
"""How far back people's words count."""

_Z = 1.96
"""Of a normal distribution: 95 % of it lies within."""


@dataclass(frozen=True, slots=True)
class Precision:
    """Of the hits that somebody judged: how many were right, of another plate, or out of date."""

    right: int = 0
    wrong_plate: int = 0
    outdated: int = 0

    @property
    def judged(self) -> int:
        """How many were judged."""
        return self.right + self.wrong_plate + self.outdated

    @property
    def share(self) -> float | None:
        """The share that was right; None where nothing was judged."""
        return self.right / self.judged if self.judged else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the true share lies with 95 % (Wilson's interval)."""
        if not self.judged:
            return None
        n, share = self.judged, self.right / self.judged
        middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z / (1 + _Z**2 / n) * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
        return max(0.0, middle - half), min(1.0, middle + half)

    def with_(self, says: Feedback) -> "Precision":
        """Count one more."""
        match says:
            case Feedback.CONFIRMED:
                return replace(self, right=self.right + 1)
            case Feedback.OUTDATED:
                return replace(self, outdated=self.outdated + 1)
            case Feedback.REJECTED | Feedback.DIFFERS:
                return replace(self, wrong_plate=self.wrong_plate + 1)
            case Feedback.ACKNOWLEDGED:
                return self


@dataclass(frozen=True, slots=True)
class Judged:
    """What people said last of a hit."""

    hit: Hit
    says: Feedback
    at: datetime


@dataclass(frozen=True, slots=True)
class Demotion:
    """A list whose hits go to dispatch only, since so few of those judged were right."""

    list: str
    since: datetime
    judged: int
    right: int


def judged_since(connection: Connection, since: datetime) -> list[Judged]:
    """Give the hits that were judged, each with the last word on it."""
    said = (
        select(feedback.c.alert_id, feedback.c.says, feedback.c.at_us, alerts.c.body)
        .join(alerts, alerts.c.id == feedback.c.alert_id)
        .where(
            alerts.c.kind == "hit",
            feedback.c.at_us >= to_us(since),
            feedback.c.says != Feedback.ACKNOWLEDGED.value,
        )
        .order_by(feedback.c.id)
    )
    last = {row.alert_id: row for row in connection.execute(said)}
    found = ((parse_event(row.body), row) for row in last.values())
    return [
        Judged(event, Feedback(row.says), from_us(row.at_us))
        for event, row in found
        if isinstance(event, Hit)
    ]


def by_list(judged: Iterable[Judged]) -> dict[str, Precision]:
    """Count by list."""
    counted: dict[str, Precision] = {}
    for one in judged:
        counted[one.hit.list] = counted.get(one.hit.list, Precision()).with_(one.says)
    return dict(sorted(counted.items()))


def by_camera(judged: Iterable[Judged]) -> dict[str, Precision]:
    """Count by camera. An entry that is out of date says nothing of a camera."""
    counted: dict[str, Precision] = {}
    for one in judged:
        if one.says is not Feedback.OUTDATED:
            counted[one.hit.camera] = counted.get(one.hit.camera, Precision()).with_(one.says)
    return dict(sorted(counted.items()))


def demoted(connection: Connection) -> dict[str, Demotion]:
    """Give the lists that are demoted."""
    found = select(demotions).where(demotions.c.ended_us.is_(None)).order_by(demotions.c.id)
    return {
        row.list: Demotion(row.list, from_us(row.since_us), row.judged, row.right)
        for row in connection.execute(found)
    }


def demote(engine: Engine, site: Site, now: datetime) -> list[Demotion]:
    """Demote the lists whose precision is below their floor; each is a record of the audit.

    What was said before a list was taken up again counts no more.
    """
    with engine.connect() as connection:
        known = demoted(connection)
        fresh_from = _taken_up(connection)
        judged = judged_since(connection, now - LOOKED_AT)
    counted = by_list(
        one
        for one in judged
        if one.hit.list not in known and one.at >= fresh_from.get(one.hit.list, one.at)
    )
    fallen = [
        Demotion(name, now, precision.judged, precision.right)
        for name, precision in counted.items()
        if _is_too_low(precision, site.lists.get(name, ListSettings()))
    ]
    if fallen:
        with writing(engine) as connection:
            for one in fallen:
                _note(connection, one, now)
    return fallen


def restore(connection: Connection, list_: str, account: Account, note: str, now: datetime) -> bool:
    """Take a demoted list up again; say whether it was one.

    Raises UnusableInputError without a note.
    """
    if not note.strip():
        raise UnusableInputError("say why the list is to be trusted again")
    ended = update(demotions).where(demotions.c.list == list_, demotions.c.ended_us.is_(None))
    row = {"ended_us": to_us(now), "ended_by": account.name, "note": note.strip()}
    return bool(connection.execute(ended.values(row)).rowcount)


def _is_too_low(precision: Precision, settings: ListSettings) -> bool:
    share = precision.share
    has_enough = precision.judged >= settings.precision_after
    return has_enough and share is not None and share < settings.precision_min


def _taken_up(connection: Connection) -> Mapping[str, datetime]:
    found = select(demotions.c.list, demotions.c.ended_us).where(demotions.c.ended_us.is_not(None))
    rows = connection.execute(found.order_by(demotions.c.ended_us))
    return {row.list: from_us(row.ended_us) for row in rows}


def _note(connection: Connection, one: Demotion, now: datetime) -> None:
    row = {"list": one.list, "since_us": to_us(now), "judged": one.judged, "right": one.right}
    connection.execute(insert(demotions).values(**row, note=""))
    query = {"list": one.list, "judged": one.judged, "right": one.right}
    append_audit(connection, MACHINE, MACHINE, "list_demoted", now, query=query, results=one.judged)
