"""Passages and events as rows of the store."""

from typing import Any, assert_never

from anpr.events import (
    Access,
    CameraState,
    CloneSuspect,
    Hit,
    LockTransit,
    Passage,
    RuleEvent,
    SectionTransit,
)
from anpr.plates import fold
from anpr.time import to_us

Row = dict[str, Any]


def passage_row(passage: Passage, body: bytes, stored_us: int) -> Row:
    """Write a passage as a row of `passages`; `body` is its JSON."""
    vehicle, images = passage.vehicle, passage.images
    return {
        "id": passage.id,
        "revision": passage.revision,
        "withdrawn": passage.withdrawn,
        "late": passage.late,
        "camera": passage.camera,
        "at_us": to_us(passage.at),
        "first_us": to_us(passage.first_at),
        "last_us": to_us(passage.last_at),
        "received_us": to_us(passage.received_at),
        "plate": passage.plate,
        "fold": None if passage.plate is None else fold(passage.plate),
        "country": passage.country,
        "confidence": passage.confidence,
        "vehicle_class": vehicle.class_.value if vehicle and vehicle.class_ else None,
        "lane": passage.lane,
        "direction": passage.direction.value,
        "crop": images.crop if images else None,
        "overview": images.overview if images else None,
        "body": body.decode(),
        "stored_us": stored_us,
    }


def event_row(event: RuleEvent | CameraState, body: bytes, stored_us: int) -> Row:
    """Write an event as a row of `events`; `body` is its JSON."""
    plate = None if isinstance(event, CameraState) else event.plate
    return {
        "id": event.id,
        "kind": event.kind,
        "revision": event.revision,
        "withdrawn": event.withdrawn,
        "late": event.late,
        "at_us": to_us(event.at),
        "rule": event.rule.id,
        "plate": plate,
        "fold": None if plate is None else fold(plate),
        "priority": event.priority if isinstance(event, Hit) else None,
        **_said(event),
        "body": body.decode(),
        "stored_us": stored_us,
    }


def _said(event: RuleEvent | CameraState) -> Row:
    """Say about what and where an event is, and what it comes to."""
    match event:
        case Hit():
            return _columns(event.list, event.camera, event.match, event.reason_code)
        case SectionTransit():
            return _columns(event.section, None, event.verdict, event.reason)
        case LockTransit():
            return _columns(event.lock, event.exit_camera, event.verdict, event.reason)
        case Access():
            return _columns(event.zone, event.gate, event.decision, event.reason)
        case CloneSuspect():
            return _columns(event.rule.id, event.cameras[-1], None, None)
        case CameraState():
            return _columns(event.camera, event.camera, event.state, event.reason)
    assert_never(event)


def _columns(subject: str, camera: str | None, verdict: str | None, reason: str | None) -> Row:
    plain = None if verdict is None else str(verdict)
    return {"subject": subject, "camera": camera, "verdict": plain, "reason": reason}
