"""Laws of the rules, over random sites with all rules at once: what can never happen."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anpr.events import Match, Passage, PlateRead, RuleEvent, parse_event
from anpr.lists import Lists
from anpr.sites import Site
from pipeline.replay import RecordedRead, replay
from rules.all import horizon, rules_of
from rules.data import shipped_law
from rules.folds import PassageFold, RuleFold, published
from rules.margins import margin_on
from tests.rules.passages import PLATE, after, read
from tests.rules.worlds import NOBODY, lists, reads, sites

ARRIVAL = {"id", "passages", "revision"}
"""A passage is named after the read that came first, so these may differ between arrivals."""

CASES = {"violation", "through"}

law = settings(deadline=None, max_examples=60)


def standing(site: Site, lists: Lists, reads: Iterable[PlateRead]) -> list[RuleEvent]:
    recorded = [RecordedRead(line, one) for line, one in enumerate(reads, 1)]
    return list(replay(site, lists, recorded).events)


def verdicts(events: Sequence[RuleEvent]) -> list[str]:
    return sorted(event.model_dump_json(exclude=ARRIVAL) for event in events)


def cases(events: Iterable[RuleEvent]) -> dict[str, RuleEvent]:
    return {event.id: event for event in events if getattr(event, "verdict", None) in CASES}


def received_at(read: PlateRead) -> datetime:
    assert read.received_at is not None
    return read.received_at


class Line:
    """Both folds, each message at its offset, as the log's two keyed hops carry them."""

    def __init__(self, site: Site, lists: Lists) -> None:
        self.passages = PassageFold(site)
        self.rules = RuleFold(site, rules_of(site), lists)

    def merge(self, read: PlateRead, offset: int) -> list[Passage]:
        return [one for change in self.passages.take(read, offset) for one in published(change)]

    def judge(self, passage: Passage, offset: int) -> list[bytes]:
        return [change.after.to_json() for change in self.rules.take(passage, offset)]


def passages_of(site: Site, reads: Iterable[PlateRead]) -> list[Passage]:
    line = Line(site, Lists())
    return [one for offset, read in enumerate(reads) for one in line.merge(read, offset)]


# --- the order of arrival -------------------------------------------------------------------------


