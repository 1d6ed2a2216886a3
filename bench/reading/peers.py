"""The reference models: LPD-YuNet (OpenCV Zoo) finds plates, a fast-plate-ocr network reads them.

They are not part of the product. Both run as ours do, by ONNX Runtime on one thread.
"""

from collections.abc import Sequence
from itertools import product
from math import prod
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime as ort  # type: ignore[import-untyped]  # it ships no types
from fast_plate_ocr import LicensePlateRecognizer

from bench.reading.score import Answer
from ocr.network import PROVIDERS, one_thread
from ocr.ports import Box, Image

YUNET = "license_plate_detection_lpd_yunet_2022may.onnx"
CCT = "cct_xs_v1_global.onnx"
CCT_CONFIG = "cct_xs_v1_global_plate_config.yaml"

Floats = npt.NDArray[np.float32]
Size = tuple[int, int]

OWN_SIZE: Size = (320, 240)
ANCHORS = ((8, (10, 16, 24)), (16, (32, 48)), (32, (64, 96)), (64, (128, 192, 256)))
"""LPD-YuNet's steps and the sizes of its anchors at each."""
VARIANCE = 0.1
LEAST = 0.3
"""The score from which its boxes are read. Its authors take 0.8, which finds one plate in seven."""
OVERLAP = 0.3
GREY = 114
ONLY_ERRORS = 3


class YuNet:
    """LPD-YuNet for images of one size (width, height)."""

    def __init__(self, folder: Path, size: Size = OWN_SIZE) -> None:
        model = resized((folder / YUNET).read_bytes(), size)
        options = one_thread()
        options.log_severity_level = ONLY_ERRORS  # it warns of every output of another size
        self._session = ort.InferenceSession(model, options, providers=PROVIDERS)
        self._size = size
        self._priors = priors(size)

    def detect(self, image: Image) -> list[Box]:
        """Find plates, the surest first."""
        width, height = self._size
        scale = min(width / image.shape[1], height / image.shape[0])
        scaled = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        canvas = np.full((height, width, 3), GREY, np.float32)
        canvas[: scaled.shape[0], : scaled.shape[1]] = scaled
        batch = canvas.transpose(2, 0, 1)[None]
        loc, conf, iou = self._session.run(["loc", "conf", "iou"], {"input": batch})
        scores = np.sqrt(conf[:, 1] * np.clip(iou[:, 0], 0, 1))
        boxes = self._boxes(loc) / scale
        kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), LEAST, OVERLAP)
        return [Box(*map(float, boxes[at])) for at in kept]

    def _boxes(self, loc: Floats) -> Floats:
        """Take the upright boxes [x, y, w, h] around the four corners that it gives."""
        corners = [
            self._priors[:, :2] + loc[:, at : at + 2] * VARIANCE * self._priors[:, 2:]
            for at in (4, 6, 10, 12)
        ]
        points = np.stack(corners, axis=1) * np.asarray(self._size, np.float32)
        low, high = points.min(axis=1), points.max(axis=1)
        return np.asarray(np.hstack([low, high - low]), np.float32)


class Cct:
    """A recogniser of fast-plate-ocr on one thread; its confidence is the product of its slots'."""

    def __init__(self, folder: Path) -> None:
        self._network = LicensePlateRecognizer(
            onnx_model_path=folder / CCT,
            plate_config_path=folder / CCT_CONFIG,
            providers=PROVIDERS,
            sess_options=one_thread(),
        )

    def read(self, crop: Image) -> tuple[str, float]:
        """Read a crop: the text and the confidence."""
        rgb = cv2.cvtColor(crop, cv2.COLOR_BGR2RGB)
        (found,) = self._network.run(rgb, return_confidence=True)
        text = found.plate.replace("_", "")
        return text, float(prod(found.char_probs)) if found.char_probs is not None else 0.0


class Peer:
    """Both together: whole image in, text out."""

    def __init__(self, folder: Path, size: Size) -> None:
        self._detector, self._recogniser = YuNet(folder, size), Cct(folder)

    def read(self, image: Image) -> tuple[list[Answer], list[Box]]:
        """Read the plates of an image, and tell where it looked."""
        boxes = self._detector.detect(image)
        return [Answer(*self._recogniser.read(box.cut(image)), box) for box in boxes], boxes


def missing(folder: Path) -> Sequence[str]:
    """Name the reference models that are not in a folder."""
    return [name for name in (YUNET, CCT, CCT_CONFIG) if not (folder / name).is_file()]


def priors(size: Size) -> Floats:
    """List the anchors [centre x, centre y, width, height] as shares of the image."""
    width, height = size
    return np.array(
        [
            ((column + 0.5) * step / width, (row + 0.5) * step / height, px / width, px / height)
            for step, sizes in ANCHORS
            for row, column in product(range(height // step), range(width // step))
            for px in sizes
        ],
        np.float32,
    )


def resized(model: bytes, size: Size) -> bytes:
    """Let LPD-YuNet take images of another size: its ONNX fixes height and width of the input."""
    width, height = size
    fixed, wanted = _shape(*OWN_SIZE), _shape(width, height)
    if model.count(fixed) != 1:
        raise ValueError(f"{YUNET} is not the file of May 2022; take it from OpenCV Zoo")
    return model.replace(fixed, wanted)


def _shape(width: int, height: int) -> bytes:
    """Write two dimensions as protobuf does: each a message of one varint of two bytes."""

    def dimension(value: int) -> bytes:
        return bytes((0x0A, 3, 8, value & 0x7F | 0x80, value >> 7))

    return dimension(height) + dimension(width)
