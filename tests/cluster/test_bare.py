"""The bare hops of a benchmark do as much as the zone that they stand beside."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import func, select

from anpr.topics import EVENTS, PASSAGES, READS
from bench.cluster import LINE, ours
from bench.zones import Bench, simulated, zones_on
from bench.zones.bare import bare
from bench.zones.hops import hops_of, taken_by
from deploy.cluster import Servers
from sinks.store.schema import metadata

pytestmark = pytest.mark.cluster
READ_COUNT = 600


def rows_in(bench: Bench) -> Mapping[str, int]:
    """Count the rows of every table that has any."""
    with bench.engine() as engine, engine.connect() as connection:
        counts = {
            name: connection.scalar(select(func.count()).select_from(table)) or 0
            for name, table in metadata.tables.items()
        }
    return {name: count for name, count in counts.items() if count}


def messages_in(bench: Bench) -> Mapping[str, list[tuple[str, bytes]]]:
    """Give what was appended, in no order."""
    with bench.log() as log:
        return {
            topic: sorted((one.record.key, one.record.value) for one in log.read(topic))
            for topic in (READS, PASSAGES, EVENTS)
        }


def test_bare_hops_take_the_same_messages_and_leave_the_same_messages_and_rows(
    servers: Servers, tmp_path: Path
) -> None:
    name = f"b{os.urandom(4).hex()}"
    with zones_on(servers, tmp_path) as make:
        zone, beside = make(f"{name}-ours"), make(f"{name}-bare")
        reads = simulated(zone.site, READ_COUNT)
        assert ours(zone, reads, 1, before=100).reads == READ_COUNT - 100
        run = bare(beside, hops_of(zone, beside), reads)
    taken, left = taken_by(zone), rows_in(zone)
    assert {group: set(topics) for group, topics in taken.items()} == {
        group: {topic for topic in topics if topic in (READS, PASSAGES, EVENTS)}
        for group, topics in LINE.items()
    }
    assert taken_by(beside) == taken
    assert messages_in(beside) == messages_in(zone)
    assert rows_in(beside) == left
    assert {"passages", "events", "event_passages", "plates", "reads", "alerts"} <= left.keys()
    assert run.reads == READ_COUNT
    assert min(run.seconds, *run.cpu_s.values()) > 0
