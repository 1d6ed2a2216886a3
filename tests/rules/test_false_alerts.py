from random import Random

import pytest

from anpr.events import Match
from anpr.list_entries import Block, Rows, Terms
from anpr.plates import fold, frequency
from rules.confusion import look_alikes
from rules.false_alerts import false_alerts_per_day


def listed(mode: Match, *plates: str) -> Rows:
    return Rows("l", (Block(terms=Terms(match_mode=mode), rows="\x1e".join(plates)),))


def expected(mode: Match, *plates: str, least: float = 0.001, a_day: float = 100_000) -> float:
    return false_alerts_per_day(listed(mode, *plates), a_day, least, "BE")


def test_each_mode_costs_more_than_the_one_before() -> None:
    exact = expected(Match.EXACT, "1ABC123")
    probable = expected(Match.PROBABLE, "1ABC123")
    equivalent = expected(Match.EQUIVALENT, "1ABC123")
    wildcard = expected(Match.WILDCARD, "1ABC1??")
    assert 0 < exact < min(probable, equivalent)
    assert max(probable, equivalent) < wildcard


def test_twice_the_traffic_or_twice_the_entries_give_twice_as_many() -> None:
    one = expected(Match.EQUIVALENT, "1ABC123")
    assert expected(Match.EQUIVALENT, "1ABC123", a_day=200_000) == pytest.approx(2 * one)
    assert expected(Match.EQUIVALENT, "1ABC123", "1ABC123") == pytest.approx(2 * one)


def test_a_higher_threshold_costs_less() -> None:
    assert expected(Match.PROBABLE, "1ABC123", least=0.02) < expected(Match.PROBABLE, "1ABC123")


def test_a_list_without_entries_costs_nothing() -> None:
    assert false_alerts_per_day(Rows("l"), 100_000, 0.001, "BE") == 0


def test_look_alikes_differ_in_one_or_two_look_alike_characters() -> None:
    found = list(look_alikes("1ABC120"))
    assert len(set(found)) == len(found)
    for plate in found:
        assert fold(plate) == fold("1ABC120")
        assert 1 <= sum(a != b for a, b in zip(plate, "1ABC120", strict=True)) <= 2


def test_the_estimate_for_equivalents_is_what_random_traffic_gives() -> None:
    """Belgian standard plates drawn at random, against a list of many such plates."""
    rng = Random(4)  # noqa: S311 traffic, not secrets

    def plate() -> str:
        letters = "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ", k=3))
        return f"{rng.choice('12')}{letters}{rng.randrange(1000):03}"

    entries = sorted({plate() for _ in range(100_000)})
    alike: dict[str, int] = {}
    for entry in entries:
        for other in look_alikes(entry):
            alike[other] = alike.get(other, 0) + 1
    seen = 150_000
    counted = sum(alike.get(plate(), 0) for _ in range(seen))
    told = false_alerts_per_day(listed(Match.EQUIVALENT, *entries), seen, 0.001, "BE")
    assert counted > 100
    assert told == pytest.approx(counted, rel=0.5)


def test_a_common_plate_is_seen_more_often_than_one_of_an_old_series() -> None:
    assert frequency("1ABC123") > frequency("9AAA111") > 0
