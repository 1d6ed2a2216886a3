from datetime import UTC, datetime, timedelta
from threading import Event

import cv2
import numpy as np
import pytest

from anpr.events import VehicleClass
from pipeline.clock import now
from pipeline.demo.registrations import Registration
from pipeline.demo.run import Demo
from pipeline.demo.traffic import Plan, Role, Sensors, Sighting, Trip, Vehicle
from pipeline.demo.zone import POSTS
from tests.pipeline.demo.endpoints import ingest

CAR = Vehicle(1, Role.STEADY, VehicleClass.CAR, (0, 0, 90), Registration("1-ABC-123", "BE"))
PLAN = Plan(
    1.5,
    (
        Trip((Sighting(CAR, "n177-noord", 0.6, 25),)),
        Trip((Sighting(CAR, "relst-oost", 0.8, 25, sensors=Sensors(VehicleClass.CAR, 1.5)),)),
        Trip((Sighting(CAR, "markt", 0.5, 5),)),
    ),
    {},
)


@pytest.mark.slow
def test_a_drive_pushes_what_each_camera_sees_when_it_sees_it() -> None:
    demo = Demo(30, 1)
    demo.plan = PLAN
    with ingest((503, "0")) as there:
        driven = demo.drive(there.url, now, Event())
    frames = there.frames()
    by_camera = {one.path.split("/")[3]: one for one in frames}
    assert set(by_camera) == {"n177-noord", "relst-oost", "markt"}
    assert driven.frames_taken == driven.frames_acknowledged == len(frames) - 1
    assert sum(one.path.endswith("/heartbeat") for one in there.requests) == len(POSTS)
    for one in frames:
        since = datetime.fromisoformat(one.headers["X-Captured-At"]) - driven.started_at
        assert timedelta() <= since < timedelta(seconds=2)
        assert cv2.imdecode(np.frombuffer(one.body, np.uint8), cv2.IMREAD_COLOR) is not None
    tokens = {one.headers["Authorization"] for one in frames}
    assert tokens <= {f"Bearer {secret}" for secret in demo.secrets.values()}
    assert len(tokens) == 3


def test_a_drive_ends_when_it_is_told_to() -> None:
    stop = Event()
    stop.set()
    demo = Demo(30, 1)
    with ingest() as there:
        driven = demo.drive(there.url, now, stop)
    assert driven.frames_taken == 0
    assert driven.started_at <= datetime.now(UTC)  # noqa: TID251  the drive was in real time
