"""A single image to its plates: detect, read each place, look closer at what is not sure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ocr.detector import HeatMapDetector
from ocr.gaze import EVERYWHERE, Gaze
from ocr.ports import Box, Detection, Detector, Image, Reading, Recogniser
from ocr.recogniser import PlateRecogniser
from ocr.rereading import CarefulRecogniser
from ocr.scales import Scales, of_frames, of_stills
from ocr.syntax import country, informed, weighed
from ocr.weights import DetectorFigures, Weights

CREDIBLE = 0.3
"""Below it the reading of a photograph says nothing: it is mostly of what is no plate."""
WORTH = 0.15
"""Below it the reading of a frame does not even help a vote."""
SURE = 0.9
"""With a plate this sure, neither it nor its image needs a closer look."""
EDGE = 0.13
"""Nearer to the image's edge than this share of its width (height), a plate may be cut off: so
near, two of three readings of plates that were cut by up to a third were sure, and wrong."""
AROUND = (1.0, 1.5)
"""By which shares of its width and height a place is widened to be looked at alone."""
FINE = 200
"""How wide a plate is at most when it is looked at alone, in pixels."""
SHARED = 0.5
"""Boxes that share more than this of the smaller one are one plate."""


@dataclass(frozen=True, slots=True)
class PlateCandidate:
    """A plate in an image: what the eye says, what that is likely to be, and how sure it is."""

    box: Box
    score: float
    seen: Reading
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
    at. A place is read with `padding` around it (shares of its width and height); what stays below
    `credible` is left out.
    """

    def __init__(
        self,
        detector: Detector,
        recogniser: Recogniser,
        home: str = "BE",
        *,
        scales: Scales,
        padding: tuple[float, float] = (0.0, 0.0),
        credible: float = CREDIBLE,
    ) -> None:
        self._detector = detector
        self._recogniser = recogniser
        self._careful = CarefulRecogniser(recogniser)
        self._home = home
        self._scales = scales
        self._padding = padding
        self._credible = credible

    @property
    def home(self) -> str:
        """The country whose traffic is seen, ISO alpha-2."""
        return self._home

    def read_image(self, image: Image, gaze: Gaze = EVERYWHERE) -> list[PlateCandidate]:
        """Read the plates of an image, the surest first."""
        return list(self.look(image, gaze).plates)

    def look(self, image: Image, gaze: Gaze = EVERYWHERE) -> Sight:
        """Look at an image, closer while no plate is sure; read every place that `gaze` takes."""
        part, (left, top) = gaze.window(image)
        look = self._scales(max(part.shape[:2]), gaze.widths)
        places: list[Detection] = []
        plates: list[PlateCandidate] = []
        for sides in (look.first, *((side,) for side in look.closer)):
            moved = (
                replace(one, box=one.box.moved(left, top))
                for one in self._detector.detect(part, sides)
            )
            found = [one for one in moved if gaze.takes(one.box, image)]
            read = self._read(image, found)
            again = self._closer(image, found, read)
            closer = [one for one in again if gaze.takes(one.box, image)]
            places += [*found, *closer]
            plates += self._surer(image, [*read, *self._read(image, closer)])
            if any(one.confidence >= SURE for one in plates):
                break
        return Sight(tuple(places), tuple(distinct(plates)))

    def _closer(
        self, image: Image, places: Sequence[Detection], read: Sequence[PlateCandidate]
    ) -> list[Detection]:
        """Find again the places that are not read surely, each in what is around it alone.

        An image is seen smaller than it is, so that the box of a small plate cuts it badly.
        """
        sure = {one.box for one in read if one.confidence >= SURE}
        found = []
        for place in places:
            if place.box not in sure:
                around = place.box.widened(*AROUND)
                part = around.cut(image)
                fine = min(1.0, FINE / place.box.w)
                found += [
                    moved
                    for one in self._detector.detect(part, [round(max(part.shape[:2]) * fine)])
                    for moved in [replace(one, box=one.box.moved(*around.corner(image)))]
                    if moved.box.shared(place.box) > SHARED
                ]
        return found

    def _read(self, image: Image, places: Sequence[Detection]) -> list[PlateCandidate]:
        readings = self._recogniser.read([self._crop(image, one.box) for one in places])
        return [
            self._judged(image, place, reading)
            for place, reading in zip(places, readings, strict=True)
            if reading.plate
        ]

    def _surer(self, image: Image, read: Sequence[PlateCandidate]) -> list[PlateCandidate]:
        """Read again what is whole and not sure; leave out what then still says nothing."""
        plates = [
            self._judged(image, one, self._careful.again(self._crop(image, one.box), one.seen))
            if one.confidence < SURE and is_whole(one.box, image)
            else one
            for one in distinct(read)
        ]
        return [one for one in plates if one.confidence >= self._credible]

    def _crop(self, image: Image, box: Box) -> Image:
        return box.widened(*self._padding).cut(image)

    def _judged(
        self, image: Image, place: Detection | PlateCandidate, reading: Reading
    ) -> PlateCandidate:
        """Make a candidate of a reading."""
        seen = reading if is_whole(place.box, image) else in_doubt(reading)
        likely = informed(seen, self._home)
        confidence = weighed(likely, self._home)
        home = country(likely, self._home)
        return PlateCandidate(place.box, place.score, seen, likely, confidence, home)


def is_whole(box: Box, image: Image) -> bool:
    """Tell whether a plate lies so far inside an image that its edge cuts nothing off."""
    height, width = image.shape[:2]
    across, along = EDGE * box.w, EDGE * box.h
    is_clear_of_sides = across <= box.x <= width - box.w - across
    return bool(is_clear_of_sides and along <= box.y <= height - box.h - along)


def in_doubt(reading: Reading) -> Reading:
    """Halve the confidence of a plate that may go on where the image ends."""
    return replace(reading, confidence=reading.confidence / 2, end=reading.end / 2)


def distinct(found: Sequence[PlateCandidate]) -> list[PlateCandidate]:
    """Keep of candidates that share a place the surest; the surest first."""
    kept: list[PlateCandidate] = []
    for one in sorted(found, key=lambda one: (-one.confidence, one.box)):
        if all(one.box.shared(other.box) <= SHARED for other in kept):
            kept.append(one)
    return kept


def still_reader(home: str = "BE", weights: Weights | None = None) -> Reader:
    """Make the reader of photographs, whose plates may have any size."""
    return _reader(home, weights or Weights(), of_stills, CREDIBLE)


def video_reader(home: str = "BE", weights: Weights | None = None) -> Reader:
    """Make the reader of cameras' frames: quick, since many frames show one vehicle."""
    return _reader(home, weights or Weights(), of_frames, WORTH)


def _reader(
    home: str, weights: Weights, scales: Callable[[DetectorFigures], Scales], credible: float
) -> Reader:
    return Reader(
        HeatMapDetector(weights),
        PlateRecogniser(weights),
        home,
        scales=scales(weights.card.detector),
        padding=weights.card.recogniser.padding,
        credible=credible,
    )
