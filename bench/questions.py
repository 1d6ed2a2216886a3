"""The investigators' questions over a year of passages, on both engines, beside their limits.

Without a URL in ANPR_TEST_DATABASE it runs a PostgreSQL of its own, if one is installed. With
`--keep FOLDER` the stores are made once and asked again.
"""

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import quantiles
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, Engine

from anpr.plates import fold
from bench.store import database
from bench.year.filling import fill, held
from bench.year.traffic import CAMERAS, DAYS, NOW, SINCE, Year, camera, plate
from pipeline.collector import search_seldom
from sinks.store.areas import Scene, find_recurring
from sinks.store.convoys import ConvoyQuery, find_companions
from sinks.store.couriers import CourierQuery, find_couriers
from sinks.store.engine import open_store
from sinks.store.filters import Filters
from sinks.store.habits import find_habits
from sinks.store.questions import PassageQuery, Period, find_passages
from sinks.store.schema import passages, plates, visits

EVER = Period(SINCE, NOW)
ZONE = ZoneInfo("Europe/Brussels")
ROWS = 100
BATCH = 500
MONTH = timedelta(days=30)
MINUTES = timedelta(minutes=15)

Ask = Callable[[Connection], object]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of question: its limit at the 95th centile, and one of its kind each time."""

    limit_ms: float | None
    ask: Callable[[random.Random, Year], Ask]


def search(chance: random.Random, year: Year, **how: object) -> Ask:
    """Search the plate of some vehicle."""
    text = plate(year.vehicle(chance))
    patterns = {
        "exact": text,
        "start": f"{text[:2]}?{text[3:6]}*",
        "middle": f"*{text[1:5]}*",
    }
    query = PassageQuery(
        EVER,
        patterns[str(how.get("form", "exact"))],
        bool(how.get("look_alikes")),
        alternatives=bool(how.get("alternatives")),
    )
    return lambda connection: find_passages(connection, query, ROWS)


def batch(chance: random.Random, year: Year) -> Ask:
    """Search many plates at once."""
    some = tuple({plate(year.vehicle(chance)) for _ in range(BATCH)})
    return lambda connection: find_passages(connection, PassageQuery(EVER, plates=some), ROWS)


def past_cameras(chance: random.Random, _year: Year) -> Ask:
    """Ask what passed some cameras in two hours, trucks only."""
    cameras = tuple(camera(chance.randrange(CAMERAS)) for _ in range(3))
    query = PassageQuery(_hours(chance, 2), filters=Filters(cameras, classes=("truck",)))
    return lambda connection: find_passages(connection, query, ROWS)


def couriers(chance: random.Random, _year: Year) -> Ask:
    """Ask who came and went within 15 minutes, five times in 30 days."""
    until = NOW - timedelta(days=chance.randrange(DAYS - 31))
    query = CourierQuery(Period(until - MONTH, until), ZONE, MINUTES, 5)
    return lambda connection: find_couriers(connection, query, ROWS)


def convoy(chance: random.Random, year: Year) -> Ask:
    """Ask who drove along with a vehicle, over 30 days."""
    until = NOW - timedelta(days=chance.randrange(DAYS - 31))
    period = Period(until - MONTH, until)
    query = ConvoyQuery(period, fold(plate(year.vehicle(chance))), timedelta(seconds=30), 3)
    return lambda connection: find_companions(connection, query, ROWS)


def heavy_convoy(chance: random.Random, _year: Year) -> Ask:
    """Ask the same of the vehicles seen most, over the year."""
    query = ConvoyQuery(EVER, fold(plate(chance.randrange(20))), timedelta(seconds=30), 3)
    return lambda connection: find_companions(connection, query, ROWS)


def areas(chance: random.Random, _year: Year) -> Ask:
    """Ask who was at two scenes of three cameras and two hours each."""
    scenes = [
        Scene(_hours(chance, 2), tuple(camera(chance.randrange(CAMERAS)) for _ in range(3)))
        for _ in range(2)
    ]
    return lambda connection: find_recurring(connection, scenes, 2, ROWS)


def habits(chance: random.Random, year: Year) -> Ask:
    """Ask what a vehicle does over the year."""
    like = fold(plate(year.vehicle(chance)))
    return lambda connection: find_habits(connection, EVER, like, ZONE)


def _hours(chance: random.Random, hours: int) -> Period:
    start = SINCE + timedelta(hours=chance.randrange(DAYS * 24 - hours))
    return Period(start, start + timedelta(hours=hours))


KINDS: Mapping[str, Kind] = {
    "exact, a year": Kind(20, search),
    "wildcard 1A?C12*": Kind(200, lambda chance, year: search(chance, year, form="start")),
    "wildcard *ABC1*": Kind(200, lambda chance, year: search(chance, year, form="middle")),
    "fuzzy: look-alikes": Kind(200, lambda chance, year: search(chance, year, look_alikes=True)),
    "fuzzy: and alternatives": Kind(
        200, lambda chance, year: search(chance, year, look_alikes=True, alternatives=True)
    ),
    "batch of 500 plates": Kind(None, batch),
    "past 3 cameras, 2 hours": Kind(None, past_cameras),
    "habits, a year": Kind(None, habits),
    "in and out, 30 days": Kind(100, couriers),
    "convoy, 30 days": Kind(200, convoy),
    "convoy, most seen, a year": Kind(200, heavy_convoy),
    "two areas": Kind(200, areas),
}


class Taken(NamedTuple):
    """What a kind of question takes, in ms: the clock's p50 and p95, and p95 of this process."""

    p50: float
    p95: float
    cpu_p95: float


