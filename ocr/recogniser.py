"""The recogniser: fast-plate-ocr's runner over local weights, and what its probabilities say."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from fast_plate_ocr import LicensePlateRecognizer
from fast_plate_ocr.core.process import resize_image

from anpr.errors import ModelError
from ocr.network import PROVIDERS, one_thread
from ocr.ports import Image, Reading, Slot
from ocr.vote import spelt
from ocr.weights import RECOGNISER, RECOGNISER_CONFIG, shipped

COUNTRIES = {
    "Belgium": "BE",
    "Netherlands": "NL",
    "France": "FR",
    "Germany": "DE",
    "Luxembourg": "LU",
    "United Kingdom": "GB",
    "Czech Republic": "CZ",
    "Slovakia": "SK",
    "Poland": "PL",
    "Austria": "AT",
    "Italy": "IT",
    "Spain": "ES",
}
"""The recogniser's regions as ISO 3166 alpha-2; its `Other` is no country."""

KEPT = 5
"""How many characters a slot keeps; the rest of its probability is noise."""

SHARPNESS = 1.5
"""Training smoothed its labels, so that a certain character gets only 0.97. This power undoes it:
on real photographs right plates then reach 0.9 (6 of 7 of them) and wrong ones do not."""

UNREAD = Reading()

Probabilities = npt.NDArray[np.float32]


class PlateRecogniser:
    """Runs the recogniser from local files, on one thread; it never downloads anything."""

    def __init__(self, model: Path | None = None, config: Path | None = None) -> None:
        model, config = model or shipped(RECOGNISER), config or shipped(RECOGNISER_CONFIG)
        try:
            self._network = LicensePlateRecognizer(
                onnx_model_path=model,
                plate_config_path=config,
                providers=PROVIDERS,
                sess_options=one_thread(),
            )
        except Exception as error:
            raise ModelError(f"{model.name!r} is not a recogniser; reinstall") from error

    def read(self, crops: Sequence[Image]) -> list[Reading]:
        """Read images that each show one plate; one reading each, in the same order.

        One run a crop: a larger batch is hardly faster on one thread, and its sums round
        differently, so that a plate would depend on its neighbours.
        """
        return [self._read(crop) for crop in crops]

    def _read(self, crop: Image) -> Reading:
        config = self._network.config
        scaled = resize_image(
            cv2.cvtColor(crop, cv2.COLOR_BGR2RGB),
            config.img_height,
            config.img_width,
            image_color_mode="rgb",
            interpolation_method=config.interpolation,
        )
        plates, regions = self._network.model.run(["plate", "region"], {"input": scaled[None]})
        names = config.plate_regions or ()
        countries = {
            COUNTRIES[name]: float(share)
            for name, share in zip(names, regions[0], strict=True)
            if name in COUNTRIES
        }
        return reading(plates[0], config.alphabet, config.pad_char, countries)


def reading(
    probabilities: Probabilities, alphabet: str, blank: str, countries: Mapping[str, float]
) -> Reading:
    """Turn the network's probabilities [slot, character] into a reading.

    A plate ends at its first blank slot; characters after it are a weak read, and refused.
    """
    best = probabilities.argmax(axis=1)
    text = "".join(alphabet[index] for index in best)
    plate = text.rstrip(blank)
    if not plate or blank in plate:
        return UNREAD
    powers = probabilities.astype(np.float64) ** SHARPNESS
    sure = powers / powers.sum(axis=1, keepdims=True)
    length = len(plate)
    end = float(sure[length, alphabet.index(blank)]) if length < len(text) else 1.0
    return spelt([_slot(row, alphabet, blank) for row in sure[:length]], end, countries)


def _slot(row: npt.NDArray[np.float64], alphabet: str, blank: str) -> Slot:
    order = row.argsort()[::-1][:KEPT]
    return {alphabet[index]: float(row[index]) for index in order if alphabet[index] != blank}
