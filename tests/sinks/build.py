"""Passages, events and sites as the tests need them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from anpr.events import (
    Access,
    CameraState,
    CaseClass,
    Decision,
    Hit,
    LockTransit,
    Match,
    Passage,
    SectionTransit,
    Wire,
)
from anpr.ids import computed
from anpr.plates import fold
from anpr.ports import Message, Place, Record
from anpr.sites import Site
from anpr.topics import EVENTS, PASSAGES

T0 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
RULE = {"id": "rule", "version": "1"}


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def passage(name: str = "a", **changes: Any) -> Passage:
    at = changes.pop("at", T0)
    default: dict[str, Any] = {
        "id": computed("passage", name),
        "revision": 1,
        "camera": "north",
        "at": at,
        "first_at": at,
        "last_at": at,
        "received_at": at,
        "plate": "1ABC234",
        "reads": (f"read-{name}",),
    }
    return Passage.model_validate({**default, **changes})


def hit(name: str = "h", **changes: Any) -> Hit:
    default: dict[str, Any] = {
        "id": computed("hit", name),
        "revision": 1,
        "at": T0,
        "rule": RULE,
        "passages": (computed("passage", name),),
        "list": "stolen",
        "list_version": 1,
        "entry": "entry-1",
        "entry_plate": "1ABC234",
        "plate": "1ABC234",
        "camera": "north",
        "match": Match.EXACT,
        "likelihood": 1.0,
        "priority": 80,
        "reason_code": "stolen",
        "action": "stop",
    }
    return Hit.model_validate({**default, **changes})


def transit(name: str = "s", **changes: Any) -> SectionTransit:
    default: dict[str, Any] = {
        "id": computed("section_transit", name),
        "revision": 2,
        "at": T0,
        "rule": RULE,
        "passages": (f"{name}-entry", f"{name}-exit"),
        "section": "n177",
        "plate": "1ABC234",
        "duration_s": 60.0,
        "measured_kmh": 74.4,
        "lower_kmh": 74.2,
        "corrected_kmh": 68,
        "limit_kmh": 70,
        "verdict": "ok",
        "reason": "within_limit",
        "case_class": CaseClass.NONE,
    }
    return SectionTransit.model_validate({**default, **changes})


def lock_transit(name: str = "l", **changes: Any) -> LockTransit:
    default: dict[str, Any] = {
        "id": computed("lock_transit", name),
        "revision": 2,
        "at": T0,
        "rule": RULE,
        "lock": "relst",
        "entry_camera": "north",
        "exit_camera": "south",
        "plate": "1ABC234",
        "duration_s": 300.0,
        "verdict": "through",
        "reason": "within_time",
    }
    return LockTransit.model_validate({**default, **changes})


def access(name: str = "g", **changes: Any) -> Access:
    default: dict[str, Any] = {
        "id": computed("access", name),
        "revision": 1,
        "at": T0,
        "rule": RULE,
        "passages": (computed("passage", name),),
        "zone": "centre",
        "gate": "markt",
        "plate": "1ABC234",
        "decision": Decision.ALLOW,
        "reason": "permit",
        "permit": "entry-9",
    }
    return Access.model_validate({**default, **changes})


def camera_state(name: str = "c", **changes: Any) -> CameraState:
    default: dict[str, Any] = {
        "id": computed("camera_state", name),
        "revision": 1,
        "at": T0,
        "rule": RULE,
        "camera": "north",
        "state": "down",
        "since": T0,
        "reason": "silent",
    }
    return CameraState.model_validate({**default, **changes})


def site(**changes: Any) -> Site:
    default: dict[str, Any] = {
        "site": {"name": "Testdorp", "timezone": "Europe/Brussels", "country": "BE"},
        "cameras": [{"id": name, "lat": 51.0, "lon": 4.0} for name in ("north", "south", "markt")],
    }
    return Site.model_validate({**default, **changes})


def message(value: Wire | bytes, topic: str | None = None, offset: int = 0) -> Message:
    if topic is None:
        topic = PASSAGES if isinstance(value, Passage) else EVENTS
    body = value if isinstance(value, bytes) else value.to_json()
    return Message(Place(topic, 0), offset, T0, Record(fold("1ABC234"), body))


def violation(section: str, entry: str, leaving: str, at_s: float, **changes: Any) -> Any:
    known: dict[str, Any] = {
        "section": section, "passages": (entry, leaving), "at": T0 + seconds(at_s),
        "verdict": "violation", "reason": "above_limit", "corrected_kmh": 80,
        "case_class": "immediate_collection", "amount_eur": 53,
    }  # fmt: skip
    return transit(f"{section}-{entry}", **{**known, **changes})


FIRST = violation("ab", "a", "b", 60)
HIGHER = violation("bc", "b", "c", 120, amount_eur=83)
LOWER = violation("bc", "b", "c", 120, corrected_kmh=75)
LAST = violation("cd", "c", "d", 180, amount_eur=60)
