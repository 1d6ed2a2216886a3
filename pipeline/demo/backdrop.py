"""What stands still in a camera's view, drawn once: sky, houses, trees, verge and road."""

import cv2
import numpy as np

from pipeline.demo.pixels import Colour, Floats, Image, as_floats, as_image
from pipeline.demo.view import Light, View

GROUND_PX_PER_M = 24
GROUND_WIDTH_M = 36
GROUND_NEAR_M, GROUND_FAR_M = 4.0, 150.0
LANE_M = 3.3

ASPHALT = (98, 94, 92)
GRASS = (58, 112, 92)
PAVING = (138, 146, 156)
PAINT = (214, 220, 222)


def draw_backdrop(view: View) -> Image:
    """Draw the empty scene of a view, BGR, lit as its light has it."""
    rng = np.random.default_rng(view.scenery)
    image = _sky(view)
    _skyline(image, view, rng)
    _lay_ground(image, _ground(view, rng), view)
    lit = as_floats(cv2.GaussianBlur(image, (0, 0), 0.9)) * as_floats(view.look.gains)
    if view.light is not Light.DAY:
        _light_lamps(lit, view)
    return as_image(lit * _vignette(view)[..., None])


def _sky(view: View) -> Image:
    """Fill the picture with the sky's gradient, undoing the gains that follow."""
    foot = max(view.horizon_px, 1)
    share = np.clip(np.arange(view.height) / foot, 0, 1)[:, None]
    top, bottom = as_floats(view.look.sky_top), as_floats(view.look.sky_foot)
    rows = (top * (1 - share) + bottom * share) / as_floats(view.look.gains)
    column = as_image(rows)[:, None, :]
    return np.repeat(column, view.width, axis=1)


def _skyline(image: Image, view: View, rng: np.random.Generator) -> None:
    """Draw houses and trees along the horizon, out of focus."""
    foot = int(view.horizon_px) + 22
    image[foot - 4 :] = GRASS
    for x in range(-20, view.width, int(rng.integers(90, 130))):
        _house(image, x + int(rng.integers(0, 40)), foot, rng)
    for x in rng.integers(0, view.width, 60):
        if abs(x - view.width / 2) > view.width * 0.12:
            _tree(image, int(x), foot, rng)
    above = slice(0, foot + 8)
    image[above] = cv2.GaussianBlur(image[above], (0, 0), 2.2)


