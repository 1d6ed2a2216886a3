from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from anpr.events import VehicleClass
from pipeline.demo.cameras import EMPTY_FRAMES, Camera, ticks
from pipeline.demo.registrations import Registration
from pipeline.demo.traffic import Plan, Role, Sensors, Sighting, Trip, Vehicle
from pipeline.demo.zone import POSTS

TRUCK = Vehicle(
    1, Role.THROUGH_TRUCK, VehicleClass.TRUCK, (0, 0, 60), Registration("1-ABC-123", "BE")
)


def camera(sighting: Sighting, *, is_triggered: bool = False) -> Camera:
    return Camera(sighting.camera, Plan(60, (Trip((sighting,)),), {}), is_triggered=is_triggered)


def test_a_camera_takes_pictures_while_a_plate_is_in_view_and_a_few_after() -> None:
    sighting = Sighting(TRUCK, "n177-noord", 10, 15)
    taken = ticks([sighting], POSTS["n177-noord"], is_triggered=False)
    in_view = [moment for moment in taken if sighting.enters_s <= moment <= sighting.leaves_s]
    assert 6 <= len(in_view) <= 12
    assert in_view == list(taken[: len(in_view)])
    assert len(taken) == len(in_view) + EMPTY_FRAMES


def test_a_camera_never_takes_pictures_faster_than_its_rate() -> None:
    first = Sighting(TRUCK, "station", 10, 15)
    post = POSTS["station"]
    taken = ticks([first, replace(first, at_s=10.4, lane=1)], post, is_triggered=False)
    assert min(after - before for before, after in pairwise(taken)) >= 1 / post.fps - 1e-9


def test_a_triggered_camera_takes_one_picture_of_each_vehicle() -> None:
    first = Sighting(TRUCK, "markt", 10, 5)
    assert ticks([first, replace(first, at_s=20)], POSTS["markt"], is_triggered=True) == (10, 20)


@pytest.mark.parametrize(
    ("sensors", "sent"),
    [
        (
            Sensors(VehicleClass.TRUCK, 3.8),
            {"X-Vehicle-Class": "truck", "X-Vehicle-Height-M": "3.80"},
        ),
        (Sensors(VehicleClass.VAN), {"X-Vehicle-Class": "van"}),
        (Sensors(), {}),
    ],
)
def test_a_gantry_sends_what_its_sensors_say_right_or_wrong(
    sensors: Sensors, sent: dict[str, str]
) -> None:
    _, headers = camera(Sighting(TRUCK, "relst-oost", 10, 12.5, sensors=sensors)).shoot(10)
    always = {"X-Lane": "1", "X-Direction": "approaching", "X-Speed-Kmh": "45.0"}
    assert headers == always | sent


def test_a_camera_without_sensors_sends_none() -> None:
    assert camera(Sighting(TRUCK, "n177-noord", 10, 15)).shoot(10)[1] == {}


def test_sensors_say_nothing_of_an_empty_road() -> None:
    sighting = Sighting(TRUCK, "relst-oost", 10, 12.5, sensors=Sensors(VehicleClass.TRUCK))
    assert camera(sighting).shoot(20)[1] == {}


def test_the_picture_shows_the_vehicle_where_it_is_at_that_moment() -> None:
    post = camera(Sighting(TRUCK, "n177-noord", 10, 15))
    road, far, near = (
        np.asarray(cv2.imdecode(np.frombuffer(post.shoot(at)[0], np.uint8), 1), np.int16)
        for at in (30.0, 9.6, 10.4)
    )
    changed = [(abs(image - road).max(axis=2) > 40).sum() for image in (far, near)]
    assert changed[1] > 1.5 * changed[0] > 0
