from typing import Any

import pytest

from anpr.events import Action, Hit, Match, Passage
from anpr.lists import Entry, Lists, PlateList
from anpr.sites import ListSettings
from rules.confusion import share
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
    assert only(seen, EQUIVALENT).likelihood == round(0.75 * 0.2 / 0.8 * share("8", "B"), 4)


def test_without_characters_each_takes_an_equal_share() -> None:
    each = 0.75 ** (1 / 7)
    seen = passage("a", 0, LOOK_ALIKE, confidence=0.75)
    expected = 0.75 * (1 - each) / each * share("8", "B")
    assert only(seen, EQUIVALENT).likelihood == round(expected, 4)


@pytest.mark.parametrize("certainty", [0, 0.1, 0.5])
def test_a_look_alike_is_never_likelier_than_the_read(certainty: float) -> None:
    seen = passage("a", 0, LOOK_ALIKE, confidence=0.6, characters=[certainty] * 7)
    assert only(seen, EQUIVALENT).likelihood <= 0.6


PROBABLE = entry(match_mode="probable")


def probable(seen: Passage, least: float) -> list[Hit]:
    rule = HotlistRule(frozenset(), {"stolen": ListSettings(probable_min=least)})
    return rule.judge([seen], Lists([stolen(PROBABLE)]))


@pytest.mark.parametrize(("least", "expected"), [(0.3099, 1), (0.31, 1), (0.3101, 0)])
def test_a_probable_hit_reaches_the_threshold_of_its_list(least: float, expected: int) -> None:
    seen = passage("a", 0, LOOK_ALIKE, alternatives=[{"plate": PLATE, "confidence": 0.31}])
    assert len(probable(seen, least)) == expected


def test_a_plate_among_the_cameras_alternatives_is_probable_however_unlike() -> None:
    seen = passage("a", 0, "9XYZ777", alternatives=[{"plate": PLATE, "confidence": 0.2}])
    (hit,) = probable(seen, 0.1)
    assert (hit.match, hit.likelihood, hit.plate) == (Match.PROBABLE, 0.2, "9XYZ777")


def test_one_uncertain_character_outside_the_look_alikes_may_be_the_listed_one() -> None:
    certain = [0.99, 0.5, 0.99, 0.99, 0.99, 0.99, 0.99]
    seen = passage("a", 0, "14BC123", confidence=0.5, characters=certain)
    (hit,) = probable(seen, 0.01)
    assert hit.likelihood == round(0.5 * share("4", "A"), 4)
    assert probable(passage("a", 0, "14BC123", confidence=0.99), 0.01) == []


def test_the_own_plate_is_an_exact_hit_whatever_the_threshold() -> None:
    (hit,) = probable(passage("a", 0), 1.0)
    assert hit.match is Match.EXACT


def stale_rule(hours: float) -> HotlistRule:
    return HotlistRule(frozenset(), {"stolen": ListSettings(stale_after_h=hours)})


@pytest.mark.parametrize(("seconds", "is_stale"), [(3599, False), (3600, False), (3601, True)])
@pytest.mark.parametrize("asked", [Action.STOP, Action.INFORM])
def test_a_list_that_is_too_old_asks_nobody_to_stop(
    seconds: float, asked: Action, is_stale: bool
) -> None:
    lists = Lists([stolen(entry(action=asked), holds_from=after(0))])
    (hit,) = stale_rule(1).judge([passage("a", seconds)], lists)
    told = Action.OBSERVE if is_stale and asked is Action.STOP else asked
    assert (hit.stale, hit.action) == (is_stale, told)


def test_passages_of_a_plate_on_no_list_are_not_even_looked_up() -> None:
    """The quick answer must not depend on which passage of the fold is asked about."""
    lists = Lists([stolen(entry())])
    assert RULE.judge(by_time(passage("a", 0, "2ZZZ222"), passage("b", 9, "2ZZZ2Z2")), lists) == []
    found = RULE.judge(by_time(passage("a", 0, LOOK_ALIKE), passage("b", 9)), lists)
    assert [hit.camera for hit in found] == ["b"]


def test_the_rule_concerns_every_camera_and_remembers_nothing() -> None:
    assert (RULE.id, RULE.cameras, RULE.reach.total_seconds()) == ("hotlist", None, 0)
    assert RULE.ref.version != HotlistRule(frozenset()).ref.version
