"""The scene composer: street frames seen at any scale, with rendered plates put into them.

Some plates take the place of real ones, so that close-ups of real vehicles have sharp plates;
others stand anywhere, on a patch of paint or on nothing at all. Lettering is put there too.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as nn
from torch import Tensor

from training.camera import photograph
from training.frames import Frames
from training.pool import Pool
from training.views import bounds, laid, turned

CELL = 8
SMALLEST, LARGEST = 14.0, 420.0
"""Widths of the plates to be found, in pixels of the network's input."""
PASTED = 3


@dataclass(frozen=True, slots=True)
class Scenes:
    """Pictures and what is in them.

    `grey` [n, 1, h, w]; `boxes` [n, m, 4] (left, top, right, bottom); `wanted` [n, m] is 1 for a
    plate, 0 for nothing, -1 for something to ignore.
    """

    grey: Tensor
    boxes: Tensor
    wanted: Tensor


def scenes(frames: Frames, pool: Pool, count: int, rows: int, columns: int) -> Scenes:
    """Compose pictures of `rows` by `columns` pixels."""
    device = frames.pixels.device
    chosen = torch.randint(0, len(frames.pixels), (count,), device=device)
    boxes, wanted = frames.boxes[chosen], frames.wanted[chosen]
    window, mirror, target = _windows(boxes, wanted, rows, columns)
    finer = 2
    images = _seen(frames.pixels, chosen, window, mirror, rows * finer, columns * finer)
    placed = _placed(boxes, window, mirror, rows, columns)
    state = torch.where(boxes[..., 2] > 0, torch.where(wanted > 0, 1.0, -1.0), 0.0)
    size = placed[..., 2] - placed[..., 0]
    state = torch.where((size < SMALLEST) & (state > 0), -1.0, state)
    for number in range(PASTED):
        images, box, kind = _paste(
            images, pool, placed, state, target if number == 0 else None, finer
        )
        covered = _covers(box[:, None], placed)
        # What a pasted plate hides is gone; what it only touches is nobody's business.
        state = torch.where(covered > 0.5, 0.0, torch.where(covered > 0.12, -state.abs(), state))
        placed, state = torch.cat([placed, box[:, None]], 1), torch.cat([state, kind[:, None]], 1)
    images = photograph(nn.avg_pool2d(images, finer), torch.empty(()).uniform_(0.3, 1.2).item())
    grey = images[:, :1] * 0.299 + images[:, 1:2] * 0.587 + images[:, 2:] * 0.114
    left, top, right, bottom = placed.unbind(-1)
    part = 0.2 * size_of(placed)
    inside = (left > -part) & (right < columns + part) & (top > -4) & (bottom < rows + 4)
    return Scenes(grey, placed, torch.where(inside, state, -state.abs()))


def size_of(boxes: Tensor) -> Tensor:
    """Give the widths of boxes."""
    return boxes[..., 2] - boxes[..., 0]


def _windows(
    boxes: Tensor, wanted: Tensor, rows: int, columns: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Choose windows of the frames (x, y, w, h), which are mirrored, and each one's plate."""
    n, device = len(boxes), boxes.device
    row = torch.arange(n, device=device)
    target = torch.multinomial(wanted + 1e-6, 1)[:, 0]
    own = boxes[row, target]
    reach = torch.empty(n, device=device).uniform_(math.log(SMALLEST), math.log(LARGEST)).exp()
    near = own[:, 2].clamp(min=30) / reach * columns
    far = torch.empty(n, device=device).uniform_(500, 1280)
    to_plate = (torch.rand(n, device=device) < 0.65) & (own[:, 2] > 0)
    width = torch.where(to_plate, near, far).clamp(90, 1280)
    height = width * rows / columns * torch.empty(n, device=device).uniform_(0.88, 1.14)
    height = height.clamp(max=720)
    middle = own[:, :2] + own[:, 2:] / 2
    aside = (torch.rand(n, 2, device=device) - 0.5) * torch.stack([width, height], -1) * 0.85
    anywhere = torch.rand(n, 2, device=device) * torch.tensor([1280.0, 720.0], device=device)
    centre = torch.where(to_plate[:, None], middle + aside, anywhere)
    half = torch.stack([width, height], -1) / 2
    centre = torch.minimum(
        torch.maximum(centre, half), torch.tensor([1280.0, 720.0], device=device) - half
    )
    mirror = torch.where(torch.rand(n, device=device) < 0.5, -1.0, 1.0)
    return torch.cat([centre - half, 2 * half], -1), mirror, torch.where(to_plate, target, -1)


def _seen(
    pixels: Tensor, chosen: Tensor, window: Tensor, mirror: Tensor, rows: int, columns: int
) -> Tensor:
    """Sample the windows; one picture at a time, since frames are large."""
    x = torch.linspace(-1, 1, columns, device=pixels.device)
    y = torch.linspace(-1, 1, rows, device=pixels.device)
    full = window.new_tensor([1280.0, 720.0])
    centre = (window[:, :2] + window[:, 2:] / 2) / full * 2 - 1
    half = window[:, 2:] / full
    grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)[None]
    scale = torch.stack([half[:, 0] * mirror, half[:, 1]], -1)
    points = grid * scale[:, None, None] + centre[:, None, None]
    found = [
        nn.grid_sample(pixels[at][None].float() / 255, one[None], align_corners=False)
        for at, one in zip(chosen.tolist(), points, strict=True)
    ]
    return torch.cat(found)