@law
@given(sites(), lists(), reads(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_verdicts(
    site: Site, lists: Lists, reads: list[PlateRead], random: Random
) -> None:
    shuffled = list(reads)
    random.shuffle(shuffled)
    assert verdicts(standing(site, lists, shuffled)) == verdicts(standing(site, lists, reads))


@law
@given(sites(), lists(), reads(), st.data())
def test_a_read_that_arrives_twice_changes_nothing(
    site: Site, lists: Lists, reads: list[PlateRead], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(reads), max_size=4)) if reads else []
    assert standing(site, lists, [*reads, *again]) == standing(site, lists, reads)


@pytest.mark.parametrize("second", range(20))
def test_of_two_places_at_one_moment_arrival_does_not_say_which_was_first(second: int) -> None:
    from tests.sites import site  # noqa: PLC0415 - the random ones have their own names here

    apart = [read("a", 100, confidence=0.95), read("g", 100, confidence=0.95)]
    earlier = [read(one, second, confidence=0.95) for one in "ag"]
    one, other = (
        verdicts(standing(site(), Lists(), [*first, *earlier])) for first in (apart, apart[::-1])
    )
    assert one == other


# --- batches and restarts -------------------------------------------------------------------------


@law
@given(sites(forgets=True), lists(), reads(most=30, spells=3), st.integers(0, 24))
def test_a_restart_anywhere_gives_byte_identical_passages(
    site: Site, lists: Lists, reads: list[PlateRead], cut: int
) -> None:
    whole, rebuilt = Line(site, lists), Line(site, lists)
    cut = min(cut, len(reads))
    for offset, one in enumerate(reads[:cut]):
        whole.merge(one, offset)
    needed = whole.passages.needed_from()
    for offset in range(cut if needed is None else needed, cut):
        rebuilt.merge(reads[offset], offset)
    for offset, one in enumerate(reads[cut:], start=cut):
        assert rebuilt.merge(one, offset) == whole.merge(one, offset)


@law
@given(sites(forgets=True), lists(), reads(most=30, spells=3), st.integers(0, 40))
def test_a_restart_anywhere_gives_byte_identical_events(
    site: Site, lists: Lists, reads: list[PlateRead], cut: int
) -> None:
    passages = passages_of(site, reads)
    whole, rebuilt = Line(site, lists), Line(site, lists)
    cut = min(cut, len(passages))
    for offset, one in enumerate(passages[:cut]):
        whole.judge(one, offset)
    needed = whole.rules.needed_from()
    for offset in range(cut if needed is None else needed, cut):
        rebuilt.judge(passages[offset], offset)
    for offset, one in enumerate(passages[cut:], start=cut):
        assert rebuilt.judge(one, offset) == whole.judge(one, offset)


@law
@given(sites(forgets=True), lists(), lists(), reads(most=30, spells=2), st.integers(0, 40))
def test_a_changed_list_is_judged_byte_identically_after_a_restart(
    site: Site, before: Lists, since: Lists, reads: list[PlateRead], cut: int
) -> None:
    passages = passages_of(site, reads)
    whole, rebuilt = Line(site, before), Line(site, before)
    cut = min(cut, len(passages))
    for offset, one in enumerate(passages[:cut]):
        whole.judge(one, offset)
    needed = whole.rules.needed_from()
    for offset in range(cut if needed is None else needed, cut):
        rebuilt.judge(passages[offset], offset)
    judged = []
    for line in (whole, rebuilt):
        line.rules.lists = since
        judged.append([change.after.to_json() for change in line.rules.rejudge()])
    assert judged[0] == judged[1]


@law
@given(sites(), lists(), reads())
def test_every_event_is_valid_by_its_contract_and_travels_unchanged(
    site: Site, lists: Lists, reads: list[PlateRead]
) -> None:
    for event in standing(site, lists, reads):
        again = parse_event(event.to_json())
        assert again == event
        assert again.to_json() == event.to_json()
    for passage in passages_of(site, reads):
        same = Passage.model_validate_json(passage.to_json())
        assert (same, same.to_json()) == (passage, passage.to_json())


# --- the driver's benefit -------------------------------------------------------------------------


@given(st.sampled_from(sorted(shipped_law().margins)), st.integers(0, 400), st.dates(
    min_value=after(0).date().replace(year=2001), max_value=after(0).date().replace(year=2099),
))  # fmt: skip
def test_a_correction_never_hurts_the_driver(country: str, whole_kmh: int, day: Any) -> None:
    margin = margin_on(shipped_law().margins[country], day)
    assert 0 <= margin.corrected_kmh(whole_kmh) <= whole_kmh
    assert margin.corrected_kmh(whole_kmh) <= margin.corrected_kmh(whole_kmh + 1)


@law
@given(sites(), lists(), reads())
def test_what_counts_is_never_above_what_is_proved_nor_that_above_what_was_measured(
    site: Site, lists: Lists, reads: list[PlateRead]
) -> None:
    for event in standing(site, lists, reads):
        if event.kind == "section_transit":
            assert event.corrected_kmh <= event.lower_kmh <= event.measured_kmh + 0.01
            assert (event.verdict == "violation") <= (event.corrected_kmh > event.limit_kmh)


WIDER: Mapping[str, Any] = {
    "length_error_m": st.floats(1, 250, allow_nan=False), "clock_error_ms": st.floats(0, 5000)
}  # fmt: skip


def widened(site: Site, length_error_m: float, clock_error_ms: float) -> Site:
    tables = site.model_dump(mode="json", by_alias=True)
    for section in tables["sections"]:
        section["length_error_m"] = max(section["length_error_m"], length_error_m)
    for camera in tables["cameras"]:
        camera["clock_error_ms"] += clock_error_ms
    return Site.model_validate(tables)


@law
@given(sites(), lists(), reads(), WIDER["length_error_m"], WIDER["clock_error_ms"])
def test_widening_an_error_bound_never_adds_a_violation(
    site: Site, lists: Lists, reads: list[PlateRead], length_error_m: float, clock_error_ms: float
) -> None:
    wider = widened(site, length_error_m, clock_error_ms)
    assert set(cases(standing(wider, lists, reads))) <= set(cases(standing(site, lists, reads)))


@law
@given(sites(), lists(), reads(), st.data())
def test_a_worse_clock_reported_by_a_camera_never_adds_a_violation(
    site: Site, lists: Lists, reads: list[PlateRead], data: st.DataObject
) -> None:
    worse = [
        one.model_copy(update={"clock_error_ms": (one.clock_error_ms or 0) + more})
        for one in reads
        for more in (data.draw(st.sampled_from([0, 30, 2000])),)
    ]
    assert set(cases(standing(site, lists, worse))) <= set(cases(standing(site, lists, reads)))


@law
@given(sites(), lists(), reads())
def test_a_fuzzy_match_never_becomes_a_case(
    site: Site, lists: Lists, reads: list[PlateRead]
) -> None:
    seen = {passage.id: passage for passage in passages_of(site, reads)}
    for event in standing(site, lists, reads):
        if event.id in cases([event]):
            ends = {seen[id_].plate for id_ in event.passages[:2]}
            assert ends == {event.plate}, "both ends read the very plate that the case names"
        if event.kind == "hit" and event.match is Match.EXACT:
            assert event.plate == event.entry_plate
        if event.kind == "clone_suspect":
            assert {seen[id_].plate for id_ in event.passages} == {event.plate}


@law
@given(sites(), reads(), lists())
def test_a_permit_only_ever_takes_cases_away(
    site: Site, reads: list[PlateRead], lists: Lists
) -> None:
    nobody = Lists(NOBODY)
    assert set(cases(standing(site, lists, reads))) <= set(cases(standing(site, nobody, reads)))


@law
@given(sites(), reads())
def test_while_no_permits_were_loaded_nobody_is_accused_for_the_want_of_one(
    site: Site, reads: list[PlateRead]
) -> None:
    asking = {lock.id for lock in site.locks if lock.permits}
    for event in standing(site, Lists(), reads):
        if event.kind == "lock_transit" and event.lock in asking:
            assert event.verdict != "through"


# --- memory ---------------------------------------------------------------------------------------


@law
@given(sites(forgets=True), lists(), reads(most=30, spells=4))
def test_memory_is_bounded_by_the_horizon(site: Site, lists: Lists, reads: list[PlateRead]) -> None:
    """Reads come as ingest stamps them: received one after the other, not before their capture."""
    line = Line(site, lists)
    remembered = horizon(site, rules_of(site))
    passages = []
    for offset, one in enumerate(reads):
        passages += line.merge(one, offset)
        event_time = max(one.captured_at for one in reads[: offset + 1])
        needed = line.passages.needed_from()
        assert needed is None or received_at(reads[needed]) >= event_time - remembered
    for offset, passage in enumerate(passages):
        line.judge(passage, offset)
        seen = [min(one.at, one.received_at) for one in passages[: offset + 1] if one.plate]
        event_time = max(seen, default=after(0))
        needed = line.rules.needed_from()
        assert needed is None or passages[needed].received_at >= event_time - remembered


def test_what_is_remembered_of_a_year_is_no_more_than_of_a_day() -> None:
    from tests.sites import site  # noqa: PLC0415

    line = Line(site(), Lists())
    kept = []
    for day in range(365):
        for number, camera in enumerate("abcg"):
            for passage in line.merge(read(camera, 86_400 * day + 60 * number, PLATE), day):
                line.judge(passage, day)
        kept.append((line.passages.remembered, line.rules.remembered))
    assert max(kept) == kept[1]
    assert max(kept)[0] <= 8
