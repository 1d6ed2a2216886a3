"""Computed ids: the same log gives the same ids on every machine and in every replay."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from anpr.time import rfc3339

NAMESPACE = UUID("6f1f0b86-6c1c-5c55-9d7b-2f1d3f6f7a01")

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def computed(kind: str, *parts: object) -> str:
    """Compute the uuid5 of a kind and its parts (JSON values), in this order."""
    return str(uuid5(NAMESPACE, _ENCODER.encode([kind, *parts])))


def read_id(
    camera: str, captured_at: datetime, plate: str | None, box: Sequence[float] | None
) -> str:
    """Identify a read by what was seen where and when; `box` is [x, y, w, h] in pixels."""
    return computed("read", camera, rfc3339(captured_at), plate, list(box) if box else None)


def passage_id(camera: str, first_arrived_read: str) -> str:
    """Identify a passage by its camera and the read that arrived first."""
    return computed("passage", camera, first_arrived_read)


def event_id(kind: str, rule: str, subject: Sequence[str], passages: Sequence[str]) -> str:
    """Identify an event by kind, rule id, its object (list and entry; zone and gate), passages."""
    return computed(kind, rule, list(subject), list(passages))


def entry_id(
    name: str,
    pattern: str,
    *,
    country: str | None,
    match_mode: str,
    case_ref: str,
    valid_from: datetime | None,
) -> str:
    """Identify a list's entry by what it asks for; the rest of it may change."""
    since = rfc3339(valid_from) if valid_from else None
    return computed("entry", name, pattern, country, match_mode, case_ref, since)


def frame_id(camera: str, captured_at: datetime, digest: str) -> str:
    """Identify a frame, so that a camera that pushes it twice is heard once."""
    return computed("frame", camera, rfc3339(captured_at), digest)
