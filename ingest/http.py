"""The routes on which cameras push frames, reads and heartbeats.

In this order: the camera and its token, a free place, the log's backlog, the headers, the body.
"""

import hashlib
from collections.abc import AsyncIterator
from typing import Annotated

import structlog
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Header, Path, Request, status
from fastapi.security.http import HTTPBase

from anpr.errors import ImageError
from anpr.frames import is_late
from anpr.ids import frame_id
from anpr.ports import Record
from anpr.sites import Camera
from anpr.time import rfc3339
from anpr.topics import FRAMES, READS
from ingest import metrics
from ingest.access import admit
from ingest.bodies import (
    JPEG_TYPES,
    JSON_TYPES,
    MULTIPART,
    check_type,
    hear_out,
    jpeg_in,
    read_body,
)
from ingest.documents import (
    ANSWERS,
    FRAME_BODY,
    HEARTBEAT_BODY,
    READS_BODY,
    FrameTaken,
    HeartbeatTaken,
    ReadsTaken,
)
from ingest.heartbeats import heartbeat_in
from ingest.intake import Intake, Places
from ingest.jpeg import check_jpeg
from ingest.reads import reads_in
from ingest.refusals import RefusedError, invalid
from ingest.sensors import FrameHeaders, with_sensors
from ingest.times import captured

CHECKING_THREADS = 2
"""Decoding takes milliseconds and no lock: off the event loop, and no more at once than this."""

_SCHEMES = [
    Depends(HTTPBase(scheme="bearer", scheme_name="cameraToken", auto_error=False)),
    Depends(HTTPBase(scheme="basic", scheme_name="cameraBasic", auto_error=False)),
]
"""For the document alone: `admit` reads the header, and tells more apart than they do."""

log = structlog.get_logger()


def camera_routes(intake: Intake) -> APIRouter:
    """Make the routes under `/v1/cameras/{camera}`; they keep what comes in `intake`'s log."""
    router = APIRouter(
        prefix="/v1/cameras/{camera}", tags=["cameras"], dependencies=_SCHEMES, responses=ANSWERS
    )
    cameras = {camera.id: camera for camera in intake.site.cameras}
    places = Places(intake)
    checking = CapacityLimiter(CHECKING_THREADS)

    async def admitted(
        request: Request, camera: Annotated[str, Path(description="The camera's id")]
    ) -> AsyncIterator[Camera]:
        """Let a known camera with its token push, while there is a place for it."""
        known = cameras.get(camera)
        try:
            pusher = admit(intake, known, request.headers.get("authorization"))
            with places.taken(pusher.id):
                yield pusher
        except RefusedError as refusal:
            _note(known, refusal)
            await hear_out(request, intake.limits)
            raise

    Pushing = Annotated[Camera, Depends(admitted)]  # noqa: N806 - a type, of this router

    @router.post(
        "/frames",
        status_code=status.HTTP_202_ACCEPTED,
        response_model_exclude_defaults=True,
        openapi_extra=FRAME_BODY,
    )
    async def push_frame(
        request: Request, camera: Pushing, headers: Annotated[FrameHeaders, Header()]
    ) -> FrameTaken:
        """Push one picture; the answer comes once it is durable."""
        received_at = intake.now()
        intake.refuse_if_behind(FRAMES)
        media = check_type(request.headers.get("content-type"), JPEG_TYPES | {MULTIPART})
        captured_at, time_source = captured(headers.x_captured_at, received_at)
        jpeg = await jpeg_in(request, media, await read_body(request, intake.limits))
        digest = await to_thread.run_sync(_checked, jpeg, limiter=checking)
        known = {
            "id": frame_id(camera.id, captured_at, digest),
            "camera": camera.id,
            "captured_at": captured_at,
            "received_at": received_at,
            "time_source": time_source,
            "clock_error_ms": intake.monitor.clock_error_ms(camera.id),
            "late": is_late(captured_at, received_at, camera.late_after_s),
        }
        meta, ignored = with_sensors(known, headers)
        await intake.keep(FRAMES, [meta.record(jpeg)])
        intake.publish(intake.monitor.heard(camera.id, received_at))
        metrics.FRAMES.labels(camera.id).inc()
        for name in ignored:
            metrics.SENSORS_IGNORED.labels(camera.id, name).inc()
        return FrameTaken(frame=meta.id, ignored=ignored)

    @router.post("/reads", status_code=status.HTTP_202_ACCEPTED, openapi_extra=READS_BODY)
    async def push_reads(request: Request, camera: Pushing) -> ReadsTaken:
        """Push one read or a list of them, in one go: all are taken in or none."""
        received_at = intake.now()
        intake.refuse_if_behind(READS)
        check_type(request.headers.get("content-type"), JSON_TYPES)
        body = await read_body(request, intake.limits)
        reads = reads_in(body, camera, received_at, intake.monitor.clock_error_ms(camera.id))
        await intake.keep(READS, [Record(camera.id, read.to_json()) for read in reads])
        intake.publish(intake.monitor.heard(camera.id, received_at))
        metrics.READS.labels(camera.id).inc(len(reads))
        return ReadsTaken(reads=[read.id for read in reads])

    @router.post("/heartbeat", status_code=status.HTTP_202_ACCEPTED, openapi_extra=HEARTBEAT_BODY)
    async def heartbeat(request: Request, camera: Pushing) -> HeartbeatTaken:
        """Say that the camera lives, what its clock shows and how it is doing."""
        received_at = intake.now()
        check_type(request.headers.get("content-type"), JSON_TYPES)
        beat = heartbeat_in(await read_body(request, intake.limits))
        intake.take_heartbeat(camera.id, received_at, beat)
        error_ms = intake.monitor.clock_error_ms(camera.id) or 0.0
        metrics.HEARTBEATS.labels(camera.id).inc()
        metrics.CLOCK_ERROR.labels(camera.id).set(error_ms)
        return HeartbeatTaken(received_at=rfc3339(received_at), clock_error_ms=error_ms)

    return router


def _note(camera: Camera | None, refusal: RefusedError) -> None:
    """Count and log that a push was refused; an unknown camera's name is the sender's choice."""
    metrics.REFUSED.labels(camera.id if camera else "", refusal.reason).inc()
    log.info("push_refused", camera=camera and camera.id, reason=refusal.reason)


def _checked(jpeg: bytes) -> str:
    """Give the SHA-256 of a JPEG that can be used, in hexadecimal. Raises RefusedError (422)."""
    try:
        check_jpeg(jpeg)
    except ImageError as error:
        raise invalid("image", (("body",), str(error))) from error
    return hashlib.sha256(jpeg).hexdigest()
