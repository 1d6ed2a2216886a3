from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.errors import BrokenVersionError
from anpr.events import Match
from anpr.list_changes import diff
from anpr.list_entries import Block, Rows, Terms
from anpr.list_parts import PART_BYTES, confirmation, parts_of
from anpr.lists import MOST_SUPERSEDED, Entry, ListPart, Lists, PlateList, wildcard

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def entry(pattern: str, match_mode: Match = Match.EXACT, **fields: object) -> Entry:
    identity = f"{pattern}/{match_mode}"
    values = {"id": identity, "plate_pattern": pattern, "match_mode": match_mode}
    return Entry.model_validate({**values, **fields})


def found(plate: str, *entries: Entry, country: str | None = None) -> list[tuple[str, str]]:
    matches = PlateList("l", 1, None, entries).find(plate, country, NOON)
    return [(one.entry.plate_pattern, one.match.value) for one in matches]


@pytest.mark.parametrize(
    "mode, plate, match",
    [
        (Match.EXACT, "1ABC123", "exact"),
        (Match.EXACT, "1A8C123", None),
        (Match.EQUIVALENT, "1ABC123", "exact"),
        (Match.EQUIVALENT, "1A8C123", "equivalent"),
        (Match.EQUIVALENT, "1ABC124", None),
        (Match.PROBABLE, "1ABC123", "exact"),
        (Match.PROBABLE, "IA8CI23", "probable"),
        (Match.PROBABLE, "1ABC124", None),
        (Match.EQUIVALENT, "IA8C123", "equivalent"),
        (Match.EQUIVALENT, "IA8CI23", None),
    ],
)
def test_an_entry_matches_as_its_mode_allows(mode: Match, plate: str, match: str | None) -> None:
    expected = [("1ABC123", match)] if match else []
    assert expected == found(plate, entry("1ABC123", mode))


@pytest.mark.parametrize(
    "pattern, plate, is_match",
    [
        ("1A?C*", "1ABC123", True),
        ("1A?C*", "1A8C", True),
        ("1A?C*", "1AC123", False),
        ("*C123", "1ABC123", True),
        ("*C123", "1ABC1234", False),
        ("*BC*", "1ABC123", True),
        ("*BC*", "BC", True),
        ("1?????3", "1ABC123", True),
        ("1?????3", "1ABC1234", False),
        ("?", "1", True),
        ("1*1", "1", False),
        ("1*1", "11", True),
    ],
)
def test_a_wildcard_stands_for_characters_of_the_whole_plate(
    pattern: str, plate: str, is_match: bool
) -> None:
    expected = [(pattern, "wildcard")] if is_match else []
    assert expected == found(plate, entry(pattern, Match.WILDCARD))


@given(
    st.lists(st.text("AB1?*", min_size=1, max_size=5), max_size=30, unique=True),
    st.text("AB1", min_size=1, max_size=6),
)
def test_the_index_finds_what_going_through_every_pattern_finds(
    patterns: Sequence[str], plate: str
) -> None:
    slow = {pattern for pattern in patterns if wildcard(pattern).match(plate)}
    fast = found(plate, *(entry(pattern, Match.WILDCARD) for pattern in patterns))
    assert sorted(slow) == sorted(pattern for pattern, _ in fast)


@pytest.mark.parametrize(
    "after, holds",
    [(-SECOND, False), (timedelta(0), True), (59 * SECOND, True), (60 * SECOND, False)],
)
def test_an_entry_holds_from_its_start_until_before_its_end(after: timedelta, holds: bool) -> None:
    one = entry("1ABC123", valid_from=NOON, valid_to=NOON + 60 * SECOND)
    assert holds is one.holds_at(NOON + after)
    assert holds is bool(PlateList("l", 1, None, [one]).find("1ABC123", None, NOON + after))


@pytest.mark.parametrize(
    "asked, read, may_be", [("BE", "BE", True), ("BE", "NL", False), ("BE", None, True),
                            (None, "NL", True), (None, None, True)],
)  # fmt: skip
def test_only_a_known_other_country_excludes(
    asked: str | None, read: str | None, may_be: bool
) -> None:
    assert may_be is bool(found("1ABC123", entry("1ABC123", country=asked), country=read))


