"""The first weights into the recogniser of `training.networks`, to go on from them.

`python -m training.first ONNX --data FOLDER --frames FOLDER` reads a recogniser whose
normalisations were folded into its convolutions, puts them back with the figures of rendered
plates, adds the characters and countries it did not know, and writes a checkpoint to start from.
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
from training.pool import ALPHABET, Pool
from training.recognise import draw, network, patches
from training.registrations import countries

ITS_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
ITS_COUNTRIES = (
    "Belgium", "Netherlands", "France", "Germany", "Luxembourg", "United Kingdom",
    "Czech Republic", "Slovakia", "Poland", "Austria", "Italy", "Spain", "Other",
)  # fmt: skip
LIKE = {"Ä": "A", "Ö": "O", "Ü": "U"}
RARE = -3.0
"""What is taken off the logit of a class that is only like another one."""

NAMES = {
    "m.pos": "place", "m.sq": "slot", "m.attf.weight": "looks_near.weight",
    "m.attf.bias": "looks_near.bias", "m.att.bias": "looks.bias",
    "m.m.2.weight": "columns.2.weight",
    "m.m.2.bias": "columns.2.bias", "m.g.weight": "whole.weight", "m.g.bias": "whole.bias",
    "m.z.bias": "found.bias",
}  # fmt: skip


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
        if node.op_type == "Conv" and not node.input[1].startswith("m.")
    ]
    products = iter(
        held[node.input[1]].T.contiguous()
        for node in graph.node
        if node.op_type == "MatMul" and node.input[1] in held
    )
    found = {ours: held[theirs] for theirs, ours in NAMES.items()}
    for stack, ours in (("m.m", "columns"), ("m.sm", "among")):
        for layer in (0, 1):
            at = f"{ours}.{layer}"
            for theirs, our in (("n1", "before"), ("n2", "between")):
                found[f"{at}.{our}.weight"] = held[f"{stack}.{layer}.{theirs}.weight"]
                found[f"{at}.{our}.bias"] = held[f"{stack}.{layer}.{theirs}.bias"]
            for theirs, our in (("t", "among"), ("c", "within")):
                for step in (0, 2):
                    found[f"{at}.{our}.{step}.bias"] = held[f"{stack}.{layer}.{theirs}.{step}.bias"]
    order = [
        f"columns.{layer}.{part}.{step}"
        for layer in (0, 1)
        for part in ("among", "within")
        for step in (0, 2)
    ]
    order += ["looks", "found"]
    order += [one.replace("columns", "among", 1) for one in order[:8]]
    for name in order:
        found[f"{name}.weight"] = next(products)
    for name, bias in (("characters", "m.out.bias"), ("alone", "m.cls.bias")):
        found[f"{name}.weight"], found[f"{name}.bias"] = _characters(next(products), held[bias])
    found["regions.weight"], found["regions.bias"] = _countries(
        held["m.reg.weight"], held["m.reg.bias"]
    )
    return found, convolutions


def _characters(weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """Order the classes as our alphabet; a new character starts as the one it is like."""
    rows = [ITS_ALPHABET.index(LIKE.get(one, one)) for one in ALPHABET]
    rarity = torch.tensor([RARE / 2 if one in LIKE else 0.0 for one in ALPHABET])
    return weight[rows], bias[rows] + rarity


def _countries(weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    names = list(countries())
    rows = [
        ITS_COUNTRIES.index(one) if one in ITS_COUNTRIES else len(ITS_COUNTRIES) - 1
        for one in names
    ]
    rarity = torch.tensor([0.0 if one in ITS_COUNTRIES else RARE for one in names])
    return weight[rows], bias[rows] + rarity


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
