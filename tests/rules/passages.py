"""Passages and reads that tests write down by the second."""

from datetime import UTC, datetime, timedelta
from typing import Any

from anpr.events import Passage, PlateRead
from anpr.ids import passage_id, read_id

MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
"""A Monday in term time, 11:00 in Brussels."""

PLATE = "1ABC123"
LOOK_ALIKE = "1A8C123"


def after(seconds: float) -> datetime:
    return MONDAY + timedelta(seconds=seconds)


def read(camera: str, seconds: float, plate: str | None = PLATE, **known: Any) -> PlateRead:
    at = after(seconds)
    filled = {"received_at": at, "confidence": 0.95, **known}
    return PlateRead.model_validate({"camera": camera, "captured_at": at, "plate": plate, **filled})


def passage(camera: str, seconds: float, plate: str = PLATE, **known: Any) -> Passage:
    at = after(seconds)
    id_ = known.pop("id", passage_id(camera, read_id(camera, at, plate, None)))
    filled = {
        "revision": 1, "first_at": at, "last_at": at, "received_at": at, "confidence": 0.95,
        "country": "BE", "reads": (f"read-{id_}",), **known,
    }  # fmt: skip
    return Passage.model_validate({"id": id_, "camera": camera, "at": at, "plate": plate, **filled})


def by_time(*passages: Passage) -> list[Passage]:
    return sorted(passages, key=lambda one: (one.at, one.id))
