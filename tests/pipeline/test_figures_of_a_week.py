"""A simulated week: figures equal what truly happened, but for what is hidden."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from anpr.events import Access, Passage, PlateRead
from anpr.sites import Site
from pipeline.simulate import simulate
from pipeline.simulation.traffic import Demand
from rules.folds import PassageFold, published
from sinks.statistics.flows import FlowRoller
from sinks.statistics.rolling import roll
from sinks.statistics.telling import (
    Speeds,
    find_balance,
    find_compliance,
    find_flows,
    find_speeds,
    find_through,
    find_truck_shares,
)
from sinks.store.figures import camera_totals, hourly_totals
from sinks.store.questions import Period
from sinks.store.writer import StoreWriter
from tests.sinks.build import access, passage
from tests.sinks.databases import ENGINES, fresh_store

pytestmark = pytest.mark.slow

K = 5
SITE = Site.model_validate(
    {
        "site": {"name": "Testdorp", "timezone": "Europe/Brussels", "country": "BE"},
        "cameras": [
            {"id": f"{place}-{way}", "lat": 51.0 + lat, "lon": 4.0, "direction": way,
             "clock_error_ms": 0}
            for lat, place in enumerate(("noord", "west", "zuid"))
            for way in ("in", "out")
        ],
        "locks": [
            {"id": "dorp", "entries": ["noord-in", "west-in", "zuid-in"],
             "exits": ["noord-out", "west-out", "zuid-out"], "through_within_s": 600,
             "max_stay_s": 7200}
        ],
    }
)  # fmt: skip
BATCH = 2000
EDGE = timedelta(seconds=1)
"""How far a second read or a clock that is off may move a vehicle."""

Truth = dict[str, Any]
Cell = tuple[datetime, str | None, str | None]


@pytest.fixture(scope="module")
def recording() -> tuple[list[PlateRead], list[Truth]]:
    """The reads of a week, and what passed."""
    lines = list(simulate(SITE, seed=5, demand=Demand(days=7, trips=70)).lines)
    reads = [PlateRead.model_validate_json(one.line) for one in lines if not one.is_truth]
    told = [json.loads(one.line) for one in lines if one.is_truth]
    return reads, [
        {**one, "at": datetime.fromisoformat(one["at"])} for one in told if one["kind"] == "passage"
    ]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with fresh_store(request.param, tmp_path) as store:
        yield store.open()


def stored(
    engine: Engine,
    passages: Sequence[Passage],
    site: Site = SITE,
    events: Sequence[Access] = (),
) -> None:
    writer = StoreWriter(engine, lambda: passages[-1].at, SITE.border)
    for start in range(0, len(passages), BATCH):
        writer.write(passages[start : start + BATCH], events[start : start + BATCH])
    roll(engine)
    FlowRoller(engine, site).roll()


def passages_of(reads: Sequence[PlateRead]) -> list[Passage]:
    fold = PassageFold(SITE)
    return [
        one
        for offset, read in enumerate(reads)
        for change in fold.take(read, offset)
        for one in published(change)
    ]


def journeys(truths: Sequence[Truth], site: Site = SITE) -> Counter[Cell]:
    """Pair who came in with where it left, day by day, by the plates that vehicles truly have."""
    by_vehicle: dict[tuple[Any, str], list[Truth]] = defaultdict(list)
    for truth in sorted(truths, key=lambda one: one["at"]):
        by_vehicle[truth["at"].astimezone(SITE.site.zone).date(), truth["plate"]].append(truth)
    found: Counter[Cell] = Counter()
    for seen in by_vehicle.values():
        came: Truth | None = None
        ends: list[Truth | None] = [*seen, None]
        for one in ends:
            is_in = one is not None and one["camera"].endswith("-in")
            end = None if is_in or one is None else one["camera"]
            if came is not None:
                found[window(came, site), came["camera"], end] += 1
            elif one is not None and not is_in:
                found[window(one, site), None, end] += 1
            came = one if is_in else None
    return found


def window(truth: Truth, site: Site) -> datetime:
    at: datetime = truth["at"].astimezone(SITE.site.zone)
    hour = at.hour // site.statistics.flow_hours * site.statistics.flow_hours
    return at.replace(hour=hour, minute=0, second=0, microsecond=0).astimezone(UTC)


def told(engine: Engine, truths: Sequence[Truth]) -> dict[Cell, int | None]:
    with engine.connect() as connection:
        flows = find_flows(connection, whole(truths))
    return {(one.start, one.origin, one.destination): one.count for one in flows}


def whole(truths: Sequence[Truth]) -> Period:
    moments = [one["at"] for one in truths]
    return Period(min(moments) - timedelta(days=1), max(moments) + timedelta(days=1))


def test_counts_equal_what_passed_also_what_could_not_be_read(
    engine: Engine, recording: tuple[list[PlateRead], list[Truth]]
) -> None:
    reads, truths = recording
    stored(engine, passages_of(reads))

    with engine.connect() as connection:
        totals = camera_totals(connection, whole(truths))
        hourly = Counter(dict(hourly_totals(connection, whole(truths))))
        balance = find_balance(connection, SITE, whole(truths))

    assert totals == Counter(one["camera"] for one in truths)
    hours = [one["at"].replace(minute=0, second=0, microsecond=0) for one in truths]
    true = Counter(hours)
    within = [one["at"] - at for one, at in zip(truths, hours, strict=True)]
    moved = sum(not EDGE < one < timedelta(hours=1) - EDGE for one in within)
    wrong = sum(abs(hourly[one] - true[one]) for one in {*hourly, *true})
    assert wrong <= 2 * moved <= len(truths) / 200
    assert sum(one.entering + one.leaving for one in balance) == len(truths)


@pytest.mark.parametrize(("hours", "least"), [(1, 0.1), (24, 0.7)])
def test_flows_equal_what_happened_where_they_are_told(
    engine: Engine, recording: tuple[list[PlateRead], list[Truth]], hours: int, least: float
) -> None:
    """A small zone: some 350 journeys a day over nine ways, so that an hour tells little."""
    _, truths = recording
    exact = [
        passage(str(number), plate=one["plate"], camera=one["camera"], at=one["at"])
        for number, one in enumerate(truths)
    ]
    site = of_hours(hours)
    stored(engine, exact, site)
    true = journeys(truths, site)

    cells = told(engine, truths)

    shown = {cell: count for cell, count in cells.items() if count is not None}
    assert shown == {cell: true[cell] for cell in shown}
    assert min(shown.values()) >= K
    assert {cell for cell, count in true.items() if count < K} <= {*cells} - {*shown}
    assert set(true) <= set(cells), "what is not there is 0"
    assert sum(shown.values()) / true.total() > least


def test_cameras_that_misread_lose_few_journeys(
    engine: Engine, recording: tuple[list[PlateRead], list[Truth]]
) -> None:
    reads, truths = recording
    daily = of_hours(24)
    stored(engine, passages_of(reads), daily)
    true = journeys(truths, daily)

    cells = told(engine, truths)

    crossed = {cell: n for cell, n in cells.items() if n is not None and cell[1] and cell[2]}
    assert 0.93 < sum(crossed.values()) / sum(true[cell] for cell in crossed) <= 1


def test_shares_and_speeds_equal_what_happened_where_they_are_told(
    engine: Engine, recording: tuple[list[PlateRead], list[Truth]]
) -> None:
    """Trucks, speeds, compliance and through traffic; each vehicle has a speed that is known."""
    truths = recording[1]
    exact = [
        passage(str(number), plate=one["plate"], camera=one["camera"], at=one["at"],
                speed_kmh=speed_of(number), vehicle={"class": one["class"]})
        for number, one in enumerate(truths)
    ]  # fmt: skip
    decided = [
        access(str(number), gate=one["camera"], at=one["at"],
               decision="allow" if one["country"] == "BE" else "flag")
        for number, one in enumerate(truths)
    ]  # fmt: skip
    stored(engine, exact, events=decided)

    with engine.connect() as connection:
        trucks = find_truck_shares(connection, whole(truths), K)
        speeds = find_speeds(connection, whole(truths), K)
        gates = find_compliance(connection, whole(truths), K)
        shares = find_through(connection, whole(truths))

    hours: dict[tuple[datetime, str], list[int]] = defaultdict(list)
    for number, one in enumerate(truths):
        hours[hour_of(one["at"]), one["camera"]].append(number)
    assert len(trucks) == len(speeds) == len(gates) == len(hours)
    for share in trucks:
        seen = hours[share.start, share.camera]
        heavy = sum(truths[number]["class"] == "truck" for number in seen)
        assert share.n in ({len(seen)} if len(seen) >= K else {None})
        assert share.trucks in {heavy, None}
    for gate in gates:
        seen = hours[gate.start, gate.gate]
        allowed = sum(truths[number]["country"] == "BE" for number in seen)
        assert (gate.n, gate.allowed) in {(len(seen), allowed), (len(seen), None), (None, None)}
    for hour in speeds:
        is_true_of(hour, [speed_of(number) for number in hours[hour.start, hour.subject]])
    true = crossings(truths)
    for window in shares:
        assert window.entered in {true[window.start][0], None}
        assert window.through in {true[window.start][1], None}
    told = ([each.share for each in some] for some in (trucks, gates, shares))
    assert all(len(some) - some.count(None) > 10 for some in told), "enough is told"
    assert sum(hour.mean_kmh is not None for hour in speeds) > 10


def is_true_of(hour: Speeds, driven: Sequence[float]) -> None:
    assert hour.n in {len(driven), None}
    if hour.mean_kmh is not None:
        assert hour.mean_kmh == pytest.approx(sum(driven) / len(driven), abs=0.051)
    for step in hour.classes:
        within = sum(step.from_kmh <= speed < step.to_kmh for speed in driven)
        assert step.count in {within, None}


def speed_of(number: int) -> float:
    return 45.0 + number % 20


def hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def crossings(truths: Sequence[Truth]) -> dict[datetime, tuple[int, int]]:
    """Count by the hour who came in, and who of them left within the time of through traffic."""
    within = timedelta(seconds=SITE.statistics.through_within_s)
    came: dict[tuple[Any, str], datetime] = {}
    entered: Counter[datetime] = Counter()
    through: Counter[datetime] = Counter()
    for one in sorted(truths, key=lambda one: one["at"]):
        vehicle = one["at"].astimezone(SITE.site.zone).date(), one["plate"]
        since = came.pop(vehicle, None)
        if one["camera"].endswith("-in"):
            came[vehicle] = one["at"]
            entered[hour_of(one["at"])] += 1
        elif since is not None and one["at"] - since <= within:
            through[hour_of(since)] += 1
    return defaultdict(lambda: (0, 0), {at: (n, through[at]) for at, n in entered.items()})


def of_hours(hours: int) -> Site:
    settings = SITE.statistics.model_copy(update={"flow_hours": hours})
    return SITE.model_copy(update={"statistics": settings})
