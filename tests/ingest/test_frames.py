"""Pushing frames: what is taken in, what is refused, and that nothing refused leaves a trace."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from anpr.errors import LogError, LogFullError
from anpr.events import Direction, TimeSource, VehicleClass
from anpr.ids import frame_id
from anpr.topics import EVENTS, FRAMES
from tests.ingest.kit import NOON, TOKEN, Zone, only_problem, picture

TIME = ("header", "x-captured-at")


@pytest.fixture
def zone() -> Zone:
    return Zone()


def test_a_frame_is_kept_as_it_came_with_its_time_and_its_computed_id(zone: Zone) -> None:
    jpeg = picture()
    answer = zone.post_frame(jpeg, x_captured_at="2026-06-01T13:59:59.5+02:00")
    captured_at = datetime(2026, 6, 1, 11, 59, 59, 500_000, UTC)
    assert answer.status_code == 202
    assert answer.json() == {"frame": frame_id("north", captured_at, sha256(jpeg).hexdigest())}
    (record,) = zone.log.kept[FRAMES]
    (meta,) = zone.frames()
    assert (record.key, record.value) == ("north", jpeg)
    assert (meta.id, meta.camera) == (answer.json()["frame"], "north")
    assert (meta.captured_at, meta.received_at) == (captured_at, NOON)
    assert meta.time_source is TimeSource.CAMERA
    assert not meta.late
    assert meta.clock_error_ms is None


def test_a_frame_without_a_time_has_the_time_of_receipt(zone: Zone) -> None:
    assert zone.post_frame().status_code == 202
    (meta,) = zone.frames()
    assert (meta.captured_at, meta.time_source) == (NOON, TimeSource.RECEIPT)


def test_the_same_frame_pushed_twice_has_one_id(zone: Zone) -> None:
    first = zone.post_frame(x_captured_at="2026-06-01T12:00:00Z")
    zone.clock.forward(1)
    second = zone.post_frame(x_captured_at="2026-06-01T14:00:00+02:00")
    assert first.json() == second.json()


@pytest.mark.parametrize(("delay_s", "is_late"), [(59, False), (60, False), (61, True)])
def test_a_frame_is_late_after_the_cameras_delay(zone: Zone, delay_s: int, is_late: bool) -> None:
    captured_at = NOON - timedelta(seconds=delay_s)
    zone.post_frame(x_captured_at=captured_at.isoformat())
    assert [meta.late for meta in zone.frames()] == [is_late]


@pytest.mark.parametrize("ahead_s", [4.999, 5])
def test_a_clock_a_little_ahead_costs_no_frame(zone: Zone, ahead_s: float) -> None:
    captured_at = NOON + timedelta(seconds=ahead_s)
    assert zone.post_frame(x_captured_at=captured_at.isoformat()).status_code == 202


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("2026-06-01T12:00:05.001Z", "5.0 s after its receipt"),
        ("2126-06-01T12:00:00Z", "after its receipt"),
        ("9999-12-31T23:59:59-14:00", "after the year 9999"),
        ("1970-01-01T00:00:12Z", "before the year 2000"),
        ("1999-12-31T23:59:59.999999Z", "before the year 2000"),
        ("2026-06-01T12:00:00", "timezone"),
        ("2026-06-01", "RFC 3339"),
        ("1780315200", "RFC 3339"),
        ("yesterday", "RFC 3339"),
        ("", "RFC 3339"),
    ],
)
def test_a_time_that_cannot_be_true_is_refused_by_its_header(
    zone: Zone, written: str, says: str
) -> None:
    where, what = only_problem(zone.post_frame(x_captured_at=written))
    assert where == TIME
    assert says in what
    assert zone.is_untouched()


def test_sensors_of_a_gantry_travel_with_their_frame(zone: Zone) -> None:
    answer = zone.post_frame(
        x_vehicle_class="Truck",
        x_vehicle_height_m="3.85",
        x_lane="2",
        x_direction="receding",
        x_speed_kmh="47.5",
    )
    assert "ignored" not in answer.json()
    (meta,) = zone.frames()
    assert meta.vehicle is not None
    assert (meta.vehicle.class_, meta.vehicle.height_m) == (VehicleClass.TRUCK, 3.85)
    assert (meta.lane, meta.direction, meta.speed_kmh) == (2, Direction.RECEDING, 47.5)


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("x_vehicle_class", "lorry"),
        ("x_vehicle_height_m", "0"),
        ("x_vehicle_height_m", "10.01"),
        ("x_vehicle_height_m", "4,1"),
        ("x_lane", "100"),
        ("x_lane", "left"),
        ("x_direction", "north"),
        ("x_speed_kmh", "-1"),
        ("x_speed_kmh", "501"),
        ("x_speed_kmh", "nan"),
    ],
)
def test_an_odd_sensor_value_is_left_out_and_costs_no_frame(
    zone: Zone, header: str, text: str
) -> None:
    sane = {"x_vehicle_class": "van", "x_lane": "1", "x_speed_kmh": "50"}
    answer = zone.post_frame(None, **(sane | {header: text}))
    assert answer.status_code == 202
    assert answer.json()["ignored"] == [header.replace("_", "-")]
    (meta,) = zone.frames()
    kept = {
        "x_vehicle_class": meta.vehicle and meta.vehicle.class_,
        "x_lane": meta.lane,
        "x_speed_kmh": meta.speed_kmh,
    }
    assert kept == {
        "x_vehicle_class": VehicleClass.VAN,
        "x_lane": 1,
        "x_speed_kmh": 50,
    } | {name: None for name in kept if name == header}


def test_an_empty_sensor_header_says_nothing(zone: Zone) -> None:
    answer = zone.post_frame(x_vehicle_class="", x_lane=" ")
    assert "ignored" not in answer.json()
    assert [meta.vehicle for meta in zone.frames()] == [None]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not a JPEG"),
        (b"\x89PNG\r\n\x1a\n", "not a JPEG"),
        (picture()[:-400], "cut off"),
        (picture(1, 1), "1x1"),
        (picture(20_000, 40), "20000x40"),
    ],
    ids=["empty", "png", "truncated", "one pixel", "20 000 pixels"],
)
def test_a_picture_that_cannot_be_used_is_refused(zone: Zone, body: bytes, says: str) -> None:
    where, what = only_problem(zone.post_frame(body))
    assert where == ("body",)
    assert says in what
    assert zone.is_untouched()


@pytest.mark.parametrize("media", ["image/png", "text/plain", "", "application/json", "image"])
def test_a_body_of_another_type_is_refused(zone: Zone, media: str) -> None:
    answer = zone.post("north/frames", content=picture(), headers={"content-type": media})
    assert answer.status_code == 415
    assert "image/jpeg" in answer.json()["detail"]
    assert zone.is_untouched()


@pytest.mark.parametrize("media", ["image/jpeg", "IMAGE/JPEG; q=1", "image/jpg"])
def test_cameras_spell_jpeg_in_several_ways(zone: Zone, media: str) -> None:
    answer = zone.post("north/frames", content=picture(), headers={"content-type": media})
    assert answer.status_code == 202


def test_a_form_with_one_jpeg_file_is_that_frame(zone: Zone) -> None:
    jpeg = picture(1600, 1200)
    answer = zone.post(
        "north/frames",
        files={"event": (None, "{}"), "whatever": ("a.jpg", jpeg, "image/jpeg")},
        headers={"x-captured-at": "2026-06-01T12:00:00Z"},
    )
    assert answer.json() == {"frame": frame_id("north", NOON, sha256(jpeg).hexdigest())}
    assert [record.value for record in zone.log.kept[FRAMES]] == [jpeg]


@pytest.mark.parametrize("count", [0, 2])
def test_a_form_without_exactly_one_jpeg_file_is_refused(zone: Zone, count: int) -> None:
    files = [("image", ("a.jpg", picture(), "image/jpeg"))] * count
    files += [("note", ("a.txt", b"x", "text/plain"))]
    where, what = only_problem(zone.post("north/frames", files=files))
    assert where == ("body",)
    assert f"{count} files" in what
    assert zone.is_untouched()


@pytest.mark.parametrize(
    "media",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=xyz",
        "multipart/form-data; boundary=abc; charset=idna",
    ],
)
def test_a_broken_form_is_refused(zone: Zone, media: str) -> None:
    answer = zone.post(
        "north/frames",
        content=b'--abc\r\nContent-Disposition: form-data; name="\xff..\xe9"\r\n\r\nx',
        headers={"content-type": media},
    )
    assert only_problem(answer)[0] == ("body",)
    assert zone.is_untouched()


@pytest.mark.parametrize("error", [LogFullError("full"), LogError("disk")])
@pytest.mark.parametrize("when", ["refuses", "fails"])
def test_a_frame_that_cannot_be_kept_is_to_be_pushed_again(
    zone: Zone, when: str, error: LogError
) -> None:
    getattr(zone.log, when)[FRAMES] = error
    answer = zone.post_frame()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert zone.is_untouched()


def test_a_state_that_cannot_be_kept_costs_no_frame_and_is_said_again(zone: Zone) -> None:
    zone.log.fails[EVENTS] = LogError("disk")
    assert zone.post_frame().status_code == 202
    zone.log.fails.clear()
    zone.log.refuses[EVENTS] = LogFullError("full")
    assert zone.post_frame().status_code == 202
    assert zone.states() == []
    zone.log.refuses.clear()
    assert zone.post_frame().status_code == 202
    assert [state.state for state in zone.states()] == ["up"]


def test_a_camera_is_only_heard_on_its_own_route(zone: Zone) -> None:
    answer = zone.post(
        "south/frames", content=picture(), headers={"authorization": f"Bearer {TOKEN}"}
    )
    assert answer.status_code == 401
    assert zone.is_untouched()
