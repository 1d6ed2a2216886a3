"""The recogniser: fast-plate-ocr's runner over local weights, and what its probabilities say."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import numpy.typing as npt
from fast_plate_ocr import LicensePlateRecognizer
from fast_plate_ocr.core.process import resize_image

from anpr.errors import ModelError
from ocr.network import PROVIDERS, one_thread
from ocr.ports import Image, Reading, Slot
from ocr.vote import spelt
from ocr.weights import RECOGNISER, RECOGNISER_CONFIG, Weights

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
    "Croatia": "HR",
    "Romania": "RO",
    "Hungary": "HU",
    "Portugal": "PT",
    "Bulgaria": "BG",
    "Switzerland": "CH",
    "Denmark": "DK",
    "Sweden": "SE",
    "Norway": "NO",
    "Finland": "FI",
    "Slovenia": "SI",
    "Lithuania": "LT",
    "Latvia": "LV",
    "Estonia": "EE",
    "Ireland": "IE",
    "Ukraine": "UA",
}
"""The regions of recognisers as ISO 3166 alpha-2; `Other` is no country."""

KEPT = 5
"""How many characters a slot keeps; the rest of its probability is noise."""

UNREAD = Reading()

Probabilities = npt.NDArray[np.float32]


class PlateRecogniser:
    """Runs a recogniser of fast-plate-ocr's form from local files, on one thread, offline."""

    def __init__(self, weights: Weights | None = None) -> None:
        weights = weights or Weights()
        model, config = weights.file(RECOGNISER), weights.file(RECOGNISER_CONFIG)
        self._figures = weights.card.recogniser
        try:
            self._network = LicensePlateRecognizer(
                onnx_model_path=model,
                plate_config_path=config,
                providers=PROVIDERS,
                sess_options=one_thread(),
            )
        except Exception as error:
            msg = f"{str(model)!r} and its plate configuration are no recogniser"
            raise ModelError(f"{msg}; reinstall, or name other weights") from error

    def read(self, crops: Sequence[Image]) -> list[Reading]:
        """Read images that each show one plate; one reading each, in the same order.

        One run a crop: a larger batch is hardly faster on one thread, and its sums round
        differently, so that a plate would depend on its neighbours.
        """
        return [self._read(crop) for crop in crops]

    def _read(self, crop: Image) -> Reading:
        network, config = self._network, self._network.config
        is_grey = config.image_color_mode == "grayscale"
        scaled = resize_image(
            cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY if is_grey else cv2.COLOR_BGR2RGB),
            config.img_height,
            config.img_width,
            image_color_mode=config.image_color_mode,
            keep_aspect_ratio=config.keep_aspect_ratio,
            interpolation_method=config.interpolation,
            padding_color=config.padding_color,
        )
        named = network.model.get_inputs()[0].name
        wanted = [network.plate_output_name]
        wanted += [network.region_output_name] if network.has_region_head else []
        plates, *regions = network.model.run(wanted, {named: scaled[None]})
        shares = plates.reshape(config.max_plate_slots, -1)
        looks = self._countries(regions[0][0]) if regions else {}
        return reading(shares, config.alphabet, config.pad_char, looks, self._figures.sharpness)

    def _countries(self, shares: Probabilities) -> Mapping[str, float]:
        sure = sharpened(shares[None], self._figures.region_sharpness)[0]
        names = self._network.config.plate_regions or ()
        return {
            COUNTRIES[name]: float(share)
            for name, share in zip(names, sure, strict=True)
            if name in COUNTRIES
        }


def sharpened(shares: Probabilities, power: float) -> npt.NDArray[np.float64]:
    """Raise shares [row, choice] to a power; each row sums to 1 again."""
    powers = shares.astype(np.float64) ** power
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def reading(
    probabilities: Probabilities,
    alphabet: str,
    blank: str,
    countries: Mapping[str, float],
    sharpness: float = 1.0,
) -> Reading:
    """Turn the network's probabilities [slot, character] into a reading.

    `sharpness` is the power that makes them as probable as they claim to be. A plate ends at its
    first blank slot; characters after it are a weak read, and refused.
    """
    best = probabilities.argmax(axis=1)
    text = "".join(alphabet[index] for index in best)
    plate = text.rstrip(blank)
    if not plate or blank in plate:
        return UNREAD
    sure = sharpened(probabilities, sharpness)
    length = len(plate)
    end = float(sure[length, alphabet.index(blank)]) if length < len(text) else 1.0
    return spelt([_slot(row, alphabet, blank) for row in sure[:length]], end, countries)


def _slot(row: npt.NDArray[np.float64], alphabet: str, blank: str) -> Slot:
    order = row.argsort()[::-1][:KEPT]
    return {alphabet[index]: float(row[index]) for index in order if alphabet[index] != blank}