Times = Mapping[str, Taken]


def asked(engine: Engine, year: Year, rounds: int) -> Times:
    """Ask each kind so often."""
    taken: dict[str, Taken] = {}
    search_seldom()  # as a zone that runs does
    for name, kind in KINDS.items():
        chance = random.Random(11)  # noqa: S311 - the same questions each time
        spent = [_one(engine, kind.ask(chance, year)) for _ in range(rounds)]
        walls, cpus = zip(*spent[1:], strict=True)  # the first one warms up
        cuts = quantiles(walls, n=20, method="inclusive")
        taken[name] = Taken(cuts[9], cuts[18], quantiles(cpus, n=20, method="inclusive")[18])
    return taken


def _one(engine: Engine, ask: Ask) -> tuple[float, float]:
    with engine.connect() as connection:
        start, worked = time.perf_counter(), time.process_time()
        ask(connection)
        cpu = time.process_time() - worked
        return (time.perf_counter() - start) * 1000, cpu * 1000


@contextmanager
def filled(url: str, zone: str | None, year: Year) -> Iterator[Engine]:
    """Open a store that holds the year."""
    engine = open_store(url, zone)
    try:
        fill(engine, year)
        yield engine
    finally:
        engine.dispose()


def report(engine: Engine, year: Year, rounds: int) -> tuple[str, Times]:
    """Ask everything; tell what the store holds too."""
    rows = {table.name: f"{held(engine, table):,}" for table in (passages, plates, visits)}
    return ", ".join(f"{n} {name}" for name, n in rows.items()), asked(engine, year, rounds)


def show(title: str, told: Mapping[str, tuple[str, Times]]) -> None:
    """Print the table; the processor's time is this process's: all of SQLite, none of a server."""
    columns = [f"{name} {cut}" for name in told for cut in ("p50", "p95", "cpu p95")]
    table = Table("ms", *columns, "limit p95", "of it", title=title)
    for kind, one in KINDS.items():
        times = [answers[kind] for _, answers in told.values()]
        cells = [f"{value:.1f}" for pair in times for value in pair]
        worst = max(taken.p95 for taken in times)
        limit = one.limit_ms
        share = ("", "") if limit is None else (f"{limit:.0f}", f"{worst / limit:.2f}")
        table.add_row(kind, *cells, *share)
    console = Console(width=140)
    console.print(table)
    for name, (holds, _) in told.items():
        console.print(f"{name}: {holds}")


Rounds = Annotated[int, typer.Option(help="How often each kind is asked.")]


def main(
    passages_: Annotated[int, typer.Option("--passages", help="So many in the year.")] = 1_000_000,
    rounds: Rounds = 100,
    keep: Annotated[Path | None, typer.Option(help="Keep the stores in this folder.")] = None,
    only: Annotated[str | None, typer.Option(help="sqlite or postgresql alone.")] = None,
) -> None:
    """Fill the stores, ask, and print p50 and p95 beside the limits."""
    year = Year(passages_)
    with tempfile.TemporaryDirectory(prefix="bench-questions-") as name:
        folder = keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        told: dict[str, tuple[str, Times]] = {}
        if only != "postgresql":
            with filled(f"sqlite:///{folder}/year-{passages_}.db", None, year) as engine:
                told["SQLite"] = report(engine, year, rounds)
        if only != "sqlite":
            with database(folder) as url:
                if url is not None:
                    with filled(url, f"year-{passages_}", year) as engine:
                        told["PostgreSQL"] = report(engine, year, rounds)
        show(f"{passages_:,} passages in a year, {rounds} questions each", told)


if __name__ == "__main__":
    typer.run(main)
