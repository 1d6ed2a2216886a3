"""Weights on disk: where they lie, that they are whole, and the figures that belong to them.

A folder of weights holds a detector, a recogniser with its plate configuration, and `weights.toml`
with the SHA-256 of each and the figures that were chosen with them.
"""

import tomllib
from collections.abc import Mapping
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from anpr.errors import ModelError
from anpr.events import VehicleClass

DETECTOR = "detector.onnx"
RECOGNISER = "recogniser.onnx"
RECOGNISER_CONFIG = "recogniser_plate_config.yaml"
CARD = "weights.toml"
VEHICLE = "vehicle.onnx"
NEEDED = (DETECTOR, RECOGNISER, RECOGNISER_CONFIG)

SHIPPED = Path(str(resources.files("ocr") / "models"))


def _rising(pair: tuple[float, float]) -> tuple[float, float]:
    if not 0 < pair[0] < pair[1]:
        msg = "it is not two rising numbers above 0"
        raise ValueError(msg)
    return pair


Rising = Annotated[tuple[float, float], AfterValidator(_rising)]
Side = Annotated[int, Field(ge=64, le=8192)]
Padding = Annotated[float, Field(ge=0, le=1)]
Power = Annotated[float, Field(gt=0, le=10)]


class Figures(BaseModel):
    """A frozen table of figures; unknown ones are refused, since a misspelt one would be silent."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class DetectorFigures(Figures):
    """What belongs to a detector."""

    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.3
    """the score from which a cell is the centre of a plate"""
    plate_px: Rising = (20, 120)
    """the widths of plates, in pixels of its input, that it sees well"""
    first: tuple[Side, ...] = (320,)
    """photographs: the longer sides seen at first"""
    closer: tuple[Side, ...] = (640, 160, 1280)
    """photographs: those seen, in this order, while no plate is sure"""
    frame_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    """frames of a camera: the share of their longer side at which they are seen"""
    frame_sides: tuple[Side, Side] = (512, 1024)
    """frames of a camera: at least and at most so many pixels"""


class RecogniserFigures(Figures):
    """What belongs to a recogniser: powers that make its shares as probable as they claim."""

    sharpness: Power = 1.0
    """the power of its characters' shares"""
    padding: tuple[Padding, Padding] = (0.06, 0.12)
    """by which shares of its width and height a box is widened before it is read"""
    region_sharpness: Power = 1.0
    """the power of its countries' shares"""


class VehicleFigures(Figures):
    """What belongs to an operator's classifier of vehicles; the product ships none."""

    classes: Annotated[tuple[VehicleClass, ...], Field(min_length=2)]
    """the classes of its outputs, in order"""
    least: Annotated[float, Field(gt=0, le=1)] = 0.8
    """the share below which it says nothing"""


class Card(Figures):
    """`weights.toml`."""

    sha256: Mapping[str, Annotated[str, Field(pattern="^[0-9a-f]{64}$")]]
    detector: DetectorFigures = DetectorFigures()
    recogniser: RecogniserFigures = RecogniserFigures()
    vehicle: VehicleFigures | None = None


class Weights:
    """A folder of weights whose card has been read. Files are checked when they are asked for."""

    def __init__(self, folder: Path = SHIPPED) -> None:
        self.folder = folder
        self.card = _card(folder)

    def file(self, name: str) -> Path:
        """Locate a file of the folder. Raises ModelError when it is missing or damaged."""
        path = self.folder / name
        known = self.card.sha256.get(name)
        if known is None:
            raise ModelError(f"{self.folder / CARD}: no SHA-256 of {name!r}; add it to [sha256]")
        if (digest := digest_of(path)) != known:
            msg = f"the weights {name!r} are damaged (SHA-256 {digest})"
            raise ModelError(f"{msg}; {self._remedy}")
        return path

    @property
    def _remedy(self) -> str:
        own = self.folder == SHIPPED
        return "reinstall zone-anpr" if own else "copy them anew, or make the folder again"


def digest_of(path: Path) -> str:
    """Compute the SHA-256 of a file of weights. Raises ModelError where it cannot be read."""
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        msg = f"the weights {path.name!r} cannot be read: {error.strerror}"
        raise ModelError(f"{msg}; reinstall zone-anpr, or name another folder") from error


def _card(folder: Path) -> Card:
    path = folder / CARD
    try:
        tree: Any = tomllib.loads(path.read_text(encoding="utf-8"))
        return Card.model_validate(tree)
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}; `anpr models add` makes such a folder"
        raise ModelError(msg) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: not TOML: {error}") from error
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()
        )
        raise ModelError(f"{path}: {wrong}") from error
