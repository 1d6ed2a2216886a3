"""What the hops of a zone did: how much each group took, and the messages and rows that it left."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import Column, Table, func, select

import pipeline.sinking  # noqa: F401 - every table is declared by what it joins
from anpr.ports import Message
from anpr.topics import EVENTS, PASSAGES
from bench.zones import Bench
from pipeline.logs.kafka_client import KafkaSettings
from pipeline.logs.kafka_cluster import Cluster
from pipeline.settings import RunSettings
from pipeline.topics import topics_of
from sinks.store.rows import Row
from sinks.store.schema import metadata

RULES = {"passage": PASSAGES, "rules": EVENTS}
"""The hops of a process of `rules`, and what they append to; all others are of `sinks`."""

STORE = "store"
WRITERS = {
    "reads": "evidence",
    "heartbeats": "evidence",
    "actuations": "actuator",
    **dict.fromkeys(("alerts", "unraised", "deliveries", "escalations", "proposals"), "alerts"),
}
"""Which hop leads to a table; to all others it is the one of the store, which marks what threads
beside it compute."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a table, and at which share of the way each of them is due, in that order."""

    table: str
    rows: Sequence[Row]
    due: Sequence[float]

    def between(self, before: float, until: float) -> Sequence[Row]:
        """Give those that fall due on a part of the way."""
        return self.rows[bisect_right(self.due, before) : bisect_right(self.due, until)]


@dataclass(frozen=True, slots=True)
class Hop:
    """What a group did: it took so many messages of these topics, and left these messages and rows.

    Messages are in the order in which they were appended.
    """

    group: str
    taken: Mapping[str, int]
    messages: Sequence[Message] = ()
    rows: Sequence[Rows] = ()

    @property
    def count(self) -> int:
        """How many messages it took."""
        return sum(self.taken.values())


def hops_of(left_by: Bench, fresh: Bench) -> list[Hop]:
    """Tell what the stages of a zone did on their brokers and in their store.

    What a `fresh` zone has in its store from the start was left by no hop.
    """
    with left_by.log() as log:
        appended = {
            group: sorted(log.read(topic), key=attrgetter("appended_at"))
            for group, topic in RULES.items()
        }
    groups = taken_by(left_by)
    rows: dict[str, list[Rows]] = defaultdict(list)
    for one in in_order(rows_left(left_by, fresh)):
        writer = WRITERS.get(one.table, STORE)
        rows[writer if writer in groups else STORE].append(one)
    return [
        Hop(group, taken, appended.get(group, ()), rows[group]) for group, taken in groups.items()
    ]


def taken_by(bench: Bench) -> dict[str, Mapping[str, int]]:
    """Tell the groups that took anything, and how many messages of which topics, by their commits.

    Nothing was deleted, so a commit is how many messages stand before it.
    """
    specs = topics_of(bench.site, RunSettings(bench.folder, bench.mode))
    places = [(spec.name, number) for spec in specs for number in range(spec.partitions)]
    assert bench.mode.kafka is not None
    settings = KafkaSettings(bench.mode.kafka, prefix=f"{bench.zone}.")
    taken: dict[str, Counter[str]] = defaultdict(Counter)
    with closing(Cluster(settings)) as brokers:
        for group, commits in brokers.commits(dict.fromkeys(brokers.groups(), places)).items():
            for (topic, _), commit in commits.items():
                taken[group][topic] += commit.offset
    return {group: +topics for group, topics in taken.items() if topics.total()}


def rows_left(left_by: Bench, fresh: Bench) -> Mapping[Table, Sequence[Row]]:
    """Give the rows of all tables that are empty in a fresh zone; first what others refer to."""
    with fresh.engine() as engine, engine.connect() as connection:
        empty = [
            table
            for table in metadata.sorted_tables
            if not connection.scalar(select(func.count()).select_from(table))
        ]
    with left_by.engine() as engine, engine.connect() as connection:
        found = (
            (table, [dict(row) for row in connection.execute(select(table)).mappings()])
            for table in empty
        )
        return {table: rows for table, rows in found if rows}


def in_order(tables: Mapping[Table, Sequence[Row]]) -> Iterator[Rows]:
    """Spread the rows of each table over the whole way; none is due before what it refers to."""
    due_of: dict[Column[Any], dict[object, float]] = {}
    for table, rows in tables.items():
        references = [
            (column.name, due_of[key.column])
            for column in table.columns
            for key in column.foreign_keys
            if key.column in due_of
        ]
        spread: list[tuple[float, Row]] = []
        for number, row in enumerate(rows, 1):
            others = (due.get(row[name], 0.0) for name, due in references)
            spread.append((max((number / len(rows), *others)), row))
        spread.sort(key=itemgetter(0))
        for key in table.primary_key:
            due_of[key] = {row[key.name]: due for due, row in spread}
        yield Rows(table.name, [row for _, row in spread], [due for due, _ in spread])
