"""A checkpoint into the files that ship: ONNX networks, and the recogniser's plate configuration.

`python -m training.export CHECKPOINTS --out ocr/models` writes what it finds there.
"""

import argparse
from pathlib import Path

import torch
from torch.nn import Module

from training.networks import Detector, Recogniser, Shipped
from training.pool import ALPHABET
from training.registrations import SLOTS, countries

OPSET = 17


def recogniser(weights: Path, target: Path, temperature: float, of_regions: float) -> None:
    """Write the recogniser and, beside it, its plate configuration."""
    network = Recogniser(len(ALPHABET), len(countries()))
    _load(network, weights)
    shipped = Shipped(network, temperature, of_regions).eval()
    example = torch.zeros(2, 64, 128, 3, dtype=torch.uint8)
    axes = {"input": {0: "n"}, "plate": {0: "n"}, "region": {0: "n"}}
    torch.onnx.export(
        shipped, (example,), str(target / "recogniser.onnx"), input_names=["input"],
        output_names=["plate", "region"], opset_version=OPSET, dynamic_axes=axes, dynamo=False,
    )  # fmt: skip
    (target / "recogniser_plate_config.yaml").write_text(plate_configuration(), "utf-8")


def plate_configuration() -> str:
    """Say in fast-plate-ocr's words what the recogniser takes and gives."""
    lines = [
        f"max_plate_slots: {SLOTS}", f"alphabet: '{ALPHABET}'", "pad_char: '_'", "img_height: 64",
        "img_width: 128", "keep_aspect_ratio: false", "interpolation: linear",
        "image_color_mode: rgb", "plate_regions:", *(f"  - {name}" for name in countries()),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def detector(weights: Path, target: Path) -> None:
    """Write the detector."""
    network = Detector()
    _load(network, weights)
    axes = {"x": {0: "n", 2: "h", 3: "w"}, "y": {0: "n", 2: "rows", 3: "columns"}}
    torch.onnx.export(
        network.eval(), (torch.zeros(1, 1, 288, 384),), str(target / "detector.onnx"),
        input_names=["x"], output_names=["y"], opset_version=OPSET, dynamic_axes=axes, dynamo=False,
    )  # fmt: skip


def _load(network: Module, weights: Path) -> None:
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True)["averaged"])


def main() -> None:
    """Export what the folder has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoints", type=Path)
    parser.add_argument("--out", type=Path, default=Path("ocr/models"))
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--region-temperature", type=float, default=1.0)
    told = parser.parse_args()
    if (told.checkpoints / "recogniser.pt").exists():
        recogniser(
            told.checkpoints / "recogniser.pt", told.out, told.temperature, told.region_temperature
        )
    if (told.checkpoints / "detector.pt").exists():
        detector(told.checkpoints / "detector.pt", told.out)


if __name__ == "__main__":
    main()
