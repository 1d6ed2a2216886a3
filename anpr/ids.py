"""Computed ids: the same log gives the same ids on every machine and in every replay."""

import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha1
from uuid import UUID

from pydantic_core import to_json

from anpr.time import rfc3339

NAMESPACE = UUID("6f1f0b86-6c1c-5c55-9d7b-2f1d3f6f7a01")

_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
"""The digit of a uuid whose highest bits are to be 10."""


def computed(kind: str, *parts: object) -> str:
    """Compute the uuid5 of a kind and its parts (JSON values without fractions), in this order."""
    return _uuid5(to_json([kind, *parts]))


def read_id(
    camera: str, captured_at: datetime, plate: str | None, box: Sequence[float] | None
) -> str:
    """Identify a read by what was seen where and when; `box` is [x, y, w, h] in pixels."""
    if not box:
        return computed("read", camera, rfc3339(captured_at), plate, None)
    # The ids of long ago hold fractions as Python writes them.
    parts = ["read", camera, rfc3339(captured_at), plate, list(box)]
    return _uuid5(json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode())


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


def _uuid5(name: bytes) -> str:
    """Write the uuid5 of a name in our namespace: a UUID object would take thrice as long."""
    digits = sha1(NAMESPACE.bytes + name, usedforsecurity=False).hexdigest()
    variant = _VARIANT[digits[16]]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"
