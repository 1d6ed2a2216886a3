from typing import Any

import pytest

from anpr.events import Action, Hit, Match, Passage
from anpr.lists import Entry, Lists, PlateList
from rules.hotlist import HotlistRule
from tests.rules.passages import LOOK_ALIKE, PLATE, after, by_time, passage

RULE = HotlistRule(frozenset({"bewoners"}))


def entry(plate: str = PLATE, **known: Any) -> Entry:
    return Entry.model_validate({"id": f"e-{plate}", "plate_pattern": plate, **known})


def stolen(*entries: Entry, version: int = 1, **known: Any) -> PlateList:
    return PlateList(known.get("name", "stolen"), version, known.get("holds_from"), entries)


def hits(*passages: Passage, lists: Lists) -> list[Hit]:
    return RULE.judge(by_time(*passages), lists)


def only(seen: Passage, *entries: Entry) -> Hit:
    (hit,) = hits(seen, lists=Lists([stolen(*entries)]))
    return hit


def test_a_listed_plate_gives_a_hit_that_says_why() -> None:
    seen = passage("a", 0, revision=3)
    listed = entry(priority=80, reason_code="stolen", action="stop")
    hit = only(seen, listed)
    assert (hit.list, hit.list_version, hit.entry, hit.entry_plate) == (
        "stolen", 1, listed.id, PLATE,
    )  # fmt: skip
    assert (hit.plate, hit.camera, hit.at) == (PLATE, "a", after(0))
    assert (hit.match, hit.likelihood) == (Match.EXACT, 0.95)
    assert (hit.priority, hit.reason_code, hit.action) == (80, "stolen", Action.STOP)
    assert (hit.passages, hit.revision) == ((seen.id,), 4)


def test_each_passage_and_each_entry_give_one_hit() -> None:
    lists = Lists([stolen(entry(), entry("1ABC*", match_mode="wildcard"))])
    found = hits(passage("a", 0), passage("b", 60), lists=lists)
    assert len({hit.id for hit in found}) == 4


def test_the_same_entry_id_in_two_lists_gives_two_hits() -> None:
    lists = Lists([stolen(entry()), stolen(entry(), name="wanted")])
    found = hits(passage("a", 0), lists=lists)
    assert len({hit.id for hit in found}) == 2


def test_a_permit_list_gives_no_hits() -> None:
    assert hits(passage("a", 0), lists=Lists([stolen(entry(), name="bewoners")])) == []


@pytest.mark.parametrize(("seconds", "expected"), [(-1, 0), (0, 1), (59, 1), (60, 0)])
def test_an_entry_counts_by_the_time_of_the_passage(seconds: float, expected: int) -> None:
    listed = entry(valid_from=after(0), valid_to=after(60))
    assert len(hits(passage("a", seconds), lists=Lists([stolen(listed)]))) == expected


def test_the_version_that_held_at_the_passages_time_counts() -> None:
    lists = Lists([stolen(), stolen(entry(), version=2, holds_from=after(10))])
    found = hits(passage("a", 0), passage("a", 20), lists=lists)
    assert [(hit.at, hit.list_version) for hit in found] == [(after(20), 2)]


@pytest.mark.parametrize(("read_country", "expected"), [("BE", 1), (None, 1), ("NL", 0)])
def test_a_country_excludes_only_reads_of_another_known_country(
    read_country: str | None, expected: int
) -> None:
    lists = Lists([stolen(entry(country="BE"))])
    assert len(hits(passage("a", 0, country=read_country), lists=lists)) == expected


def test_a_look_alike_is_a_hit_only_for_an_entry_that_allows_it() -> None:
    seen = passage("a", 0, LOOK_ALIKE)
    assert hits(seen, lists=Lists([stolen(entry())])) == []
    hit = only(seen, entry(match_mode="equivalent"))
    assert (hit.match, hit.plate, hit.entry_plate) == (Match.EQUIVALENT, LOOK_ALIKE, PLATE)


def test_a_late_passage_gives_a_late_hit() -> None:
    assert only(passage("a", 0, late=True), entry()).late
    assert only(passage("a", 0, received_at=after(9999), late=True), entry()).late


def test_an_unknown_confidence_says_nothing_either_way() -> None:
    assert only(passage("a", 0, confidence=None), entry()).likelihood == 0.5


def test_a_wildcard_is_as_likely_as_the_read() -> None:
    hit = only(passage("a", 0), entry("1A?C*", match_mode="wildcard"))
    assert (hit.match, hit.likelihood) == (Match.WILDCARD, 0.95)


EQUIVALENT = entry(match_mode="equivalent")


def test_a_look_alike_is_as_likely_as_the_camera_said_where_it_did() -> None:
    seen = passage("a", 0, LOOK_ALIKE, alternatives=[{"plate": PLATE, "confidence": 0.31}])
    assert only(seen, EQUIVALENT).likelihood == 0.31


def test_a_look_alike_takes_what_the_read_leaves_to_other_characters() -> None:
    sure = [0.99, 0.99, 0.8, 0.99, 0.99, 0.99, 0.99]
    seen = passage("a", 0, LOOK_ALIKE, confidence=0.75, characters=sure)
    assert only(seen, EQUIVALENT).likelihood == round(0.75 * 0.2 / 0.8, 4)


def test_without_characters_each_takes_an_equal_share() -> None:
    share = 0.75 ** (1 / 7)
    seen = passage("a", 0, LOOK_ALIKE, confidence=0.75)
    assert only(seen, EQUIVALENT).likelihood == round(0.75 * (1 - share) / share, 4)


@pytest.mark.parametrize("certainty", [0, 0.1, 0.5])
def test_a_look_alike_is_never_likelier_than_the_read(certainty: float) -> None:
    seen = passage("a", 0, LOOK_ALIKE, confidence=0.6, characters=[certainty] * 7)
    assert only(seen, EQUIVALENT).likelihood == 0.6


def test_the_rule_concerns_every_camera_and_remembers_nothing() -> None:
    assert (RULE.id, RULE.cameras, RULE.reach.total_seconds()) == ("hotlist", None, 0)
    assert RULE.ref.version != HotlistRule(frozenset()).ref.version
