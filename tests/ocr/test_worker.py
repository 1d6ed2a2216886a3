from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anpr.events import Direction, PlateRead, VehicleClass
from anpr.ports import Message, Output
from anpr.topics import DEAD_LETTERS, READS
from ocr.ports import Box, Reading
from ocr.reader import Reader
from ocr.worker import SPARED, OcrWorker
from tests.ocr.makers import Script, approaching, frame, meta, numbered, once, read_as, site

Seen = Mapping[int, Sequence[tuple[Box, Reading]]]


class Images:
    """A content-addressed store in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, image: bytes) -> str:
        reference = f"sha256:{sha256(image).hexdigest()}"
        self.kept[reference] = image
        return reference

    def get(self, reference: str) -> bytes | None:
        return self.kept.get(reference)


def worker(
    seen: Seen,
    images: Images | None = None,
    *,
    triggered: bool = False,
    is_behind: bool = False,
) -> OcrWorker:
    script = Script(seen)
    reader = Reader(script, script, scales=once, credible=0.0)
    return OcrWorker(site(triggered=triggered), reader, images or Images(), lambda _: is_behind)


def reads(outputs: Sequence[Output]) -> list[PlateRead]:
    return [PlateRead.model_validate_json(o.record.value) for o in outputs if o.topic == READS]


PASSING: Seen = {n: [(approaching(n), read_as("1ABC123"))] for n in range(10)}


def passing(vehicle: str | None = None) -> list[Message]:
    return [frame(n, meta(seconds=n / 5, vehicle=vehicle)) for n in range(10)]


def test_one_vehicle_is_announced_once_sure_and_once_much_closer() -> None:
    line = worker(PASSING)
    early = [reads(line.work([one])) for one in passing()]
    assert [len(one) for one in early] == [0, 1, *[0] * 8]
    first, last = early[1][0], reads(line.idle())[0]
    assert (first.plate, last.plate) == ("1ABC123", "1ABC123")
    assert first.track == last.track
    assert first.id != last.id
    assert first.captured_at == meta(seconds=0.2).captured_at
    assert last.captured_at == meta(seconds=1.8).captured_at
    assert last.direction is Direction.APPROACHING
    assert line.idle() == []


def test_a_read_carries_what_is_known_of_its_best_frame() -> None:
    line = worker(PASSING)
    frames = passing("truck")
    read = reads([*line.work(frames), *line.idle()])[-1]
    assert read.camera == "noord"
    assert read.received_at == meta(seconds=1.8).received_at
    assert read.vehicle
    assert read.vehicle.class_ is VehicleClass.TRUCK
    assert read.country == "BE"
    assert len(read.characters) == len("1ABC123")
    assert read.box == (53.0, 122.0, 94.0, 20.9)


def test_the_pictures_of_the_best_frame_are_kept() -> None:
    images = Images()
    line = worker(PASSING, images)
    read = reads([*line.work(passing()), *line.idle()])[-1]
    assert read.images
    assert images.get(read.images.overview or "") == numbered(9)
    assert (images.get(read.images.crop or "") or b"").startswith(b"\xff\xd8")


def test_a_track_that_is_never_sure_waits_for_its_end() -> None:
    doubtful = read_as("1ABC123", 0.96, at3=("8", 0.6))
    line = worker({0: [(approaching(0), doubtful)], 1: []})
    assert line.work([frame(0, meta(seconds=0.0))]) == []
    ended = reads(line.work([frame(1, meta(seconds=4.0))]))
    assert [one.plate for one in ended] == []
    clear = read_as("1ABC123", 0.96)
    line = worker({0: [(approaching(0), clear)], 1: []})
    assert line.work([frame(0, meta(seconds=0.0))]) == []
    assert [one.plate for one in reads(line.work([frame(1, meta(seconds=4.0))]))] == ["1ABC123"]


def test_a_plate_that_turns_out_otherwise_is_announced_again_in_its_track() -> None:
    wrong, right = read_as("1ABC128", 0.97), read_as("1ABC123", 0.995)
    seen = {n: [(approaching(n), wrong if n < 2 else right)] for n in range(10)}
    line = worker(seen)
    named = reads([*line.work(passing()), *line.idle()])
    assert named[0].plate == "1ABC128"
    assert named[-1].plate == "1ABC123"
    assert len({one.track for one in named}) == 1


def test_a_parked_vehicle_is_one_track_of_two_reads() -> None:
    seen = {n: [(approaching(5), read_as("1ABC123"))] for n in range(200)}
    line = worker(seen)
    named = reads(line.work([frame(n, meta(seconds=float(n))) for n in range(200)]))
    named += reads(line.idle())
    assert len({one.track for one in named}) == 1
    assert len(named) == 2
    span = named[1].captured_at - named[0].captured_at
    assert span > timedelta(seconds=5)


def test_a_frame_pushed_twice_counts_once() -> None:
    line = worker(PASSING)
    one = frame(0, meta(seconds=0.0))
    assert line.work([one, one._replace(offset=1)]) == []


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=12))
def test_batches_change_nothing(sizes: list[int]) -> None:
    frames, whole, parts = passing(), worker(PASSING), worker(PASSING)
    expected = [*whole.work(frames), *whole.idle()]
    actual: list[Output] = []
    for size in sizes:
        actual += parts.work(frames[:size])
        frames = frames[size:]
    actual += [*parts.work(frames), *parts.idle()]
    assert actual == expected


@pytest.mark.parametrize("killed_after", range(1, 10))
def test_a_restart_from_the_offset_it_needs_gives_the_same_reads(killed_after: int) -> None:
    frames = passing()
    before, after, whole = worker(PASSING), worker(PASSING), worker(PASSING)
    said = list(before.work(frames[:killed_after]))
    needed = before.needed_from()
    assert needed is not None
    after.work(frames[needed:killed_after])
    said += [*after.work(frames[killed_after:]), *after.idle()]
    assert said == [*whole.work(frames), *whole.idle()]


def test_an_empty_road_needs_nothing() -> None:
    line = worker(PASSING)
    assert line.needed_from() is None
    line.work([frame(4, meta(seconds=0.0))])
    assert line.needed_from() == 4
    line.idle()
    assert line.needed_from() == 4, "the camera may only have been cut off"
    line.work([frame(20, meta(seconds=9.0))])
    assert line.needed_from() is None


def test_a_vehicle_goes_on_after_a_standstill_of_the_line() -> None:
    line = worker(PASSING)
    frames = passing()
    half = len(frames) // 2
    outputs = [*line.work(frames[:half]), *line.idle(), *line.work(frames[half:]), *line.idle()]
    assert len({one.track for one in reads(outputs)}) == 1


def test_a_slow_camera_beside_others_keeps_its_vehicle_for_a_while() -> None:
    line = worker(PASSING)
    frames = passing()
    half = len(frames) // 2
    last = half - 1
    others = [frame(30 + n, meta("poort", seconds=last * 0.1 + n)) for n in range(1, 10)]
    outputs = [*line.work(frames[:half]), *line.work(others), *line.work(frames[half:])]
    named = [one for one in reads([*outputs, *line.idle()]) if one.camera == "noord"]
    assert len({one.track for one in named}) == 1


def test_a_camera_silent_for_long_holds_no_frames() -> None:
    line = worker({0: [(approaching(0), read_as("1ABC123"))]})
    line.work([frame(0, meta(seconds=0.0))])
    line.work([frame(n, meta("poort", seconds=float(n))) for n in range(1, 14)])
    assert line.needed_from() == 0
    line.work([frame(n, meta("poort", seconds=float(n))) for n in range(14, 20)])
    assert line.needed_from() is None


def test_on_a_busy_road_all_frames_since_it_was_empty_are_needed() -> None:
    seen = {
        0: [(approaching(0), read_as("1ABC123"))],
        1: [(approaching(1), read_as("1ABC123")), (approaching(0, 250), read_as("2XYZ789"))],
        2: [(approaching(1, 250), read_as("2XYZ789"))],
        3: [(approaching(2, 250), read_as("2XYZ789"))],
    }
    line = worker(seen)
    line.work([frame(n, meta(seconds=float(n))) for n in range(4)])
    assert line.needed_from() == 0


def test_a_vehicle_that_stands_for_long_holds_no_frames() -> None:
    seen = {n: [(approaching(5), read_as("1ABC123"))] for n in range(62)}
    line = worker(seen)
    line.work([frame(n, meta(seconds=float(n))) for n in range(61)])
    assert line.needed_from() == 0
    line.work([frame(61, meta(seconds=61.0))])
    assert line.needed_from() is None


def test_a_silent_camera_ends_its_tracks_while_others_go_on() -> None:
    seen = {0: [(approaching(0), read_as("1ABC123"))]}
    line = worker(seen)
    line.work([frame(0, meta(seconds=0.0))])
    other = [frame(n, meta("poort", seconds=float(n))) for n in range(1, 5)]
    named = reads(line.work(other))
    assert [(one.camera, one.plate) for one in named] == [("noord", "1ABC123")]


def test_late_frames_do_not_cut_a_live_vehicle_in_two() -> None:
    seen = {**PASSING, 20: []}
    line = worker(seen)
    old = meta(seconds=-600.0).model_copy(update={"late": True})
    frames = passing()
    frames.insert(5, frame(20, old))
    named = reads([*line.work(frames), *line.idle()])
    assert len({one.track for one in named}) == 1


def test_a_vehicle_that_the_gantry_senses_and_nobody_can_read_is_unread_once() -> None:
    line = worker({})
    sensed = [frame(n, meta(seconds=n / 5, vehicle="truck")) for n in range(10)]
    assert line.work(sensed) == []
    assert line.needed_from() == 0
    (read,) = reads(line.work([frame(20, meta(seconds=9.0))]))
    assert (read.plate, read.captured_at) == (None, meta(seconds=0.0).captured_at)
    assert read.vehicle
    assert read.vehicle.class_ is VehicleClass.TRUCK
    assert read.images
    assert read.images.overview
    assert line.needed_from() is None
    assert line.idle() == []


@pytest.mark.parametrize("killed_after", range(1, 12))
def test_a_restart_tells_of_the_same_unread_vehicle(killed_after: int) -> None:
    frames = [frame(n, meta(seconds=n / 5, vehicle="truck")) for n in range(10)]
    frames += [frame(n, meta(seconds=float(n))) for n in range(20, 23)]
    before, after, whole = worker({}), worker({}), worker({})
    said = list(before.work(frames[:killed_after]))
    needed = before.needed_from()
    if needed is not None:
        after.work([one for one in frames[:killed_after] if one.offset >= needed])
    said += [*after.work(frames[killed_after:]), *after.idle()]
    assert said == [*whole.work(frames), *whole.idle()]


def test_an_unread_vehicle_is_told_when_nothing_more_comes_and_not_again() -> None:
    line = worker({})
    line.work([frame(0, meta(seconds=0.0, vehicle="car"))])
    (read,) = reads(line.idle())
    assert read.plate is None
    assert [*line.idle(), *line.work([frame(1, meta(seconds=9.0))])] == []


def test_a_vehicle_that_is_read_in_some_of_its_frames_is_not_unread() -> None:
    seen = {n: [(approaching(n), read_as("1ABC123"))] for n in range(4, 7)}
    line = worker(seen)
    sensed = [frame(n, meta(seconds=n / 2, vehicle="truck")) for n in range(12)]
    named = reads([*line.work(sensed), *line.work([frame(20, meta(seconds=20.0))]), *line.idle()])
    assert {one.plate for one in named} == {"1ABC123"}


def test_a_sensed_vehicle_whose_plate_is_never_sure_is_unread() -> None:
    doubtful = read_as("1ABC123", 0.8, at3=("8", 0.5))
    seen = {n: [(approaching(n), doubtful)] for n in range(3)}
    line = worker(seen)
    sensed = [frame(n, meta(seconds=n / 5, vehicle="car")) for n in range(3)]
    named = reads([*line.work(sensed), *line.work([frame(20, meta(seconds=9.0))])])
    assert [one.plate for one in named] == [None]


def spared_so_far() -> float:
    return sum(
        sample.value
        for metric in SPARED.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    )


def dense() -> list[Message]:
    """Push ten frames a second."""
    return [frame(n, meta(seconds=n / 10)) for n in range(10)]


def test_behind_time_frames_between_two_that_say_the_same_go_unread_and_are_counted() -> None:
    before = spared_so_far()
    hurried, whole = worker(PASSING, is_behind=True), worker(PASSING)
    named = reads([*hurried.work(dense()), *hurried.idle()])
    assert spared_so_far() - before == 7
    expected = reads([*whole.work(dense()), *whole.idle()])
    assert {(one.track, one.plate) for one in named} == {(one.track, one.plate) for one in expected}


def test_in_time_every_frame_is_read() -> None:
    before = spared_so_far()
    worker(PASSING).work(dense())
    assert spared_so_far() == before


@pytest.mark.parametrize("alone", range(10))
def test_a_vehicles_only_frame_is_read_however_late_it_is(alone: int) -> None:
    """The frames around it show nobody, or another vehicle that comes or goes there."""
    only = (approaching(alone, 250), read_as("2XYZ789"))
    empty = worker({alone: [only]}, is_behind=True)
    found = reads([*empty.work(dense()), *empty.idle()])
    assert [one.plate for one in found] == ["2XYZ789"]
    others = {n: [(approaching(n), read_as("1ABC123"))] for n in range(alone)}
    meeting = worker({**others, alone: [only]}, is_behind=True)
    found = reads([*meeting.work(dense()), *meeting.idle()])
    assert "2XYZ789" in {one.plate for one in found}


@pytest.mark.parametrize("turn", range(1, 10))
def test_a_vehicle_whose_frames_cease_to_be_late_is_one_track(turn: int) -> None:
    line = worker(PASSING)
    frames = passing()
    for at in range(turn):
        of = meta(seconds=at / 5).model_copy(update={"late": True})
        frames[at] = frame(at, of)
    named = reads([*line.work(frames), *line.idle()])
    assert len({one.track for one in named}) == 1


def test_a_triggered_camera_makes_one_read_of_each_frame() -> None:
    seen = {0: [(approaching(0), read_as("1ABC123")), (approaching(0, 250), read_as("X", 0.5))]}
    line = worker(seen, triggered=True)
    (read,) = reads(line.work([frame(0, meta("poort", vehicle="van"))]))
    assert read.plate == "1ABC123"
    assert read.vehicle
    assert read.vehicle.class_ is VehicleClass.VAN
    assert line.needed_from() is None


def test_the_plate_at_the_trigger_is_the_nearer_one() -> None:
    near, behind = (
        (approaching(9), read_as("1ABC123", 0.98)),
        (approaching(0, 250), read_as("1XYZ789")),
    )
    line = worker({0: [near, behind]}, triggered=True)
    (read,) = reads(line.work([frame(0, meta("poort"))]))
    assert read.plate == "1ABC123"


def test_a_triggered_frame_without_a_plate_is_an_unread_vehicle() -> None:
    line = worker({}, triggered=True)
    (read,) = reads(line.work([frame(0, meta("poort"))]))
    assert read.plate is None
    assert read.track
    assert read.images
    assert read.images.overview


def test_a_frame_without_a_plate_gives_nothing() -> None:
    line = worker({})
    assert [*line.work([frame(0, meta())]), *line.idle()] == []


def test_what_cannot_be_read_is_put_aside_and_the_rest_goes_on() -> None:
    line = worker(PASSING)
    frames = passing()
    bad = frame(90, meta(seconds=0.05), jpeg=b"not a picture")
    headless = frame(91, meta())._replace(record=frames[0].record._replace(headers={}))
    stranger = frame(92, meta("nowhere"))
    outputs = line.work([frames[0], bad, headless, stranger, *frames[1:]])
    dead = [one.record.headers for one in outputs if one.topic == DEAD_LETTERS]
    assert [one["offset"] for one in dead] == ["90", "91", "92"]
    assert "not a JPEG" in dead[0]["reason"]
    assert "nowhere" in dead[2]["reason"]
    assert [one.plate for one in reads(outputs)] == ["1ABC123"]
