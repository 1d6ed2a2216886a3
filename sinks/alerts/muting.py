"""What keeps an alert from being sent, though the console shows it: silences and inhibitions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from anpr.errors import UnusableInputError
from anpr.events import CameraState, Hit
from anpr.sites import Inhibition, Site
from anpr.time import from_us, to_us
from sinks.alerts.book import Book
from sinks.alerts.conditions import AnyEvent, Terms, asks, cameras_of
from sinks.alerts.words import explained, silenced
from sinks.store.alerting import silences
from sinks.store.people import Account

LONGEST = timedelta(days=7)
"""Nobody is silent for longer without thinking again."""


@dataclass(frozen=True, slots=True)
class Silence:
    """What somebody wants to hear nothing of until a moment, and why; None: whatever it is."""

    kind: str
    until: datetime
    reason: str
    list: str | None = None
    camera: str | None = None
    subject: str | None = None
    """one entry of a list, as `list/entry`"""
    priority_max: int | None = None
    """hits above it are sent all the same"""
    id: int = 0
    account: str = ""
    set_at: datetime | None = None

    def covers(self, event: AnyEvent, cameras: Sequence[str]) -> bool:
        """Say whether it means an event."""
        if self.kind != event.kind or (self.camera is not None and self.camera not in cameras):
            return False
        if not isinstance(event, Hit):
            return True
        if self.priority_max is not None and event.priority > self.priority_max:
            return False
        meant = (self.list in {None, event.list}, self.subject in {None, _subject(event)})
        return all(meant)


def _subject(hit: Hit) -> str:
    return f"{hit.list}/{hit.entry}"


def set_silence(connection: Connection, silence: Silence, account: Account, now: datetime) -> int:
    """Keep a silence; return its number.

    Raises UnusableInputError for one without end or reason.
    """
    if not silence.reason.strip():
        raise UnusableInputError("a silence needs a reason; write why nobody should be told")
    if not now < silence.until <= now + LONGEST:
        msg = "a silence ends in the future, and within 7 days; choose such a moment"
        raise UnusableInputError(msg)
    row = {
        "set_us": to_us(now), "account": account.name, "until_us": to_us(silence.until),
        "reason": silence.reason.strip(), "kind": silence.kind, "list": silence.list,
        "camera": silence.camera, "subject": silence.subject,
        "priority_max": silence.priority_max,
    }  # fmt: skip
    added = insert(silences).values(row).returning(silences.c.id)
    return int(connection.execute(added).scalar_one())


def end_silence(connection: Connection, number: int, account: Account, now: datetime) -> bool:
    """End a silence that still holds; say whether it was one."""
    ended = update(silences).where(silences.c.id == number, silences.c.until_us > to_us(now))
    row = {"until_us": to_us(now), "ended_by": account.name}
    return bool(connection.execute(ended.values(row)).rowcount)


def silences_at(connection: Connection, now: datetime) -> list[Silence]:
    """Give the silences that hold, the newest first."""
    found = select(silences).where(silences.c.until_us > to_us(now)).order_by(silences.c.id.desc())
    return [
        Silence(
            row.kind, from_us(row.until_us), row.reason, row.list, row.camera, row.subject,
            row.priority_max, row.id, row.account, from_us(row.set_us),
        )
        for row in connection.execute(found)
    ]  # fmt: skip


def inhibiting(
    events: Sequence[AnyEvent], site: Site, terms: Terms
) -> dict[str, tuple[datetime, datetime]]:
    """Name the kinds of alerts that may keep events quiet, each with the time that matters."""
    spans: dict[str, tuple[datetime, datetime]] = {}
    for inhibition in site.inhibits:
        reach = timedelta(seconds=inhibition.within_s)
        for event in events:
            if asks(inhibition.mutes, event, site, terms):
                first, last = event.at - reach, event.at + reach
                known = spans.get(inhibition.when.kind, (first, last))
                spans[inhibition.when.kind] = min(first, known[0]), max(last, known[1])
    return spans


def silenced_by(event: AnyEvent, site: Site, silences: Sequence[Silence]) -> Silence | None:
    """Give the silence that means an event."""
    cameras = list(cameras_of(event, site))
    return next((one for one in silences if one.covers(event, cameras)), None)


def muted_by(
    event: AnyEvent, site: Site, silences: Sequence[Silence], terms: Terms, book: Book
) -> str | None:
    """Say in words what keeps an alert of an event from being sent; None: nothing."""
    if silence := silenced_by(event, site, silences):
        return silenced(silence.account, silence.reason)
    for inhibition in site.inhibits:
        if asks(inhibition.mutes, event, site, terms):
            number = _inhibitor(inhibition, event, site, terms, book)
            if number is not None:
                return explained(number)
    return None


def _inhibitor(
    inhibition: Inhibition, event: AnyEvent, site: Site, terms: Terms, book: Book
) -> int | None:
    """Find an open alert that keeps others quiet and has the camera or the plate in common."""
    reach = timedelta(seconds=inhibition.within_s)
    for alert in book.open_alerts(inhibition.when.kind):
        other = alert.event
        is_near = abs(other.at - event.at) <= reach and other.id != event.id
        if (
            is_near
            and _is_same(inhibition, event, other, site)
            and asks(inhibition.when, other, site, terms)
        ):
            return alert.id
    return None


def _is_same(inhibition: Inhibition, event: AnyEvent, other: AnyEvent, site: Site) -> bool:
    if inhibition.same == "camera":
        return not set(cameras_of(event, site)).isdisjoint(cameras_of(other, site))
    if isinstance(event, CameraState) or isinstance(other, CameraState):
        return False
    return event.plate == other.plate
