"""Simulated cameras: they take pictures of the planned traffic in real time and push them."""

from collections.abc import Mapping, Sequence

from anpr.events import Direction
from pipeline.demo.scene import Placed, Scene
from pipeline.demo.traffic import Plan, Sighting
from pipeline.demo.vehicles import Body, build
from pipeline.demo.zone import POSTS, Post

EMPTY_FRAMES = 2
"""How many pictures follow after a vehicle has left, as motion triggers hold on for a moment."""

GONE_SHARE = 0.72
"""Nearer than this share of the view's nearest distance, a plate is below the picture's edge."""

DRAWN_M = (2.0, 90.0)
"""Between these distances a vehicle is drawn."""


def ticks(sightings: Sequence[Sighting], post: Post, *, is_triggered: bool) -> tuple[float, ...]:
    """Tell when a camera takes pictures, in seconds of the demo.

    A triggered camera takes one of each vehicle; another one a row of them while a plate is in
    view, and a few of the empty road after it.
    """
    if is_triggered:
        return tuple(sighting.at_s for sighting in sightings)
    moments: set[int] = set()
    for sighting in sightings:
        gone_s = sighting.leaves_s + (1 - GONE_SHARE) * post.view.near_m / sighting.speed_m_s
        first, last = int(sighting.enters_s * post.fps) + 1, int(sighting.leaves_s * post.fps)
        after = int(gone_s * post.fps) + 1
        moments |= {*range(first, last + 1), *range(after, after + EMPTY_FRAMES)}
    return tuple(moment / post.fps for moment in sorted(moments))


class Camera:
    """One camera: its scene, its traffic, and the pictures it takes of it."""

    def __init__(self, camera: str, plan: Plan, *, is_triggered: bool) -> None:
        self.id = camera
        self.post = POSTS[camera]
        self.sightings = plan.at(camera)
        self.ticks = ticks(self.sightings, self.post, is_triggered=is_triggered)
        self._scene = Scene(self.post.view, seed=len(camera))
        self._bodies: dict[int, Body] = {}

    def shoot(self, moment_s: float) -> tuple[bytes, Mapping[str, str]]:
        """Take a picture at a moment of the demo; give the JPEG and what the sensors add."""
        near = [one for one in self.sightings if _is_drawn(one.ahead_m(moment_s))]
        jpeg = self._scene.jpeg([self._placed(one, moment_s) for one in near])
        self._bodies = {number: self._bodies[number] for number in (s.vehicle.number for s in near)}
        return jpeg, self._sensed(near, moment_s)

    def _placed(self, sighting: Sighting, moment_s: float) -> Placed:
        vehicle = sighting.vehicle
        if vehicle.number not in self._bodies:
            body = build(vehicle.class_, vehicle.colour, vehicle.registration)
            self._bodies[vehicle.number] = body
        right = self.post.view.lanes_m[sighting.lane] + sighting.offset_m
        body = self._bodies[vehicle.number]
        return Placed(body, right, sighting.ahead_m(moment_s), sighting.speed_m_s)

    def _sensed(self, near: Sequence[Sighting], moment_s: float) -> Mapping[str, str]:
        """Write the headers of a gantry's sensors for the vehicle under it."""
        under = [one for one in near if one.enters_s <= moment_s <= one.leaves_s]
        if not self.post.has_sensors or len(under) != 1:
            return {}
        sighting, sensors = under[0], under[0].sensors
        headers = {
            "X-Lane": str(sighting.lane + 1),
            "X-Direction": Direction.APPROACHING.value,
            "X-Speed-Kmh": f"{sighting.speed_m_s * 3.6:.1f}",
        }
        if sensors and sensors.class_:
            headers["X-Vehicle-Class"] = sensors.class_.value
        if sensors and sensors.height_m:
            headers["X-Vehicle-Height-M"] = f"{sensors.height_m:.2f}"
        return headers


def _is_drawn(ahead_m: float) -> bool:
    return DRAWN_M[0] < ahead_m < DRAWN_M[1]
