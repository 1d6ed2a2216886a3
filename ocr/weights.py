"""The shipped weights: where they lie, and that they are what their card says."""

from hashlib import sha256
from importlib import resources
from pathlib import Path

from anpr.errors import ModelError

DETECTOR = "detector.onnx"
RECOGNISER = "recogniser.onnx"
RECOGNISER_CONFIG = "recogniser_plate_config.yaml"

DIGESTS = {
    DETECTOR: "3a6888a825a410070393d525ac61c670d3f9579637def6217a07b99807c459a0",
    RECOGNISER: "1da364727001ec210e4ca957de38618e1bd072709cfbafc694da3828c28e8a68",
    RECOGNISER_CONFIG: "cb0a6baea436197d1c2da344cd669539fceb2d10bd47a2d51abbc2f63d493ca3",
}
"""SHA-256 of each shipped file."""


def shipped(name: str) -> Path:
    """Locate a shipped file. Raises ModelError when it is missing or damaged."""
    path = Path(str(resources.files("ocr") / "models" / name))
    try:
        digest = sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(f"the weights {name!r} cannot be read; reinstall zone-anpr") from error
    if digest != DIGESTS[name]:
        raise ModelError(
            f"the weights {name!r} are damaged (SHA-256 {digest}); reinstall zone-anpr"
        )
    return path