def _house(image: Image, x: int, foot: int, rng: np.random.Generator) -> None:
    width, height = int(rng.integers(50, 80)), int(rng.integers(22, 36))
    brick = [(78, 92, 142), (150, 160, 172), (96, 108, 128)][int(rng.integers(3))]
    cv2.rectangle(image, (x, foot - height), (x + width, foot), brick, -1)
    roof = np.array([(x - 5, foot - height), (x + width // 2, foot - height - 18),
                     (x + width + 5, foot - height)])  # fmt: skip
    cv2.fillPoly(image, [roof], (62, 60, 88), cv2.LINE_AA)
    for column in range(x + 8, x + width - 8, 18):
        cv2.rectangle(image, (column, foot - height + 7), (column + 7, foot - height + 17),
                      (196, 190, 176), -1)  # fmt: skip


def _tree(image: Image, x: int, foot: int, rng: np.random.Generator) -> None:
    for _ in range(14):
        centre = (x + int(rng.normal(0, 9)), foot - 14 + int(rng.normal(0, 9)))
        shade = float(rng.uniform(0.55, 1.1))
        leaf = (int(46 * shade), int(92 * shade), int(70 * shade))
        cv2.circle(image, centre, int(rng.integers(5, 11)), leaf, -1, cv2.LINE_AA)


def _ground(view: View, rng: np.random.Generator) -> Image:
    """Draw the ground from above: row 0 is far, column 0 left; `GROUND_PX_PER_M` pixels a metre."""
    rows = int((GROUND_FAR_M - GROUND_NEAR_M) * GROUND_PX_PER_M)
    columns = GROUND_WIDTH_M * GROUND_PX_PER_M
    ground = np.full((rows, columns, 3), GRASS, np.uint8)
    left, right = min(view.lanes_m) - LANE_M / 2, max(view.lanes_m) + LANE_M / 2
    # The road goes on to the left with the other direction's lane.
    _strip(ground, left - LANE_M - 2.2, left - LANE_M - 0.2, PAVING)
    _strip(ground, right + 0.2, right + 2.2, PAVING)
    _strip(ground, left - LANE_M - 0.2, right + 0.2, ASPHALT)
    for lane in view.lanes_m:
        for track in (-0.75, 0.75):
            _strip(ground, lane + track - 0.28, lane + track + 0.28, (88, 84, 82))
    noise = _grain(rng, ground.shape[:2])
    ground = as_image(ground * (1 + noise[..., None]))
    for edge in (left - LANE_M + 0.05, right - 0.05):
        _strip(ground, edge - 0.07, edge + 0.07, PAINT)
    _dashes(ground, left)
    for first, second in zip(view.lanes_m, view.lanes_m[1:], strict=False):
        _dashes(ground, (first + second) / 2)
    return ground


def _column(metres: float) -> int:
    return round((metres + GROUND_WIDTH_M / 2) * GROUND_PX_PER_M)


def _strip(ground: Image, left_m: float, right_m: float, colour: Colour) -> None:
    ground[:, _column(left_m) : _column(right_m)] = colour


def _dashes(ground: Image, at_m: float) -> None:
    """Paint a broken line: 2.5 m of paint, 3.5 m without."""
    step, length = int(6 * GROUND_PX_PER_M), int(2.5 * GROUND_PX_PER_M)
    for row in range(0, ground.shape[0], step):
        ground[row : row + length, _column(at_m - 0.07) : _column(at_m + 0.07)] = PAINT


def _grain(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Make the roughness of a surface: fine grain and wide stains, as shares around 0."""
    grain = rng.normal(0, 0.07, shape).astype(np.float32)
    for cell, strength in ((16, 0.045), (90, 0.06)):
        coarse = rng.normal(0, strength, (shape[0] // cell + 2, shape[1] // cell + 2))
        size = (shape[1], shape[0])
        grain += cv2.resize(as_floats(coarse), size, interpolation=cv2.INTER_CUBIC)
    return grain


def _lay_ground(image: Image, ground: Image, view: View) -> None:
    """Warp the ground, seen from above, into the view below the horizon."""
    half = GROUND_WIDTH_M / 2
    corners = np.array(
        [(-half, 0, GROUND_FAR_M), (half, 0, GROUND_FAR_M), (half, 0, GROUND_NEAR_M),
         (-half, 0, GROUND_NEAR_M)], np.float64,
    )  # fmt: skip
    height, width = ground.shape[:2]
    source = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(source, view.project(corners).astype(np.float32))
    size = (view.width, view.height)
    cv2.warpPerspective(
        ground, matrix, size, image, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_TRANSPARENT
    )


def _light_lamps(image: Floats, view: View) -> None:
    """Light pools on the road and lamps over it."""
    lit = np.zeros(image.shape[:2], np.float32)
    for ahead in (16.0, 40.0, 64.0):
        pool, head = view.project(
            np.array([(view.lanes_m[0], 0, ahead), (-6.5, 6.0, ahead)], np.float64)
        )
        wide = view.lens_px * 3.4 / ahead
        axes = (int(wide), int(max(wide * 0.22, 2)))
        cv2.ellipse(lit, (int(pool[0]), int(pool[1])), axes, 0, 0, 360, 1.0, -1)
        cv2.circle(lit, (int(head[0]), int(head[1])), 4, 3.0, -1)
    soft = as_floats(cv2.GaussianBlur(lit, (0, 0), 26))[..., None]
    strength = 0.75 if view.light is Light.NIGHT else 0.25
    image *= 1 + strength * 1.6 * soft * as_floats((0.75, 1.0, 1.2))
    image += strength * 26 * soft * as_floats((0.5, 0.8, 1.0))


def _vignette(view: View) -> Floats:
    y, x = np.mgrid[-1 : 1 : view.height * 1j, -1 : 1 : view.width * 1j]
    return as_floats(1 - 0.13 * (x * x + y * y))
