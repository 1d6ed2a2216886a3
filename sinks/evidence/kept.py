"""What a case may come to need beside passages and events: reads, clocks, and rules as they were.

Reads and heartbeats are kept as long as images, rules for ever. All rows only come; a case that is
reviewed takes its own copy (`gather`).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Engine,
    String,
    Table,
    Text,
    delete,
    func,
    select,
    tuple_,
)

from anpr.events import PlateRead
from anpr.heartbeats import ClockReport
from anpr.time import to_us
from sinks.store.engine import writing
from sinks.store.schema import metadata
from sinks.store.upsert import add

AROUND = timedelta(minutes=10)
"""A clock's heartbeats from so long before and after a passage are its clock log."""

reads = Table(
    "reads",
    metadata,
    Column("camera", String, primary_key=True),
    Column("at_us", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String, primary_key=True),
    Column("body", Text, nullable=False),
)
"""One row a read, of those cameras alone whose passages may become a case. Its key is its only
index: a camera's reads come in the order of time, while ids alone would come in none."""

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("camera", String, primary_key=True),
    Column("received_us", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
)
"""One row a heartbeat: what a camera's clock showed, and when we heard it."""

configurations = Table(
    "configurations",
    metadata,
    Column("rule", String, primary_key=True),
    Column("version", String, primary_key=True),
    Column("since_us", BigInteger, nullable=False),
    Column("software", String, nullable=False),
    Column("body", Text, nullable=False),
)
"""One row a version of a rule: the very configuration that its digest is of, first run when and by
which version of this program."""


def keep_reads(connection: Connection, told: Iterable[tuple[PlateRead, bytes]]) -> None:
    """Keep reads with the JSON that told of them; what is there stays."""
    rows = {
        read.id: {
            "camera": read.camera,
            "at_us": to_us(read.captured_at),
            "id": read.id,
            "body": body.decode(),
        }
        for read, body in told
    }
    add(connection, reads, list(rows.values()))


def keep_heartbeats(connection: Connection, told: Iterable[ClockReport]) -> None:
    """Keep heartbeats; what is there stays."""
    rows = {
        (one.camera, one.received_at): {
            "camera": one.camera,
            "received_us": to_us(one.received_at),
            "body": one.to_json().decode(),
        }
        for one in told
    }
    add(connection, heartbeats, list(rows.values()))


def keep_configuration(
    connection: Connection, rule: str, version: str, body: str, software: str, now: datetime
) -> None:
    """Keep a rule's configuration under its version; what is there stays."""
    row = {"rule": rule, "version": version, "body": body}
    add(connection, configurations, [{**row, "since_us": to_us(now), "software": software}])


def configuration_of(connection: Connection, rule: str, version: str) -> tuple[str, str] | None:
    """Give the configuration (JSON) of a version of a rule, and the software that first ran it."""
    row = connection.execute(
        select(configurations.c.body, configurations.c.software).where(
            configurations.c.rule == rule, configurations.c.version == version
        )
    ).first()
    return None if row is None else (row.body, row.software)


def reads_between(
    connection: Connection, camera: str, since: datetime, until: datetime
) -> Sequence[PlateRead]:
    """Give a camera's reads from one moment to another, both included, by time."""
    found = (
        select(reads.c.body)
        .where(reads.c.camera == camera, reads.c.at_us.between(to_us(since), to_us(until)))
        .order_by(reads.c.at_us, reads.c.id)
    )
    return [PlateRead.model_validate_json(body) for body in connection.scalars(found)]


def clock_log(connection: Connection, camera: str, at: datetime) -> Sequence[ClockReport]:
    """Give what a camera's clock showed around a moment, by time."""
    found = (
        select(heartbeats.c.body)
        .where(
            heartbeats.c.camera == camera,
            heartbeats.c.received_us.between(to_us(at - AROUND), to_us(at + AROUND)),
        )
        .order_by(heartbeats.c.received_us)
    )
    return [ClockReport.model_validate_json(body) for body in connection.scalars(found)]


def erase_kept(engine: Engine, before_us: int, batch: int) -> int:
    """Erase the reads and heartbeats of before a moment, so many in one transaction."""
    return sum(
        _erase(engine, table, (table.c.camera == camera) & (at_us < before_us), batch)
        for table, at_us in ((reads, reads.c.at_us), (heartbeats, heartbeats.c.received_us))
        for camera in _cameras(engine, table)
    )


def _cameras(engine: Engine, table: Table) -> Iterator[str]:
    """Name the cameras of a table: a step in its key for each, whatever it holds of them."""
    camera: str | None = ""
    while True:
        following = select(func.min(table.c.camera)).where(table.c.camera > camera)
        with engine.connect() as connection:
            camera = connection.scalar(following)
        if camera is None:
            return
        yield camera


def _erase(engine: Engine, table: Table, old: ColumnElement[bool], batch: int) -> int:
    keys = table.primary_key.columns
    erased = 0
    while True:
        with writing(engine) as connection:
            found = connection.execute(select(*keys).where(old).limit(batch)).all()
            here = tuple_(*keys).in_([tuple(row) for row in found])
            connection.execute(delete(table).where(here))
        erased += len(found)
        if len(found) < batch:
            return erased
