"""Small things that plates are drawn of: colours, masks, stars, arms."""

from functools import cache
from random import Random

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]


def vivid(random: Random) -> Colour:
    """Draw any colour."""
    return random.randint(0, 255), random.randint(0, 255), random.randint(0, 255)


def shade(random: Random, low: int, high: int) -> Colour:
    """Draw a grey."""
    level = random.randint(low, high)
    return level, level, level


def resized(mask: Pixels, width: int, height: int) -> Pixels:
    """Scale a mask, each pixel the mean of what it covers."""
    return np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def lay(mask: Pixels, glyph: Pixels, x: int, y: int) -> None:
    """Lay a glyph into a mask, cut at its edges."""
    h, w = mask.shape
    top, bottom = max(0, y), min(h, y + glyph.shape[0])
    left, right = max(0, x), min(w, x + glyph.shape[1])
    if top < bottom and left < right:
        part = mask[top:bottom, left:right]
        np.maximum(part, glyph[top - y : bottom - y, left - x : right - x], out=part)


def ink(image: Pixels, mask: Pixels, colour: Colour) -> None:
    """Blend a colour into an image where the mask (0..255) stands."""
    share = mask[..., None].astype(np.int32)
    image[:] = ((image * (255 - share) + np.array(colour) * share) // 255).astype(np.uint8)


@cache
def stars(size: int) -> Pixels:
    """Draw the circle of twelve stars, as dots, `size` pixels large."""
    drawn = np.zeros((96, 96), np.uint8)
    for angle in np.arange(12) * np.pi / 6:
        centre = round(48 + 38 * np.sin(angle)), round(48 + 38 * np.cos(angle))
        cv2.circle(drawn, centre, 7, 255, -1, cv2.LINE_AA)
    return resized(drawn, size, size)


def arms(plate: Pixels, x: float, y: float, cap: float, random: Random) -> None:
    """Draw seals, a coat of arms, or nothing, around a point beside characters `cap` high."""
    kind = random.random()
    if kind < 0.55:
        places = ((-0.26, 0.26), (-0.3, 0.2), (-0.25,), (0.22,), (0.0,))
        for share in random.choice(places):
            radius = cap * random.uniform(0.1, 0.22)
            centre = round(x), round(y + share * cap)
            cv2.circle(plate, centre, round(radius), vivid(random), -1, cv2.LINE_AA)
            inner = max(1, round(radius * 0.55))
            cv2.circle(plate, centre, inner, vivid(random), -1, cv2.LINE_AA)
    elif kind < 0.85:
        wide, tall = cap * random.uniform(0.14, 0.24), cap * random.uniform(0.2, 0.34)
        outline = [
            [-wide, -tall],
            [wide, -tall],
            [wide, tall * 0.3],
            [0, tall],
            [-wide, tall * 0.3],
        ]
        for scale in (1.0, 0.55):
            shield = np.array(outline) * scale + [x, y]
            cv2.fillPoly(plate, [shield.round().astype(np.int32)], vivid(random), cv2.LINE_AA)
