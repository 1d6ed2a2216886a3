"""A single image to its plates: detect, read each box at more than one width, keep what stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from ocr.detector import HeatMapDetector
from ocr.ports import Box, Detection, Detector, Image, Reading, Recogniser
from ocr.recogniser import PlateRecogniser
from ocr.scales import Scales, of_frames, of_stills
from ocr.syntax import country, weighed
from ocr.weights import Weights

SNUG = (0.03, 0.08)
TIGHT = (0.0, 0.0)
"""By which shares of its width and height a box is widened before it is read. SNUG is best on
average; the surer of both is better still (a cut band or coat of arms reads as a character)."""

CREDIBLE = 0.3
"""Below it the reading of a photograph says nothing: it is mostly of what is no plate."""
WORTH = 0.15
"""Below it the reading of a frame does not even help a vote."""
ENOUGH = 0.5
"""With a plate this sure, an image needs no closer look."""
SAME_PLACE = 0.6
"""A closer look at a place that overlaps more with one already read tells nothing new."""
SHARED = 0.5
"""Boxes that share more than this of the smaller one are one plate."""


@dataclass(frozen=True, slots=True)
class PlateCandidate:
    """A plate in an image. `confidence` is the reading's, weighed by the syntax of plates."""

    box: Box
    score: float
    reading: Reading
    confidence: float
    country: str | None


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen in an image: every place that was read, and the plates among them."""

    places: tuple[Detection, ...]
    plates: tuple[PlateCandidate, ...]


class Reader:
    """Reads the plates of an image.

    `home` is the country whose traffic is seen; `scales` says at which sizes an image is looked
    at. Each place is read with each of `paddings` in turn until it is sure; what stays below
    `credible` is left out.
    """

    def __init__(
        self,
        detector: Detector,
        recogniser: Recogniser,
        home: str = "BE",
        *,
        scales: Scales,
        paddings: Sequence[tuple[float, float]] = (SNUG, TIGHT),
        credible: float = CREDIBLE,
    ) -> None:
        self._detector = detector
        self._recogniser = recogniser
        self._home = home
        self._scales = scales
        self._paddings = paddings
        self._credible = credible

    @property
    def home(self) -> str:
        """The country whose traffic is seen, ISO alpha-2."""
        return self._home

    def read_image(self, image: Image) -> list[PlateCandidate]:
        """Read the plates of an image, the surest first."""
        return list(self.look(image).plates)

    def look(self, image: Image) -> Sight:
        """Look at an image, closer while no plate is sure; read every place that is found."""
        look = self._scales(max(image.shape[:2]), None)
        places = self._detector.detect(image, look.first)
        plates = self._read(image, places)
        for side in look.closer:
            if any(one.confidence >= ENOUGH for one in plates):
                break
            found = self._detector.detect(image, [side])
            new = [one for one in found if not _is_known(one, places)]
            places += new
            plates += self._read(image, new)
        return Sight(tuple(places), tuple(distinct(plates)))

    def _read(self, image: Image, found: Sequence[Detection]) -> list[PlateCandidate]:
        crops = [
            one.box.widened(*padding).cut(image) for one in found for padding in self._paddings
        ]
        readings = self._recogniser.read(crops)
        width = len(self._paddings)
        return [
            candidate
            for at, one in enumerate(found)
            if (candidate := self._judged(one, readings[at * width : (at + 1) * width]))
        ]

    def _judged(self, found: Detection, readings: Sequence[Reading]) -> PlateCandidate | None:
        """Keep the surer reading of a box; None where none says anything."""
        reading = max((one for one in readings if one.plate), key=weighed, default=None)
        if reading is None or (confidence := weighed(reading)) < self._credible:
            return None
        home = country(reading, self._home)
        return PlateCandidate(found.box, found.score, reading, confidence, home)


def distinct(found: Sequence[PlateCandidate]) -> list[PlateCandidate]:
    """Keep of candidates that share a place the surest; the surest first."""
    kept: list[PlateCandidate] = []
    for one in sorted(found, key=lambda one: (-one.confidence, one.box)):
        if all(one.box.shared(other.box) <= SHARED for other in kept):
            kept.append(one)
    return kept


def _is_known(place: Detection, places: Sequence[Detection]) -> bool:
    return any(place.box.overlap(other.box) > SAME_PLACE for other in places)


def still_reader(home: str = "BE", weights: Weights | None = None) -> Reader:
    """Make the reader of photographs, whose plates may have any size."""
    weights = weights or Weights()
    scales = of_stills(weights.card.detector)
    return Reader(HeatMapDetector(weights), PlateRecogniser(weights), home, scales=scales)


def video_reader(home: str = "BE", weights: Weights | None = None) -> Reader:
    """Make the reader of cameras' frames: quick, since many frames show one vehicle."""
    weights = weights or Weights()
    detector, recogniser = HeatMapDetector(weights), PlateRecogniser(weights)
    scales = of_frames(weights.card.detector)
    return Reader(detector, recogniser, home, scales=scales, paddings=(SNUG,), credible=WORTH)
