"""The health of all cameras: every sign of life is told here, every change becomes an event."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock

from anpr.events import CameraState, CameraStatus, RuleRef
from anpr.ids import event_id
from anpr.sites import Camera, Site
from anpr.time import rfc3339
from ingest.health import Finding, Signs, clock_error_ms, judge
from ingest.heartbeats import Heartbeat

KIND = "camera_state"


class HealthMonitor:
    """Remembers the signs of life of each camera and what was last said of it; any thread may call.

    After a start nothing is known: the first sign of life makes a camera `up`, and silence
    counts from `started_at`.
    """

    def __init__(self, site: Site, started_at: datetime) -> None:
        self._cameras = {camera.id: camera for camera in site.cameras}
        self._signs = {camera: Signs(started_at) for camera in self._cameras}
        self._said: dict[str, CameraStatus] = {}
        self._lock = Lock()

    def heard(self, camera: str, at: datetime) -> Sequence[CameraState]:
        """Take in that a frame or read came; give the changes to publish."""
        with self._lock:
            return self._turn(camera, replace(self._signs[camera], heard_at=at), at)

    def heartbeat(self, camera: str, at: datetime, beat: Heartbeat) -> Sequence[CameraState]:
        """Take in a heartbeat received at a moment; give the changes to publish."""
        with self._lock:
            signs = replace(
                self._signs[camera],
                heard_at=at,
                heartbeat_at=at,
                behind_ms=(at - beat.clock) / timedelta(milliseconds=1),
                complaint=beat.health.complaint,
            )
            return self._turn(camera, signs, at)

    def tick(self, now: datetime) -> Sequence[CameraState]:
        """Notice what did not come; give the changes to publish."""
        with self._lock:
            return [
                state
                for camera, signs in self._signs.items()
                for state in self._turn(camera, signs, now)
            ]

    def unsaid(self, camera: str) -> None:
        """Take back that a change was published, so that the next sign or tick says it again."""
        with self._lock:
            self._said.pop(camera, None)

    def clock_error_ms(self, camera: str) -> float | None:
        """Give what the last heartbeat holds against a camera's clock; None without one."""
        with self._lock:
            return clock_error_ms(self._cameras[camera], self._signs[camera])

    def silences(self, now: datetime) -> Mapping[str, timedelta]:
        """Tell for how long each camera has not been heard; since the start where it never was."""
        with self._lock:
            return {
                camera: now - (signs.heard_at or signs.watched_from)
                for camera, signs in self._signs.items()
            }

    def _turn(self, camera: str, signs: Signs, now: datetime) -> list[CameraState]:
        self._signs[camera] = signs
        finding = judge(self._cameras[camera], signs, now)
        if finding is None or finding.status is self._said.get(camera):
            return []
        self._said[camera] = finding.status
        return [_state(self._cameras[camera], finding, now)]


def _state(camera: Camera, finding: Finding, at: datetime) -> CameraState:
    """Make the event of a finding made at a moment."""
    rule = f"camera/{camera.id}"
    subject = (camera.id, finding.status, rfc3339(finding.since))
    limits = camera.model_dump_json(include={"clock_error_ms", "heartbeat_s", "silent_after_s"})
    return CameraState(
        id=event_id(KIND, rule, subject, ()),
        revision=0,
        at=at,
        rule=RuleRef(id=rule, version=hashlib.sha256(limits.encode()).hexdigest()[:12]),
        camera=camera.id,
        state=finding.status,
        since=finding.since,
        reason=finding.reason,
    )
