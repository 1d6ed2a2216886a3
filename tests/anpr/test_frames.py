from datetime import UTC, datetime, timedelta

import pytest

from anpr.errors import UnreadableMessageError
from anpr.events import Vehicle, VehicleClass
from anpr.frames import FrameMeta, is_late
from anpr.ports import Record

AT = datetime(2026, 1, 31, 7, tzinfo=UTC)
META = FrameMeta(
    id="f",
    camera="a",
    captured_at=AT,
    received_at=AT + timedelta(seconds=2.5),
    lane=2,
    vehicle=Vehicle(class_=VehicleClass.TRUCK, height_m=3.9),
)


def test_a_frame_survives_its_record() -> None:
    record = META.record(b"jpeg")
    assert (record.key, record.value) == ("a", b"jpeg")
    assert FrameMeta.of(record) == META


@pytest.mark.parametrize("headers", [{}, {"frame": "nonsense"}, {"frame": "{}"}])
def test_a_record_without_a_frames_header_is_unreadable(headers: dict[str, str]) -> None:
    with pytest.raises(UnreadableMessageError, match="'frame' header"):
        FrameMeta.of(Record("a", b"jpeg", headers))


def test_the_delay_of_a_frame_is_its_receipt_less_its_capture() -> None:
    assert META.delay_s() == 2.5


@pytest.mark.parametrize("delay_s, late", [(59.999, False), (60, False), (60.001, True)])
def test_late_is_more_than_the_cameras_bound(delay_s: float, late: bool) -> None:
    assert is_late(AT, AT + timedelta(seconds=delay_s), 60) is late
