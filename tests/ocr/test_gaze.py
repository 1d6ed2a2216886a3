"""Where a camera's plates are read, and where not."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from anpr.sites import Camera
from ocr.gaze import EVERYWHERE, Gaze
from ocr.ports import Box, Detection, Image, Reading
from ocr.reader import Reader, in_doubt, is_whole
from tests.ocr.makers import once, read_as

PICTURE: Image = np.zeros((100, 200, 3), np.uint8)
LOWER_HALF = ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))


def plate(x: float, y: float, w: float = 40.0) -> Box:
    """Place a plate by its middle."""
    return Box(x - w / 2, y - w / 9, w, w / 4.5)


@pytest.mark.parametrize(("y", "is_taken"), [(49.0, False), (50.0, True), (99.0, True)])
def test_a_plate_counts_by_its_middle_up_to_the_edge_of_the_region(
    y: float, is_taken: bool
) -> None:
    assert Gaze(region=LOWER_HALF).takes(plate(100, y), PICTURE) is is_taken


def test_what_a_mask_covers_is_not_read() -> None:
    masked = Gaze(ignore=(((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)),))
    assert not masked.takes(plate(50, 50), PICTURE)
    assert masked.takes(plate(150, 50), PICTURE)


@pytest.mark.parametrize(("width", "is_taken"), [(59, False), (60, True), (80, True), (81, False)])
def test_only_plates_of_the_cameras_widths_are_read(width: float, is_taken: bool) -> None:
    assert Gaze(widths=(60, 80)).takes(plate(100, 50, width), PICTURE) is is_taken


def test_the_detector_sees_only_around_the_region() -> None:
    part, corner = Gaze(region=LOWER_HALF).window(PICTURE)
    assert corner == (0, 42)
    assert part.shape == (58, 200, 3)
    assert EVERYWHERE.window(PICTURE)[0] is PICTURE


def test_a_camera_without_these_keys_is_read_everywhere() -> None:
    assert Gaze.of(Camera(id="a", lat=51.0, lon=4.0)) == EVERYWHERE


class Painted:
    """Finds plates where the picture is bright, and reads the brightness as the plate."""

    def __init__(self) -> None:
        self.read_so_far: list[str] = []

    def detect(self, image: Image, sides: Sequence[int]) -> list[Detection]:
        bright = (image[..., 0] > 0).astype(np.uint8)
        corners, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        return [Detection(Box(*map(float, cv2.boundingRect(one))), 0.9) for one in corners]

    def read(self, crops: Sequence[Image]) -> list[Reading]:
        plates = [f"1ABC{int(crop.max()):03}" for crop in crops]
        self.read_so_far += plates
        return [read_as(plate) for plate in plates]


def test_what_lies_outside_is_never_read_and_what_lies_inside_is_found_where_it_is() -> None:
    picture = PICTURE.copy()
    picture[20:30, 30:80] = 111
    picture[70:80, 90:140] = 222
    painted = Painted()
    reader = Reader(painted, painted, scales=once)
    (found,) = reader.read_image(picture, Gaze(region=LOWER_HALF))
    assert (found.reading.plate, found.box) == ("1ABC222", Box(90, 70, 50, 10))
    (found,) = reader.read_image(picture, Gaze(ignore=[LOWER_HALF]))
    assert (found.reading.plate, found.box) == ("1ABC111", Box(30, 20, 50, 10))
    assert painted.read_so_far == ["1ABC222", "1ABC111"]


@pytest.mark.parametrize(
    ("box", "is_so"),
    [
        (Box(6, 40, 50, 11), False),
        (Box(7, 40, 50, 11), True),
        (Box(143.5, 40, 50, 11), True),
        (Box(144, 40, 50, 11), False),
        (Box(60, 1, 50, 11), False),
        (Box(60, 88, 50, 11), False),
    ],
)
def test_a_plate_at_the_pictures_edge_may_be_cut(box: Box, is_so: bool) -> None:
    assert is_whole(box, PICTURE) is is_so


def test_a_plate_that_may_be_cut_is_never_sure() -> None:
    assert in_doubt(read_as("1ABC123", 1.0)).confidence == 0.5
