"""A camera's view: where it stands over the road, its lens, and the light it sees by."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from pipeline.demo.pixels import Colour

Points = npt.NDArray[np.float64]

PLATE_M = 0.52


class Light(StrEnum):
    """The light a camera sees by."""

    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"


@dataclass(frozen=True, slots=True)
class Look:
    """What the light does to a picture.

    `gains` multiply blue, green and red of what only reflects it; `plate` those of the plate, lit
    by the camera; `lamps` is how bright headlights shine; `noise` the sensor's sigma (0..255);
    `exposure_s` how long the shutter stays open.
    """

    gains: tuple[float, float, float]
    plate: float
    lamps: float
    noise: float
    exposure_s: float
    sky_top: Colour
    sky_foot: Colour


LOOKS = {
    Light.DAY: Look((1.0, 1.0, 1.0), 0.93, 0.25, 3.0, 0.001, (214, 176, 138), (240, 232, 222)),
    Light.DUSK: Look((0.60, 0.55, 0.60), 0.85, 0.9, 4.0, 0.002, (120, 78, 62), (110, 158, 232)),
    Light.NIGHT: Look((0.30, 0.23, 0.20), 0.78, 1.5, 5.5, 0.003, (34, 22, 16), (58, 42, 34)),
}


@dataclass(frozen=True, slots=True)
class View:
    """A pinhole camera beside or over the road.

    It stands at the origin, `height_m` above the ground, and looks along z; `lens_px` is its focal
    length, `horizon_px` the row of the horizon, `yaw_deg` how far it turns to the right and
    `roll_deg` how crooked it hangs. `lanes_m` are the middles of the lanes, in metres to the right.
    """

    lanes_m: tuple[float, ...] = (0.5,)
    light: Light = Light.DAY
    height_m: float = 1.75
    lens_px: float = 3000
    horizon_px: float = 62
    yaw_deg: float = 0.0
    roll_deg: float = 0.0
    width: int = 960
    height: int = 540
    far_px: float = 58
    near_px: float = 160
    scenery: int = 1

    @property
    def look(self) -> Look:
        """What its light does to a picture."""
        return LOOKS[self.light]

    @property
    def far_m(self) -> float:
        """The distance at which a plate comes into view, `far_px` wide."""
        return self.lens_px * PLATE_M / self.far_px

    @property
    def near_m(self) -> float:
        """The distance at which a plate leaves the view, `near_px` wide."""
        return self.lens_px * PLATE_M / self.near_px

    @property
    def depth_m(self) -> float:
        """How far a vehicle drives while its plate is in view."""
        return self.far_m - self.near_m

    def project(self, points: Points) -> Points:
        """Map points (n by 3: right, up, ahead; metres) to pixels (n by 2: column, row)."""
        yaw, roll = math.radians(self.yaw_deg), math.radians(self.roll_deg)
        right, up, ahead = points[:, 0], points[:, 1] - self.height_m, points[:, 2]
        across = right * math.cos(yaw) - ahead * math.sin(yaw)
        along = np.maximum(ahead * math.cos(yaw) + right * math.sin(yaw), 0.5)
        x, y = self.lens_px * across / along, -self.lens_px * up / along
        turned = (x * math.cos(roll) - y * math.sin(roll), x * math.sin(roll) + y * math.cos(roll))
        return np.stack((turned[0] + self.width / 2, turned[1] + self.horizon_px), axis=1)
