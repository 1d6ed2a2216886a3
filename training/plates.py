"""The plate renderer: a registration as a flat, clean plate, with where its characters are.

Drawn small (a plate is 64 pixels high, or 90 with two lines): a camera sees no more of it. What
spoils it (distance, angle, light, dirt) comes after, in `training.camera`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import cv2
import numpy as np
import numpy.typing as npt

from training.atlas import ABOVE, CAP, Atlas
from training.drawing import Colour, Pixels, arms, ink, lay, resized, shade
from training.furniture import BANDS, band, border, dealer, holder, mark
from training.registrations import SLOTS, Country, Registration, countries

CANVAS = 96, 304
"""Rows and columns of the canvas that a plate lies on, from its upper left corner."""
ONE_LINE, TWO_LINES = 64, 90

COLOURS: dict[str, Colour] = {
    "white": (238, 240, 240), "yellow": (246, 196, 30), "black": (24, 24, 26), "red": (140, 20, 36),
    "darkred": (96, 22, 30), "green": (10, 96, 50), "blue": (20, 60, 140), "orange": (236, 130, 24),
    "grey": (160, 162, 160),
}  # fmt: skip
CONTRAST = 120
"""How far ink and ground must be apart; a nearer pair gets dark or light ink."""
MARKED = 0.6
"""How often a plate without a band has its country's mark where the band would be."""
UMLAUTS = {"Ä": "A", "Ö": "O", "Ü": "U"}

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Plate:
    """A drawn plate on its canvas. Positions are pixels (x, y) of the canvas.

    `outer` is the width and height of plate and holder, `inner` the plate's x, y, width, height,
    `centres` [10, 2] those of its characters in reading order (0 beyond the last).
    """

    pixels: Pixels
    outer: tuple[int, int]
    inner: tuple[int, int, int, int]
    text: str
    country: str
    lines: int
    centres: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hand:
    """How a plate's maker writes: the face, and its proportions as shares of a capital's height.

    `cell` is the least width of a character, 0 where each takes its own.
    """

    face: int
    stretch: float
    gap: float
    cell: float


@dataclass(frozen=True, slots=True)
class Field:
    """Where a line of text goes: its left end, the capitals' top and height, and its room."""

    x: float
    y: float
    width: float
    cap: float


class Renderer:
    """Draws plates from an atlas of glyphs."""

    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas

    def draw(self, registration: Registration, random: Random, *, is_plate: bool = True) -> Plate:
        """Draw a registration, its maker, holder and furniture at random; or lettering, without."""
        country = countries()[registration.country]
        if not is_plate:
            country = replace(country, band="", ink=tuple(COLOURS), ground=tuple(COLOURS))
        lines = registration.lines
        height = ONE_LINE if len(lines) == 1 else TWO_LINES
        top, right, bottom, left = holder(random, height) if is_plate else (0, 0, 0, 0)
        aspect = _aspect(lines, random)
        room = (CANVAS[1] - left - right) / (height * aspect), (CANVAS[0] - top - bottom) / height
        scale = min(*room, 1.0)
        h, w = int(height * scale), int(height * aspect * scale)
        plate, centres = self._plate(country, lines, (w, h), random)
        canvas = np.zeros((*CANVAS, 3), np.uint8)
        outer = left + w + right, top + h + bottom
        canvas[: outer[1], : outer[0]] = shade(random, 10, 60 if random.random() < 0.8 else 230)
        dealer(canvas[top + h : outer[1], : outer[0]], self._atlas, random)
        dealer(canvas[:top, : outer[0]], self._atlas, random)
        canvas[top : top + h, left : left + w] = plate
        placed = np.zeros((SLOTS, 2), np.float32)
        placed[: len(centres)] = [(x + left, y + top) for x, y in centres[:SLOTS]]
        return Plate(
            canvas, outer, (left, top, w, h), registration.text, country.name, len(lines), placed
        )

    def _plate(
        self, country: Country, lines: Sequence[str], size: tuple[int, int], random: Random
    ) -> tuple[Pixels, list[Point]]:
        w, h = size
        is_single = len(lines) == 1
        ground, colour = _colours(country, random)
        plate = np.full((h, w, 3), ground, np.uint8)
        left, right = 0.0, 0.0
        if country.band and random.random() >= country.bandless:
            left = h * (random.uniform(0.34, 0.44) if is_single else random.uniform(0.16, 0.24))
            band(plate[:, : int(left)], country.band, self._atlas, random)
        elif country.band and random.random() < MARKED:
            left = h * random.uniform(0.26, 0.36) if is_single else h * random.uniform(0.14, 0.2)
            mark(plate[:, : int(left)], country.band, self._atlas, colour, random)
        if country.right_band and random.random() < 0.85:
            right = h * (random.uniform(0.3, 0.42) if is_single else 0.15)
            plate[:, w - int(right) :] = random.choice(BANDS)
        one = h / len(lines)
        cap = one * random.uniform(0.58, 0.76)
        hand = Hand(
            random.randrange(len(self._atlas.glyphs)), random.uniform(0.75, 1.2),
            random.uniform(0.06, 0.24), random.uniform(0.45, 0.62) if random.random() < 0.4 else 0,
        )  # fmt: skip
        mask = np.zeros((h, w), np.uint8)
        centres: list[Point] = []
        for number, line in enumerate(lines):
            margin = one * random.uniform(0.06, 0.2)
            y = one * number + (one - cap) / 2 + one * random.uniform(-0.06, 0.06)
            field = Field(left + margin, y, w - left - right - 2 * margin, cap)
            centres += self._write(mask, plate, line, hand, field, random)
        ink(plate, _weighted(mask, random), colour)
        border(plate, int(left), colour, random)
        return plate, centres

    def _write(
        self, mask: Pixels, plate: Pixels, line: str, hand: Hand, field: Field, random: Random
    ) -> list[Point]:
        """Write a line in its field, narrowed to fit; give its characters' centres."""
        glyphs = [None if one in " -*" else self._glyph(hand.face, one) for one in line]
        ratio, gap = field.cap / CAP, hand.gap * field.cap
        widths = [
            _separated(one, random) * field.cap
            if glyph is None
            else max(glyph.shape[1] * ratio * hand.stretch, hand.cell * field.cap)
            for one, glyph in zip(line, glyphs, strict=True)
        ]
        total = sum(widths) + gap * (len(line) - 1)
        narrow = min(1.0, field.width / total)
        aside = 0.5 if random.random() < 0.75 else random.random()
        x = field.x + (field.width - total * narrow) * aside
        centres = []
        for one, glyph, width in zip(line, glyphs, widths, strict=True):
            wide, middle = width * narrow, x + width * narrow / 2
            if glyph is not None:
                own = max(2, round(min(glyph.shape[1] * ratio * hand.stretch * narrow, wide)))
                small = resized(glyph, own, max(4, round(glyph.shape[0] * ratio)))
                lay(mask, small, round(middle - own / 2), round(field.y - ABOVE * ratio))
                centres.append((middle, field.y + field.cap / 2))
            elif one != " ":
                _separator(mask, plate, one, middle, field, random)
            x += wide + gap * narrow
        return centres

    def _glyph(self, face: int, character: str) -> Pixels:
        if character not in UMLAUTS:
            return self._atlas.glyph(face, character)
        glyph = self._atlas.glyph(face, UMLAUTS[character])
        width = glyph.shape[1]
        body = round(CAP * 0.8)
        made = np.zeros_like(glyph)
        made[ABOVE + CAP - body : ABOVE + CAP] = resized(glyph[ABOVE : ABOVE + CAP], width, body)
        for centre in (0.3, 0.7):
            cv2.circle(made, (round(width * centre), ABOVE + 6), 6, 255, -1, cv2.LINE_AA)
        return made


