from collections.abc import Callable

import cv2
import numpy as np
import pytest

from anpr.events import VehicleClass
from pipeline.demo.pixels import Image
from pipeline.demo.registrations import Registration
from pipeline.demo.scene import Placed, Scene
from pipeline.demo.vehicles import build
from pipeline.demo.view import PLATE_M, Light, View

PLATE = Registration("MT 6289", "LU")


def yellow_width(image: Image) -> int:
    """Measure how wide the yellow of a Luxembourg plate is."""
    blue, green, red = (image[..., channel].astype(int) for channel in range(3))
    columns = np.flatnonzero((np.minimum(green, red) - blue > 90).any(axis=0))
    return int(columns[-1] - columns[0]) if columns.size else 0


def placed(ahead_m: float, class_: VehicleClass = VehicleClass.CAR) -> Placed:
    return Placed(build(class_, (58, 58, 62), PLATE), 0.5, ahead_m, 15)


@pytest.mark.parametrize("ahead", [View.far_m, View.near_m])
def test_a_plate_is_as_wide_as_perspective_makes_it(ahead: property) -> None:
    view = View()
    ahead_m: float = ahead.__get__(view)
    seen = yellow_width(Scene(view).picture([placed(ahead_m)]))
    band = 0.92  # the blue band is part of the plate and not yellow
    assert seen == pytest.approx(view.lens_px * PLATE_M / ahead_m * band, rel=0.08)


@pytest.mark.parametrize("class_", [VehicleClass.CAR, VehicleClass.VAN, VehicleClass.TRUCK])
def test_every_class_but_the_motorcycle_wears_its_plate_in_front(class_: VehicleClass) -> None:
    assert yellow_width(Scene(View()).picture([placed(14, class_)])) > 80


def test_a_motorcycle_shows_no_plate_in_front() -> None:
    assert build(VehicleClass.MOTORCYCLE, (58, 58, 62), PLATE).plate is None


@pytest.mark.parametrize(
    ("light", "is_expected"),
    [(Light.DAY, lambda level: level > 90), (Light.NIGHT, lambda level: level < 50)],
)
def test_the_light_of_the_view_shows(light: Light, is_expected: Callable[[float], bool]) -> None:
    assert is_expected(float(Scene(View(light=light)).picture([]).mean()))


def test_a_nearer_vehicle_hides_the_one_behind_it() -> None:
    behind = Placed(build(VehicleClass.CAR, (58, 58, 62), PLATE), 0.5, 30, 15)
    hidden = Scene(View()).picture(
        [Placed(build(VehicleClass.TRUCK, (0, 0, 60), None), 0.5, 15, 15), behind]
    )
    assert yellow_width(hidden) == 0


def test_a_picture_is_a_jpeg_of_the_views_size() -> None:
    view = View()
    image = cv2.imdecode(np.frombuffer(Scene(view).jpeg([]), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert image.shape == (view.height, view.width, 3)


def test_a_vehicle_beside_or_behind_the_picture_is_no_trouble() -> None:
    view = View()
    scene = Scene(view)
    for ahead_m in (2.5, 5.0, 80.0):
        for right_m in (-12.0, 0.0, 12.0):
            vehicle = Placed(build(VehicleClass.TRUCK, (0, 0, 60), PLATE), right_m, ahead_m, 15)
            assert scene.picture([vehicle]).shape == (view.height, view.width, 3)
