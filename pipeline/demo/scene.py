"""Pictures of vehicles on a road, as a camera takes them: perspective, light, blur, noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import cv2
import numpy as np

from pipeline.demo.backdrop import draw_backdrop
from pipeline.demo.pixels import Floats, Image, as_floats, as_image
from pipeline.demo.vehicles import NOSE_PX_PER_M, Body, Face
from pipeline.demo.view import Points, View

JPEG_QUALITY = 85
GLOW_PX = 96


@dataclass(frozen=True, slots=True)
class Placed:
    """A vehicle in the scene: its nose `ahead_m` of the camera and `right_m` of its axis."""

    body: Body
    right_m: float
    ahead_m: float
    speed_m_s: float


class Scene:
    """Takes one camera's pictures. Not for two threads at a time."""

    def __init__(self, view: View, seed: int = 0) -> None:
        self.view = view
        self._backdrop = draw_backdrop(view)
        self._random = np.random.default_rng(seed)
        self._glow = _glow()
        self._noise = self._grain()
        self._noses: WeakKeyDictionary[Body, tuple[Image, Image]] = WeakKeyDictionary()

    def picture(self, vehicles: Sequence[Placed]) -> Image:
        """Take a picture (BGR) of the vehicles, wherever they stand."""
        image = self._backdrop.copy()
        for vehicle in sorted(vehicles, key=lambda placed: -placed.ahead_m):
            self._put(image, vehicle)
        return self._develop(image)

    def jpeg(self, vehicles: Sequence[Placed]) -> bytes:
        """Take a picture and compress it as a camera does."""
        options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
        return cv2.imencode(".jpg", self.picture(vehicles), options)[1].tobytes()

    def _put(self, image: Image, vehicle: Placed) -> None:
        left, right = self._shadow(image, vehicle)
        for face in vehicle.body.faces:
            if not face.side or face.side * vehicle.right_m < -vehicle.body.width_m / 2:
                self._face(image, vehicle, face)
        box = self._nose(image, vehicle)
        self._blur(image, vehicle, slice(max(min(left, box.start), 0), max(right, box.stop)))
        self._shine(image, vehicle)

    def _spot(self, vehicle: Placed, corners: Sequence[tuple[float, float, float]]) -> Points:
        """Project corners of a vehicle (behind its nose) into the picture."""
        place = np.array((vehicle.right_m, 0, vehicle.ahead_m))
        return self.view.project(np.array(corners, np.float64) + place)

    def _shadow(self, image: Image, vehicle: Placed) -> tuple[int, int]:
        half, length = vehicle.body.width_m / 2 + 0.12, vehicle.body.length_m
        corners = [(-half, 0, -0.25), (half, 0, -0.25), (half, 0, length), (-half, 0, length)]
        points = self._spot(vehicle, corners)
        x, y, width, height = cv2.boundingRect(points.astype(np.int32))
        left, top = max(x - 8, 0), max(y - 8, 0)
        part = image[top : y + height + 8, left : x + width + 8]
        if part.size:
            mask = np.zeros(part.shape[:2], np.uint8)
            cv2.fillPoly(mask, [(points - (left, top)).astype(np.int32)], 150)
            kept = 256 - np.asarray(cv2.blur(mask, (15, 9)), np.uint16)
            part[:] = (part * kept[..., None]) >> 8
        return x, x + width

    def _face(self, image: Image, vehicle: Placed, face: Face) -> None:
        points = self._spot(vehicle, face.corners)
        colour = [part * gain for part, gain in zip(face.colour, self.view.look.gains, strict=True)]
        fixed = np.clip(points * 8, -1e6, 1e6).astype(np.int32)
        cv2.fillPoly(image, [fixed], colour, cv2.LINE_AA, 3)

    def _nose(self, image: Image, vehicle: Placed) -> slice:
        """Warp the nose into the picture; give its columns."""
        nose, scale = self._sized(vehicle)
        height, width = nose.shape[:2]
        half, tall = width * scale / 2, height * scale
        corners = [(-half, tall, 0), (half, tall, 0), (half, 0, 0), (-half, 0, 0)]
        points = self._spot(vehicle, corners)
        low = np.floor(points.min(axis=0)).astype(int).clip(0)
        high = np.ceil(points.max(axis=0)).astype(int).clip(0, (self.view.width, self.view.height))
        part = image[low[1] : high[1], low[0] : high[0]]
        if part.size:
            source = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
            target = (points - low).astype(np.float32)
            matrix = cv2.getPerspectiveTransform(source, target)
            size = (part.shape[1], part.shape[0])
            warped = np.asarray(cv2.warpPerspective(nose, matrix, size), np.uint16)
            part[:] = ((part * (256 - warped[..., 3:])) >> 8) + warped[..., :3]
        return slice(int(low[0]), int(high[0]))

    def _sized(self, vehicle: Placed) -> tuple[Image, float]:
        """Choose the nose in the size just finer than the picture, and its metres a pixel."""
        sizes = self._noses.get(vehicle.body)
        if sizes is None:
            first = self._light(vehicle.body)
            half = cv2.resize(first, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
            sizes = self._noses[vehicle.body] = (first, as_image(half))
        wanted = self.view.lens_px / vehicle.ahead_m / NOSE_PX_PER_M
        level = 0 if wanted * 2 > 1 else 1
        return sizes[level], (level + 1) / NOSE_PX_PER_M

    def _light(self, body: Body) -> Image:
        """Light a nose: the gains for its paint, the camera's own light for its plate."""
        look = self.view.look
        lit = body.nose * as_floats((*look.gains, 1))
        if body.plate:
            x, y, width, height = body.plate
            lit[y : y + height, x : x + width, :3] = (
                body.nose[y : y + height, x : x + width, :3] * look.plate
            )
        return as_image(lit)

    def _blur(self, image: Image, vehicle: Placed, columns: slice) -> None:
        """Smear the vehicle by how far its plate moves while the shutter is open."""
        view = self.view
        drop = view.height_m * view.lens_px / vehicle.ahead_m**2
        length = round(drop * vehicle.speed_m_s * view.look.exposure_s)
        part = image[:, columns]
        if length > 1 and part.size:
            part[:] = cv2.blur(part, (1, length))

    def _shine(self, image: Image, vehicle: Placed) -> None:
        """Add the glare of the headlights."""
        strength = self.view.look.lamps
        corners = [(x, y, 0.0) for x, y in vehicle.body.lamps]
        for x, y in self._spot(vehicle, corners).astype(int):
            size = int(self.view.lens_px / vehicle.ahead_m * (0.3 + 0.5 * strength))
            glow = as_image(cv2.resize(self._glow, (size, size)) * strength)
            top, left = y - size // 2, x - size // 2
            part = image[max(top, 0) : max(top + size, 0), max(left, 0) : max(left + size, 0)]
            if part.size:
                own = glow[max(-top, 0) :, max(-left, 0) :][: part.shape[0], : part.shape[1]]
                part[:] = cv2.add(part, own)

    def _grain(self) -> tuple[Image, Image]:
        """Make the sensor's noise once, larger than a picture: what it adds, what it takes away."""
        shape = (self.view.height + 64, self.view.width + 64, 3)
        noise = self._random.normal(0, self.view.look.noise, shape)
        return as_image(noise), as_image(-noise)

    def _develop(self, image: Image) -> Image:
        y, x = self._random.integers(0, 64, 2)
        window = np.s_[y : y + self.view.height, x : x + self.view.width]
        added, taken = self._noise
        return as_image(cv2.subtract(cv2.add(image, added[window]), taken[window]))


def _glow() -> Floats:
    """Draw the glare of a lamp: a bright core in a wide halo."""
    y, x = np.mgrid[-1 : 1 : GLOW_PX * 1j, -1 : 1 : GLOW_PX * 1j]
    distance = x * x + y * y
    level = 170 * np.exp(-distance * 40) + 80 * np.exp(-distance * 7)
    edge = np.clip(1.0 - distance, 0, 1)
    warm = (0.9, 0.97, 1.0)
    return as_floats((level * edge)[..., None] * warm)