def test_a_permit_counts_for_a_look_alike_too_but_one_for_the_plate_comes_first() -> None:
    permits = PlateList(
        "p",
        1,
        None,
        [entry("1A8C123"), entry("1ABC123"), entry("1?BC*", Match.WILDCARD), entry("2ABC123")],
    )
    near = [one.plate_pattern for one in permits.find_look_alikes("1ABC123", None, NOON)]
    assert near == ["1?BC*", "1ABC123", "1A8C123"]


def test_the_list_that_held_at_a_moment_is_given() -> None:
    lists = Lists(
        PlateList("l", version, holds_from, [])
        for version, holds_from in [(3, NOON), (1, None), (2, NOON - SECOND)]
    )
    versions = [lists.at("l", NOON + by * SECOND).version for by in (-2, -1, 0, 1)]
    assert versions == [1, 2, 3, 3]
    assert lists.latest("l").version == 3


def test_a_list_nobody_published_is_empty() -> None:
    assert len(Lists().at("l", NOON).entries) == 0
    assert Lists().latest("l").version == 0
    assert Lists().names() == []


def plates(version: PlateList) -> list[str]:
    return [one.plate_pattern for one in version.entries]


def version_of(number: int, *patterns: str) -> list[ListPart]:
    """A version in one part for each entry, as a log with small messages would have it."""
    whole = Rows.of("l", [entry(one, notes=one) for one in patterns])
    [block] = whole.blocks
    return [
        ListPart(
            list="l", version=number, holds_from=NOON, part=place, parts=len(patterns),
            blocks=(Block(terms=block.terms, rows=row),), checksum=whole.checksum,
        )
        for place, row in enumerate(block.split())
    ]  # fmt: skip


@given(st.permutations(version_of(1, "A", "B", "C", "D", "E")))
def test_a_version_is_whole_once_all_parts_came_in_any_order(parts: Sequence[ListPart]) -> None:
    lists = Lists()
    *early, last = parts
    assert [lists.take(part) for part in early] == [None] * len(early)
    assert lists.names() == []
    whole = lists.take(last)
    assert whole is lists.latest("l")
    assert plates(lists.latest("l")) == list("ABCDE")


def test_a_part_that_comes_twice_does_not_complete_a_version() -> None:
    lists = Lists()
    part, *_ = version_of(1, "A", "B", "C")
    assert lists.take(part) is None
    assert lists.take(part) is None


def test_a_publication_that_broke_off_leaves_nothing_in_the_next() -> None:
    lists = Lists()
    for part in version_of(1, "A", "B", "C")[:2]:
        lists.take(part)
    for part in version_of(1, "X", "Y", "Z"):
        lists.take(part)
    assert plates(lists.latest("l")) == list("XYZ")


def test_a_list_without_entries_travels_too() -> None:
    [part] = parts_of("l", 2, NOON, [])
    assert (part.part, part.parts, part.blocks) == (0, 1, ())


def test_a_part_fits_a_message_whatever_its_entries_say() -> None:
    entries = [entry(f"1AAA{number}", notes="é" * 2000) for number in range(1000)]
    parts = parts_of("l", 1, NOON, entries)
    assert len(parts) > 3
    assert max(len(part.to_json()) for part in parts) < PART_BYTES + 10_000
    lists = Lists()
    [whole] = filter(None, map(lists.take, parts))
    assert sorted(whole.entries, key=lambda one: one.id) == sorted(entries, key=lambda one: one.id)


def test_every_part_has_its_own_key() -> None:
    parts = version_of(3, "A", "B", "C")
    assert [part.key for part in parts] == ["list/l/3/0", "list/l/3/1", "list/l/3/2"]


def test_a_part_survives_its_json() -> None:
    [part] = parts_of("l", 1, NOON, [entry("1ABC123", valid_to=NOON, notes="a\nb", country="BE")])
    assert ListPart.model_validate_json(part.to_json()) == part


