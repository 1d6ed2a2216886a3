import json
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from anpr.events import PlateRead
from anpr.list_file import parse_list
from anpr.sites import Site
from pipeline.demo.zone import site
from pipeline.simulate import simulate
from pipeline.simulation.reading import CATCHING_UP_S
from pipeline.simulation.traffic import Demand

COUNT = 6000


@pytest.fixture(scope="module")
def reads() -> list[PlateRead]:
    return [PlateRead.model_validate_json(line) for line in simulate(site(), COUNT, 1).reads]


@pytest.fixture(scope="module")
def truth() -> list[dict[str, Any]]:
    return [json.loads(line) for line in simulate(site(), COUNT, 1).truth]


@pytest.mark.parametrize("count", [1, 2, 37])
def test_a_simulation_has_exactly_so_many_reads(count: int) -> None:
    simulation = simulate(site(), count, 3)
    passages = [json.loads(line) for line in simulation.truth]
    assert len(list(simulation.reads)) == count
    assert sum(one["reads"] for one in passages if one["kind"] == "passage") == count


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, again, other = (simulate(site(), 500, seed) for seed in (1, 1, 2))
    assert list(first.reads) == list(again.reads) == list(first.reads)
    assert list(first.truth) == list(again.truth)
    assert list(first.reads) != list(other.reads)


def test_reads_stand_in_the_order_in_which_they_arrived(reads: list[PlateRead]) -> None:
    arrivals = [read.received_at for read in reads if read.received_at]
    assert len(arrivals) == len(reads)
    assert all(before <= after for before, after in pairwise(arrivals))
    assert any(before.captured_at > after.captured_at for before, after in pairwise(reads))


def test_every_read_is_one_of_its_own_and_of_a_camera_of_the_site(reads: list[PlateRead]) -> None:
    assert len({read.id for read in reads}) == len(reads)
    assert {read.camera for read in reads} <= {camera.id for camera in site().cameras}


def test_plates_come_from_several_countries_mostly_from_home(truth: list[dict[str, Any]]) -> None:
    countries = Counter(one["country"] for one in truth if one["kind"] == "passage")
    assert len(countries) >= 5
    assert 0.6 < countries["BE"] / countries.total() < 0.95


def test_some_plates_are_misread_some_unread_most_right(
    reads: list[PlateRead], truth: list[dict[str, Any]]
) -> None:
    true = {one["plate"] for one in truth}
    unread = sum(read.plate is None for read in reads) / COUNT
    right = sum(read.plate in true for read in reads) / COUNT
    assert 0.002 < unread < 0.05
    assert 0.9 < right < 0.99


def test_a_misread_plate_is_less_sure_and_names_the_true_one(
    reads: list[PlateRead], truth: list[dict[str, Any]]
) -> None:
    true = {one["plate"] for one in truth}
    misread = [read for read in reads if read.plate and read.plate not in true]
    assert misread
    assert all((read.confidence or 1) < 0.86 for read in misread)
    assert all(read.alternatives[0].plate in true for read in misread)


def test_late_deliveries_are_marked(reads: list[PlateRead]) -> None:
    limits = {camera.id: camera.late_after_s for camera in site().cameras}
    for read in reads:
        assert read.received_at is not None
        delay_s = (read.received_at - read.captured_at).total_seconds()
        if abs(delay_s - limits[read.camera]) > 1:
            assert read.late == (delay_s > limits[read.camera])


def test_an_outage_delivers_its_reads_late_and_all_at_once() -> None:
    per_camera = defaultdict(list)
    for line in simulate(site(), 9000, seed=4).reads:
        read = PlateRead.model_validate_json(line)
        if read.late and read.received_at:
            per_camera[read.camera].append(read.received_at)
    assert per_camera
    for arrivals in per_camera.values():
        assert max(arrivals) - min(arrivals) <= timedelta(seconds=CATCHING_UP_S)


def test_a_site_without_sections_and_locks_has_traffic_too() -> None:
    plain: Site = site().model_copy(update={"sections": (), "locks": (), "zones": ()})
    assert len(list(simulate(plain, 50, 1).reads)) == 50


def test_a_camera_that_sees_vehicles_from_behind_sees_them_recede() -> None:
    whole = site()
    section = whole.sections[0]
    behind = section.model_copy(update={"seen_from_behind": section.exit})
    turned = whole.model_copy(update={"sections": (behind,), "locks": (), "zones": ()})
    month = simulate(turned, COUNT, 1)
    receding = Counter(
        read["camera"]
        for line in month.reads
        if (read := json.loads(line))["direction"] == "receding"
    )
    seen = Counter(json.loads(line)["camera"] for line in simulate(turned, COUNT, 1).reads)
    assert all(receding[camera] > 0.98 * seen[camera] for camera in section.exit)
    assert all(receding[camera] < 0.02 * seen[camera] for camera in section.entry)
    flaws = Counter(
        one["flaw"]
        for line in month.truth
        if (one := json.loads(line)).get("verdict") == "violation"
    )
    assert flaws["wrong_direction"] < 0.1 * flaws.total()


def test_the_truth_says_which_planted_cases_the_reads_do_not_prove(
    truth: list[dict[str, Any]],
) -> None:
    cases = [one for one in truth if one.get("verdict") in {"violation", "through"}]
    flaws = Counter(one["flaw"] for one in cases)
    assert flaws[None] > 20
    assert {"misread", "within_error"} < set(flaws)
    assert flaws[None] > 0.8 * (flaws.total() - flaws["within_error"])


def test_a_simulation_of_days_ends_after_them_and_follows_their_rhythm() -> None:
    simulation = simulate(site(), seed=2, demand=Demand(days=7, trips=60))
    moments = [
        datetime.fromisoformat(one["at"]).astimezone(site().site.zone)
        for one in map(json.loads, simulation.truth)
        if one["kind"] == "passage"
    ]
    assert max(moments) - min(moments) < timedelta(days=7, hours=1)
    by_day = Counter(moment.weekday() for moment in moments)
    assert min(by_day[day] for day in range(5)) > 1.5 * max(by_day[5], by_day[6])
    by_hour = Counter(moment.hour for moment in moments)
    assert by_hour[8] + by_hour[17] > 10 * (by_hour[2] + by_hour[3])


def test_burglars_cars_are_on_the_list_that_is_written_beside() -> None:
    simulation = simulate(site(), seed=2, demand=Demand(days=3, trips=300))
    truths = [json.loads(line) for line in simulation.truth]
    entries = parse_list(simulation.lists["wanted"], "wanted", site().site.zone)
    listed = {entry.plate_pattern for entry in entries}
    hits = [one for one in truths if one["kind"] == "hit"]
    assert hits
    assert {one["plate"] for one in hits} <= listed
    nightly = [one for one in truths if one.get("habit") == "burglar"]
    assert nightly


def test_a_vehicle_that_comes_back_mostly_takes_its_own_way() -> None:
    ways: dict[str, Counter[str]] = defaultdict(Counter)
    for line in simulate(site(), seed=2, demand=Demand(days=4, trips=300)).truth:
        one = json.loads(line)
        if one["kind"] == "passage" and one["habit"] == "courier":
            ways[one["plate"]][one["camera"]] += 1
    often = [seen for seen in ways.values() if seen.total() >= 8]
    assert often
    usual = sum(seen.most_common(1)[0][1] for seen in often)
    assert usual > 0.35 * sum(seen.total() for seen in often)
