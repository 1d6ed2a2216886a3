"""How a camera is doing, judged from its signs of life. Pure: signs and a moment in, a finding out.

A heartbeat tells the camera's clock, and arrives a while later. Of what lies between, up to
`TRANSPORT` may be the journey, so a clock is only called wrong when no journey of that length
explains it. In milliseconds, with `behind` = receipt - clock and a journey of 0 to T, the clock is
behind by something in [behind - T, behind]. While that meets the camera's guaranteed bound, the
bound stands; where it does not, the bound is refuted and the farthest end is the error that counts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from anpr.events import CameraStatus
from anpr.sites import Camera

TRANSPORT = timedelta(milliseconds=500)
"""The longest a heartbeat is granted from the camera's clock to our receipt of it."""

MISSED_HEARTBEATS = 3
"""So many heartbeats must be missing before it means anything: one is lost on any network."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What was heard of one camera. None: never, since `watched_from`."""

    watched_from: datetime
    heard_at: datetime | None = None
    heartbeat_at: datetime | None = None
    behind_ms: float = 0.0
    """Receipt minus clock at the last heartbeat."""
    complaint: str | None = None
    """What the camera last said is wrong with it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How a camera is doing, since when and why: a code, then the figures it rests on.

    The reason of a camera that complains of itself is what it says.
    """

    status: CameraStatus
    since: datetime
    reason: str


def judge(camera: Camera, signs: Signs, now: datetime) -> Finding | None:
    """Find how a camera is doing; None while nothing was heard of it and it may still come.

    The worst counts: down before clock_off before degraded.
    """
    heard = signs.heard_at
    if why := _silence(camera, signs, now):
        return Finding(CameraStatus.DOWN, heard or signs.watched_from, why)
    if heard is None:
        return None
    beat = signs.heartbeat_at or heard
    if why := _clock(camera, signs):
        return Finding(CameraStatus.CLOCK_OFF, beat, why)
    if signs.complaint is not None:
        return Finding(CameraStatus.DEGRADED, beat, signs.complaint)
    if _heartbeats_missing(camera, signs.heartbeat_at, now):
        return Finding(CameraStatus.DEGRADED, beat, "heartbeats_missing")
    return Finding(CameraStatus.UP, heard, "heard")


def clock_error_ms(camera: Camera, signs: Signs) -> float | None:
    """Give the error that heartbeats hold against a clock; None without one.

    While the camera's guaranteed bound may hold, none: the bound says it all. When it is refuted,
    the largest error that the journey leaves possible, which is always longer than `TRANSPORT`.
    """
    if signs.heartbeat_at is None:
        return None
    least, most = _error_range_ms(signs.behind_ms)
    return 0.0 if least <= camera.clock_error_ms else most


def _error_range_ms(behind_ms: float) -> tuple[float, float]:
    """Give the least and the largest size of a clock's error that a heartbeat leaves possible."""
    ends = behind_ms - TRANSPORT / timedelta(milliseconds=1), behind_ms
    sizes = sorted(map(abs, ends))
    return (0.0 if ends[0] <= 0 <= ends[1] else sizes[0]), sizes[1]


def _silence(camera: Camera, signs: Signs, now: datetime) -> str | None:
    """Say which silence means that the camera is down."""
    last = signs.heard_at or signs.watched_from
    if _heartbeats_missing(camera, signs.heartbeat_at, now) and _heartbeats_missing(
        camera, last, now
    ):
        return f"heartbeats_missed {MISSED_HEARTBEATS} x {camera.heartbeat_s:g} s"
    if (now - last).total_seconds() > camera.silent_after_s:
        return f"silent {camera.silent_after_s:g} s"
    return None


def _heartbeats_missing(camera: Camera, last: datetime | None, now: datetime) -> bool:
    if last is None:
        return False
    return (now - last).total_seconds() > MISSED_HEARTBEATS * camera.heartbeat_s


def _clock(camera: Camera, signs: Signs) -> str | None:
    """Say how a clock is beyond its guaranteed bound, where no journey explains it."""
    if signs.heartbeat_at is None:
        return None
    least, _ = _error_range_ms(signs.behind_ms)
    if least <= camera.clock_error_ms:
        return None
    way = "clock_behind" if signs.behind_ms > 0 else "clock_ahead"
    return f"{way} ≥ {least:.0f} ms (≤ {camera.clock_error_ms:g} ms)"
