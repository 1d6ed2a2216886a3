"""The heat-map detector: a small network marks the centres of plates, at one or more scales."""

from collections.abc import Iterable, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ocr.network import session
from ocr.ports import Box, Detection, Image
from ocr.weights import DETECTOR, Weights

CELL = 8
"""Pixels of the network's input per cell of its output."""
WIDTH, HEIGHT = 32.0, 12.0
"""The plate, in input pixels, whose logarithmic size is 0."""
GREY = 114
"""What the network saw beyond the edge of an image in training."""
SAME = 0.4
"""Boxes that overlap more are one plate seen at two scales."""

Map = npt.NDArray[np.float32]


class HeatMapDetector:
    """Runs the detector by ONNX Runtime, on one thread."""

    def __init__(self, weights: Weights | None = None) -> None:
        weights = weights or Weights()
        self._session = session(weights.file(DETECTOR))
        self._threshold = weights.card.detector.threshold

    def detect(self, image: Image, sides: Sequence[int]) -> list[Detection]:
        """Find the plates of an image, the surest first.

        `sides`: the longer sides, in pixels, to which it is scaled before the network sees it; it
        is never enlarged.
        """
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        longest = max(grey.shape)
        return merge(
            found
            for side in sorted({min(side, longest) for side in sides})
            for found in self._at(grey, side)
        )

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
