from collections.abc import Mapping, Sequence
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from anpr.frames import FrameMeta
from ocr.ports import Box, Reading
from ocr.track import GAP, READINGS, Seen, Track, View, step
from tests.ocr.makers import approaching, meta, read_as, view

Sight = tuple[Reading, Box]


def drive(
    frames: Mapping[float, Sequence[Sight]], shuffled: bool = False
) -> tuple[list[Track], tuple[Track, ...]]:
    """Fold frames, by their second, into the tracks that ended and those still open."""
    ended: list[Track] = []
    tracks: tuple[Track, ...] = ()
    for offset, (second, sights) in enumerate(frames.items()):
        at = meta(seconds=second)
        views = [view(at, reading, box) for reading, box in sights]
        seen = step(tracks, at, offset, reversed(views) if shuffled else views)
        ended += seen.ended
        tracks = seen.open
    return ended, tracks


def test_one_vehicle_through_ten_frames_is_one_track() -> None:
    _, tracks = drive({n / 5: [(read_as("1ABC123"), approaching(n))] for n in range(10)})
    assert [track.seen for track in tracks] == [10]


def test_one_vehicle_read_badly_is_one_track() -> None:
    bad = [read_as("1ABC123", 0.8, **{f"at{n}": ("X", 0.6)}) for n in range(6)]
    _, tracks = drive({n / 10: [(bad[n], approaching(n))] for n in range(6)})
    assert [track.fused.plate for track in tracks] == ["1ABC123"]


def test_two_vehicles_side_by_side_are_two_tracks() -> None:
    left, right = read_as("1ABC123"), read_as("1XYZ789")
    _, tracks = drive(
        {n / 5: [(left, approaching(n, 100)), (right, approaching(n, 220))] for n in range(10)}
    )
    assert [track.fused.plate for track in tracks] == ["1ABC123", "1XYZ789"]


def test_look_alike_plates_side_by_side_are_two_tracks() -> None:
    left, right = read_as("1ABC123"), read_as("1ABC128")
    _, tracks = drive(
        {n / 5: [(left, approaching(n, 100)), (right, approaching(n, 220))] for n in range(10)}
    )
    assert [track.fused.plate for track in tracks] == ["1ABC123", "1ABC128"]


def test_the_next_vehicle_at_the_same_place_is_another_track() -> None:
    box = approaching(3)
    _, tracks = drive({0.0: [(read_as("1ABC123"), box)], 0.8: [(read_as("2XYZ789"), box)]})
    assert [track.seen for track in tracks] == [1, 1]


def test_a_plate_that_jumps_through_the_view_stays_one_track() -> None:
    far, near = Box(20, 10, 40, 9), Box(200, 180, 90, 20)
    _, tracks = drive({0.0: [(read_as("1ABC123"), far)], 0.4: [(read_as("1ABC123"), near)]})
    assert [track.seen for track in tracks] == [2]


def test_a_track_ends_just_above_the_gap_and_not_at_it() -> None:
    sight = [(read_as("1ABC123"), approaching(0))]
    gap = GAP.total_seconds()
    assert [track.seen for track in drive({0.0: sight, gap: sight})[1]] == [2]
    ended, tracks = drive({0.0: sight, gap + 0.01: sight})
    assert [track.seen for track in (*ended, *tracks)] == [1, 1]


def test_a_frame_without_a_plate_ends_what_is_overdue() -> None:
    ended, tracks = drive({0.0: [(read_as("1ABC123"), approaching(0))], 9.0: []})
    assert (len(ended), tracks) == (1, ())


def test_a_clock_that_jumps_back_ends_what_came_from_the_future() -> None:
    sight = [(read_as("1ABC123"), approaching(0))]
    ended, tracks = drive({3600.0: sight, 0.0: sight})
    assert [track.seen for track in (*ended, *tracks)] == [1, 1]


def test_a_parked_vehicle_stays_one_track_and_keeps_little() -> None:
    sight = [(read_as("1ABC123", 0.95), approaching(5))]
    _, (track,) = drive({float(second): sight for second in range(300)})
    assert track.age == timedelta(seconds=299)
    assert len(track.readings) == READINGS


def test_the_best_view_is_clear_and_large() -> None:
    frames = {
        0.0: [(read_as("1ABC123"), approaching(0))],
        0.2: [(read_as("1ABC123"), approaching(4))],
        0.4: [(read_as("1ABC123", 0.7), approaching(8))],
    }
    _, (track,) = drive(frames)
    assert track.best.at == track.first.at + timedelta(seconds=0.2)


def test_only_a_frame_that_shows_one_vehicle_is_a_witness() -> None:
    one, other = read_as("1ABC123"), read_as("1XYZ789")
    _, tracks = drive(
        {0.0: [(one, approaching(0))], 0.2: [(one, approaching(1)), (other, approaching(1, 220))]}
    )
    assert [len(track.witnesses) for track in tracks] == [1, 0]


@given(st.lists(st.sampled_from(["1ABC123", "1XYZ789", "2KLM456"]), unique=True, min_size=1))
def test_the_order_of_boxes_in_a_frame_does_not_matter(plates: list[str]) -> None:
    frames = {
        n / 5: [(read_as(p), approaching(n, 80 + 90 * at)) for at, p in enumerate(plates)]
        for n in range(4)
    }
    assert drive(frames) == drive(frames, shuffled=True)


def test_a_track_is_named_after_its_first_frame_and_place() -> None:
    at = meta(seconds=0.0)
    views = [view(at, read_as("1ABC123"), approaching(0, x)) for x in (100, 220)]

    def names(of: FrameMeta, seen: Sequence[View]) -> list[str]:
        opened: Seen = step((), of, 0, seen)
        return [track.id for track in opened.open]

    assert names(at, views) == names(at, views)
    assert len({*names(at, views), *names(meta(seconds=1.0), views)}) == 4
