"""What both recipes share: a course by the clock, averaged weights, checkpoints that survive.

A recipe is given seconds, not steps, so that it fits what time there is: the learning rate falls
along one long cosine over them. A checkpoint keeps all of it; a run that was cut off goes on.
"""

import argparse
import copy
import math
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import Module

WARM_UP = 0.02
"""The share of the course in which the learning rate rises."""
KEEP_S = 45.0
BROKEN = 20
"""Steps in a row without finite gradients, after which going on is a waste."""


def options(description: str | None, **defaults: object) -> argparse.ArgumentParser:
    """Make the options that recipes have in common."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, default=Path("training-data"))
    parser.add_argument("--out", type=Path, default=Path("training-data"))
    parser.add_argument("--seconds", type=float, default=3 * 3600)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--pool", type=int, default=20_000, help="plates held in memory")
    parser.add_argument("--fresh", type=int, default=64, help="plates drawn anew before each step")
    parser.add_argument("--start", type=Path, help="weights to start from")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--channels-last", action="store_true", help="a layout some devices prefer")
    for name, value in defaults.items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    return parser


class Course:
    """Trains a network for so many seconds; counts those of runs that were cut off too."""

    def __init__(self, network: Module, told: argparse.Namespace, name: str) -> None:
        if told.start:
            network.load_state_dict(torch.load(told.start, map_location="cpu", weights_only=True))
        layout = torch.channels_last if told.channels_last else torch.preserve_format
        self.network = network.to(told.device, memory_format=layout)
        self.averaged = copy.deepcopy(self.network).eval()
        self.averaged.requires_grad_(requires_grad=False)
        self._optimiser = torch.optim.AdamW(
            network.parameters(), told.rate, betas=(0.9, 0.98), weight_decay=0.02,
            fused=told.device != "cpu",
        )  # fmt: skip
        self._told, self._path = told, told.out / f"{name}.pt"
        self._spent, self._steps, self._samples, self._broken = 0.0, 0, 0, 0
        self._resume()
        self._begun = self._kept = self._said = time.monotonic()

    def steps(self) -> Iterator[int]:
        """Give the number of each step until the time is up; then keep everything."""
        before = self._spent
        while self._spent < self._told.seconds:
            self._spent = before + time.monotonic() - self._begun
            rate = self._told.rate * _share(self._spent / self._told.seconds)
            for group in self._optimiser.param_groups:
                group["lr"] = rate
            yield self._steps
            if time.monotonic() - self._kept > KEEP_S:
                self.keep()
        self.keep()

    def learn(self, loss: Tensor, samples: int, figures: Mapping[str, Tensor]) -> None:
        """Take a step down the loss; say how it goes every few seconds."""
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), 2.0)
        if torch.isfinite(norm):
            self._optimiser.step()
            self._broken = 0
        else:
            self._broken += 1
            if self._broken > BROKEN:
                raise FloatingPointError(
                    "the gradients stay infinite; lower --rate, or look at the data"
                )
        self._steps += 1
        self._samples += samples
        self._average()
        if time.monotonic() - self._said > 8:
            self._said = time.monotonic()
            told = " ".join(f"{name} {float(value):.4f}" for name, value in figures.items())
            sys.stderr.write(
                f"{self._spent:6.0f} s {self._steps} steps {self._samples} samples {told}\n"
            )
            sys.stderr.flush()

    def _average(self) -> None:
        """Follow the weights slowly: over some 500 steps, fewer at the start."""
        share = min(0.998, self._steps / (self._steps + 20))
        with torch.no_grad():
            ours, theirs = (
                list(self.averaged.state_dict().values()),
                list(self.network.state_dict().values()),
            )
            floats = [(a, b) for a, b in zip(ours, theirs, strict=True) if a.is_floating_point()]
            torch._foreach_lerp_([a for a, _ in floats], [b for _, b in floats], 1 - share)

    def keep(self) -> None:
        """Write a checkpoint whole, or not at all."""
        self._kept = time.monotonic()
        kept = {
            "network": self.network.state_dict(), "averaged": self.averaged.state_dict(),
            "optimiser": self._optimiser.state_dict(), "spent": self._spent,
            "steps": self._steps, "samples": self._samples,
        }  # fmt: skip
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_suffix(".partial")
        torch.save(kept, partial)
        partial.replace(self._path)

    def _resume(self) -> None:
        if not self._path.exists():
            return
        kept = torch.load(self._path, map_location=self._told.device, weights_only=True)
        self.network.load_state_dict(kept["network"])
        self.averaged.load_state_dict(kept["averaged"])
        self._optimiser.load_state_dict(kept["optimiser"])
        self._spent, self._steps, self._samples = kept["spent"], kept["steps"], kept["samples"]


def _share(progress: float) -> float:
    """Give the share of the highest learning rate: a short rise, then one cosine to nothing."""
    if progress < WARM_UP:
        return progress / WARM_UP + 1e-3
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - WARM_UP) / (1 - WARM_UP)))) + 1e-3
