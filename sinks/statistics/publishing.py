"""What leaves the house: tables of figures, each once, as the register keeps them for good.

A table covers one window, and there is no other cut of the same vehicles: nothing to subtract one
table from. It appears when its lateness has passed. It is corrected only where no number in it
changes by fewer than k: the difference of two editions tells as little of one vehicle as either.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Engine, select

from anpr.events import Decision, VehicleClass, Wire
from anpr.sites import Site
from anpr.time import from_us, to_us
from sinks.statistics.flows import INSIDE, day_of, end_of
from sinks.statistics.rolling import durations_in, frozen_before, travel_time
from sinks.statistics.telling import STEPS_KMH, step_of, told_classes
from sinks.store.dialects import take_turn
from sinks.store.engine import writing
from sinks.store.questions import Period
from sinks.store.schema import UNKNOWN_CLASS, counts, travel_times
from sinks.store.traffic import compliance, flows, published, speeds
from sinks.store.windows import HOUR_US, TRAVEL

Row = dict[str, Any]
Rows = Sequence[Mapping[str, Any]]

ALL = "all"
"""The part that is the whole: its number is the total of the others."""

_CLASSES = (*(one.value for one in VehicleClass), UNKNOWN_CLASS)
_DECISIONS = tuple(one.value for one in Decision)


class Edition(Wire):
    """A table as it was published."""

    table: str
    start: datetime
    end: datetime
    edition: int
    published_at: datetime
    k: int
    rows: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A kind of table: what names a row's group, what its part within it, and how rows are made.

    The parts of a group add up to the part `ALL`. `starts` is the column of windows that have rows.
    """

    name: str
    group: tuple[str, ...]
    part: str | None
    starts: Column[int]
    make: Callable[[Connection, int, int], Iterable[Row]]

    def end_us(self, site: Site, start_us: int) -> int:
        """Tell where the window that starts then ends."""
        if self.name != "flows":
            return start_us + HOUR_US
        end_us = to_us(end_of(day_of(start_us, site.site.zone)))
        return min(start_us + site.statistics.flow_hours * HOUR_US, end_us)

    def complete_us(self, site: Site, start_us: int) -> int:
        """Tell when no read can be missing any more: journeys go on until the day ends."""
        end_us = self.end_us(site, start_us)
        if self.name == "flows":
            end_us = to_us(end_of(day_of(start_us, site.site.zone)))
        return end_us + to_us(from_us(0) + timedelta(seconds=site.site.lateness_s))


def publish(engine: Engine, site: Site, table: str, period: Period, now: datetime) -> list[Edition]:
    """Publish a kind of table for the windows that begin in a period and are complete.

    What was published before comes as it was, or corrected where it may be.
    """
    with engine.connect() as connection:
        fresh = list(_complete(connection, site, TABLES[table], period, now))
    with writing(engine) as connection:
        take_turn(connection, "publish")
        kept = {one.start: one.edition for one in find_published(connection, table, period)}
        for edition in fresh:
            if edition.edition == kept.get(edition.start, 0) + 1:  # nobody else was faster
                _keep(connection, edition)
        return find_published(connection, table, period)


def _complete(
    connection: Connection, site: Site, table: Table, period: Period, now: datetime
) -> Iterator[Edition]:
    """Make the tables that can be published now, or corrected."""
    k = site.statistics.k
    kept: dict[datetime, list[Edition]] = defaultdict(list)
    for one in _editions(connection, table.name, period):
        kept[one.start].append(one)
    frozen_us = frozen_before(connection).get(TRAVEL, 0) if table.name == "travel-times" else 0
    for start_us in _starts(connection, table, period):
        if table.complete_us(site, start_us) > to_us(now) or start_us < frozen_us:
            continue
        known, end_us = kept[from_us(start_us)], table.end_us(site, start_us)
        rows = tuple(_told(table, table.make(connection, start_us, end_us), k))
        # Against each of them: whoever keeps all editions can subtract any from any.
        if not all(may_follow(table, one.rows, rows, max(k, one.k)) for one in known):
            continue
        yield Edition(
            table=table.name,
            start=from_us(start_us),
            end=from_us(end_us),
            edition=len(known) + 1,
            published_at=now,
            k=k,
            rows=rows,
        )


def find_published(connection: Connection, table: str, period: Period) -> list[Edition]:
    """Give the newest edition of each table that was published of a period, in order."""
    return list({one.start: one for one in _editions(connection, table, period)}.values())


def _editions(connection: Connection, table: str, period: Period) -> list[Edition]:
    """Give all editions, by window and number."""
    of = published.c
    wanted = (
        select(published)
        .where(
            of["table"] == table,
            of.start_us >= to_us(period.since),
            of.start_us < to_us(period.until),
        )
        .order_by(of.start_us, of.edition)
    )
    return [
        Edition(
            table=table,
            start=from_us(row.start_us),
            end=from_us(row.end_us),
            edition=row.edition,
            published_at=from_us(row.published_us),
            k=row.k,
            rows=json.loads(row.body),
        )
        for row in connection.execute(wanted)
    ]


def may_follow(table: Table, old: Rows, new: Rows, k: int) -> bool:
    """Say whether an edition may take another's place: no number changes by fewer than k.

    Nor may another number be hidden than before, or what is hidden altogether change by a few.
    """
    before, after = _numbers(table, old), _numbers(table, new)
    keys = before.keys() | after.keys()
    pairs = [(before.get(key, 0), after.get(key, 0)) for key in keys]
    if any((one is None) is not (other is None) for one, other in pairs):
        return False
    changes = [abs(other - one) for one, other in pairs if one is not None and other is not None]
    return any(changes) and all(change == 0 or change >= k for change in changes)