def _placed(boxes: Tensor, window: Tensor, mirror: Tensor, rows: int, columns: int) -> Tensor:
    """Give boxes (x, y, w, h of the frame) as left, top, right, bottom of the picture."""
    scale = boxes.new_tensor([columns, rows]) / window[:, 2:]
    start = (boxes[..., :2] - window[:, None, :2]) * scale[:, None]
    end = start + boxes[..., 2:] * scale[:, None]
    turned_back = mirror[:, None] < 0
    left = torch.where(turned_back, columns - end[..., 0], start[..., 0])
    right = torch.where(turned_back, columns - start[..., 0], end[..., 0])
    return torch.stack([left, start[..., 1], right, end[..., 1]], -1)


def _paste(
    images: Tensor, pool: Pool, placed: Tensor, state: Tensor, target: Tensor | None, finer: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Put one plate into each picture (or nothing); give its box and what it is (1, 0)."""
    n, _, tall, wide = images.shape
    device = images.device
    rows, columns = tall / finer, wide / finer
    plates = pool.sample(n)
    matrix = turned(plates)
    box = bounds(matrix, plates.inner)
    width = (
        torch.empty(n, device=device).uniform_(math.log(SMALLEST), math.log(LARGEST * 0.8)).exp()
    )
    centre = torch.rand(n, 2, device=device) * torch.tensor([columns, rows], device=device)
    there = torch.rand(n, device=device) < (0.7 if target is not None else 0.4)
    if target is not None:
        row = torch.arange(n, device=device)
        own = placed[row, target.clamp(min=0)]
        replaces = (target >= 0) & (torch.rand(n, device=device) < 0.6)
        width = torch.where(
            replaces, size_of(own) * torch.empty(n, device=device).uniform_(0.95, 1.15), width
        )
        centre = torch.where(replaces[:, None], (own[:, :2] + own[:, 2:]) / 2, centre)
        there = torch.where(target >= 0, replaces, there)
    # A plate that would lie on another one stays away, but for the one it replaces.
    scale = width / size_of(box)
    move = centre - (box[:, :2] + box[:, 2:]) / 2 * scale[:, None]
    to_view = torch.zeros(n, 3, 3, device=device)
    to_view[:, 0, 0], to_view[:, 1, 1], to_view[:, 2, 2] = scale, scale, 1
    to_view[:, :2, 2] = move
    matrix = to_view @ matrix
    box = bounds(matrix, plates.inner)
    others = state.abs() if target is None else torch.zeros_like(state)
    there &= ((_covers(box[:, None], placed) > 0.02) & (others > 0)).sum(1) == 0
    x = (torch.arange(wide, device=device) + 0.5) / finer
    y = (torch.arange(tall, device=device) + 0.5) / finer
    points = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)[None].expand(n, -1, -1, -1)
    images = _painted(images, box, points, there)
    colours, covers = laid(plates, torch.linalg.inv(matrix), points)
    images = images + (colours - images) * covers * there.view(n, 1, 1, 1)
    is_plate = (plates.lines > 0) & there
    is_tiny = size_of(box) < SMALLEST
    return (
        images,
        torch.where(there[:, None], box, -100.0),
        torch.where(is_plate, torch.where(is_tiny, -1.0, 1.0), 0.0),
    )


def _painted(images: Tensor, box: Tensor, points: Tensor, there: Tensor) -> Tensor:
    """Paint a soft patch of bodywork behind some of the plates."""
    n = len(box)
    size = box[:, 2:] - box[:, :2]
    grow = size * torch.empty(n, 2, device=box.device).uniform_(0.1, 1.6)
    edges = torch.cat([box[:, :2] - grow, box[:, 2:] + grow], -1).view(n, 1, 1, 4)
    soft = (grow.amin(1) * 0.3 + 1).view(n, 1, 1)
    depth = torch.minimum(points - edges[..., :2], edges[..., 2:] - points).amin(-1)
    colour = torch.rand(n, 3, 1, 1, device=box.device) ** 1.5
    share = (depth / soft).clamp(0, 1) * ((torch.rand(n, device=box.device) < 0.45) & there).view(
        n, 1, 1
    )
    return images + (colour - images) * share[:, None]


def _covers(box: Tensor, others: Tensor) -> Tensor:
    """Give which share of each other box is covered [n, m]."""
    common = torch.minimum(box[..., 2:], others[..., 2:]) - torch.maximum(
        box[..., :2], others[..., :2]
    )
    common = common.clamp(min=0).prod(-1)
    return common / (others[..., 2:] - others[..., :2]).clamp(min=1e-3).prod(-1)
