"""The two networks: small enough for one thread of a processor."""

import torch
import torch.nn.functional as nn
from torch import Tensor
from torch.nn import (
    GELU,
    BatchNorm2d,
    Conv2d,
    LayerNorm,
    Linear,
    Module,
    Parameter,
    ReLU,
    Sequential,
)  # fmt: skip

ROWS, COLUMNS = 8, 32
"""The recogniser's map of features."""
GREY = (0.299, 0.587, 0.114)
STILL = 6.0
"""Added to an image's spread, so that a plain one stays plain."""


def conv(
    inputs: int, outputs: int, size: int = 3, stride: int | tuple[int, int] = 1, groups: int = 1
) -> Sequential:
    """Make a convolution with its normalisation and ReLU, which run as one."""
    layer = Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False)
    return Sequential(layer, BatchNorm2d(outputs), ReLU(inplace=True))


class Residual(Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = Sequential(
            conv(channels, channels),
            Conv2d(channels, channels, 3, 1, 1, bias=False),
            BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Add what the two find."""
        return nn.relu(x + self.body(x))


class Inverted(Module):
    """Widen, look around in each channel, narrow; beside a shortcut where the shape stays."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: int = 5,
        stride: int | tuple[int, int] = 1,
        widen: int = 2,
    ) -> None:
        super().__init__()
        wide = inputs * widen
        self.body = Sequential(
            conv(inputs, wide, 1), conv(wide, wide, size, stride, wide),
            Conv2d(wide, outputs, 1, bias=False), BatchNorm2d(outputs),
        )  # fmt: skip
        self.is_residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Add what it finds, or give it."""
        found = self.body(x)
        return x + found if self.is_residual else found


class Mixer(Module):
    """A layer that mixes tokens with each other, then the channels of each (Tolstikhin 2021)."""

    def __init__(self, tokens: int, width: int) -> None:
        super().__init__()
        self.before, self.between = LayerNorm(width), LayerNorm(width)
        self.among = Sequential(Linear(tokens, 2 * tokens), GELU(), Linear(2 * tokens, tokens))
        self.within = Sequential(Linear(width, 2 * width), GELU(), Linear(2 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        """Mix [n, tokens, width]."""
        x = x + self.among(self.before(x).transpose(1, 2)).transpose(1, 2)
        return x + self.within(self.between(x))


class Recogniser(Module):
    """A crop [n, 3, 64, 128] to logits of each slot's character and of the country.

    A map of attention for each slot finds its character. The columns of the plate, mixed with each
    other, tell each map which character is its own; the slots, mixed too, know what stands beside.
    """

    def __init__(self, characters: int, regions: int, slots: int = 10, width: int = 128) -> None:
        super().__init__()
        self.slots = slots
        self.trunk = Sequential(
            conv(1, 24, 5, 2), conv(24, 48, 3, 2), Residual(48), conv(48, 80),
            conv(80, 96, 3, (2, 1)),
            Residual(96), conv(96, width),
        )  # fmt: skip
        self.column = Sequential(
            Conv2d(width, width, (ROWS, 3), padding=(0, 1), bias=False), BatchNorm2d(width), ReLU()
        )
        self.place = Parameter(torch.randn(1, COLUMNS, width) * 0.02)
        self.columns = Sequential(Mixer(COLUMNS, width), Mixer(COLUMNS, width), LayerNorm(width))
        self.looks, self.looks_near = Linear(width, slots * ROWS), Conv2d(width, slots, 1)
        self.slot = Parameter(torch.randn(1, slots, width) * 0.02)
        self.found, self.whole = Linear(width, width), Linear(width, width)
        self.among = Sequential(Mixer(slots, width), Mixer(slots, width))
        self.characters, self.alone = Linear(width, characters), Linear(width, characters)
        self.regions = Linear(width, regions)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Give logits [n, slots, characters] and [n, regions], and of attention [n, slots, 256]."""
        grey = (images * images.new_tensor(GREY).view(1, 3, 1, 1)).sum(1, keepdim=True)
        mean = grey.mean((1, 2, 3), keepdim=True)
        spread = ((grey - mean) ** 2).mean((1, 2, 3), keepdim=True).sqrt()
        fine = self.trunk((grey - mean) / (spread + STILL))
        columns = self.columns(self.column(fine).squeeze(2).transpose(1, 2) + self.place)
        looks = self.looks(columns).unflatten(2, (self.slots, ROWS)).permute(0, 2, 3, 1)
        maps = (looks + self.looks_near(fine)).flatten(2)
        seen = maps.float().softmax(-1).to(fine.dtype) @ fine.flatten(2).transpose(1, 2)
        whole = columns.mean(1)
        slots = self.among(self.found(seen) + self.whole(whole)[:, None] + self.slot)
        return self.characters(slots) + self.alone(seen), self.regions(whole), maps


class Shipped(Module):
    """The recogniser as fast-plate-ocr runs it: uint8 [n, 64, 128, 3] to probabilities.

    The temperatures make probabilities of logits that are as sure as they are right.
    """

    def __init__(
        self, network: Recogniser, temperature: float = 1.0, of_regions: float = 1.0
    ) -> None:
        super().__init__()
        self.network, self.temperature, self.of_regions = network, temperature, of_regions

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Give `plate` [n, slots, characters] and `region` [n, regions]."""
        characters, regions, _ = self.network(pixels.permute(0, 3, 1, 2).float())
        return (characters / self.temperature).softmax(-1), (regions / self.of_regions).softmax(-1)


class Detector(Module):
    """A grey picture [n, 1, h, w], 0 to 1, to [n, 5, h/8, w/8].

    Channel 0 is the logit of a plate's centre in the cell, 1 and 2 the centre's offset in cells
    from the cell's middle, 3 and 4 the logarithms of width / 32 and height / 12 pixels. Coarse
    levels see close-ups whole; the answer is given on one fine level.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fine = Sequential(
            conv(1, 16, stride=2),
            conv(16, 24, stride=2),
            Inverted(24, 48, 3, 2, 3),
            Inverted(48, 48),
            Inverted(48, 48),
        )
        self.middle = Sequential(Inverted(48, 96, 5, 2), *(Inverted(96, 96) for _ in range(3)))
        self.coarse = Sequential(Inverted(96, 160, 5, 2), *(Inverted(160, 160) for _ in range(3)))
        self.to_middle, self.to_fine = Conv2d(160, 96, 1), Conv2d(96, 48, 1)
        self.at_middle, self.at_fine = Inverted(96, 96), Inverted(48, 48)
        self.head = Sequential(conv(48, 48), Conv2d(48, 5, 1))

    def forward(self, grey: Tensor) -> Tensor:
        """Mark the centres of plates."""
        fine = self.fine((grey - 0.45) * 4)
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        middle = self.at_middle(middle + _grown(self.to_middle(coarse), middle))
        fine = self.at_fine(fine + _grown(self.to_fine(middle), fine))
        return self.head(fine)


def _grown(x: Tensor, like: Tensor) -> Tensor:
    """Double the size; cut where the finer level has an odd one."""
    return nn.interpolate(x, scale_factor=2.0, mode="nearest")[
        ..., : like.shape[2], : like.shape[3]
    ]
