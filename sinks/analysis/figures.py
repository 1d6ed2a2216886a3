"""What the analyses tell of a period: asked of the store, given as figures without any plate."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, false, select

from anpr.events import CameraState, Wire
from anpr.sites import Site
from anpr.time import from_us, to_us
from sinks.analysis.capture import Rate, gate_captures
from sinks.analysis.dark import HOUR_US, Dark, down_times, silences
from sinks.analysis.drift import clock_drifts, pair_shifts
from sinks.analysis.overtaking import inversions
from sinks.analysis.seen import seen_in
from sinks.store.questions import Period
from sinks.store.schema import counts, events, passages

BEFORE = 7
"""Clocks of a period are compared with so many periods before it."""

WEEK = timedelta(days=7)
MONTH = timedelta(days=31)
HOURS_A_DAY = 24


class PairOut(Wire):
    """How the median travel time from one camera to another has shifted, in seconds."""

    start: str
    end: str
    before_n: int
    now_n: int
    before_s: float
    now_s: float
    shift_s: float
    error_s: float


class DriftOut(Wire):
    """How far a camera's clock runs ahead of where it stood before, by most of its pairs."""

    camera: str
    pairs: int
    drift_s: float
    error_s: float
    is_sure: bool


class Drifts(Wire):
    """Clock drifts seen from the traffic, and the pairs of cameras they follow from."""

    cameras: tuple[DriftOut, ...]
    pairs: tuple[PairOut, ...]


class RateOut(Wire):
    """A share of `n` vehicles, with its 95 % interval."""

    n: int
    share: float
    low: float
    high: float


class CaptureOut(Wire):
    """Which share of the vehicles a gate sees, and which it reads right.

    `is_lower_bound`: at an end of its line, where some may have turned off. `traffic`: how many
    vehicles there were, seen or not (Chapman), at the ends only.
    """

    line: str
    gate: str
    captured: RateOut | None
    read: RateOut | None
    is_lower_bound: bool
    traffic: float | None


class DarkOut(Wire):
    """A time in which a camera saw nothing: it was `down`, or its `silence` is no chance."""

    camera: str
    since: datetime
    until: datetime
    why: str
    expected: float | None


class InversionOut(Wire):
    """A truck that left a stretch before a vehicle behind which it came; its causes are passages.

    `reason` is `inversion` where nothing but overtaking explains it; else it is cancelled.
    """

    stretch: str
    at: datetime
    verdict: str
    reason: str
    passages: tuple[str, str, str, str]
    behind_s: float
    ahead_s: float
    overtaker_s: float
    overtaken_s: float


def find_drifts(connection: Connection, period: Period) -> Drifts:
    """Compare the clocks in a period with where they stood before it."""
    long_before = period.since - BEFORE * (period.until - period.since)
    before = seen_in(connection, Period(long_before, period.since))
    shifts = pair_shifts(before, seen_in(connection, period))
    return Drifts(
        cameras=tuple(
            DriftOut(
                camera=one.camera,
                pairs=one.pairs,
                drift_s=round(one.drift_s, 3),
                error_s=round(one.error_s, 3),
                is_sure=one.is_sure,
            )
            for one in clock_drifts(shifts)
        ),
        pairs=tuple(
            PairOut(
                start=one.start,
                end=one.end,
                before_n=one.before_n,
                now_n=one.now_n,
                before_s=one.before_s,
                now_s=one.now_s,
                shift_s=round(one.shift_s, 3),
                error_s=round(one.error_s, 3),
            )
            for one in shifts
        ),
    )


def find_captures(connection: Connection, site: Site, period: Period) -> list[CaptureOut]:
    """Estimate what the gates of each line see."""
    return [
        CaptureOut(
            line=one.line,
            gate=one.gate,
            captured=_rate(one.captured),
            read=_rate(one.read),
            is_lower_bound=one.is_lower_bound,
            traffic=None if one.traffic is None else round(one.traffic, 1),
        )
        for line in site.lines
        for one in gate_captures(
            line.id,
            line.cameras,
            seen_in(connection, period, line.cameras),
            line.max_travel_s,
        )
    ]


def find_dark(connection: Connection, site: Site, period: Period, now: datetime) -> list[DarkOut]:
    """Give the dark times of each camera, by camera and time."""
    since_us, until_us = to_us(period.since), to_us(min(period.until, now))
    if since_us >= until_us:
        return []
    found: list[Dark] = []
    usual = _usual_by_hour(connection, period.since)
    for camera in site.cameras:
        down = down_times(camera.id, _states(connection, camera.id, period), since_us, until_us)
        expected_by = [
            usual[camera.id][(since_us // HOUR_US + hour) % HOURS_A_DAY]
            for hour in range(-(-(until_us - since_us) // HOUR_US))
        ]
        passed = _passed(connection, camera.id, since_us, until_us)
        found += down
        found += silences(camera.id, passed, since_us, until_us, expected_by)
    return [
        DarkOut(
            camera=one.camera,
            since=from_us(one.since_us),
            until=from_us(one.until_us),
            why=one.why,
            expected=one.expected,
        )
        for one in found
    ]


def find_inversions(connection: Connection, site: Site, period: Period) -> list[InversionOut]:
    """Find the overtaking on each stretch with a ban, cancelled ones too."""
    return [
        InversionOut(
            stretch=one.stretch,
            at=from_us(one.at_us),
            verdict="overtaking" if one.is_overtaking else "cancelled",
            reason=one.reason.value,
            passages=one.passages,
            behind_s=round(one.behind_s, 3),
            ahead_s=round(one.ahead_s, 3),
            overtaker_s=round(one.overtaker_s, 3),
            overtaken_s=round(one.overtaken_s, 3),
        )
        for stretch in site.overtaking
        for one in inversions(stretch, seen_in(connection, period, (*stretch.entry, *stretch.exit)))
    ]


def _rate(rate: Rate | None) -> RateOut | None:
    if rate is None:
        return None
    return RateOut(
        n=rate.n, share=round(rate.share, 4), low=round(rate.low, 4), high=round(rate.high, 4)
    )


def _states(connection: Connection, camera: str, period: Period) -> Sequence[CameraState]:
    """Give the states of a camera from a month before a period to its end, oldest first."""
    wanted = (
        select(events.c.body)
        .where(
            events.c.subject == camera,
            events.c.kind == "camera_state",
            events.c.withdrawn == false(),
            events.c.at_us >= to_us(period.since - MONTH),
            events.c.at_us < to_us(period.until),
        )
        .order_by(events.c.at_us, events.c.id)
    )
    return [CameraState.model_validate_json(body) for body in connection.scalars(wanted)]


def _passed(connection: Connection, camera: str, since_us: int, until_us: int) -> Sequence[int]:
    wanted = select(passages.c.at_us).where(
        passages.c.camera == camera,
        passages.c.at_us >= since_us,
        passages.c.at_us < until_us,
        passages.c.withdrawn == false(),
    )
    return connection.scalars(wanted).all()


def _usual_by_hour(connection: Connection, until: datetime) -> Mapping[str, Sequence[float]]:
    """Give how many vehicles pass each camera in each hour of the day (UTC), in the week before."""
    wanted = select(counts.c.camera, counts.c.start_us, counts.c.count).where(
        counts.c.start_us >= to_us(until - WEEK), counts.c.start_us < to_us(until)
    )
    usual: dict[str, list[float]] = defaultdict(lambda: [0.0] * HOURS_A_DAY)
    for camera, start_us, count in connection.execute(wanted):
        usual[camera][start_us // HOUR_US % HOURS_A_DAY] += count / WEEK.days
    return usual