def _aspect(lines: Sequence[str], random: Random) -> float:
    """Draw a plate's width over its height; short registrations have short plates more often."""
    if len(lines) > 1:
        return random.uniform(1.15, 2.0)
    if random.random() < 0.4:
        return random.uniform(4.5, 4.8)
    return random.uniform(3.0, 4.0) + min(1.0, len(lines[0]) / 9) * random.uniform(0.3, 0.9)


def _separated(one: str, random: Random) -> float:
    """Draw how wide a separator is, as a share of a capital's height."""
    low, high = {" ": (0.1, 0.6), "-": (0.15, 0.5)}.get(one, (0.35, 0.7))
    return random.uniform(low, high)


def _separator(
    mask: Pixels, plate: Pixels, one: str, x: float, field: Field, random: Random
) -> None:
    """Draw a hyphen, a dot, nothing, or seals and arms."""
    y, cap = field.y + field.cap / 2, field.cap
    if one == "-" and random.random() < 0.8:
        half = cap * random.uniform(0.06, 0.2)
        thick = max(1, round(cap * random.uniform(0.06, 0.14)))
        if random.random() < 0.15:
            cv2.circle(mask, (round(x), round(y)), thick, 255, -1, cv2.LINE_AA)
        else:
            start, end = (
                (round(x - half), round(y - thick / 2)),
                (round(x + half), round(y + thick / 2)),
            )
            cv2.rectangle(mask, start, end, 255, -1)
    if one == "*" or random.random() < 0.2:
        arms(plate, x, y, cap, random)


def _weighted(mask: Pixels, random: Random) -> Pixels:
    """Make some writing bolder, some thinner."""
    weight = random.random()
    if weight < 0.25:
        return np.asarray(cv2.dilate(mask, np.ones((2, 2), np.uint8)), np.uint8)
    if weight < 0.35:
        return np.asarray(cv2.erode(mask, np.ones((2, 2), np.uint8)), np.uint8)
    return mask


def _colours(country: Country, random: Random) -> tuple[Colour, Colour]:
    ground, colour = (
        _near(COLOURS[random.choice(one)], random) for one in (country.ground, country.ink)
    )
    if abs(sum(ground) - sum(colour)) < 3 * CONTRAST:
        level = 20 if sum(ground) > 3 * 128 else 240
        colour = (level, level, level)
    return ground, colour


def _near(colour: Colour, random: Random) -> Colour:
    """Draw a colour near this one."""
    red, green, blue = (min(255, max(0, one + random.randint(-14, 14))) for one in colour)
    return red, green, blue
