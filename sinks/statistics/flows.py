"""Flows over the border: from where to where vehicles drive, a day at a time, without plates.

A vehicle that comes in at one camera of the border and is next seen leaving at another has made a
trip between the two. Who comes in and is not seen leaving ended inside; who leaves without
having come in began there. Vehicles are followed by pseudonyms of one local day: a salt is drawn
when the day is computed, lives in memory, and is gone with the computation. It and the pseudonyms
are written nowhere, so that nothing can be asked of them later, by nobody. A trip over midnight
is lost: it counts as one that ended inside, and one that began there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from hashlib import blake2b
from secrets import token_bytes
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, Engine, delete, select

from anpr.sites import Site
from anpr.time import from_us, to_us
from sinks.statistics.few import is_few
from sinks.statistics.rolling import BATCH, Done, frozen_before, marked_by_now, roll_batch
from sinks.statistics.suppression import ENDLESS, hidden_in
from sinks.store.dialects import among, load, take_turn
from sinks.store.engine import writing
from sinks.store.rows import Row
from sinks.store.schema import dirty_windows, passages
from sinks.store.traffic import flows, through
from sinks.store.visits import Border, Way, way_of
from sinks.store.windows import ACCESS, FLOWS, HOUR_US, PASSED, TRANSITS, Window

_ID = dirty_windows.c.id

INSIDE = ""
"""Where a trip begins or ends that no camera of the border saw begin or end."""


class Sighting(NamedTuple):
    """A vehicle over the border; `who` is its pseudonym, the same for plates that look alike."""

    at_us: int
    who: bytes
    camera: str
    way: Way


class Trip(NamedTuple):
    """From where to where, since when and until when."""

    origin: str
    destination: str
    since_us: int
    until_us: int


def trips_of(sightings: Iterable[Sighting]) -> Iterator[Trip]:
    """Follow vehicles over the border, seen in order of time."""
    inside: dict[bytes, Sighting] = {}
    for one in sightings:
        before = inside.pop(one.who, None)
        if one.way is Way.IN:
            inside[one.who] = one
        if before is None and one.way is Way.OUT:
            yield Trip(INSIDE, one.camera, one.at_us, one.at_us)
        elif before is not None and one.way is Way.OUT:
            yield Trip(before.camera, one.camera, before.at_us, one.at_us)
        elif before is not None:  # it came in again, so it had left unseen
            yield _stays(before)
    yield from map(_stays, inside.values())


def day_of(at_us: int, zone: tzinfo) -> datetime:
    """Give the start of the local day in which a moment lies."""
    local = from_us(at_us).astimezone(zone)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def end_of(day: datetime) -> datetime:
    """Give the end of a local day: 23, 24 or 25 hours after its start."""
    return day + timedelta(days=1)  # by the calendar of its zone


class FlowRoller:
    """Computes what is told by the hour, and flows over the border by the day."""

    def __init__(self, engine: Engine, site: Site) -> None:
        self._engine = engine
        self._border = site.border
        self._ends = [INSIDE, *sorted(site.border)]
        self._zone = site.site.zone
        self._settings = site.statistics

    def roll(self, done: Done = lambda _: None) -> int:
        """Compute every marked hour, and every day that such an hour changes; tell how many.

        The marks of hours become marks of days before a day is read, and a day's marks go when
        its figures are written: whoever is cut short between the two leaves them to the next. Who
        finds one of them gone after reading writes nothing, since somebody else read as much.
        """
        rolled = self._roll_hours(done)
        marks: defaultdict[int, list[int]] = defaultdict(list)
        of = dirty_windows.c
        with self._engine.connect() as connection:
            for day_us, number in connection.execute(
                select(of.start_us, of.id).where(of.kind == FLOWS).order_by(of.start_us)
            ):
                marks[day_us].append(number)
        for day_us, numbers in marks.items():
            self._compute(day_us, numbers)
            done(1)
        return rolled + len(marks)

    def _roll_hours(self, done: Done) -> int:
        marked = marked_by_now(self._engine, (PASSED, TRANSITS, ACCESS))
        rolled = 0
        while True:
            with writing(self._engine) as connection:
                windows = roll_batch(connection, marked)
                self._mark_days(connection, windows)
            rolled += len(windows)
            done(len(windows))
            if len(windows) < BATCH:
                return rolled

    def _mark_days(self, connection: Connection, hours: Sequence[Window]) -> None:
        """Mark the days in which passages over the border have changed."""
        frozen_us = frozen_before(connection).get(PASSED, 0)
        crossed = (one for one in hours if one.kind == PASSED and one.subject in self._border)
        days = {to_us(day_of(one.start_us, self._zone)) for one in crossed}
        fresh = sorted(day for day in days if day >= frozen_us)
        load(connection, dirty_windows, [Window(FLOWS, "", day)._asdict() for day in fresh])

    def _compute(self, day_us: int, marks: Sequence[int]) -> None:
        """Make the figures of a day anew that has these marks, unless somebody else has."""
        end_us = to_us(end_of(day_of(day_us, self._zone)))
        with self._engine.connect() as connection:
            take_turn(connection, FLOWS)  # nothing would be gained from two at a time
            if not _are_there(connection, marks):
                return
            trips = list(trips_of(_sightings(connection, self._border, day_us, end_us)))
            unread = list(_unread(connection, self._border, day_us, end_us))
        length_us = self._settings.flow_hours * HOUR_US
        followed, others = (_by_window(some, day_us, length_us) for some in (trips, unread))
        rows: list[Row] = []
        shares: list[Row] = []
        for start_us in sorted(followed.keys() | others.keys()):
            window, some = {"day_us": day_us, "start_us": start_us}, followed[start_us]
            all_ = [*some, *others[start_us]]
            rows += [window | row for row in told_flows(all_, self._ends, self._settings.k)]
            shares.append(window | self._through(some))
        with writing(self._engine) as connection:
            take_turn(connection, FLOWS)
            if not _are_there(connection, marks):
                return
            connection.execute(delete(dirty_windows).where(among(connection, _ID, marks)))
            connection.execute(delete(flows).where(flows.c.day_us == day_us))
            connection.execute(delete(through).where(through.c.day_us == day_us))
            load(connection, flows, rows)
            load(connection, through, shares)

    def _through(self, trips: Sequence[Trip]) -> Row:
        """Say how many drove through; hidden where that, or how many did not, is a small number.

        Those who did not are those who ended inside, and those who took longer to cross, who can
        be worked out from the flows.
        """
        within_us = self._settings.through_within_s * 1_000_000
        entered = [one for one in trips if one.origin != INSIDE]
        crossed = [one for one in entered if one.destination != INSIDE]
        n = sum(one.until_us - one.since_us <= within_us for one in crossed)
        least = self._settings.k
        parts = (n, len(crossed) - n, len(entered) - len(crossed), len(entered) - n)
        is_told = not any(is_few(part, least) for part in parts)
        return {
            "entered": len(entered) if not is_few(len(entered), least) else None,
            "through": n if is_told else None,
        }


def told_flows(trips: Iterable[Trip], ends: Sequence[str], k: int) -> Iterator[Row]:
    """Count trips by their ends, what must not be told as null; `ends` begins with `INSIDE`."""
    number = {end: place for place, end in enumerate(ends)}
    cells = np.zeros((len(ends), len(ends)), dtype=np.int64)
    for one in trips:
        cells[number[one.origin], number[one.destination]] += 1
    cells[0, 0] = ENDLESS  # who never crosses the border is in nobody's total
    hidden = hidden_in(cells, k)
    for origin, destination in np.argwhere(hidden | (cells > 0)).tolist():
        if origin or destination:
            yield {
                "origin": ends[origin],
                "destination": ends[destination],
                "count": None if hidden[origin, destination] else int(cells[origin, destination]),
            }


def _are_there(connection: Connection, marks: Sequence[int]) -> bool:
    there = connection.execute(select(_ID).where(among(connection, _ID, marks)))
    return len(there.all()) == len(marks)


def _stays(one: Sighting) -> Trip:
    return Trip(one.camera, INSIDE, one.at_us, one.at_us)


def _by_window(trips: Iterable[Trip], day_us: int, length_us: int) -> defaultdict[int, list[Trip]]:
    """Sort trips by the window of the day in which they began."""
    begun: defaultdict[int, list[Trip]] = defaultdict(list)
    for one in trips:
        begun[one.since_us - (one.since_us - day_us) % length_us].append(one)
    return begun


def _unread(connection: Connection, border: Border, since_us: int, until_us: int) -> Iterator[Trip]:
    """Give who crossed the border with a plate nobody could read: where else it was, nobody knows.

    With them the flows of a camera add up to its counts; without, the difference would tell of few.
    """
    for at_us, _, camera, direction in _crossings(
        connection, border, since_us, until_us, is_read=False
    ):
        way = way_of(border, camera, direction)
        if way is Way.IN:
            yield Trip(camera, INSIDE, at_us, at_us)
        elif way is Way.OUT:
            yield Trip(INSIDE, camera, at_us, at_us)


def _sightings(
    connection: Connection, border: Border, since_us: int, until_us: int
) -> Iterator[Sighting]:
    """Give who crossed the border under pseudonyms that mean nothing outside of this call."""
    salt = token_bytes(32)

    def pseudonym(text: str) -> bytes:
        return blake2b(text.encode(), key=salt, digest_size=16).digest()

    for at_us, fold, camera, direction in _crossings(
        connection, border, since_us, until_us, is_read=True
    ):
        if (way := way_of(border, camera, direction)) is not None:
            yield Sighting(at_us, pseudonym(fold), camera, way)


def _crossings(
    connection: Connection, border: Border, since_us: int, until_us: int, *, is_read: bool
) -> Iterable[Any]:
    """Give who passed the border's cameras, in order: when, plate fold, camera, direction."""
    of = passages.c
    return connection.execute(
        select(of.at_us, of.fold, of.camera, of.direction)
        .where(
            among(connection, of.camera, sorted(border)),
            of.at_us >= since_us,
            of.at_us < until_us,
            of.withdrawn.is_(False),
            of.fold.is_not(None) if is_read else of.fold.is_(None),
        )
        .order_by(of.at_us, of.id)
    )
