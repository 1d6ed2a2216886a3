"""What class a vehicle is of, by an operator's own network: a word beside the gantry's sensors.

No network ships with the product: without one, and where its best class is below `least`, nothing
is said. A class is never guessed.
"""

from typing import Protocol

import cv2
import numpy as np

from anpr.errors import ModelError
from anpr.events import Vehicle
from ocr.network import session
from ocr.ports import Box, Image
from ocr.weights import VEHICLE, Weights

AROUND = (2.0, 12.0, 2.0)
"""How much of the picture around a plate shows its vehicle: to each side in its widths, above and
below in its heights. That is 2.6 m wide, as a truck is, and 1.6 m high, as the face of a van is."""


class VehicleClassifier(Protocol):
    """Tells the class of the vehicle that wears a plate."""

    def classify(self, overview: Image, plate: Box) -> Vehicle | None:
        """Tell the class and its confidence; None where it is not sure."""
        ...


class OnnxClassifier:
    """Runs a network: float32 [1, 3, height, width], RGB 0..1, to shares [1, classes]."""

    def __init__(self, weights: Weights) -> None:
        figures = weights.card.vehicle
        if figures is None:
            raise ModelError(f"{weights.folder}: its card has no [vehicle] table; add it")
        self._figures = figures
        self._session = session(weights.file(VEHICLE))
        count = self._session.get_outputs()[0].shape[-1]
        if count != len(figures.classes):
            msg = f"the classifier has {count} outputs for {len(figures.classes)} classes"
            raise ModelError(f"{msg}; name one class for each, in order")
        entry = self._session.get_inputs()[0]
        self._name, self._size = entry.name, (entry.shape[3], entry.shape[2])

    def classify(self, overview: Image, plate: Box) -> Vehicle | None:
        """Tell the class and its confidence; None where it is not sure."""
        rgb = cv2.cvtColor(around(plate).cut(overview), cv2.COLOR_BGR2RGB)
        scaled = cv2.resize(rgb, self._size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        (shares,) = self._session.run(None, {self._name: scaled.transpose(2, 0, 1)[None]})[0]
        best = int(shares.argmax())
        if shares[best] < self._figures.least:
            return None
        return Vehicle(class_=self._figures.classes[best], confidence=float(shares[best]))


def around(plate: Box) -> Box:
    """Give the part of the picture that shows the vehicle of a plate."""
    beside, above, below = AROUND
    top = plate.y - above * plate.h
    width = plate.w * (1 + 2 * beside)
    return Box(plate.x - beside * plate.w, top, width, plate.h * (1 + above + below))


def classifier_of(weights: Weights) -> VehicleClassifier | None:
    """Open the classifier of a folder of weights; None where it has none. Raises ModelError."""
    return OnnxClassifier(weights) if weights.card.vehicle else None
