"""The store on both engines: rows written a second beside the bare driver, and what questions take.

Without a URL in ANPR_TEST_DATABASE it runs a PostgreSQL of its own, if one is installed.
"""

import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from uuid import UUID, uuid4

from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, func, select, text
from sqlalchemy.schema import DropSchema

from anpr.events import Passage
from deploy.postgres import Postgres, binaries
from sinks.store.connections import schema_of
from sinks.store.dialects import is_postgresql, load
from sinks.store.engine import open_store, writing
from sinks.store.questions import PassageQuery, Period, find_passages
from sinks.store.rows import Row, passage_row
from sinks.store.schema import passages, plates
from sinks.store.weeks import Weeks
from sinks.store.writer import StoreWriter

LOAD_S = 60.0
SHORT_S = 5.0
BARE_BATCHES = 40
BATCH = 1000
DAYS = 90
CAMERAS = 100
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PERIOD = Period(NOW - timedelta(days=DAYS + 1), NOW)
ASKED = 200
LETTERS = "ABCDEFGHJKLNPRSTUVXYZ"


class Traffic:
    """Batches of passages: each of one hour of the period, on plates of which many come back."""

    def __init__(self, images: int) -> None:
        self._images = ("crop", "overview")[:images]
        self._random = random.Random(7)  # noqa: S311 - the same traffic each time
        self._known: list[str] = []

    def batch(self) -> list[Passage]:
        """Give as many passages as one poll brings."""
        hour = NOW - timedelta(hours=self._random.randrange(DAYS * 24))
        return [self._passage(hour) for _ in range(BATCH)]

    def plates(self, count: int) -> list[str]:
        """Choose plates that came by."""
        return self._random.choices(self._known, k=count)

    def _passage(self, hour: datetime) -> Passage:
        chance = self._random
        at = hour + timedelta(microseconds=chance.randrange(3_600_000_000))
        return Passage.model_validate(
            {
                "id": str(UUID(int=chance.getrandbits(128))),
                "revision": 1,
                "camera": f"camera-{chance.randrange(CAMERAS)}",
                **dict.fromkeys(("at", "first_at", "last_at", "received_at"), at),
                "plate": self._plate(),
                "country": "BE",
                "confidence": 0.97,
                "reads": (str(UUID(int=chance.getrandbits(128))),),
                "vehicle": {"class": "car", "confidence": 0.9},
                "lane": 1,
                "images": {name: f"sha256:{chance.getrandbits(256):064x}" for name in self._images},
            }
        )

    def _plate(self) -> str:
        if self._known and self._random.random() < 0.85:  # noqa: PLR2004 - 6 or 7 passages a plate
            return self._random.choice(self._known)
        letters = "".join(self._random.choices(LETTERS, k=3))
        plate = f"{self._random.randrange(1, 3)}{letters}{self._random.randrange(1000):03}"
        self._known.append(plate)
        return plate


def written(engine: Engine, traffic: Traffic, seconds: float) -> float:
    """Fill a store for so long; give the rows a second, without the making of the traffic."""
    writer = StoreWriter(engine, lambda: NOW)
    rows, spent = 0, 0.0
    while spent < seconds:
        batch = traffic.batch()
        start = time.perf_counter()
        rows += writer.write(batch, [])
        spent += time.perf_counter() - start
    return rows / spent


def bare(engine: Engine, traffic: Traffic, put: Callable[[Engine, Sequence[Row]], None]) -> float:
    """Give the rows a second of a loop that only puts the same rows into the same table."""
    batches = [
        [passage_row(one, one.to_json(), 1) for one in traffic.batch()] for _ in range(BARE_BATCHES)
    ]
    Weeks(engine, lambda: NOW).make(row["at_us"] for batch in batches for row in batch)
    start = time.perf_counter()
    for batch in batches:
        put(engine, batch)
    return BARE_BATCHES * BATCH / (time.perf_counter() - start)


def by_load(engine: Engine, rows: Sequence[Row]) -> None:
    """Put rows as the store does: COPY, or SQLite's executemany."""
    with writing(engine) as connection:
        load(connection, passages, rows)


