"""Pictures made for one test: muddy plates, plates that are half hidden, and what is no plate."""

import cv2
import numpy as np

from ocr.ports import Image
from pipeline.demo.pixels import as_image
from pipeline.demo.plates import (
    BAND_MM,
    BLUE,
    HEIGHT_MM,
    MARGIN_MM,
    RUBY,
    WHITE,
    WIDTH_MM,
    _glyphs,
    _ink,
    draw_plate,
)
from pipeline.demo.registrations import Registration

WIDTH, HEIGHT = 960, 540
FACE = (330, 130, 630, 420)
"""The front of a dark vehicle: left, top, right, bottom."""
MUD = np.array((70, 85, 100), np.float32)


def muddy(plate: Image, character: int, count: int) -> Image:
    """Cover the lower part of one of `count` characters with mud that is almost opaque."""
    left = BAND_MM + MARGIN_MM
    width = (WIDTH_MM - left - MARGIN_MM) / count
    spot = np.zeros(plate.shape[:2], np.float32)
    middle = (round(left + (character + 0.5) * width), 62)
    cv2.ellipse(spot, middle, (26, 40), 0, 0, 360, 1.0, -1)
    share = 0.97 * cv2.GaussianBlur(spot, (0, 0), 5)[..., None]
    return as_image(plate * (1 - share) + MUD * share)


def hidden(plate: Image, first: float, last: float) -> Image:
    """Hide the plate between two shares of its width behind something dark."""
    covered = plate.copy()
    covered[:, round(first * plate.shape[1]) : round(last * plate.shape[1])] = (38, 36, 34)
    return covered


def on_a_vehicle(plate: Image, seed: int, px: int = 96, at: tuple[int, int] = (0, 0)) -> Image:
    """Show a plate, `px` pixels wide, on a vehicle in a noisy, slightly blurred picture.

    `at` shifts it from the middle of the vehicle's front.
    """
    noise = np.random.default_rng(seed)
    image = np.full((HEIGHT, WIDTH, 3), 95, np.uint8)
    image[:200] = (200, 180, 160)
    cv2.rectangle(image, FACE[:2], FACE[2:], (60, 45, 40), -1)
    height = round(px * plate.shape[0] / plate.shape[1])
    small = cv2.resize(plate, (px, height), interpolation=cv2.INTER_AREA)
    left, top = WIDTH // 2 - px // 2 + at[0], 330 + at[1]
    image[top : top + height, left : left + px] = small
    soft = cv2.GaussianBlur(image, (0, 0), 1.0)
    return as_image(np.clip(soft + noise.normal(0, 8, soft.shape), 0, 255))


def lettered(
    text: str, seed: int, ink: tuple[int, int, int], ground: tuple[int, int, int]
) -> Image:
    """Write something on the flank of a van, a sign or a sticker: no plate at all."""
    noise = np.random.default_rng(seed)
    image = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    image[:180] = (210, 195, 180)
    cv2.rectangle(image, (180, 110), (780, 440), ground, -1)
    scale = noise.uniform(1.0, 3.0)
    (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, 5)
    place = (max(190, 480 - width // 2), int(noise.uniform(220, 380)))
    cv2.putText(image, text, place, cv2.FONT_HERSHEY_DUPLEX, scale, ink, 5, cv2.LINE_AA)
    soft = cv2.GaussianBlur(image, (0, 0), 1.0)
    return as_image(np.clip(soft + noise.normal(0, 4, soft.shape), 0, 255))


def two_lines(top: str, bottom: str) -> Image:
    """Draw a Belgian motorcycle's plate, 420 by 280 pixels: two lines, a band beside the first."""
    plate = np.full((280, 420, 3), WHITE, np.uint8)
    plate[8:140, 8:48] = BLUE
    for text, y in ((top, 28), (bottom, 154)):
        drawn = _glyphs(text, 90)
        line = as_image(cv2.resize(drawn, (min(drawn.shape[1], 340), drawn.shape[0])))
        _ink(plate, line, 50 + (360 - line.shape[1]) // 2, y, RUBY)
    cv2.rectangle(plate, (4, 4), (415, 275), RUBY, 5)
    return plate


def belgian(display: str) -> Image:
    """Draw a Belgian plate, 520 by 110 pixels."""
    plate = draw_plate(Registration(display, "BE"))
    assert plate.shape[:2] == (HEIGHT_MM, WIDTH_MM)
    return plate
