"""A simulated month through all rules: no case that is not one, and hardly one that is missed."""

import json
from pathlib import Path

import pytest
from rich.console import Console

from anpr.events import RuleEvent
from pipeline.demo.zone import site
from pipeline.replay import read_lists, recorded_reads, replay
from pipeline.simulate import simulate
from pipeline.simulation.comparison import NO_TRANSIT, Comparison, Truth, compare
from pipeline.simulation.traffic import Demand

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MONTH = Demand(days=30, trips=140, listed=0.05)


class Month:
    """The truth of a month beside what the rules made of its reads."""

    def __init__(self, folder: Path) -> None:
        simulation = simulate(site(), seed=11, demand=MONTH)
        lines: tuple[list[str], list[str]] = ([], [])
        for is_truth, line in simulation.lines:
            lines[is_truth].append(line)
        for name, text in simulation.lists.items():
            (folder / f"{name}.csv").write_text(text, "utf-8")
        self.truth: list[Truth] = [json.loads(line) for line in lines[1]]
        replayed = replay(site(), read_lists(folder, site()), recorded_reads(lines[0]))
        self.events: tuple[RuleEvent, ...] = replayed.events
        self.compared: Comparison = compare(self.truth, self.events)
        console = Console(width=100)
        console.print(f"A month of {len(lines[0])} reads")
        for table in self.compared.tables():
            console.print(table)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    return Month(tmp_path_factory.mktemp("lists"))


@pytest.mark.parametrize("kind", ["section_transit", "lock_transit"])
def test_every_case_is_one_and_hardly_one_is_missed(month: Month, kind: str) -> None:
    found = month.compared.found[kind]
    caught, enforceable = found.recall
    assert enforceable > 100
    assert found.false == []
    assert caught >= 0.98 * enforceable
    assert NO_TRANSIT not in found.missed_enforceable, "every miss has a stated reason"


def test_what_the_reads_do_not_prove_is_told_as_such(month: Month) -> None:
    missed = month.compared.found["section_transit"].missed
    assert {one.said for one in missed if one.flaw == "within_error"} == {"ok (within_limit)"}


@pytest.mark.parametrize("flaw", ["clock_off", "wrong_direction", "contradicting_country"])
def test_what_the_cameras_made_doubtful_is_cancelled_for_that(month: Month, flaw: str) -> None:
    missed = month.compared.found["section_transit"].missed
    assert {one.said for one in missed if one.flaw == flaw} == {f"cancelled ({flaw})"}


def test_what_the_reads_prove_is_never_more_than_what_was_driven(month: Month) -> None:
    transits = [one for one in month.truth if one["kind"] == "section_transit"]
    assert all(one["lower_kmh"] <= one["true_kmh"] for one in transits)


def test_listed_plates_are_hit_also_where_one_character_is_confused(month: Month) -> None:
    hit, exact = month.compared.hits["exact"]
    assert hit == exact > 500
    hit, confused = month.compared.hits["one_confusable"]
    assert confused > 20
    assert hit >= 0.95 * confused


def test_no_vehicle_is_taken_for_two(month: Month) -> None:
    assert [one for one in month.events if one.kind == "clone_suspect"] == []