def by_executemany(engine: Engine, rows: Sequence[Row]) -> None:
    """Put rows one statement each, in one transaction."""
    with writing(engine) as connection:
        connection.execute(passages.insert(), list(rows))


def asked(engine: Engine, traffic: Traffic) -> dict[str, float]:
    """Give the median time in ms of each kind of question."""
    kinds: dict[str, Callable[[str], PassageQuery]] = {
        "exact plate": lambda plate: PassageQuery(PERIOD, plate),
        "beginning known (1A?C1*)": lambda plate: PassageQuery(
            PERIOD, f"{plate[:2]}?{plate[3:5]}*"
        ),
        "middle known (*BC12*)": lambda plate: PassageQuery(PERIOD, f"*{plate[2:6]}*"),
        "common pattern (1A*)": lambda plate: PassageQuery(PERIOD, f"{plate[:2]}*"),
        "look-alikes": lambda plate: PassageQuery(PERIOD, plate, look_alikes=True),
    }
    medians = {}
    for kind, query in kinds.items():
        taken = []
        for plate in traffic.plates(ASKED):
            start = time.perf_counter()
            with engine.connect() as connection:
                find_passages(connection, query(plate), 100)
            taken.append(time.perf_counter() - start)
        medians[kind] = median(taken) * 1000
    return medians


@contextmanager
def database(folder: Path) -> Iterator[str | None]:
    """Give the URL of a PostgreSQL database, or None where there is none."""
    given = os.environ.get("ANPR_TEST_DATABASE")
    if given or binaries() is None:
        yield given
        return
    with Postgres(folder / "postgres") as server:
        yield server.url


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """Open an empty store; remove it in the end."""
    zone = f"bench-{uuid4().hex}" if url.startswith("postgresql") else None
    engine = open_store(url, zone)
    try:
        yield engine
    finally:
        if zone is not None:
            with writing(engine) as connection:
                connection.execute(DropSchema(schema_of(zone), cascade=True))
        engine.dispose()


@dataclass(frozen=True, slots=True)
class Measured:
    """What one engine did: rows a second by how they were written, ms by question, rows held."""

    writes: Mapping[str, float]
    reads: Mapping[str, float]
    rows: int
    plates: int


def measure(store: str, other: str) -> Measured:
    """Measure an engine on two empty stores."""
    with opened(other) as engine:
        traffic = Traffic(images=2)
        writes = {
            "the store, two images each": written(engine, traffic, SHORT_S),
            "bare, COPY where there is one": bare(engine, traffic, by_load),
            "bare, executemany": bare(engine, traffic, by_executemany),
        }
    with opened(store) as engine:
        traffic = Traffic(images=0)
        writes = {"the store": written(engine, traffic, LOAD_S), **writes}
        settle(engine)
        with engine.connect() as connection:
            rows, known = (
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (passages, plates)
            )
        return Measured(writes, asked(engine, traffic), rows, known)


def settle(engine: Engine) -> None:
    """Let the server do at once what it does by itself within minutes of such a load."""
    if is_postgresql(engine):
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("VACUUM ANALYZE"))


def main() -> None:
    """Measure, and print two tables."""
    with tempfile.TemporaryDirectory(prefix="bench-store-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        engines = {"SQLite": measure(f"sqlite:///{folder}/a.db", f"sqlite:///{folder}/b.db")}
        with database(folder) as url:
            if url is not None:
                engines["PostgreSQL"] = measure(url, url)
    writes = Table("rows/s, batches of 1000", *engines, title="Writing")
    reads = Table("median ms", *engines, title="Asking")
    first = next(iter(engines.values()))
    for way in first.writes:
        writes.add_row(way, *(f"{one.writes[way]:,.0f}" for one in engines.values()))
    for kind in first.reads:
        reads.add_row(kind, *(f"{one.reads[kind]:.2f}" for one in engines.values()))
    reads.add_row("rows held", *(f"{one.rows:,}" for one in engines.values()))
    reads.add_row("distinct plates", *(f"{one.plates:,}" for one in engines.values()))
    Console().print(writes)
    Console().print(reads)


if __name__ == "__main__":
    main()
