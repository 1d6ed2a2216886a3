import pytest

from tests.rules.locks import CAR, TRUCK, judge, only, outcome, rule, truck
from tests.rules.passages import passage


def test_a_class_that_the_lock_does_not_concern_gives_nothing() -> None:
    assert judge(rule(), truck("oost", 0, vehicle=CAR), truck("west", 300, vehicle=CAR)) == []
    bus = {"class": "bus"}
    buses = (truck("oost", 0, vehicle=bus), truck("west", 300, vehicle=bus))
    assert judge(rule(), *buses) == []
    assert len(judge(rule(classes=["truck", "bus"]), *buses)) == 1


def test_a_missing_class_goes_to_a_person_only_where_it_matters() -> None:
    entry = passage("oost", 0)
    assert outcome(rule(), entry, passage("west", 300)) == ("review", "class_unsure")
    assert outcome(rule(), entry, passage("west", 901)) == ("local", "stayed")


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [(0.799, "review"), (0.8, "through"), (None, "through")],
)
def test_a_class_below_class_confidence_goes_to_a_person(
    confidence: float | None, expected: str
) -> None:
    vehicle = {"class": "truck", "confidence": confidence}
    ends = (truck("oost", 0, vehicle=vehicle), truck("west", 300, vehicle=vehicle))
    assert only(rule(), *ends).verdict == expected


def test_one_end_that_measured_the_class_is_enough() -> None:
    assert outcome(rule(), truck("oost", 0), passage("west", 300))[0] == "through"
    assert judge(rule(), passage("oost", 0), truck("west", 300, vehicle=CAR)) == []


def test_ends_that_contradict_each_other_go_to_a_person() -> None:
    ends = (truck("oost", 0, vehicle=CAR), truck("west", 300))
    assert outcome(rule(), *ends) == ("review", "class_unsure")
    heights = ({"height_m": 2.1}, {"height_m": 3.6})
    both = [truck(end, at, vehicle=seen) for end, at, seen in zip(
        ("oost", "west"), (0, 300), heights, strict=True)]  # fmt: skip
    assert outcome(rule(), *both) == ("review", "class_unsure")


@pytest.mark.parametrize(("height_m", "expected"), [(2.999, 0), (3.0, 1), (3.001, 1)])
def test_a_measured_height_decides_before_the_class(height_m: float, expected: int) -> None:
    vehicle = {**CAR, "height_m": height_m} if expected else {**TRUCK, "height_m": height_m}
    ends = (truck("oost", 0, vehicle=vehicle), passage("west", 300))
    assert len(judge(rule(), *ends)) == expected
