"""Readings, views, pictures and a scripted pair of networks for the tests of reading."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np

from anpr.events import Vehicle
from anpr.frames import FrameMeta
from anpr.ports import Message, Place
from anpr.sites import Site
from anpr.topics import FRAMES
from ocr.image import encode
from ocr.ports import Box, Detection, Image, Reading
from ocr.recogniser import UNREAD
from ocr.scales import Look, Widths
from ocr.track import View
from ocr.vote import spelt

START = datetime(2026, 5, 4, 8, tzinfo=UTC)
BLANK: Image = np.zeros((1, 1, 3), np.uint8)
WIDTH, HEIGHT, BIT = 320, 240, 16


def read_as(plate: str, sure: float = 0.99, **doubts: tuple[str, float]) -> Reading:
    """Make a reading; `at3=("8", 0.6)` reads the fourth character as 8 with that probability."""
    slots = []
    for at, letter in enumerate(plate):
        wrong, share = doubts.get(f"at{at}", (letter, sure))
        slots.append({wrong: share, letter: sure if wrong == letter else 1 - share})
    return spelt(slots, 1.0, {"BE": 0.9})


def meta(camera: str = "noord", seconds: float = 0.0, vehicle: str | None = None) -> FrameMeta:
    return FrameMeta(
        id=f"{camera}-{seconds:.2f}",
        camera=camera,
        captured_at=START + timedelta(seconds=seconds),
        received_at=START + timedelta(seconds=seconds + 0.1),
        vehicle=Vehicle.model_validate({"class": vehicle}) if vehicle else None,
    )


def view(of: FrameMeta, reading: Reading, box: Box) -> View:
    return View(of, box, reading, BLANK, b"")


def approaching(frame: int, x: float = 100.0) -> Box:
    """Give the plate of a vehicle that comes nearer, frame after frame."""
    width = 40.0 + 6 * frame
    return Box(x - width / 2, 50.0 + 8 * frame, width, width / 4.5)


def numbered(number: int) -> bytes:
    """Draw a picture that carries a number, so that a script knows which one it sees."""
    image = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    for bit in range(10):
        level = 255 if number >> bit & 1 else 0
        image[:BIT, bit * BIT : (bit + 1) * BIT] = level
    return encode(image)


def once(longest: int, widths: Widths | None) -> Look:
    """Look once, at any size."""
    return Look((longest,))


class Script:
    """A detector and a recogniser that see in each numbered picture what was written for it.

    They see it once: nothing is found or read in a part of the picture that is looked at again.
    """

    def __init__(self, seen: Mapping[int, Sequence[tuple[Box, Reading]]]) -> None:
        self._seen = seen
        self._next: Sequence[Reading] = ()

    def detect(self, image: Image, sides: Sequence[int]) -> list[Detection]:
        if image.shape[:2] != (HEIGHT, WIDTH):
            return []
        middle = BIT // 2
        bits = [int(image[middle, bit * BIT + middle, 0] > 127) << bit for bit in range(10)]
        found = self._seen.get(sum(bits), ())
        self._next = [reading for _, reading in found]
        return [Detection(box, 0.9) for box, _ in found]

    def read(self, crops: Sequence[Image]) -> list[Reading]:
        if len(crops) != len(self._next):
            return [UNREAD for _ in crops]
        said, self._next = self._next, ()
        return list(said)


def frame(number: int, of: FrameMeta, jpeg: bytes | None = None) -> Message:
    """Make the message of a frame; the offset is its number."""
    record = of.record(numbered(number) if jpeg is None else jpeg)
    return Message(Place(FRAMES, 0), number, of.received_at, record)


def site(*, triggered: bool = False) -> Site:
    """Make a site of two cameras; `poort` may be triggered."""
    cameras = [
        {"id": "noord", "lat": 51.0, "lon": 4.3},
        {"id": "poort", "lat": 51.0, "lon": 4.3, "triggered": triggered},
    ]
    settings = {"name": "Test", "timezone": "Europe/Brussels", "country": "BE"}
    return Site.model_validate({"site": settings, "cameras": cameras})


def street(plate: str, width: int = 120, seed: int = 0) -> Image:
    """Draw a vehicle with a plate of `width` pixels, in the middle of a noisy picture."""
    noise = np.random.default_rng(seed)
    image = np.full((480, 640, 3), 90, np.uint8)
    image[:200] = (200, 180, 160)
    cv2.rectangle(image, (180, 120), (460, 380), (60, 40, 35), -1)
    cv2.rectangle(image, (210, 140), (430, 220), (120, 110, 100), -1)
    drawn = np.full((110, 520, 3), 245, np.uint8)
    red = (40, 30, 150)
    cv2.rectangle(drawn, (2, 2), (517, 107), red, 4)
    drawn[6:104, 6:48] = (150, 60, 20)
    cv2.putText(drawn, plate, (58, 86), cv2.FONT_HERSHEY_DUPLEX, 2.6, red, 7, cv2.LINE_AA)
    height = round(width * 0.22)
    left = 320 - width // 2
    small = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA)
    image[300 : 300 + height, left : left + width] = small
    grainy = np.clip(image + noise.normal(0, 3, image.shape), 0, 255).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(grainy, (3, 3), 0), np.uint8)