def test_a_new_version_is_compared_by_ids() -> None:
    same, old, gone, new = entry("A"), entry("B"), entry("C"), entry("D")
    changed = entry("B", priority=90)
    before = PlateList("l", 1, None, [same, old, gone])
    found = diff(before, [new, changed, same])
    assert [*map(list, (found.added, found.changed, found.removed))] == [[new], [changed], [gone]]
    assert list(found.added[:1]) == [new]
    assert not found.is_empty
    assert diff(before, [gone, old, same]).is_empty


def test_an_entry_that_only_holds_longer_is_renewed() -> None:
    before = PlateList("l", 1, None, [entry("A", valid_to=NOON), entry("B", valid_to=NOON)])
    longer = entry("A", valid_to=NOON + SECOND)
    other = entry("B", valid_to=NOON + SECOND, priority=1)
    found = diff(before, [longer, other])
    assert (list(found.renewed), list(found.changed)) == ([longer], [other])
    assert (len(found.added), len(found.removed)) == (0, 0)


def test_a_version_whose_parts_do_not_give_its_checksum_changes_nothing() -> None:
    lists = Lists()
    for part in version_of(1, "A"):
        lists.take(part)
    *early, last = version_of(2, "B", "C")
    for part in early:
        assert lists.take(part) is None
    changed = last.blocks[0].model_copy(update={"rows": "X"})
    with pytest.raises(BrokenVersionError, match="list 'l', version 2"):
        lists.take(last.model_copy(update={"blocks": (changed,)}))
    assert (lists.latest("l").version, plates(lists.latest("l"))) == (1, ["A"])


def test_a_confirmation_makes_a_list_young_again_and_keeps_nothing_twice() -> None:
    lists = Lists()
    [part] = parts_of("l", 1, NOON, [entry("A")])
    lists.take(part)
    [again] = confirmation("l", 2, NOON + SECOND, 1)
    lists.take(ListPart.model_validate_json(again.to_json()))
    assert lists.at("l", NOON + SECOND).version == 2
    assert lists.latest("l").index is lists.at("l", NOON).index
    assert lists.latest("l").holds_from == NOON + SECOND


def test_a_confirmation_of_a_version_nobody_knows_is_refused() -> None:
    with pytest.raises(BrokenVersionError):
        Lists().take(confirmation("l", 2, NOON, 1)[0])


def test_a_list_as_earlier_versions_of_the_product_wrote_it_is_read() -> None:
    old = ListPart(list="l", version=1, holds_from=NOON, entries=(entry("1ABC123"),))
    whole = Lists().take(ListPart.model_validate_json(old.to_json()))
    assert whole is not None
    assert list(whole.entries) == [entry("1ABC123")]


def test_the_same_entries_in_any_order_have_the_same_checksum() -> None:
    entries = [entry("A"), entry("B", priority=3), entry("C")]
    assert Rows.of("l", entries).checksum == Rows.of("l", entries[::-1]).checksum
    assert Rows.of("l", entries).checksum != Rows.of("l", entries[1:]).checksum


@given(st.integers(0, 6), st.integers(0, 6))
def test_a_page_is_what_stands_there(start: int, limit: int) -> None:
    rows = Rows.of("l", [entry(sign, priority=ord(sign) % 2) for sign in "ABCDE"])
    assert rows.page(start, limit) == list(rows)[start : start + limit]
    assert len(rows) == 5


def test_superseded_versions_go_when_they_become_too_much_and_the_oldest_left_held_before() -> None:
    lists = Lists(
        PlateList("l", version, NOON + version * SECOND, many(MOST_SUPERSEDED // 2 + version))
        for version in (1, 2, 3)
    )
    assert [one.version for one in lists.versions("l")] == [2, 3]
    assert lists.at("l", NOON).version == 2


def many(count: int) -> Rows:
    rows = "\x1e".join(f"1AA{number}" for number in range(count))
    return Rows("l", (Block(terms=Terms(), rows=rows),))
