"""Make a folder of weights of an operator's own networks, or of one from fast-plate-ocr's hub."""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from fast_plate_ocr.inference import hub

from anpr.errors import ModelError
from ocr.detector import HeatMapDetector
from ocr.recogniser import PlateRecogniser
from ocr.vehicle import classifier_of
from ocr.weights import (
    CARD,
    DETECTOR,
    RECOGNISER,
    RECOGNISER_CONFIG,
    SHIPPED,
    VEHICLE,
    Weights,
    digest_of,
)

HUB_MODELS = tuple(sorted(hub.AVAILABLE_ONNX_MODELS))
"""The recognisers that can be fetched, by their names in fast-plate-ocr's hub."""

CARD_TEXT = """\
# Chosen with these weights; see ocr/models/weights.toml of zone-anpr for what each figure means.

[sha256]
{digests}
[detector]
{detector}
[recogniser]
{recogniser}"""


def make_folder(
    folder: Path,
    detector: Path | None = None,
    recogniser: Path | None = None,
    plate_config: Path | None = None,
    vehicle: Path | None = None,
    classes: Sequence[str] = (),
) -> Weights:
    """Put networks into a new folder, with their SHA-256; what is not given is the shipped one.

    The folder comes to be only when its networks can be run. Raises ModelError.
    """
    if (recogniser is None) != (plate_config is None):
        raise ModelError("a recogniser and its plate configuration go together; give both")
    if (vehicle is None) != (not classes):
        raise ModelError("a classifier of vehicles and its classes go together; give both")
    if folder.exists():
        raise ModelError(f"{folder} exists; name a folder that does not, so that nothing is lost")
    folder.parent.mkdir(parents=True, exist_ok=True)
    given = {DETECTOR: detector, RECOGNISER: recogniser, RECOGNISER_CONFIG: plate_config}
    given |= {VEHICLE: vehicle} if vehicle else {}
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".weights-") as made:
        fresh = Path(made) / "weights"
        fresh.mkdir()
        for name, own in given.items():
            _copy(own or SHIPPED / name, fresh / name)
        (fresh / CARD).write_text(_card(fresh, given, classes), encoding="utf-8")
        check(Weights(fresh))
        fresh.rename(folder)
    return Weights(folder)


def fetch_folder(folder: Path, name: str) -> Weights:
    """Download a recogniser of fast-plate-ocr's hub into a new folder. Raises ModelError."""
    if name not in hub.AVAILABLE_ONNX_MODELS:
        raise ModelError(f"the hub has no {name!r}; choose from {', '.join(HUB_MODELS)}")
    with tempfile.TemporaryDirectory() as cache:
        try:
            model, config = hub.download_model(name, save_directory=Path(cache))
        except (OSError, ValueError) as error:
            msg = f"{name!r} cannot be downloaded: {error}"
            raise ModelError(f"{msg}; where there is no network, use `anpr models add`") from error
        return make_folder(folder, recogniser=model, plate_config=config)


def check(weights: Weights) -> None:
    """Check every file against its SHA-256 and open the networks. Raises ModelError."""
    for name in weights.card.sha256:
        weights.file(name)
    HeatMapDetector(weights)
    PlateRecogniser(weights)
    classifier_of(weights)


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        msg = f"{source} cannot be read: {error.strerror}; name a file of weights"
        raise ModelError(msg) from error


def _card(folder: Path, given: Mapping[str, Path | None], classes: Sequence[str]) -> str:
    """Write the card: the shipped figures of what is shipped, neutral ones of what is not."""
    shipped, neutral = Weights().card, {"sharpness": 1.0, "region_sharpness": 1.0}
    recogniser = shipped.recogniser.model_dump() | (neutral if given[RECOGNISER] else {})
    text = CARD_TEXT.format(
        digests=_lines({f'"{name}"': digest_of(folder / name) for name in given}),
        detector=_lines(shipped.detector.model_dump()),
        recogniser=_lines(recogniser),
    )
    return text + (f"\n[vehicle]\nclasses = {list(classes)}\n" if classes else "")


def _lines(table: Mapping[str, object]) -> str:
    written = {
        key: f'"{value}"'
        if isinstance(value, str)
        else list(value)
        if isinstance(value, tuple)
        else value
        for key, value in table.items()
    }
    return "".join(f"{key} = {value}\n" for key, value in written.items())
