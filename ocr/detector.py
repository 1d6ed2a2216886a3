"""The heat-map detector: a small network marks the centres of plates, at one or more scales."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ocr.network import session
from ocr.ports import Box, Detection, Image
from ocr.weights import DETECTOR, shipped

CELL = 8
"""Pixels of the network's input per cell of its output."""
WIDTH, HEIGHT = 32.0, 12.0
"""The plate, in input pixels, whose logarithmic size is 0."""
GREY = 114
"""What the network saw beyond the edge of an image in training."""
SAME = 0.4
"""Boxes that overlap more are one plate seen at two scales."""

VIDEO_SIDES = (512,)
VIDEO_SHARE = 0.5
LARGEST_SIDE = 1024
"""A traffic camera's plates keep their share of the view: half of its pixels are enough."""
STILL_SIDES = (128, 320, 512)
FINE_SIDES = (1024,)

Map = npt.NDArray[np.float32]


class HeatMapDetector:
    """Runs the detector by ONNX Runtime, on one thread.

    `sides`: the longer sides, in pixels, to which an image is scaled before the network sees it.
    One is enough for a camera whose plates have one size; photographs from anywhere need several.
    A side grows to `share` of the image's own, up to 1024; no image is ever enlarged.
    """

    def __init__(
        self,
        model: Path | None = None,
        sides: Sequence[int] = VIDEO_SIDES,
        share: float = 0.0,
        threshold: float = 0.3,
    ) -> None:
        self._session = session(model or shipped(DETECTOR))
        self._sides = sides
        self._share = share
        self._threshold = threshold

    def detect(self, image: Image) -> list[Detection]:
        """Find the plates of an image, the surest first."""
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        longest = max(grey.shape)
        least = min(round(self._share * longest), LARGEST_SIDE)
        sides = {min(max(side, least), longest) for side in self._sides}
        return merge(found for side in sorted(sides) for found in self._at(grey, side))

    def _at(self, grey: npt.NDArray[Any], side: int) -> Iterable[Detection]:
        height, width = grey.shape
        scale = side / max(width, height)
        w, h = max(1, round(width * scale)), max(1, round(height * scale))
        canvas = np.full((-h % CELL + h, -w % CELL + w), GREY, np.uint8)
        canvas[:h, :w] = cv2.resize(grey, (w, h), interpolation=cv2.INTER_AREA)
        batch = (canvas.astype(np.float32) / 255)[None, None]
        return peaks(self._session.run(None, {"x": batch})[0][0], width / w, self._threshold)


def peaks(output: Map, scale: float, threshold: float) -> Iterable[Detection]:
    """Take the boxes from the network's output [5, rows, columns], in pixels of the image.

    A plate is where the score is the highest of its 3x3 cells and above the threshold.
    """
    score = 1 / (1 + np.exp(-output[0]))
    highest = (score >= cv2.dilate(score, np.ones((3, 3), np.uint8))) & (score > threshold)
    for row, column in zip(*np.nonzero(highest), strict=True):
        _, dx, dy, log_w, log_h = (float(value) for value in output[:, row, column])
        w, h = WIDTH * np.exp(log_w) * scale, HEIGHT * np.exp(log_h) * scale
        x = (column + 0.5 + dx) * CELL * scale - w / 2
        y = (row + 0.5 + dy) * CELL * scale - h / 2
        yield Detection(Box(float(x), float(y), float(w), float(h)), float(score[row, column]))


def merge(found: Iterable[Detection]) -> list[Detection]:
    """Keep of boxes that overlap the surest; the surest first."""
    kept: list[Detection] = []
    for one in sorted(found, key=lambda one: (-one.score, one.box)):
        if all(one.box.overlap(other.box) <= SAME for other in kept):
            kept.append(one)
    return kept
