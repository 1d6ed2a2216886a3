from datetime import timedelta
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.events import Direction, PlateRead, TimeSource, Vehicle, VehicleClass
from anpr.ids import passage_id
from anpr.sites import Camera
from rules.passage import group_of, passages
from tests.rules.passages import LOOK_ALIKE, PLATE, after, read

CAMERA = Camera(id="a", lat=51, lon=4, merge_s=10)


def test_reads_of_one_track_are_one_group_whatever_their_plates() -> None:
    assert group_of(read("a", 0, track="7")) == group_of(read("a", 1, "2XYZ999", track="7"))
    assert group_of(read("a", 0, track="7")) == group_of(read("a", 1, None, track="7"))


def test_reads_without_a_track_group_by_the_fold_of_their_plate() -> None:
    assert group_of(read("a", 0)) == group_of(read("a", 90, LOOK_ALIKE))
    assert group_of(read("a", 0)) != group_of(read("a", 0, "2XYZ999"))


def test_groups_never_span_cameras_or_confuse_tracks_with_plates() -> None:
    groups = {
        group_of(read("a", 0, track=PLATE)),
        group_of(read("b", 0, track=PLATE)),
        group_of(read("a", 0)),
        group_of(read("b", 0)),
    }
    assert len(groups) == 4


def test_an_unread_vehicle_without_a_track_is_a_group_of_its_own() -> None:
    one, other = read("a", 0, None), read("a", 1, None)
    assert group_of(one) != group_of(other)
    (alone,) = passages(CAMERA, [one])
    assert alone.plate is None


@pytest.mark.parametrize(("gap_s", "expected"), [(9.999, 1), (10, 1), (10.001, 2)])
def test_a_passage_ends_where_the_gap_exceeds_merge_s(gap_s: float, expected: int) -> None:
    assert len(passages(CAMERA, [read("a", 0), read("a", gap_s)])) == expected


@pytest.mark.parametrize(("last_s", "expected"), [(59.999, 1), (60, 1), (60.001, 2)])
def test_a_passage_ends_where_the_span_exceeds_a_minute(last_s: float, expected: int) -> None:
    seconds = [*range(0, 60, 9), last_s]
    assert len(passages(CAMERA, [read("a", at) for at in seconds])) == expected


def test_a_track_is_one_passage_however_long_it_lasts() -> None:
    (one,) = passages(CAMERA, [read("a", 0, track="7"), read("a", 300, track="7")])
    assert (one.first_at, one.last_at) == (after(0), after(300))


def test_the_most_confident_read_leads() -> None:
    (one,) = passages(CAMERA, [read("a", 0, confidence=0.8), read("a", 1, LOOK_ALIKE)])
    assert (one.at, one.plate, one.confidence) == (after(1), LOOK_ALIKE, 0.95)


def test_an_unknown_confidence_counts_lowest() -> None:
    (one,) = passages(CAMERA, [read("a", 0, confidence=None), read("a", 1, confidence=0.0)])
    assert one.at == after(1)


def test_of_equal_confidence_the_earlier_leads_then_the_lower_id() -> None:
    (one,) = passages(CAMERA, [read("a", 1), read("a", 0)])
    assert one.at == after(0)
    (other,) = passages(CAMERA, [read("a", 0, LOOK_ALIKE, id="2"), read("a", 0, id="1")])
    assert other.plate == PLATE


def test_in_a_track_an_unread_view_never_leads() -> None:
    reads = [read("a", 0, None, track="7"), read("a", 1, track="7", confidence=None)]
    (one,) = passages(CAMERA, reads)
    assert one.plate == PLATE


def test_a_read_that_comes_twice_counts_once() -> None:
    (one,) = passages(CAMERA, [read("a", 0), read("a", 0), read("a", 1)])
    assert one.revision == 2
    assert len(one.reads) == 2


def test_the_id_comes_from_the_read_that_arrived_first() -> None:
    late, early = read("a", 1), read("a", 0)
    (one,) = passages(CAMERA, [late, early])
    assert one.id == passage_id("a", late.id)


