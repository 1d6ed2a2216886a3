"""Plates as a camera sees them: turned in space, before a background, cut out as a detector cuts.

All on tensors. A homography maps pixels of a plate's canvas to a view with one unit a canvas pixel,
whose origin is the plate's middle.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as nn
from torch import Tensor

from training.camera import Camera, photograph
from training.pool import Plates

HEIGHT, WIDTH = 64, 128
"""The recogniser's input."""


@dataclass(frozen=True, slots=True)
class Crops:
    """`images` uint8 [n, 3, 64, 128]; `centres` of characters, 0 to 1 of the crop [n, 10, 2].

    `known` [n, 10] is 0 where nobody could read the character (covered, or the plate is cut).
    """

    images: Tensor
    labels: Tensor
    regions: Tensor
    centres: Tensor
    known: Tensor


def turned(plates: Plates, steepest: float = 45.0) -> Tensor:
    """Draw homographies [n, 3, 3]: most plates nearly face the camera, some are steep."""
    n, device = len(plates), plates.pixels.device
    steep = torch.rand(n, device=device) ** 2
    sign = torch.randint(0, 2, (n,), device=device) * 2 - 1
    yaw = torch.deg2rad(steep * steepest) * sign
    pitch = torch.deg2rad(torch.randn(n, device=device).clamp(-2, 2) * 13)
    roll = torch.deg2rad(torch.randn(n, device=device).clamp(-2.5, 2.5) * 4.5)
    cy, sy, cp, sp, cr, sr = yaw.cos(), yaw.sin(), pitch.cos(), pitch.sin(), roll.cos(), roll.sin()
    zero, one = torch.zeros_like(yaw), torch.ones_like(yaw)

    def matrix(*rows: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        return torch.stack([torch.stack(row, -1) for row in rows], -2)

    turn = (
        matrix((cr, -sr, zero), (sr, cr, zero), (zero, zero, one))
        @ matrix((one, zero, zero), (zero, cp, -sp), (zero, sp, cp))
        @ matrix((cy, zero, sy), (zero, one, zero), (-sy, zero, cy))
    )
    width = plates.inner[:, 2]
    distance = width * torch.exp(
        torch.empty(n, device=device).uniform_(math.log(1.8), math.log(12))
    )
    project = torch.cat([turn[:, :2, :2], turn[:, 2:, :2] / distance.view(n, 1, 1)], 1)
    project = torch.cat(
        [project, torch.tensor([0.0, 0, 1], device=device).expand(n, 3)[..., None]], 2
    )
    middle = plates.inner[:, :2] + plates.inner[:, 2:] / 2
    shift = matrix((one, zero, -middle[:, 0]), (zero, one, -middle[:, 1]), (zero, zero, one))
    return project @ shift


def mapped(matrix: Tensor, points: Tensor) -> Tensor:
    """Map points [n, m, 2] by homographies [n, 3, 3]."""
    moved = torch.cat([points, torch.ones_like(points[..., :1])], -1) @ matrix.transpose(1, 2)
    return moved[..., :2] / moved[..., 2:].clamp(min=1e-4)


def bounds(matrix: Tensor, rectangle: Tensor) -> Tensor:
    """Give the boxes [n, 4] (left, top, right, bottom) around mapped rectangles (x, y, w, h)."""
    x, y, w, h = rectangle.unbind(-1)
    corners = torch.stack(
        [torch.stack(one, -1) for one in ((x, y), (x + w, y), (x, y + h), (x + w, y + h))], 1
    )
    found = mapped(matrix, corners)
    return torch.cat([found.amin(1), found.amax(1)], -1)


def laid(plates: Plates, inverse: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
    """Sample plates at view points [n, h, w, 2]; give the colours and where the plates cover."""
    n, h, w, _ = points.shape
    at = mapped(inverse, points.reshape(n, h * w, 2)).reshape(n, h, w, 2)
    size = points.new_tensor([plates.pixels.shape[2], plates.pixels.shape[1]])
    grid = (at + 0.5) / size * 2 - 1
    colours = nn.grid_sample(
        plates.pixels.permute(0, 3, 1, 2).float() / 255, grid, align_corners=False
    )
    outer = plates.outer.view(n, 1, 1, 2)
    within = ((at > 0) & (at < outer - 1)).all(-1)
    return colours, within[:, None].float()


def crops(
    plates: Plates, backgrounds: Tensor, columns: int, rows: int, camera: Camera = photograph
) -> Crops:
    """Cut plates out of views `columns` by `rows` pixels large, and photograph them."""
    n, device = len(plates), plates.pixels.device
    matrix = turned(plates)
    box = bounds(matrix, plates.inner)
    size = box[:, 2:] - box[:, :2]
    loose = torch.rand(n, 1, device=device) < 0.5
    edges = torch.rand(n, 4, device=device)
    # Tight: the detector's own error. Loose: what a reader adds around it, or a careless box.
    margins = torch.where(loose, edges * 0.2 - 0.02, edges * 0.09 - 0.035)
    margins[:, 1::2] += torch.rand(n, 2, device=device) * 0.12 * loose
    is_cut = torch.rand(n, device=device) < 0.06
    depth = torch.empty(n, device=device).uniform_(0.12, 0.4)
    left = torch.rand(n, device=device) < 0.5
    margins[:, 0] = torch.where(is_cut & left, -depth, margins[:, 0])
    margins[:, 2] = torch.where(is_cut & ~left, -depth, margins[:, 2])
    window = torch.cat([box[:, :2] - margins[:, :2] * size, box[:, 2:] + margins[:, 2:] * size], -1)
    finer = max(1, min(4, round(240 / columns)))
    points = _grid(window, rows * finer, columns * finer)
    colours, covers = laid(plates, torch.linalg.inv(matrix), points)
    behind = backdrop(backgrounds, n, rows, columns)
    behind = nn.interpolate(behind, scale_factor=float(finer), mode="nearest")
    images = behind + (colours - behind) * covers
    images, hidden = _cover(images, plates, matrix, window)
    images = nn.avg_pool2d(images, finer)
    images = camera(images, columns / 100)
    images = nn.interpolate(images, (HEIGHT, WIDTH), mode="bilinear", align_corners=False)
    centres = (mapped(matrix, plates.centres) - window[:, None, :2]) / (
        window[:, 2:] - window[:, :2]
    )[:, None]
    centres = centres.clamp(-1, 2)
    has = plates.labels != plates.blank
    gone = ((centres < 0.012) | (centres > 0.988)).any(-1) & has
    known = (~(gone.any(-1, keepdim=True)) & ~hidden).float()
    return Crops((images * 255).round().byte(), plates.labels, plates.regions, centres, known)


def _grid(window: Tensor, rows: int, columns: int) -> Tensor:
    x = (torch.arange(columns, device=window.device) + 0.5) / columns
    y = (torch.arange(rows, device=window.device) + 0.5) / rows
    grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)
    return window[:, None, None, :2] + grid * (
        window[:, None, None, 2:] - window[:, None, None, :2]
    )


def _cover(images: Tensor, plates: Plates, matrix: Tensor, window: Tensor) -> tuple[Tensor, Tensor]:
    """Hide one character of a few plates whole, as a tow ball or a leaf does."""
    n, _, h, w = images.shape
    one = torch.randint(0, 10, (n,), device=images.device)
    chosen = (torch.rand(n, device=images.device) < 0.05) & (
        plates.labels[torch.arange(n), one] != plates.blank
    )
    centre = mapped(matrix, plates.centres)[torch.arange(n), one]
    centre = (centre - window[:, :2]) / (window[:, 2:] - window[:, :2])
    y = torch.linspace(0, 1, h, device=images.device).view(1, h, 1)
    x = torch.linspace(0, 1, w, device=images.device).view(1, 1, w)
    near = ((x - centre[:, 0].view(n, 1, 1)).abs() < 0.07) & (
        (y - centre[:, 1].view(n, 1, 1)).abs() < 0.5
    )
    shade = torch.rand(n, 3, 1, 1, device=images.device)
    images = torch.where((near & chosen.view(n, 1, 1))[:, None], shade, images)
    hidden = torch.zeros(n, 10, dtype=torch.bool, device=images.device)
    hidden[torch.arange(n), one] = chosen
    return images, hidden


def backdrop(backgrounds: Tensor, count: int, rows: int, columns: int) -> Tensor:
    """Draw windows of background patches (uint8 [m, 3, h, w]), or plain paint, as floats."""
    device = backgrounds.device
    chosen = backgrounds[torch.randint(0, len(backgrounds), (count,), device=device)].float() / 255
    zoom = torch.empty(count, 1, 1, device=device).uniform_(0.15, 1.0)
    shift = (torch.rand(count, 2, 1, device=device) * 2 - 1) * (1 - zoom)
    theta = torch.cat([torch.eye(2, device=device)[None] * zoom, shift], 2)
    grid = nn.affine_grid(theta, [count, 3, rows, columns], align_corners=False)
    found = nn.grid_sample(chosen, grid, align_corners=False, padding_mode="reflection")
    paint = torch.rand(count, 3, 1, 1, device=device)
    strength = torch.rand(count, 1, 1, 1, device=device)
    return found + (paint - found) * strength * (torch.rand(count, 1, 1, 1, device=device) < 0.5)
