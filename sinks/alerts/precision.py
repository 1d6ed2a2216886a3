"""How often hits were right, by list and by camera, as people said."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import sqrt

from sqlalchemy import Connection, select

from anpr.events import Hit, parse_event
from anpr.time import from_us, to_us
from sinks.store.casework import Feedback, feedback
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
