from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.events import CloneSuspect, Passage
from anpr.lists import Lists
from anpr.sites import Camera
from rules.clone import CloneRule, distance
from tests.rules.passages import LOOK_ALIKE, after, by_time, passage


def camera(id_: str, lat: float, **known: Any) -> Camera:
    return Camera.model_validate({"id": id_, "lat": lat, "lon": 4.0, "clock_error_ms": 0, **known})


CAMERAS = {
    one.id: one
    for one in (
        camera("south", 51.0),
        camera("north", 51.1),
        camera("near", 51.0089),
        camera("far", 51.0091),
        camera("sloppy", 51.1, clock_error_ms=60_000),
    )
}
RULE = CloneRule(CAMERAS, 3600)


def judge(*passages: Passage) -> list[CloneSuspect]:
    return RULE.judge(by_time(*passages), Lists())


def test_the_distance_is_the_great_circles() -> None:
    assert distance(51.0, 4.0, 51.1, 4.0) == pytest.approx(11.119, abs=0.001)
    assert distance(51.0, 4.0, 51.0, 4.1) == pytest.approx(6.998, abs=0.001)


def test_one_plate_at_two_places_at_once_is_suspect() -> None:
    first, second = passage("south", 0, revision=2), passage("north", 30, revision=3)
    (suspect,) = judge(first, second)
    assert suspect.cameras == ("south", "north")
    assert suspect.implied_kmh == pytest.approx(11.119 / 30 * 3600, abs=1)
    assert (suspect.at, suspect.passages) == (after(30), (first.id, second.id))
    assert suspect.revision == 5


@pytest.mark.parametrize(("travel_s", "expected"), [(160.0, 1), (160.2, 0)])
def test_only_what_no_vehicle_drives_is_suspect(travel_s: float, expected: int) -> None:
    """11.119 km in 160.1 s is 250 km/h."""
    assert len(judge(passage("south", 0), passage("north", travel_s))) == expected


def test_both_clock_errors_count_for_the_driver() -> None:
    assert judge(passage("south", 0), passage("sloppy", 101)) == []
    reported = passage("north", 101, clock_error_ms=60_000)
    assert judge(passage("south", 0), reported) == []


@pytest.mark.parametrize(("place", "expected"), [("near", 0), ("far", 1)])
def test_places_closer_than_a_kilometre_prove_nothing(place: str, expected: int) -> None:
    assert len(judge(passage("south", 0), passage(place, 1))) == expected


@pytest.mark.parametrize(("confidence", "expected"), [(None, 0), (0.899, 0), (0.9, 1)])
def test_both_plates_must_be_certain(confidence: float | None, expected: int) -> None:
    unsure = passage("south", 0, confidence=confidence)
    assert len(judge(unsure, passage("north", 30))) == expected


def test_look_alikes_are_not_suspect() -> None:
    assert judge(passage("south", 0), passage("north", 30, LOOK_ALIKE)) == []


def test_one_text_of_two_countries_is_two_plates() -> None:
    south = passage("south", 0, country="BE")
    assert judge(south, passage("north", 30, country="NL")) == []
    assert len(judge(south, passage("north", 30, country=None))) == 1


def test_a_time_of_receipt_proves_nothing() -> None:
    assert judge(passage("south", 0), passage("north", 30, time_source="receipt")) == []


def test_what_comes_later_than_lateness_is_never_paired() -> None:
    assert judge(passage("south", 0), passage("north", 30, received_at=after(3631))) == []


def test_a_mobile_unit_counts_where_it_was() -> None:
    unit = passage("north", 30, position={"lat": 51.0, "lon": 4.0})
    assert judge(passage("south", 0), unit) == []


def test_a_passage_between_explains_nothing_that_it_could_not_drive() -> None:
    seen = [passage("south", 0), passage("south", 20), passage("north", 30)]
    (suspect,) = judge(*seen)
    assert suspect.passages == (seen[1].id, seen[2].id)


def test_two_places_in_the_same_microsecond_imply_a_number() -> None:
    (suspect,) = judge(passage("south", 0), passage("north", 0))
    assert suspect.implied_kmh > 250


@given(st.permutations(range(4)))
def test_any_order_of_arrival_gives_the_same_suspects(order: list[int]) -> None:
    seen = [passage("south", 0), passage("north", 30), passage("far", 300), passage("north", 301)]
    assert judge(*(seen[number] for number in order)) == judge(*seen)
    assert len(judge(*seen)) == 2


def test_the_rule_concerns_every_camera() -> None:
    assert (RULE.id, RULE.cameras, RULE.reach.total_seconds()) == ("clone", None, 1800)
    moved = {**CAMERAS, "north": camera("north", 51.2)}
    assert CloneRule(moved, 3600).ref.version != RULE.ref.version


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*CAMERAS, "gone"]), st.integers(0, 400), st.sampled_from([0.95, 0.5])
        ),
        max_size=6,
        unique_by=lambda one: one[1],
    )
)
def test_what_is_seen_between_hides_no_suspect(seen: list[tuple[str, int, float]]) -> None:
    """Where every leg looks possible nothing more is asked; unsure sightings are legs too."""
    known = [passage(camera, second, confidence=sure) for camera, second, sure in seen]
    sure = [one for one in known if one.confidence == 0.95 and one.camera in CAMERAS]
    slow = [
        suspect for both in zip(by_time(*sure), by_time(*sure)[1:], strict=False)
        for suspect in judge(*both)
    ]  # fmt: skip
    assert judge(*known) == slow
