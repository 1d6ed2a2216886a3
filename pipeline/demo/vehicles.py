"""Vehicles as a camera in front of them sees them: a drawn nose on a shaded body in perspective."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from anpr.events import VehicleClass
from pipeline.demo.pixels import Colour, Image, as_image
from pipeline.demo.plates import HEIGHT_MM, WIDTH_MM, draw_plate
from pipeline.demo.registrations import Registration

NOSE_PX_PER_M = 360
GLASS: Colour = (58, 50, 42)
GLEAM: Colour = (148, 140, 128)
RUBBER: Colour = (26, 26, 28)
GRILLE: Colour = (30, 30, 32)
LAMP: Colour = (236, 240, 244)
CHROME: Colour = (178, 178, 176)

Point = tuple[float, float]
Corner = tuple[float, float, float]
Rectangle = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Face:
    """A flat part of a body: corners (right, up, behind the nose; metres), its colour.

    `side` is -1 or 1 for a flank, which shows only to a camera on that side.
    """

    corners: tuple[Corner, ...]
    colour: Colour
    side: int = 0


@dataclass(frozen=True, eq=False)
class Body:
    """A vehicle ready to be put into pictures; each is one of its own.

    `faces` stand from back to front; `nose` is the front as BGRA with multiplied alpha, its foot
    on the ground, `NOSE_PX_PER_M` pixels a metre; `plate` is the rectangle (x, y, w, h) of the
    plate in it; `lamps` are the headlights (right, up; metres).
    """

    faces: tuple[Face, ...]
    nose: Image
    plate: Rectangle | None
    lamps: tuple[Point, ...]
    width_m: float
    length_m: float


class Nose:
    """A canvas in metres: x to the right of the middle, y up from the ground."""

    def __init__(self, width_m: float, height_m: float) -> None:
        size = (round(height_m * NOSE_PX_PER_M), round(width_m * NOSE_PX_PER_M), 4)
        self.image: Image = np.zeros(size, np.uint8)

    def at(self, x: float, y: float) -> tuple[int, int]:
        """Give the pixel of a point."""
        height, width = self.image.shape[:2]
        return round(width / 2 + x * NOSE_PX_PER_M), round(height - y * NOSE_PX_PER_M)

    def fill(self, colour: Colour, *points: Point) -> None:
        """Fill a polygon."""
        corners = np.array([self.at(*point) for point in points], np.int32)
        cv2.fillPoly(self.image, [corners], (*colour, 255), cv2.LINE_AA)

    def both(self, colour: Colour, *points: Point) -> None:
        """Fill a polygon and its mirror image."""
        self.fill(colour, *points)
        self.fill(colour, *((-x, y) for x, y in points))

    def box(self, colour: Colour, x: float, y: float, width: float, height: float) -> None:
        """Fill a rectangle given by its middle."""
        left, right, low, high = x - width / 2, x + width / 2, y - height / 2, y + height / 2
        self.fill(colour, (left, low), (right, low), (right, high), (left, high))

    def disc(self, colour: Colour, x: float, y: float, radius: float) -> None:
        """Fill a circle."""
        pixels = round(radius * NOSE_PX_PER_M)
        cv2.circle(self.image, self.at(x, y), pixels, (*colour, 255), -1, cv2.LINE_AA)

    def shade(self, low: float, high: float) -> None:
        """Darken from the top (`high`) to the foot (`low`), as the sky lights a body."""
        rows = np.linspace(high, low, self.image.shape[0], dtype=np.float32)[:, None, None]
        lit = self.image[..., :3] * rows
        self.image[..., :3] = as_image(lit)

    def mount(self, registration: Registration | None, y: float) -> Rectangle | None:
        """Screw the plate on, its middle at height y; give its rectangle."""
        if registration is None:
            return None
        scale = NOSE_PX_PER_M / 1000
        self.box(GRILLE, 0, y, WIDTH_MM / 1000 + 0.03, HEIGHT_MM / 1000 + 0.025)
        plate = draw_plate(registration, scale)
        height, width = plate.shape[:2]
        x, top = self.at(-WIDTH_MM / 2000, y + HEIGHT_MM / 2000)
        self.image[top : top + height, x : x + width, :3] = plate
        return x, top, width, height


def tint(colour: Colour, share: float) -> Colour:
    """Make a colour darker (share below 1) or lighter (above 1)."""
    blue, green, red = (min(255, int(part * share)) for part in colour)
    return blue, green, red


def build(class_: VehicleClass, colour: Colour, registration: Registration | None) -> Body:
    """Build a vehicle with its plate. A class without a drawing of its own looks like a car."""
    return _BUILDERS.get(class_, _car)(colour, registration)


def _car(colour: Colour, registration: Registration | None) -> Body:
    nose = Nose(2.0, 0.86)
    nose.both(RUBBER, (0.56, 0), (0.80, 0), (0.82, 0.4), (0.56, 0.4))
    nose.fill(colour, (-0.80, 0.17), (0.80, 0.17), (0.90, 0.30), (0.91, 0.62), (0.84, 0.80),
              (-0.84, 0.80), (-0.91, 0.62), (-0.90, 0.30))  # fmt: skip
    nose.shade(0.55, 1.08)
    nose.fill(GRILLE, (-0.52, 0.70), (0.52, 0.70), (0.42, 0.565), (-0.42, 0.565))
    nose.box(CHROME, 0, 0.655, 0.92, 0.012)
    nose.disc(CHROME, 0, 0.65, 0.05)
    nose.fill(GRILLE, (-0.62, 0.34), (0.62, 0.34), (0.56, 0.22), (-0.56, 0.22))
    nose.both(GRILLE, (0.66, 0.40), (0.84, 0.44), (0.82, 0.30), (0.68, 0.28))
    nose.both(CHROME, (0.56, 0.74), (0.87, 0.76), (0.89, 0.62), (0.60, 0.60))
    nose.both(LAMP, (0.60, 0.725), (0.85, 0.74), (0.865, 0.64), (0.63, 0.62))
    plate = nose.mount(registration, 0.45)
    roof, dark = tint(colour, 0.92), tint(colour, 0.62)
    faces = (
        Face(((-0.60, 1.42, 1.85), (0.60, 1.42, 1.85), (0.56, 1.43, 3.3), (-0.56, 1.43, 3.3)),
             roof),
        *_flanks(((0.62, 1.42, 1.8), (0.56, 1.43, 3.3), (0.72, 0.95, 4.0), (0.84, 0.93, 1.0)),
                 GLASS),
        *_flanks(((0.90, 0.75, 0), (0.86, 0.95, 1.0), (0.84, 0.95, 4.2), (0.88, 0.2, 4.3),
                  (0.90, 0.2, 0)), dark),
        *_wheels(0.89, 0.33, (0.85, 3.4)),
        *_screen((0.82, 0.93, 1.0), (0.62, 1.40, 1.8), colour),
        Face(((-0.86, 0.79, 0), (0.86, 0.79, 0), (0.84, 0.95, 1.05), (-0.84, 0.95, 1.05)),
             tint(colour, 1.06)),
        Face(((-0.30, 0.81, 0.05), (0.30, 0.81, 0.05), (0.40, 0.955, 1.0), (-0.40, 0.955, 1.0)),
             tint(colour, 1.16)),
        *_mirrors(0.80, 1.02, 1.2, colour),
    )  # fmt: skip
    return Body(faces, nose.image, plate, ((-0.74, 0.68), (0.74, 0.68)), 1.82, 4.3)


def _van(colour: Colour, registration: Registration | None) -> Body:
    nose = Nose(2.2, 1.2)
    nose.both(RUBBER, (0.64, 0), (0.90, 0), (0.92, 0.5), (0.64, 0.5))
    nose.fill(colour, (-0.92, 0.2), (0.92, 0.2), (0.99, 0.4), (0.98, 0.95), (0.92, 1.16),
              (-0.92, 1.16), (-0.98, 0.95), (-0.99, 0.4))  # fmt: skip
    nose.shade(0.6, 1.05)
    nose.fill(GRILLE, (-0.95, 0.52), (0.95, 0.52), (0.92, 0.22), (-0.92, 0.22))
    nose.fill(GRILLE, (-0.55, 0.90), (0.55, 0.90), (0.50, 0.68), (-0.50, 0.68))
    nose.box(CHROME, 0, 0.79, 0.98, 0.02)
    nose.disc(CHROME, 0, 0.80, 0.07)
    nose.both(LAMP, (0.64, 0.95), (0.92, 1.0), (0.94, 0.74), (0.70, 0.72))
    plate = nose.mount(registration, 0.47)
    dark = tint(colour, 0.62)
    faces = (
        Face(((-0.80, 2.35, 1.5), (0.80, 2.35, 1.5), (0.80, 2.4, 5.2), (-0.80, 2.4, 5.2)),
             tint(colour, 0.9)),
        Face(((-0.84, 2.08, 1.25), (0.84, 2.08, 1.25), (0.80, 2.36, 1.6), (-0.80, 2.36, 1.6)),
             tint(colour, 0.98)),
        *_flanks(((0.97, 1.12, 0), (0.92, 1.3, 0.45), (0.86, 2.1, 1.25), (0.84, 2.38, 1.7),
                  (0.86, 2.4, 5.3), (0.98, 0.25, 5.3), (0.98, 0.25, 0)), dark),
        *_flanks(((0.93, 1.4, 0.7), (0.88, 2.0, 1.3), (0.88, 2.0, 2.0), (0.93, 1.38, 2.0)), GLASS),
        *_wheels(0.97, 0.36, (0.85, 4.1)),
        *_screen((0.93, 1.26, 0.42), (0.85, 2.06, 1.2), colour),
        Face(((-0.94, 1.14, 0), (0.94, 1.14, 0), (0.93, 1.28, 0.45), (-0.93, 1.28, 0.45)),
             tint(colour, 1.08)),
        *_mirrors(1.0, 1.5, 0.7, GRILLE),
    )  # fmt: skip
    return Body(faces, nose.image, plate, ((-0.80, 0.86), (0.80, 0.86)), 2.0, 5.3)


def _truck(colour: Colour, registration: Registration | None) -> Body:
    nose = Nose(2.7, 3.05)
    nose.both(RUBBER, (0.86, 0), (1.16, 0), (1.16, 0.6), (0.86, 0.6))
    nose.fill(colour, (-1.18, 0.32), (1.18, 0.32), (1.22, 0.5), (1.22, 2.6), (1.10, 2.98),
              (-1.10, 2.98), (-1.22, 2.6), (-1.22, 0.5))  # fmt: skip
    nose.shade(0.7, 1.05)
    nose.fill(GRILLE, (-1.20, 0.56), (1.20, 0.56), (1.16, 0.30), (-1.16, 0.30))
    nose.fill(GRILLE, (-0.82, 1.42), (0.82, 1.42), (0.74, 0.74), (-0.74, 0.74))
    for y in (0.88, 1.02, 1.16, 1.30):
        nose.box(CHROME, 0, y, 1.46, 0.018)
    nose.both(CHROME, (0.84, 0.92), (1.16, 0.96), (1.18, 0.68), (0.86, 0.66))
    nose.both(LAMP, (0.88, 0.89), (1.13, 0.92), (1.14, 0.72), (0.90, 0.70))
    nose.fill(GLASS, (-1.10, 1.58), (1.10, 1.58), (1.04, 2.42), (-1.04, 2.42))
    nose.fill(GLEAM, (-0.52, 1.60), (-0.12, 1.60), (0.22, 2.40), (-0.24, 2.40))
    nose.fill(tint(GLASS, 0.6), (-1.08, 2.30), (1.08, 2.30), (1.06, 2.46), (-1.06, 2.46))
    nose.both(RUBBER, (1.20, 2.30), (1.34, 2.30), (1.34, 1.66), (1.20, 1.66))
    plate = nose.mount(registration, 0.46)
    cargo, side = (206, 208, 206), (148, 150, 150)
    faces = (
        *_flanks(((1.27, 3.8, 2.0), (1.27, 3.8, 10.5), (1.27, 0.9, 10.5), (1.27, 0.9, 2.0)), side),
        *_wheels(1.25, 0.5, (5.2, 8.6)),
        Face(((-1.27, 0.9, 2.0), (1.27, 0.9, 2.0), (1.27, 3.8, 2.0), (-1.27, 3.8, 2.0)), cargo),
        *_flanks(((1.22, 0.5, 0), (1.22, 2.6, 0), (1.14, 2.95, 0.2), (1.20, 2.95, 1.9),
                  (1.22, 0.5, 1.9)), tint(colour, 0.62)),
        *_flanks(((1.23, 1.6, 0.25), (1.21, 2.4, 0.3), (1.21, 2.4, 1.2), (1.23, 1.6, 1.2)), GLASS),
        *_wheels(1.22, 0.5, (0.9,)),
    )  # fmt: skip
    return Body(faces, nose.image, plate, ((-1.02, 0.81), (1.02, 0.81)), 2.5, 10.5)


def _motorcycle(colour: Colour, _: Registration | None) -> Body:
    """Draw a motorcycle and its rider; its only plate is behind, so the front shows none."""
    nose = Nose(1.1, 1.75)
    jacket: Colour = (40, 38, 42)
    nose.box(RUBBER, 0, 0.31, 0.13, 0.62)
    nose.both(jacket, (0.14, 0.42), (0.30, 0.42), (0.34, 0.98), (0.12, 0.98))
    nose.fill(jacket, (-0.30, 0.85), (0.30, 0.85), (0.27, 1.36), (-0.27, 1.36))
    nose.both(jacket, (0.22, 1.34), (0.48, 1.04), (0.40, 0.98), (0.16, 1.16))
    nose.disc(tint(colour, 0.9), 0, 1.54, 0.145)
    nose.fill(GLASS, (-0.11, 1.58), (0.11, 1.58), (0.10, 1.49), (-0.10, 1.49))
    nose.fill(colour, (-0.22, 0.72), (0.22, 0.72), (0.17, 1.06), (0, 1.14), (-0.17, 1.06))
    nose.fill(GLEAM, (-0.12, 1.04), (0.12, 1.04), (0, 1.22))
    nose.box(RUBBER, 0, 1.02, 0.78, 0.035)
    nose.both(RUBBER, (0.34, 1.04), (0.38, 1.16), (0.52, 1.16), (0.50, 1.07))
    nose.shade(0.7, 1.1)
    nose.disc(LAMP, 0, 0.86, 0.085)
    return Body((), nose.image, None, ((0, 0.86),), 0.8, 2.0)


def _flanks(corners: tuple[Corner, ...], colour: Colour) -> tuple[Face, Face]:
    """Mirror a flank, given on the right, to both sides."""
    left = tuple((-x, y, z) for x, y, z in corners)
    return Face(left, tint(colour, 1.12), -1), Face(corners, colour, 1)


def _wheels(x: float, radius: float, behind: tuple[float, ...]) -> tuple[Face, ...]:
    turns = np.arange(20) * np.pi / 10
    faces: list[Face] = []
    for z in behind:
        for size, colour in ((radius, RUBBER), (radius * 0.6, (120, 120, 122))):
            rim = tuple(
                (x + 0.01, radius + size * float(np.cos(turn)), z + size * float(np.sin(turn)))
                for turn in turns
            )
            faces += _flanks(rim, colour)
    return tuple(faces)


def _screen(foot: Corner, top: Corner, colour: Colour) -> tuple[Face, ...]:
    """Build a windscreen, given its right edge, darker under the roof, with a gleam of the sky."""

    def part(low: float, high: float, left: float, right: float, paint: Colour) -> Face:
        def corner(across: float, share: float) -> Corner:
            x, y, z = (low + (high - low) * share for low, high in zip(foot, top, strict=True))
            return x * across, y, z

        corners = (corner(left, low), corner(right, low), corner(right, high), corner(left, high))
        return Face(corners, paint)

    return (
        part(0, 1, -1, 1, tint(colour, 0.85)),
        part(0, 0.95, -0.92, 0.92, GLASS),
        part(0, 0.95, -0.25, 0.30, tint(GLEAM, 0.62)),
        part(0.62, 0.95, -0.92, 0.92, tint(GLASS, 0.72)),
    )


def _mirrors(x: float, y: float, z: float, colour: Colour) -> tuple[Face, Face]:
    """Hang a mirror on either side, seen from the front."""
    corners = ((x, y - 0.02, z), (x + 0.20, y, z), (x + 0.20, y + 0.13, z), (x + 0.03, y + 0.14, z))
    left = tuple((-across, up, behind) for across, up, behind in corners)
    return Face(left, tint(colour, 0.7)), Face(corners, tint(colour, 0.7))


_BUILDERS: dict[VehicleClass, Callable[[Colour, Registration | None], Body]] = {
    VehicleClass.CAR: _car,
    VehicleClass.VAN: _van,
    VehicleClass.TRUCK: _truck,
    VehicleClass.MOTORCYCLE: _motorcycle,
}
