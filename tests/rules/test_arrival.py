"""Laws of the whole fold, reads to events: order and repetition of arrival do not count."""

from collections.abc import Iterable, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anpr.events import PlateRead, RuleEvent
from anpr.lists import Entry, Lists, PlateList
from pipeline.replay import RecordedRead, replay
from tests.rules.passages import LOOK_ALIKE, PLATE, read
from tests.sites import site

SITE = site()
LISTS = Lists(
    [
        PlateList("stolen", 1, None, [Entry(id="s", plate_pattern=PLATE)]),
        PlateList("relst-permits", 1, None, [Entry(id="p", plate_pattern="2XYZ999")]),
    ]
)
ARRIVAL = {"id", "passages"}
"""A passage is named after the read that came first, so names may differ between arrivals."""


def standing(reads: Iterable[PlateRead]) -> list[RuleEvent]:
    recorded = [RecordedRead(line, one) for line, one in enumerate(reads, 1)]
    return list(replay(SITE, LISTS, recorded).events)


def verdicts(events: Sequence[RuleEvent]) -> list[str]:
    return sorted(event.model_dump_json(exclude={*ARRIVAL, "revision"}) for event in events)


READS = st.lists(
    st.builds(
        lambda camera, at, plate, confidence, vehicle: read(
            camera, at, plate, confidence=confidence, vehicle=vehicle
        ),
        st.sampled_from("abcdefg"),
        st.integers(0, 900),
        st.sampled_from([PLATE, LOOK_ALIKE, "2XYZ999", None]),
        st.sampled_from([0.8, 0.95, None]),
        st.sampled_from([{"class": "truck"}, None]),
    ),
    max_size=12,
    unique_by=lambda one: one.id,
)


@settings(deadline=None)
@given(READS, st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_verdicts(
    reads: list[PlateRead], random: Random
) -> None:
    shuffled = list(reads)
    random.shuffle(shuffled)
    assert verdicts(standing(shuffled)) == verdicts(standing(reads))


@settings(deadline=None)
@given(READS, st.data())
def test_a_read_that_arrives_twice_changes_nothing(
    reads: list[PlateRead], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(reads), max_size=4)) if reads else []
    assert standing([*reads, *again]) == standing(reads)


@settings(deadline=None)
@given(READS)
def test_the_same_arrivals_give_the_same_bytes(reads: list[PlateRead]) -> None:
    one, other = ([event.to_json() for event in standing(reads)] for _ in range(2))
    assert one == other


@pytest.mark.parametrize("second", range(20))
def test_of_two_places_at_one_moment_arrival_does_not_say_which_was_first(second: int) -> None:
    apart = [read("a", 100, confidence=0.95), read("g", 100, confidence=0.95)]
    earlier = [read(one, second, confidence=0.95) for one in "ag"]
    assert verdicts(standing([*apart, *earlier])) == verdicts(standing([*apart[::-1], *earlier]))
