"""What a street camera does to a picture, on tensors: light, weather, lens, sensor, compression.

Pictures are float [batch, 3, height, width], 0 to 1. What can differ from picture to picture does;
blur kernels and compression are drawn once a call, so callers give small batches.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as nn
from torch import Tensor

LUMA = torch.tensor(
    [
        [16, 11, 10, 16, 24, 40, 51, 61], [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56], [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77], [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101], [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    dtype=torch.float32,
)  # fmt: skip
"""The luminance quantisation table of ITU-T T.81, annex K; chrominance is cut with it too."""
TO_YCC = torch.tensor([[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]])

Camera = Callable[[Tensor, float], Tensor]
"""Takes the picture of scenes, of so many pixels per pixel of a plate of 100."""


def uniform(count: int, low: float, high: float, like: Tensor) -> Tensor:
    """Draw one number a picture, shaped to multiply pictures."""
    return torch.empty(count, 1, 1, 1, device=like.device).uniform_(low, high)


def some(count: int, share: float, like: Tensor) -> Tensor:
    """Choose a share of the pictures: 1 where chosen, else 0."""
    return (torch.rand(count, 1, 1, 1, device=like.device) < share).float()


def weather(images: Tensor) -> Tensor:
    """Light, shadow, glare, dirt, night and infrared, on the scene before the lens."""
    n, _, h, w = images.shape
    images = _dirt(images)
    cast = torch.empty(n, 3, 1, 1, device=images.device).uniform_(0.88, 1.12)
    images = images * (1 + (cast - 1) * some(n, 0.5, images))
    slope = _gradient(n, h, w, images)
    edge = torch.sigmoid(slope * uniform(n, 3, 60, images) + uniform(n, -4, 4, images))
    images = images * (1 - some(n, 0.3, images) * uniform(n, 0.2, 0.75, images) * edge)
    grey = (images * images.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    no_colour = some(n, 0.22, images)
    images = images + (grey - images) * no_colour.maximum(
        some(n, 0.3, images) * uniform(n, 0, 0.9, images)
    )
    spread = uniform(n, 0.35, 1.15, images) ** some(n, 0.7, images)
    level = uniform(n, 0.0, 1.0, images)
    images = (images - 0.5) * spread + 0.5 + (level - 0.5) * (1 - spread).clamp(min=0) * 0.9
    images = images.clamp(1e-3, 1) ** torch.exp(
        uniform(n, -0.5, 0.6, images) * some(n, 0.6, images)
    )
    images = images * (1 - some(n, 0.1, images) * uniform(n, 0.3, 0.8, images))
    glare = torch.exp(-(_blob(n, h, w, images)) * 3)
    images = images + some(n, 0.08, images) * uniform(n, 0.2, 1.0, images) * glare
    return images.clamp(0, 1)


def _dirt(images: Tensor) -> Tensor:
    """Cover parts with a thin brown or white film, and a few drops or flakes."""
    n, _, h, w = images.shape
    coarse = torch.rand(n, 1, 3, 8, device=images.device)
    fine = torch.rand(n, 1, max(2, h // 6), max(2, w // 6), device=images.device)
    film = sum(nn.interpolate(one, (h, w), mode="bicubic") for one in (coarse, 0.5 * fine))
    film = ((film - 0.75) * 3).clamp(0, 1) * uniform(n, 0.1, 0.8, images) * some(n, 0.3, images)
    tint = torch.rand(n, 1, 1, 1, device=images.device) * images.new_tensor([0.9, 0.85, 0.75]).view(
        1, 3, 1, 1
    )
    return images + (tint - images) * film


def _gradient(n: int, h: int, w: int, like: Tensor) -> Tensor:
    angle = uniform(n, 0, 2 * math.pi, like)
    y = torch.linspace(-1, 1, h, device=like.device).view(1, 1, h, 1)
    x = torch.linspace(-1, 1, w, device=like.device).view(1, 1, 1, w)
    return x * angle.cos() + y * angle.sin()


def _blob(n: int, h: int, w: int, like: Tensor) -> Tensor:
    y = torch.linspace(-1, 1, h, device=like.device).view(1, 1, h, 1) - uniform(n, -1, 1, like)
    x = torch.linspace(-1, 1, w, device=like.device).view(1, 1, 1, w) - uniform(n, -1, 1, like)
    return x * x / uniform(n, 0.02, 1, like) + y * y / uniform(n, 0.05, 2, like)


def lens(images: Tensor, scale: float = 1.0) -> Tensor:
    """Blur: out of focus, or by motion; `scale` is pixels per pixel of a 100-pixel plate."""
    kind = torch.rand(()).item()
    if kind < 0.3:
        return images
    if kind < 0.65:
        return _blurred(images, scale * 10 ** torch.empty(()).uniform_(-0.5, 0.28).item())
    length = scale * torch.empty(()).uniform_(1, 5.5).item()
    angle = torch.empty(()).uniform_(0, math.pi).item()
    return _convolve(images, _streak(length, angle))


def _blurred(images: Tensor, sigma: float) -> Tensor:
    """Convolve with a Gaussian: along the rows, then along the columns."""
    radius = max(1, math.ceil(2.5 * sigma))
    line = torch.exp(-(torch.arange(-radius, radius + 1) ** 2) / (2 * sigma**2 + 1e-6))
    line = line / line.sum()
    return _convolve(_convolve(images, line[None]), line[:, None])


def _streak(length: float, angle: float) -> Tensor:
    radius = max(1, math.ceil(length / 2))
    y, x = torch.meshgrid(*2 * [torch.arange(-radius, radius + 1).float()], indexing="ij")
    along = x * math.cos(angle) + y * math.sin(angle)
    across = -x * math.sin(angle) + y * math.cos(angle)
    kernel = ((length / 2 + 0.5 - along.abs()).clamp(0, 1) * (1 - across.abs()).clamp(0)) + 1e-6
    return kernel / kernel.sum()


def _convolve(images: Tensor, kernel: Tensor) -> Tensor:
    n, c, h, w = images.shape
    y, x = (size // 2 for size in kernel.shape)
    padded = nn.pad(images, [x, x, y, y], mode="replicate").reshape(n * c, 1, h + 2 * y, -1)
    weights = kernel.to(images.device, images.dtype)[None, None]
    # Every call has another shape: searching the fastest way for each would take longer.
    with torch.backends.cudnn.flags(benchmark=False):
        return nn.conv2d(padded, weights).reshape(n, c, h, w)


def sensor(images: Tensor) -> Tensor:
    """Noise of the sensor, grey and coloured, rain as bright streaks, and sharpening after it."""
    n, _, h, w = images.shape
    strength = uniform(n, 0, 1, images) ** 3 * 0.09
    noise = torch.randn_like(images) * 0.5 + torch.randn(n, 1, h, w, device=images.device)
    images = images + noise * strength * (0.4 + images)
    if torch.rand(()).item() < 0.06:
        drops = (torch.rand(n, 1, h, w, device=images.device) < 0.004).float()
        images = images + 0.5 * _convolve(drops.expand_as(images), _streak(h / 4, 1.4)) * h / 4
    if torch.rand(()).item() < 0.3:
        amount = torch.empty(()).uniform_(0.3, 1.6).item()
        images = images + amount * (images - _blurred(images, 1.0))
    return images.clamp(0, 1)


def jpeg(images: Tensor, quality: int, *, halves_colour: bool = True) -> Tensor:
    """Compress and decompress as JPEG does at this quality (1 to 100), without its coding."""
    _, _, h, w = images.shape
    ycc = torch.einsum("ij,njhw->nihw", TO_YCC.to(images), images * 255)
    ycc = nn.pad(ycc, (0, -w % 16, 0, -h % 16), mode="replicate")
    factor = 50 / quality if quality < 50 else 2 - quality / 50
    table = (LUMA.to(images) * factor).clamp(1, 255)
    luma = _quantised(ycc[:, :1] - 128, table) + 128
    colour = nn.avg_pool2d(ycc[:, 1:], 2) if halves_colour else ycc[:, 1:]
    colour = _quantised(colour, table * 1.3)
    if halves_colour:
        colour = nn.interpolate(colour, scale_factor=2, mode="bilinear")
    ycc = torch.cat([luma, colour], 1)[:, :, :h, :w]
    back = torch.linalg.inv(TO_YCC).to(images)
    return (torch.einsum("ij,njhw->nihw", back, ycc) / 255).clamp(0, 1)


def _quantised(plane: Tensor, table: Tensor) -> Tensor:
    n, c, h, w = plane.shape
    k = torch.arange(8, device=plane.device, dtype=plane.dtype)
    dct = torch.cos((2 * k[None] + 1) * k[:, None] * math.pi / 16) / 2
    dct[0] /= math.sqrt(2)
    blocks = plane.reshape(n, c, h // 8, 8, w // 8, 8).transpose(3, 4)
    found = dct @ blocks @ dct.T
    found = (found / table).round() * table
    return (dct.T @ found @ dct).transpose(3, 4).reshape(n, c, h, w)


def photograph(images: Tensor, scale: float) -> Tensor:
    """Take the picture: weather, lens, sensor, compression."""
    images = sensor(lens(weather(images), scale))
    if torch.rand(()).item() < 0.75:
        quality = int(torch.randint(25, 96, ()).item())
        images = jpeg(images, quality, halves_colour=torch.rand(()).item() < 0.7)
    return images


def clear(images: Tensor, _: float) -> Tensor:
    """Take the picture without a fault."""
    return images


def ordinary(images: Tensor, scale: float) -> Tensor:
    """Take the picture as a good camera does by day: soft, a little dark and noisy, fair JPEG."""
    images = _blurred(images * uniform(len(images), 0.6, 1.0, images), 0.4 * scale)
    return jpeg((images + 0.01 * torch.randn_like(images)).clamp(0, 1), 75)


def night(images: Tensor, scale: float) -> Tensor:
    """Take the picture without colour by little light, raised again: dark, grainy, soft."""
    light = uniform(len(images), 0.08, 0.25, images)
    grey = images.mean(1, keepdim=True).expand_as(images) * light
    grey = _blurred(grey, 0.6 * scale)
    grain = torch.randn_like(grey[:, :1]) * 0.02
    return jpeg(((grey + grain) * 2).clamp(0, 1), 60)