def _numbers(table: Table, rows: Rows) -> Mapping[tuple[Any, ...], int | None]:
    """Give the numbers of a table by row, and of each group what is hidden of its total."""
    numbers: dict[tuple[Any, ...], int | None] = {}
    hidden: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        group = tuple(row[name] for name in table.group)
        part = row[table.part] if table.part else ALL
        numbers[*group, part] = row["count"]
        if table.part and row["count"] is not None:
            hidden[group] += row["count"] if part == ALL else -row["count"]
    return numbers | {(*group, "hidden"): left for group, left in hidden.items()}


def _told(table: Table, rows: Iterable[Row], k: int) -> Iterator[Row]:
    """Hide the small numbers of rows that come whole; a group of fewer than k goes altogether."""
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in table.group)].append(row)
    for group in groups.values():
        if table.name == "flows":  # hidden when it was made
            yield from group
            continue
        whole, *parts = group
        if whole["count"] < k:
            yield {name: value if name in {*table.group, table.part} else None
                   for name, value in whole.items()}  # fmt: skip
            continue
        yield whole
        told = told_classes([row["count"] for row in parts], k)
        for row, count in zip(parts, told, strict=True):
            if count != 0:
                yield {**row, "count": count}


def _starts(connection: Connection, table: Table, period: Period) -> list[int]:
    """Give the starts of windows in a period of which there are rows."""
    start = table.starts
    if table.name != "flows":
        start = (table.starts - table.starts % HOUR_US).label("start")  # type: ignore[assignment]
    wanted = select(start).where(start >= to_us(period.since), start < to_us(period.until))
    return sorted(connection.scalars(wanted.distinct()))


def _keep(connection: Connection, edition: Edition) -> None:
    row = {
        "table": edition.table,
        "start_us": to_us(edition.start),
        "edition": edition.edition,
        "end_us": to_us(edition.end),
        "published_us": to_us(edition.published_at),
        "k": edition.k,
        "body": json.dumps(edition.rows, separators=(",", ":")),
    }
    connection.execute(published.insert().values(**row))


def _counts(connection: Connection, start_us: int, end_us: int) -> Iterator[Row]:
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    wanted = select(counts).where(counts.c.start_us >= start_us, counts.c.start_us < end_us)
    for row in connection.execute(wanted).mappings():
        seen[row["camera"]][row["class"]] += row["count"]
    for camera, classes in sorted(seen.items()):
        for part in (ALL, *_CLASSES):
            count = classes.total() if part == ALL else classes[part]
            yield {"camera": camera, "class": part, "count": count}


def _travel_times(connection: Connection, start_us: int, end_us: int) -> Iterator[Row]:
    wanted = select(travel_times.c.section).where(
        travel_times.c.start_us >= start_us, travel_times.c.start_us < end_us
    )
    sections = sorted(set(connection.scalars(wanted)))
    found = durations_in(connection, sections, start_us, end_us - start_us)
    for section, took in sorted(found.items()):
        median_s, p85_s = travel_time([duration_s for duration_s, _ in took])
        yield {
            "section": section,
            "count": len(took),
            "median_s": round(median_s),
            "p85_s": round(p85_s),
            "fuzzy_share": round(sum(is_fuzzy for _, is_fuzzy in took) / len(took), 2),
        }


def _flows(connection: Connection, start_us: int, _end_us: int) -> Iterator[Row]:
    wanted = select(flows).where(flows.c.start_us == start_us)
    order = (flows.c.origin, flows.c.destination)
    for row in connection.execute(wanted.order_by(*order)).mappings():
        ends = (row["origin"], row["destination"])
        origin, destination = (end if end != INSIDE else None for end in ends)
        yield {"origin": origin, "destination": destination, "count": row["count"]}


def _speeds(connection: Connection, start_us: int, _end_us: int) -> Iterator[Row]:
    found: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    sums: Counter[tuple[str, str]] = Counter()
    wanted = select(speeds).where(speeds.c.start_us == start_us)
    for row in connection.execute(wanted).mappings():
        group = row["kind"], row["subject"]
        found[group][step_of(row["from_kmh"])] += row["count"]
        sums[group] += row["sum_kmh"]
    for (kind, subject), steps in sorted(found.items()):
        named = {"kind": kind, "subject": subject}
        mean_kmh = round(sums[kind, subject] / steps.total(), 1)
        yield {**named, "from_kmh": ALL, "count": steps.total(), "mean_kmh": mean_kmh}
        for step in STEPS_KMH:
            yield {**named, "from_kmh": str(step), "count": steps[step], "mean_kmh": None}


def _compliance(connection: Connection, start_us: int, _end_us: int) -> Iterator[Row]:
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    wanted = select(compliance).where(compliance.c.start_us == start_us)
    for row in connection.execute(wanted).mappings():
        found[row["zone"], row["gate"]][row["decision"]] += row["count"]
    for (zone, gate), decisions in sorted(found.items()):
        for part in (ALL, *_DECISIONS):
            count = decisions.total() if part == ALL else decisions[part]
            yield {"zone": zone, "gate": gate, "decision": part, "count": count}


TABLES: Mapping[str, Table] = {
    one.name: one
    for one in (
        Table("counts", ("camera",), "class", counts.c.start_us, _counts),
        Table("travel-times", ("section",), None, travel_times.c.start_us, _travel_times),
        Table("flows", ("origin", "destination"), None, flows.c.start_us, _flows),
        Table("speeds", ("kind", "subject"), "from_kmh", speeds.c.start_us, _speeds),
        Table("compliance", ("zone", "gate"), "decision", compliance.c.start_us, _compliance),
    )
}
"""What can be published, by name."""
