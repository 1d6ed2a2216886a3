"""The tables that can be published: their windows, how rows are made, what of them is told."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Column, Connection, select

from anpr.events import Decision, VehicleClass
from anpr.sites import Site
from anpr.time import from_us, to_us
from sinks.statistics.computing import STEPS_KMH, durations_in, step_of, travel_time
from sinks.statistics.few import rest_beside, told_classes, told_share, told_speeds
from sinks.statistics.flows import INSIDE, day_of, end_of
from sinks.store.questions import Period
from sinks.store.schema import UNKNOWN_CLASS, counts, travel_times
from sinks.store.traffic import compliance, flows, speeds
from sinks.store.windows import HOUR_US

Row = dict[str, Any]
Group = tuple[Any, ...]

ALL = "all"
"""The part that is the whole: its number is the total of the others."""

_CLASSES = (*(one.value for one in VehicleClass), UNKNOWN_CLASS)
_DECISIONS = tuple(one.value for one in Decision)


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

    def group_of(self, row: Mapping[str, Any]) -> Group:
        """Name the group of a row."""
        return tuple(row[name] for name in self.group)

    def end_us(self, site: Site, start_us: int) -> int:
        """Tell where the window that starts then ends."""
        if self.name != "flows":
            return start_us + HOUR_US
        end_us = to_us(end_of(day_of(start_us, site.site.zone)))
        return min(start_us + site.statistics.flow_hours * HOUR_US, end_us)

    def complete_us(self, site: Site, start_us: int) -> int:
        """Tell when no read can be missing any more: trips go on until the day ends."""
        end_us = self.end_us(site, start_us)
        if self.name == "flows":
            end_us = to_us(end_of(day_of(start_us, site.site.zone)))
        return end_us + to_us(from_us(0) + timedelta(seconds=site.site.lateness_s))


def nothing_known(_group: Group) -> Sequence[int]:
    """Say that nothing else tells of a group's vehicles."""
    return ()


def told_rows(
    table: Table,
    rows: Iterable[Row],
    k: int,
    known: Callable[[Group], Sequence[int]] = nothing_known,
) -> Iterator[Row]:
    """Hide the small numbers of rows that come whole; a group of fewer than k goes altogether.

    So is a total that differs by a few from one that is known of the same vehicles.
    """
    groups: dict[Group, list[Row]] = defaultdict(list)
    for row in rows:
        groups[table.group_of(row)].append(row)
    for group, (whole, *parts) in groups.items():
        rest = rest_beside(whole["count"], known(group), k)
        if whole["count"] < k or (rest and table.name == "counts"):
            yield {name: value if name in {*table.group, table.part} else None
                   for name, value in whole.items()}  # fmt: skip
            continue
        vehicles = [row["count"] for row in parts]
        beside: Row = {"count": None} if rest else {}
        if (mean_kmh := whole.get("mean_kmh")) is not None:
            sum_kmh = mean_kmh * whole["count"]
            beside["mean_kmh"], told = told_speeds(sum_kmh, vehicles, k, rest)
        else:
            told = told_classes(vehicles, k, rest)
        if (share := whole.get("fuzzy_share")) is not None:
            _, fuzzy = told_share(round(share * whole["count"]), whole["count"], k)
            beside["fuzzy_share"] = round(share, 2) if fuzzy is not None else None
        yield whole | beside
        for row, count in zip(parts, told, strict=False):
            if count != 0:
                yield {**row, "count": count}


def starts_in(connection: Connection, table: Table, period: Period) -> list[int]:
    """Give the starts of windows in a period of which there are rows."""
    start = table.starts
    if table.name != "flows":
        start = (table.starts - table.starts % HOUR_US).label("start")  # type: ignore[assignment]
    wanted = select(start).where(start >= to_us(period.since), start < to_us(period.until))
    return sorted(connection.scalars(wanted.distinct()))


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
            "fuzzy_share": round(sum(is_fuzzy for _, is_fuzzy in took) / len(took), 4),
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
        mean_kmh = sums[kind, subject] / steps.total()  # rounded when told
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
