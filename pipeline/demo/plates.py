"""Number plates as they are made: sizes, colours, bands and seals of six countries."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import cv2
import numpy as np

from pipeline.demo.pixels import Colour, Image, as_floats, as_image
from pipeline.demo.registrations import Registration

WIDTH_MM, HEIGHT_MM = 520, 110
BAND_MM = 44
MARGIN_MM = 14
TAIL = 0.12
"""How far a Q's tail hangs below the other characters, as a share of their height."""

WHITE: Colour = (240, 242, 240)
YELLOW: Colour = (20, 190, 250)
BLACK: Colour = (22, 20, 20)
RUBY: Colour = (36, 22, 128)
BLUE: Colour = (150, 60, 20)
STAR: Colour = (40, 200, 250)


@dataclass(frozen=True, slots=True)
class Style:
    """How a country makes its plates; colours are BGR, `cap_mm` is the height of the characters."""

    ground: Colour
    ink: Colour
    cap_mm: int
    letter: str
    has_stars: bool = True
    has_right_band: bool = False


STYLES = {
    "BE": Style(WHITE, RUBY, 76, "B"),
    "NL": Style(YELLOW, BLACK, 76, "NL"),
    "DE": Style(WHITE, BLACK, 75, "D"),
    "FR": Style(WHITE, BLACK, 76, "F", has_right_band=True),
    "LU": Style(YELLOW, BLACK, 74, "L"),
    "GB": Style(WHITE, BLACK, 79, "UK", has_stars=False),
}


def draw_plate(registration: Registration, px_per_mm: float = 1.0) -> Image:
    """Draw a plate of 520 by 110 mm, BGR. Raises KeyError for a country without a style."""
    style = STYLES[registration.country]
    # Drawn large, then averaged down: edges as soft as a lens makes them.
    scale = 2.0
    image = np.full((int(HEIGHT_MM * scale), int(WIDTH_MM * scale), 3), style.ground, np.uint8)
    _band(image[:, : int(BAND_MM * scale)], style)
    right = BAND_MM if style.has_right_band else 0
    image[:, image.shape[1] - int(right * scale) :] = BLUE
    edges = (int((BAND_MM + MARGIN_MM) * scale), image.shape[1] - int((right + MARGIN_MM) * scale))
    _write(image[:, slice(*edges)], registration, style, round(style.cap_mm * scale))
    cv2.rectangle(
        image, (4, 4), (image.shape[1] - 5, image.shape[0] - 5), style.ink, 5, cv2.LINE_AA
    )
    size = (round(WIDTH_MM * px_per_mm), round(HEIGHT_MM * px_per_mm))
    return as_image(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def _band(band: Image, style: Style) -> None:
    band[:] = BLUE
    height, width = band.shape[:2]
    if style.has_stars:
        for angle in np.arange(12) * np.pi / 6:
            x = width / 2 + 0.32 * width * np.sin(angle)
            y = height * 0.3 + 0.32 * width * np.cos(angle)
            cv2.circle(band, (round(x), round(y)), round(width / 28), STAR, -1, cv2.LINE_AA)
    mask = _fit(_glyphs(style.letter, round(height * 0.26)), round(width * 0.7))
    _ink(band, mask, (width - mask.shape[1]) // 2, round(height * 0.62), WHITE)


def _write(field: Image, registration: Registration, style: Style, cap: int) -> None:
    """Write the registration across the field; German groups stand apart around their seals."""
    text = registration.display
    gap = " " if registration.country != "DE" else "  "
    natural = _glyphs(text.replace(" ", gap), cap)
    mask = _fit(natural, field.shape[1])
    left = (field.shape[1] - mask.shape[1]) // 2
    top = (field.shape[0] - cap) // 2
    _ink(field, mask, left, top, style.ink)
    if registration.country == "DE":
        # The seals stand after the town, where the first gap of the written text is.
        town = text.split(" ")[0]
        ratio = mask.shape[1] / natural.shape[1]
        start = left + _glyphs(town, cap).shape[1] * ratio
        middle = round(start + _advance("  ", cap) * ratio / 2)
        for share, radius in ((0.27, 0.16), (0.68, 0.2)):
            centre = (middle, round(top + share * cap))
            cv2.circle(field, centre, round(radius * cap * 0.8), (150, 150, 160), -1, cv2.LINE_AA)


def _ink(image: Image, mask: Image, x: int, y: int, colour: Colour) -> None:
    """Blend a colour into the image where the mask (0..255) stands."""
    part = image[y : y + mask.shape[0], x : x + mask.shape[1]]
    share = as_floats(mask)[..., None] / 255
    part[:] = as_image(part * (1 - share) + as_floats(colour) * share)


def _fit(mask: Image, width: int) -> Image:
    """Narrow a mask that is too wide."""
    size = (min(width, mask.shape[1]), mask.shape[0])
    return as_image(cv2.resize(mask, size, interpolation=cv2.INTER_AREA))


@cache
def _font() -> cv2.FontFace:
    with as_file(files("pipeline.demo") / "data" / "barlow-600-plates.ttf") as path:
        return cv2.FontFace(str(path))


def _size(cap: int) -> int:
    """Give the font size whose capitals are `cap` pixels high (0.7 em in Barlow)."""
    return round(cap / 0.7)


def _advance(text: str, cap: int) -> int:
    box = cv2.getTextSize((4000, 1000), text, (0, 0), _font(), _size(cap))
    return int(box[2])


def _glyphs(text: str, cap: int) -> Image:
    """Draw text as a mask: as wide as its ink, from the foot of a Q's tail to the capitals' top."""
    canvas = np.zeros((cap * 2, _advance(text, cap) + cap, 3), np.uint8)
    base = (cap // 2, cap * 3 // 2)
    cv2.putText(canvas, text, base, (255, 255, 255), _font(), _size(cap))
    mask = canvas[..., 0]
    columns = np.flatnonzero(mask.any(axis=0))
    below = round(cap * TAIL)
    return mask[base[1] - cap : base[1] + below, columns[0] : columns[-1] + 1]
