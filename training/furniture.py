"""What stands on and around a plate besides its registration: band, holder, border, bolts."""

from collections.abc import Sequence
from random import Random

import cv2
import numpy as np

from training.atlas import CAP, Atlas
from training.drawing import Colour, Pixels, arms, ink, lay, resized, shade, stars, vivid

BANDS: Sequence[Colour] = ((20, 60, 160), (10, 40, 120), (40, 80, 190), (16, 30, 80))
PRINT = "ABCDEFGHIJKLMNOPRSTUVWXYZ0123456789  "
NARROWEST = 6
"""Pixels below which nothing can be written."""

Margins = tuple[int, int, int, int]


def holder(random: Random, height: int) -> Margins:
    """Draw the margins of the holder: top, right, bottom, left; often none."""
    if random.random() < 0.35:
        return 0, 0, 0, 0
    thin = random.randint(1, 5)
    top, bottom = thin, thin
    if random.random() < 0.5:
        bottom = round(height * random.uniform(0.08, 0.2))
    elif random.random() < 0.1:
        top = round(height * random.uniform(0.08, 0.16))
    return top, thin, bottom, thin


def small_print(
    part: Pixels, text: str, centre: tuple[float, float], size: tuple[float, float],
    colour: Colour, atlas: Atlas, random: Random,
) -> None:  # fmt: skip
    """Write small print centred on a point, no larger than `size`."""
    face = random.randrange(len(atlas.glyphs))
    ratio = size[1] / CAP
    glyphs = [None if one == " " else atlas.glyph(face, one) for one in text]
    advance = [CAP * 0.3 if glyph is None else glyph.shape[1] + CAP * 0.12 for glyph in glyphs]
    narrow = min(1.0, size[0] / (sum(advance) * ratio))
    x = centre[0] - sum(advance) * ratio * narrow / 2
    mask = np.zeros(part.shape[:2], np.uint8)
    for glyph, step in zip(glyphs, advance, strict=True):
        if glyph is not None:
            wide = max(1, round(glyph.shape[1] * ratio * narrow))
            small = resized(glyph, wide, max(2, round(glyph.shape[0] * ratio)))
            lay(mask, small, round(x), round(centre[1] - size[1] / 2))
        x += step * ratio * narrow
    ink(part, mask, colour)


def band(part: Pixels, letters: str, atlas: Atlas, random: Random) -> None:
    """Fill the blue band, with its stars and the country's letters."""
    part[:] = random.choice(BANDS)
    height, width = part.shape[:2]
    if width < NARROWEST:
        return
    if random.random() < 0.8:
        size = max(5, round(width * random.uniform(0.6, 0.85)))
        mask = np.zeros((height, width), np.uint8)
        lay(mask, stars(size), (width - size) // 2, round(height * random.uniform(0.06, 0.2)))
        ink(part, mask, (230, 200, 60) if random.random() < 0.8 else vivid(random))
    elif random.random() < 0.7:
        arms(part, width / 2, height * 0.32, height * 0.5, random)
    centre = width / 2, height * random.uniform(0.68, 0.8)
    size_of_it = width * 0.75, height * random.uniform(0.18, 0.3)
    small_print(part, letters, centre, size_of_it, (240, 240, 240), atlas, random)


def mark(part: Pixels, letters: str, atlas: Atlas, colour: Colour, random: Random) -> None:
    """Draw the country's arms above its letters, as plates without a band bear them."""
    height, width = part.shape[:2]
    if width < NARROWEST:
        return
    arms(part, width / 2, height * random.uniform(0.3, 0.42), width * 1.8, random)
    centre = width / 2, height * random.uniform(0.68, 0.8)
    size = width * random.uniform(0.5, 0.85), height * random.uniform(0.16, 0.26)
    small_print(part, letters, centre, size, colour, atlas, random)


def dealer(strip: Pixels, atlas: Atlas, random: Random) -> None:
    """Write a dealer's small print on a strip of the holder."""
    height, width = strip.shape[:2]
    if height < NARROWEST or random.random() < 0.3:
        return
    if random.random() < 0.3:
        strip[:] = vivid(random)
    text = "".join(random.choices(PRINT, k=random.randint(6, 26)))
    colour = vivid(random) if random.random() < 0.3 else shade(random, 150, 255)
    size = width * random.uniform(0.4, 0.9), height * 0.7
    small_print(strip, text, (width / 2, height / 2), size, colour, atlas, random)


def border(plate: Pixels, band_width: int, colour: Colour, random: Random) -> None:
    """Add the border, bolts and stickers that plates carry."""
    h, w = plate.shape[:2]
    if random.random() < 0.6:
        inset = random.choice((0, 1, 2))
        line = colour if random.random() < 0.7 else shade(random, 60, 200)
        corner = w - 1 - inset, h - 1 - inset
        cv2.rectangle(plate, (inset, inset), corner, line, random.choice((1, 1, 2)), cv2.LINE_AA)
    if random.random() < 0.3:
        radius = random.choice((1, 2, 2, 3))
        for x in random.choice(((0.25, 0.75), (0.06, 0.94), (0.15, 0.85), (0.5,))):
            bolt = round(w * x), round(h * random.choice((0.08, 0.5, 0.92)))
            cv2.circle(plate, bolt, radius, shade(random, 20, 200), -1, cv2.LINE_AA)
    if random.random() < 0.06:
        sticker = random.randrange(band_width, w), random.randrange(h)
        radius = round(h * random.uniform(0.06, 0.12))
        cv2.circle(plate, sticker, radius, vivid(random), -1, cv2.LINE_AA)
