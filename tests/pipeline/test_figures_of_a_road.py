"""A simulated day on one road: travel times and what its cameras miss, beside what passed."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from sqlalchemy import Engine

from anpr.events import Passage, PlateRead, RuleEvent
from anpr.lists import Lists
from anpr.plates import fold
from anpr.sites import Site
from pipeline.simulate import simulate
from pipeline.simulation.traffic import Demand
from rules.all import rules_of
from rules.folds import PassageFold, RuleFold, published
from sinks.analysis.figures import find_captures
from sinks.statistics.flows import FlowRoller
from sinks.statistics.publishing import publish
from sinks.statistics.rolling import roll
from sinks.store.questions import Period
from sinks.store.writer import StoreWriter
from tests.sinks.build import passage, transit
from tests.sinks.databases import ENGINES, fresh_store

pytestmark = pytest.mark.slow

K = 5
BATCH = 2000
CAMERAS = ("voor", "noord", "zuid", "na")
"""The road, in the order it is driven: the simulator's cameras stand between two that miss none."""
ENDS = {"noord": "entry", "zuid": "exit"}
SITE = Site.model_validate(
    {
        "site": {"name": "Testweg", "timezone": "Europe/Brussels", "country": "BE"},
        "cameras": [
            {"id": camera, "lat": 51.0 - place / 100, "lon": 4.0, "clock_error_ms": 0}
            for place, camera in enumerate(CAMERAS)
        ],
        "sections": [
            {"id": "n177", "entry": ["noord"], "exit": ["zuid"], "length_m": 1240,
             "limit_kmh": 70, "min_confidence": 0.5}
        ],
        "lines": [{"id": "weg", "cameras": CAMERAS}, {"id": "traject", "cameras": CAMERAS[1:3]}],
    }
)  # fmt: skip

Truth = dict[str, Any]


@pytest.fixture(scope="module")
def recording() -> tuple[list[PlateRead], list[Truth]]:
    """The reads of a day by the two cameras of the section, and who drove it."""
    cameras = tuple(one for one in SITE.cameras if one.id in ENDS)
    road = SITE.model_copy(update={"cameras": cameras, "lines": ()})
    lines = list(simulate(road, seed=5, demand=Demand(days=1, trips=600)).lines)
    reads = [PlateRead.model_validate_json(one.line) for one in lines if not one.is_truth]
    told = [json.loads(one.line) for one in lines if one.is_truth]
    return reads, [
        {**one, "at": moment(one["at"]), "entry_at": moment(one["entry_at"])}
        for one in told
        if one["kind"] == "section_transit"
    ]


@pytest.fixture(scope="module")
def judged(
    recording: tuple[list[PlateRead], list[Truth]],
) -> tuple[list[Passage], list[RuleEvent]]:
    """What the rules make of the reads."""
    passages: list[Passage] = []
    events: list[RuleEvent] = []
    merging, judging = PassageFold(SITE), RuleFold(SITE, rules_of(SITE), Lists([]))
    for offset, read in enumerate(recording[0]):
        for change in merging.take(read, offset):
            for one in published(change):
                passages.append(one)
                events += [event for _, event in judging.take(one, offset)]
    return passages, events


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with fresh_store(request.param, tmp_path) as store:
        yield store.open()


def test_travel_times_equal_what_was_driven_where_they_are_told(
    engine: Engine, recording: tuple[list[PlateRead], list[Truth]]
) -> None:
    truths = recording[1]
    exact = [
        transit(str(number), plate=one["plate"], at=one["at"], duration_s=took(one))
        for number, one in enumerate(truths)
    ]
    passed = [seen("zuid", one["at"], one) for one in truths]
    hours = stored(engine, passed, exact)
    true = by_hour(truths)

    assert set(hours) == set(true)
    for start, (count, median_s) in hours.items():
        assert count == (len(true[start]) if len(true[start]) >= K else None)
        assert median_s == (round(median(true[start])) if count else None)
    told = sum(count or 0 for count, _ in hours.values())
    assert told / len(truths) > 0.9


def test_cameras_that_misread_tell_as_well_how_long_it_took(
    engine: Engine,
    recording: tuple[list[PlateRead], list[Truth]],
    judged: tuple[list[Passage], list[RuleEvent]],
) -> None:
    hours = stored(engine, *judged)
    true = by_hour(recording[1])

    medians = {start: median_s for start, (_, median_s) in hours.items() if median_s is not None}
    assert sum(len(true[start]) for start in medians) / len(recording[1]) > 0.8
    for start, median_s in medians.items():
        assert median_s == pytest.approx(median(true[start]), rel=0.05)


def test_what_a_camera_misses_is_estimated_as_it_was(
    engine: Engine,
    recording: tuple[list[PlateRead], list[Truth]],
    judged: tuple[list[Passage], list[RuleEvent]],
) -> None:
    """Between two cameras that miss none it is known; at the end of a line it is at least so."""
    truths, minute = recording[1], timedelta(minutes=1)
    before = [seen("voor", one["entry_at"] - minute, one) for one in truths]
    after = [seen("na", one["at"] + minute, one) for one in truths]
    stored(engine, [*judged[0], *before, *after], judged[1])
    with engine.connect() as connection:
        found = find_captures(connection, SITE, whole(truths))
    estimated = {(one.line, one.gate): one for one in found}

    for camera, end in ENDS.items():
        plates = [(one["plate"], one[f"{end}_read"] or "") for one in truths]
        captured = sum(fold(plate) == fold(read) for plate, read in plates) / len(truths)
        was_read = sum(plate == read for plate, read in plates) / len(truths)
        known, bound = estimated["weg", camera], estimated["traject", camera]
        assert known.captured
        assert known.read
        assert bound.captured
        assert known.captured.share == pytest.approx(captured, abs=0.003)
        assert known.read.share == pytest.approx(was_read, abs=0.003)
        assert known.captured.low < captured < known.captured.high
        assert bound.is_lower_bound
        assert captured - 0.04 < bound.captured.share < captured


def stored(
    engine: Engine, passages: Sequence[Passage], events: Sequence[RuleEvent]
) -> dict[datetime, tuple[int | None, int | None]]:
    """Store the day, and give what is published of its travel times: number and median by hour."""
    writer = StoreWriter(engine, lambda: passages[-1].at, SITE.border)
    for start in range(0, max(len(passages), len(events)), BATCH):
        writer.write(passages[start : start + BATCH], events[start : start + BATCH])
    roll(engine)
    FlowRoller(engine, SITE).roll()
    end = max(one.at for one in passages) + timedelta(days=2)
    period = Period(end - timedelta(days=20), end)
    editions = publish(engine, SITE, "travel-times", period, end)
    return {one.start: (row["count"], row["median_s"]) for one in editions for row in one.rows}


def by_hour(truths: Iterable[Truth]) -> dict[datetime, list[float]]:
    found: dict[datetime, list[float]] = defaultdict(list)
    for one in truths:
        found[one["at"].replace(minute=0, second=0, microsecond=0)].append(took(one))
    return found


def took(truth: Truth) -> float:
    driven: timedelta = truth["at"] - truth["entry_at"]
    return driven.total_seconds()


def seen(camera: str, at: datetime, truth: Truth) -> Passage:
    return passage(f"{camera}/{truth['plate']}/{at}", plate=truth["plate"], camera=camera, at=at)


def whole(truths: Sequence[Truth]) -> Period:
    moments = [one["at"] for one in truths]
    return Period(min(moments) - timedelta(days=1), max(moments) + timedelta(days=1))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
