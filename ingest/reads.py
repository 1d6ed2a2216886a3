"""Finished reads that a camera pushes: one or a list, taken in whole or not at all."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from anpr.events import Images, PlateRead
from anpr.frames import is_late
from anpr.sites import Camera
from ingest.refusals import Loc, invalid, unreadable
from ingest.times import ahead

MAX_READS = 1000

REFERENCE = re.compile(r"sha256:[0-9a-f]{64}\Z")
"""How an image is named in the image store."""

_ONE: TypeAdapter[PlateRead] = TypeAdapter(PlateRead)
_MANY: TypeAdapter[list[PlateRead]] = TypeAdapter(
    Annotated[list[PlateRead], Field(max_length=MAX_READS)]
)


def reads_in(
    body: bytes, camera: Camera, received_at: datetime, clock_error_ms: float | None
) -> list[PlateRead]:
    """Read a body of one PlateRead or a list, as `camera` may push it. Raises RefusedError (422).

    When it was received, whether it is late and how far the clock is off are ingest's to say:
    whatever the camera wrote there is replaced. What is no reference into the image store leads
    nowhere and is left out.
    """
    listed = body.lstrip().startswith(b"[")
    try:
        reads = _MANY.validate_json(body) if listed else [_ONE.validate_json(body)]
    except ValidationError as error:
        raise unreadable("read", ("body",), error) from error
    problems: list[tuple[Loc, str]] = [
        (("body", *([index] if listed else []), field), why)
        for index, read in enumerate(reads)
        for field, why in _objections(read, camera, received_at)
    ]
    if problems:
        raise invalid("read", *problems)
    return [
        read.model_copy(
            update={
                "received_at": received_at,
                "late": is_late(read.captured_at, received_at, camera.late_after_s),
                "clock_error_ms": clock_error_ms,
                "images": read.images and _referring(read.images),
            }
        )
        for read in reads
    ]


def _referring(images: Images) -> Images:
    """Keep what refers into the image store: elsewhere a name might be a path or an address."""
    named = {"crop": images.crop, "overview": images.overview}
    return Images(**{kind: text for kind, text in named.items() if text and REFERENCE.match(text)})


def _objections(read: PlateRead, camera: Camera, received_at: datetime) -> list[tuple[str, str]]:
    """Say what this camera may not claim: the field and why."""
    found = []
    if read.camera != camera.id:
        found.append(("camera", f"another camera than {camera.id!r}, whose route this is"))
    if why := ahead(read.captured_at, received_at):
        found.append(("captured_at", why))
    return found