def test_a_late_read_that_bridges_a_gap_makes_one_passage_of_two() -> None:
    first, second, bridge = read("a", 0), read("a", 14), read("a", 7)
    assert len(passages(CAMERA, [first, second])) == 2
    (one,) = passages(CAMERA, [first, second, bridge])
    assert (one.id, one.revision) == (passage_id("a", first.id), 3)


@pytest.mark.parametrize(("delay_s", "is_late"), [(59.999, False), (60, False), (60.001, True)])
def test_a_passage_is_late_beyond_late_after_s(delay_s: float, is_late: bool) -> None:
    (one,) = passages(CAMERA, [read("a", 0, received_at=after(delay_s))])
    assert one.late is is_late


def test_a_passage_is_late_only_if_all_its_reads_are() -> None:
    late = read("a", 0, received_at=after(300))
    assert passages(CAMERA, [late, read("a", 1, late=True)])[0].late
    assert not passages(CAMERA, [late, read("a", 1)])[0].late


def test_a_passage_was_received_with_its_first_received_read() -> None:
    reads = [read("a", 0, received_at=after(300)), read("a", 1, received_at=after(2))]
    assert passages(CAMERA, reads)[0].received_at == after(2)


def test_what_the_best_read_lacks_comes_from_the_next_best_that_has_it() -> None:
    best = read("a", 0, confidence=0.99, direction="unknown", time_source="receipt")
    next_best = read(
        "a", 1, confidence=0.9, lane=2, direction="receding", speed_kmh=50.0,
        vehicle={"class": "truck"}, images={"crop": "sha256:aa"}, clock_error_ms=400,
    )  # fmt: skip
    (one,) = passages(CAMERA, [best, next_best])
    assert (one.lane, one.direction, one.speed_kmh) == (2, Direction.RECEDING, 50.0)
    assert one.vehicle == Vehicle(class_=VehicleClass.TRUCK)
    assert one.images == next_best.images
    assert (one.time_source, one.clock_error_ms) == (TimeSource.RECEIPT, None)


def test_what_is_known_of_the_vehicle_is_put_together_and_the_best_read_wins_conflicts() -> None:
    reads = [
        read("a", 0, confidence=0.99, vehicle={"class": "van", "confidence": 0.6}),
        read("a", 1, vehicle={"class": "truck", "confidence": 0.9, "height_m": 3.4}),
    ]
    (one,) = passages(CAMERA, reads)
    assert one.vehicle == Vehicle(class_=VehicleClass.VAN, confidence=0.6, height_m=3.4)


def test_no_reads_make_no_passage() -> None:
    assert passages(CAMERA, []) == []


READS = st.lists(
    st.builds(
        lambda seconds, plate, confidence: read("a", seconds, plate, confidence=confidence),
        st.integers(0, 90),
        st.sampled_from([PLATE, LOOK_ALIKE]),
        st.none() | st.sampled_from([0.5, 0.9]),
    ),
    max_size=8,
    unique_by=lambda read: read.id,
)


@given(READS, st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_passages_but_for_their_ids(
    reads: list[PlateRead], random: Random
) -> None:
    shuffled = list(reads)
    random.shuffle(shuffled)
    without_id = [one.model_copy(update={"id": ""}) for one in passages(CAMERA, reads)]
    assert [one.model_copy(update={"id": ""}) for one in passages(CAMERA, shuffled)] == without_id


@given(READS)
def test_every_distinct_read_is_in_exactly_one_passage(reads: list[PlateRead]) -> None:
    merged = passages(CAMERA, reads)
    assert sorted(id_ for one in merged for id_ in one.reads) == sorted(read.id for read in reads)
    assert sum(one.revision for one in merged) == len(reads)
    assert all(one.last_at - one.first_at <= timedelta(seconds=60) for one in merged)


def test_three_reads_in_every_order_keep_time_order_within_the_passage() -> None:
    reads = [read("a", 0), read("a", 1), read("a", 2)]
    expected = tuple(one.id for one in reads)
    assert {passages(CAMERA, order)[0].reads for order in permutations(reads)} == {expected}
