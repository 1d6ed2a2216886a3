"""What the recogniser makes of rendered Belgian plates: by the camera's faults, and by lines.

The same seed draws the same plates at the same places whatever the camera does to them, so that
what a fault costs can be told from what a plate costs.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
from rich.table import Table
from torch import Tensor

from anpr.plates import fold
from bench.reading.calibration import calibration_error, reliability
from bench.reading.peers import Cct
from bench.reading.score import Answer
from ocr.ports import Image, Recogniser
from ocr.recogniser import PlateRecogniser
from ocr.rereading import CarefulRecogniser
from ocr.weights import Weights
from training.atlas import Atlas
from training.camera import Camera, clear, ordinary, photograph
from training.composed import belgian
from training.frames import load
from training.plates import Renderer
from training.pool import tensors
from training.recognise import patches
from training.views import crops

CHUNK = 20
CHUNKS = {1: 20, 2: 10}
"""How many chunks of plates there are, by the lines of the plates."""
ASPECTS = {1: 3.5, 2: 1.6}
WIDTHS = (90, 220)
"""Pixels of the plates' views: what a street camera's plate has."""
CAMERAS: dict[str, Camera] = {"none": clear, "an ordinary day's": ordinary, "all": photograph}
"""Cameras by their faults."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered plate as a recogniser gets it, and what is on it."""

    image: Image
    text: str


def rendered(
    frames: Path, atlas: Path, weights: Weights, peers: Path | None = None
) -> Iterator[Table]:
    """Read them with our recogniser and, where its folder is given, the reference model."""
    ours = CarefulRecogniser(PlateRecogniser(weights))
    systems: dict[str, Callable[[Image], Answer]] = {"ours": lambda image: _answer(ours, image)}
    if peers:
        cct = Cct(peers)
        systems["cct_xs"] = lambda image: Answer(*cct.read(image))
    torch.manual_seed(7)
    backgrounds = patches(load(frames, None, "cpu", most=40).pixels, 300)
    scores = Table("camera's faults", "lines", "plates", "", "exact", "folded", "ECE",
                   title="Rendered Belgian plates")  # fmt: skip
    claims: list[tuple[float, bool]] = []
    for faults, camera in CAMERAS.items():
        for lines in CHUNKS:
            plates = list(seen_by(camera, atlas, backgrounds, lines))
            for name, read in systems.items():
                answers = [read(one.image) for one in plates]
                scores.add_row(faults, str(lines), str(len(plates)), name, *_score(plates, answers))
                if name == "ours" and camera is photograph:
                    claims += _claims(plates, answers)
    yield scores
    yield _diagram(claims)


def seen_by(
    camera: Camera, atlas: Path, backgrounds: Tensor, lines: int, seed: int = 7
) -> Iterator[Rendered]:
    """Render Belgian plates of so many lines, cut out as in training, by this camera."""
    random = Random(f"{seed}/{lines}")
    renderer = Renderer(Atlas.load(atlas))
    for chunk in range(CHUNKS[lines]):
        drawn = [belgian(renderer, lines, random) for _ in range(CHUNK)]
        columns = random.randint(*WIDTHS)
        torch.manual_seed(1000 * seed + chunk)
        seen = crops(tensors(drawn), backgrounds, columns, round(columns / ASPECTS[lines]), camera)
        for pixels, known, plate in zip(seen.images, seen.known, drawn, strict=True):
            if known.all():
                bgr = pixels.permute(1, 2, 0).numpy()[..., ::-1]
                yield Rendered(np.ascontiguousarray(bgr), plate.text)


def _answer(recogniser: Recogniser, image: Image) -> Answer:
    (found,) = recogniser.read([image])
    return Answer(found.plate, found.confidence)


def _claims(plates: Sequence[Rendered], answers: Sequence[Answer]) -> list[tuple[float, bool]]:
    pairs = zip(answers, plates, strict=True)
    return [(one.confidence, one.plate == plate.text) for one, plate in pairs if one.plate]


def _score(plates: Sequence[Rendered], answers: Sequence[Answer]) -> tuple[str, str, str]:
    """Tell how many are read right, and whether the confidences mean what they say."""
    pairs = [(one.plate, plate.text) for one, plate in zip(answers, plates, strict=True)]
    exact = sum(said == text for said, text in pairs) / len(pairs)
    folded = sum(fold(said) == fold(text) for said, text in pairs) / len(pairs)
    error = calibration_error(_claims(plates, answers))
    return f"{exact:.3f}", f"{folded:.3f}", f"{error:.3f}"


def _diagram(claims: Sequence[tuple[float, bool]]) -> Table:
    """Set what the confidences claim beside what is right."""
    title = f"Reliability under all faults: error {calibration_error(claims):.3f}"
    table = Table("plates", "claimed", "right", title=title)
    for one in reliability(claims):
        table.add_row(str(one.count), f"{one.claimed:.2f}", f"{one.right:.2f}")
    return table
