"""The pictures of a whole short demo, read by the shipped weights."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import cv2
import pytest

from anpr.events import PlateRead
from anpr.frames import FrameMeta
from anpr.ids import frame_id
from anpr.ports import Message, Place
from anpr.topics import FRAMES, READS
from ocr.reader import video_reader
from ocr.worker import OcrWorker
from pipeline.demo.cameras import Camera
from pipeline.demo.planner import plan_traffic
from pipeline.demo.traffic import Plan, Sighting
from pipeline.demo.zone import site

START = datetime(2026, 5, 4, 10, tzinfo=UTC)


class NoImages:
    def put(self, image: bytes) -> str:
        return f"sha256:{len(image)}"

    def get(self, reference: str) -> bytes | None:
        return None


def frames(plan: Plan) -> Iterator[Message]:
    """Take every picture of a plan, in order of time."""
    cameras = [Camera(one.id, plan, is_triggered=one.triggered) for one in site().cameras]
    moments = sorted((tick, at) for at, camera in enumerate(cameras) for tick in camera.ticks)
    for offset, (tick, at) in enumerate(moments):
        jpeg, _ = cameras[at].shoot(tick)
        moment, camera = START + timedelta(seconds=tick), cameras[at].id
        meta = FrameMeta(
            id=frame_id(camera, moment, ""),
            camera=camera,
            captured_at=moment,
            received_at=moment,
        )
        yield Message(Place(FRAMES, 0), offset, moment, meta.record(jpeg))


def final_plates(reads: list[PlateRead], sighting: Sighting) -> list[str | None]:
    """Give the last word on each track that a camera had while a vehicle was in its view."""
    enters = START + timedelta(seconds=sighting.enters_s - 1)
    leaves = START + timedelta(seconds=sighting.leaves_s + 1)
    tracks: dict[str | None, PlateRead] = defaultdict()
    for read in reads:
        if read.camera == sighting.camera and enters <= read.captured_at <= leaves:
            known = tracks.get(read.track)
            if known is None or (read.confidence or 0) >= (known.confidence or 0):
                tracks[read.track] = read
    return [read.plate for read in tracks.values()]


@pytest.mark.model
@pytest.mark.slow
def test_the_shipped_weights_read_the_demos_vehicles() -> None:
    cv2.setNumThreads(1)
    plan = plan_traffic(30, 2)
    worker = OcrWorker(site(), video_reader(), NoImages())
    outputs = [output for message in frames(plan) for output in worker.work([message])]
    outputs += worker.idle()
    reads = [PlateRead.model_validate_json(one.record.value) for one in outputs]
    assert {one.topic for one in outputs} == {READS}
    right = [
        one for one in plan.sightings if final_plates(reads, one).count(one.vehicle.plate) == 1
    ]
    assert len(right) / len(plan.sightings) >= 0.95
