"""The shipped recogniser as a checkpoint, to go on from.

`python -m training.shipped ONNX --data FOLDER --frames FOLDER` reads what `training.export` wrote,
whose normalisations were folded into its convolutions, and puts them back with the figures of
rendered plates.
"""

import argparse
from pathlib import Path
from random import Random

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor
from torch.nn import BatchNorm2d, Conv2d

from training.frames import load
from training.networks import Recogniser
from training.pool import Pool
from training.recognise import draw, network, patches

OURS = "network."
"""What the exporter writes before the names of weights that it left as they are."""
MIXERS = [
    f"{part}.{step}"
    for layer in (0, 1)
    for part in (f"{layer}.among", f"{layer}.within")
    for step in (0, 2)
]
PRODUCTS = (
    *(f"columns.{one}" for one in MIXERS), "looks", "found",
    *(f"among.{one}" for one in MIXERS), "characters", "alone",
)  # fmt: skip
"""The layers whose weights the exporter turned over and named anew, in their order."""


def read(path: Path) -> tuple[dict[str, Tensor], list[tuple[Tensor, Tensor]]]:
    """Read the weights under our names, and its convolutions with their biases, in order."""
    graph = onnx.load(str(path)).graph
    held = {
        one.name: torch.from_numpy(np.array(numpy_helper.to_array(one)))
        for one in graph.initializer
    }
    convolutions = [
        (held[node.input[1]], held[node.input[2]])
        for node in graph.node
        if node.op_type == "Conv" and not node.input[1].startswith(OURS)
    ]
    products = [
        held[node.input[1]].T.contiguous()
        for node in graph.node
        if node.op_type == "MatMul" and node.input[1] in held
    ]
    found = {
        name.removeprefix(OURS): one for name, one in held.items() if name.startswith(OURS)
    } | {f"{name}.weight": one for name, one in zip(PRODUCTS, products, strict=True)}
    return found, convolutions


@torch.no_grad()
def unfolded(net: Recogniser, convolutions: list[tuple[Tensor, Tensor]], images: Tensor) -> None:
    """Give the convolutions their weights, and each normalisation what leaves those as they are."""
    layers = [one for one in net.modules() if isinstance(one, Conv2d) and one is not net.looks_near]
    norms = [one for one in net.modules() if isinstance(one, BatchNorm2d)]
    for layer, norm, (weight, bias) in zip(layers, norms, convolutions, strict=True):
        layer.weight.copy_(weight)
        norm.eval()
        norm.running_mean.zero_()
        norm.running_var.fill_(1 - norm.eps)
        norm.weight.fill_(1)
        norm.bias.copy_(bias)
    figures: dict[BatchNorm2d, tuple[Tensor, Tensor]] = {}
    hooks = [
        norm.register_forward_hook(
            lambda norm, inputs, _: figures.__setitem__(
                norm, (inputs[0].mean((0, 2, 3)), inputs[0].var((0, 2, 3)))
            )
        )
        for norm in norms
    ]
    net.eval()(images)
    for hook in hooks:
        hook.remove()
    for norm, (mean, variance) in figures.items():
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias.add_(mean)


def main() -> None:
    """Convert, and write the checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("onnx", type=Path)
    parser.add_argument("--data", type=Path, default=Path("training-data"))
    parser.add_argument("--frames", type=Path, required=True)
    told = parser.parse_args()
    net = network()
    found, convolutions = read(told.onnx)
    missing = net.load_state_dict(found, strict=False).missing_keys
    if wrong := [one for one in missing if not one.startswith(("trunk.", "column."))]:
        parser.error(f"{told.onnx} lacks {', '.join(wrong)}")
    pool = Pool(told.data / "glyphs.npz", 2000, 0, "cpu")
    pool.draw(2000)
    backgrounds = patches(load(told.frames, None, "cpu", most=40).pixels, 400)
    with torch.no_grad():
        images = draw(pool, backgrounds, 512, 32, Random(1)).images.float()
    unfolded(net, convolutions, images)
    torch.save(net.state_dict(), told.data / "start.pt")


if __name__ == "__main__":
    main()
