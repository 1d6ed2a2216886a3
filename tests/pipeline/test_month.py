"""A simulated month through all rules: no case that is not one, and hardly one that is missed."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from anpr.events import Hit, LockTransit, RuleEvent, SectionTransit
from anpr.sites import Site
from pipeline.demo.zone import site
from pipeline.replay import read_lists, recorded_reads, replay
from pipeline.simulate import simulate
from pipeline.simulation.traffic import Demand

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MONTH = Demand(days=30, trips=140, listed=0.05)
NEAR = timedelta(seconds=2)
"""How far a clock and a second read may move a sighting."""

CASES = {"violation", "through"}

Truth = dict[str, Any]


class Month:
    """The truth of a month beside what the rules made of its reads."""

    def __init__(self, zone: Site, folder: Path) -> None:
        simulation = simulate(zone, seed=11, demand=MONTH)
        lines: tuple[list[str], list[str]] = ([], [])
        for is_truth, line in simulation.lines:
            lines[is_truth].append(line)
        for name, text in simulation.lists.items():
            (folder / f"{name}.csv").write_text(text, "utf-8")
        self.reads = len(lines[0])
        self.truth: list[Truth] = [json.loads(line) for line in lines[1]]
        replayed = replay(zone, read_lists(folder, zone), recorded_reads(lines[0]))
        self.events = replayed.events

    def planted(self, kind: str) -> list[Truth]:
        """The cases that truly were."""
        return [one for one in self.truth if one["kind"] == kind and one["verdict"] in CASES]

    def transits(self, kind: type[SectionTransit | LockTransit]) -> "Sightings":
        found = [event for event in self.events if isinstance(event, kind)]
        return Sightings(
            found, lambda event: event.section if kind is SectionTransit else event.lock
        )


class Sightings:
    """Events that a truth can be found among: of its plate, at its place, about its time."""

    def __init__(self, events: Sequence[Any], place: Any) -> None:
        self._by: dict[tuple[str, str], list[Any]] = {}
        for event in events:
            self._by.setdefault((event.plate, place(event)), []).append(event)

    def __iter__(self) -> Iterator[Any]:
        return (event for events in self._by.values() for event in events)

    def of(self, plate: str, place: str, at: str) -> list[Any]:
        moment = datetime.fromisoformat(at)
        return [one for one in self._by.get((plate, place), ()) if abs(one.at - moment) <= NEAR]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    return Month(site(), tmp_path_factory.mktemp("lists"))


def share(part: int, whole: int) -> str:
    return f"{part / whole:.4f} ({part} of {whole})" if whole else "none"


@pytest.mark.parametrize(
    ("kind", "of", "where"),
    [("section_transit", SectionTransit, "section"), ("lock_transit", LockTransit, "lock")],
)
def test_every_case_is_one_and_hardly_one_is_missed(
    month: Month, kind: str, of: type[SectionTransit | LockTransit], where: str
) -> None:
    transits = month.transits(of)
    planted = month.planted(kind)
    enforceable = [one for one in planted if one["flaw"] is None]
    found = [one for one in enforceable if verdicts(transits, one, where) & CASES]
    missed = [one for one in enforceable if not verdicts(transits, one, where) & CASES]
    just = [one for one in month.truth if one["kind"] == kind and is_just(one)]
    true = {event.id for one in just for event in told(transits, one, where)}
    cases = [event for event in transits if event.verdict in CASES]
    false = [event for event in cases if event.id not in true]
    flaws = Counter(one["flaw"] for one in planted if one["flaw"])
    table = Table(kind, "figure", title=f"A month of {month.reads} reads")
    table.add_row("planted cases", str(len(planted)))
    table.add_row("of them not to be proved", str(dict(flaws)))
    table.add_row("precision", share(len(cases) - len(false), len(cases)))
    table.add_row("recall of the enforceable", share(len(found), len(enforceable)))
    reasons = Counter(event.reason for one in missed for event in told(transits, one, where))
    table.add_row("missed, by stated reason", str(dict(reasons)))
    Console(width=100).print(table)
    assert len(enforceable) > 100
    assert not false
    assert len(found) >= 0.98 * len(enforceable)
    assert reasons.total() >= len(missed), "every miss has a stated reason"


def is_just(one: Truth) -> bool:
    """Whether an accusation is true, be it proved or not."""
    return one["verdict"] in CASES or one.get("true_corrected_kmh", 0) > one.get("limit_kmh", 0)


def told(transits: Sightings, one: Truth, where: str) -> list[Any]:
    return transits.of(one["plate"], one[where], one["at"])


def verdicts(transits: Sightings, one: Truth, where: str) -> set[str]:
    return {event.verdict.value for event in told(transits, one, where)}


def test_listed_plates_are_hit_also_where_one_character_is_confused(month: Month) -> None:
    hits = [event for event in month.events if isinstance(event, Hit)]
    by_camera: dict[str, list[Hit]] = {}
    for hit in hits:
        by_camera.setdefault(hit.camera, []).append(hit)

    def is_hit(one: Truth) -> bool:
        moment = datetime.fromisoformat(one["at"])
        return any(
            hit.entry_plate == one["plate"] and abs(hit.at - moment) <= NEAR
            for hit in by_camera.get(one["camera"], ())
        )

    planted: dict[str, list[Truth]] = {}
    for one in month.truth:
        if one["kind"] == "hit":
            planted.setdefault(one["read"], []).append(one)
    found = {read: sum(map(is_hit, truths)) for read, truths in planted.items()}
    table = Table("listed plate read", "hit", title=f"A month of {month.reads} reads")
    for read, truths in sorted(planted.items()):
        table.add_row(read, share(found[read], len(truths)))
    Console(width=100).print(table)
    assert len(planted["exact"]) > 500
    assert found["exact"] == len(planted["exact"])
    assert len(planted["one_confusable"]) > 20
    assert found["one_confusable"] >= 0.95 * len(planted["one_confusable"])


def test_no_vehicle_is_taken_for_two(month: Month) -> None:
    suspects: list[RuleEvent] = [one for one in month.events if one.kind == "clone_suspect"]
    assert suspects == []
