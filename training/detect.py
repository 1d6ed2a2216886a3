"""The recipe of the detector: street frames at every scale, with rendered plates put into them.

`python -m training.detect` needs the atlas of `training.fonts` and street frames with boxes.
"""

from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
import torch.nn.functional as nn
from torch import Tensor

from training.course import Course, options
from training.frames import load
from training.networks import Detector
from training.pool import Pool
from training.scenes import CELL, Scenes, scenes

SHAPES = ((288, 384), (256, 384), (384, 288), (384, 512), (288, 512), (384, 384), (160, 256))
"""Rows and columns of the pictures trained on."""
UNIT_W, UNIT_H = 32.0, 12.0


@dataclass(frozen=True, slots=True)
class Targets:
    """What the network should answer in each cell [n, rows, columns].

    `heat` 0 to 1, `counts` whether the cell is judged at all, `near` how much its box counts, and
    `box` [n, 4, rows, columns] (left, top, right, bottom; pixels).
    """

    heat: Tensor
    counts: Tensor
    near: Tensor
    box: Tensor


def targets(seen: Scenes) -> Targets:
    """Say what the network should answer: a hill of heat at each plate's centre."""
    n, _, tall, wide = seen.grey.shape
    y = (torch.arange(tall // CELL, device=seen.grey.device) + 0.5) * CELL
    x = (torch.arange(wide // CELL, device=seen.grey.device) + 0.5) * CELL
    left, top, right, bottom = (one[..., None, None] for one in seen.boxes.unbind(-1))
    w, h = right - left, bottom - top
    across = (x.view(1, 1, 1, -1) - (left + right) / 2) / CELL
    along = (y.view(1, 1, -1, 1) - (top + bottom) / 2) / CELL
    spread_x = (w / CELL * 0.12).clamp(min=0.55)
    spread_y = (h / CELL * 0.2).clamp(min=0.55)
    hill = torch.exp(-((across / spread_x) ** 2 + (along / spread_y) ** 2) / 2)
    hill = hill * (seen.wanted > 0)[..., None, None]
    heat, owner = hill.max(1)
    # The cell that holds the centre is the summit, wherever in it the centre lies.
    summit = (
        (across.abs() <= 0.5) & (along.abs() <= 0.5) & (seen.wanted > 0)[..., None, None]
    ).any(1)
    within = (across.abs() * CELL < w * 0.6) & (along.abs() * CELL < h * 0.8)
    counts = ~(within & (seen.wanted < 0)[..., None, None]).any(1)
    box = seen.boxes.gather(1, owner.flatten(1)[..., None].expand(-1, -1, 4))
    box = box.transpose(1, 2).reshape(n, 4, tall // CELL, wide // CELL)
    return Targets(
        torch.where(summit, 1.0, heat.clamp(max=0.98)), counts.float(), heat * (heat > 0.3), box
    )


def boxes_of(answer: Tensor) -> Tensor:
    """Turn the network's answer into boxes [n, 4, rows, columns] (left, top, right, bottom)."""
    _, _, rows, columns = answer.shape
    x = (torch.arange(columns, device=answer.device) + 0.5 + answer[:, 1]) * CELL
    y = (torch.arange(rows, device=answer.device)[:, None] + 0.5 + answer[:, 2]) * CELL
    w, h = UNIT_W * answer[:, 3].clamp(-3, 4).exp(), UNIT_H * answer[:, 4].clamp(-3, 4.5).exp()
    return torch.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], 1)


def loss_of(net: Detector, seen: Scenes) -> tuple[Tensor, dict[str, Tensor]]:
    """Give the loss, and how well boxes lie over plates."""
    answer, want = net(seen.grey).float(), targets(seen)
    logit = answer[:, 0]
    sure = logit.sigmoid()
    is_summit = want.heat >= 1
    found = nn.logsigmoid(logit) * (1 - sure) ** 2 * is_summit
    wrong = nn.logsigmoid(-logit) * sure**2 * (1 - want.heat) ** 4 * ~is_summit
    number = is_summit.sum().clamp(min=1)
    marking = -((found + wrong) * want.counts).sum() / number
    near = want.near * want.counts
    over = _overlap(boxes_of(answer), want.box)
    fitting = ((1 - over) * near).sum() / near.sum().clamp(min=1)
    sizes = torch.log(
        (want.box[:, 2:] - want.box[:, :2]).clamp(min=2)
        / answer.new_tensor([UNIT_W, UNIT_H]).view(1, 2, 1, 1)
    )
    sizing = (
        nn.smooth_l1_loss(answer[:, 3:], sizes, reduction="none", beta=0.1).sum(1) * near
    ).sum() / near.sum().clamp(min=1)
    loss = marking + 2 * fitting + sizing
    recall = ((sure > 0.4) & is_summit).sum() / number
    false = ((sure > 0.4) & (want.heat < 0.05) & (want.counts > 0)).sum() / len(seen.grey)
    return loss, {
        "loss": loss.detach(),
        "overlap": (over * is_summit).sum() / number,
        "recall": recall,
        "false": false,
    }


def _overlap(ours: Tensor, theirs: Tensor) -> Tensor:
    """Give the generalised intersection over union (Rezatofighi 2019), scaled to end at 1."""
    common = (
        (torch.minimum(ours[:, 2:], theirs[:, 2:]) - torch.maximum(ours[:, :2], theirs[:, :2]))
        .clamp(min=0)
        .prod(1)
    )
    both = (
        (ours[:, 2:] - ours[:, :2]).prod(1)
        + (theirs[:, 2:] - theirs[:, :2]).clamp(min=0).prod(1)
        - common
    )
    hull = (
        torch.maximum(ours[:, 2:], theirs[:, 2:]) - torch.minimum(ours[:, :2], theirs[:, :2])
    ).prod(1)
    return common / both.clamp(min=1) - (hull - both) / hull.clamp(min=1)


def main() -> None:
    """Train for the time given; the checkpoint holds the averaged weights."""
    parser = options(__doc__, rate=2e-3, batch=16, chunk=8)
    parser.add_argument("--frames", type=Path, required=True)
    parser.add_argument("--ignored", type=Path)
    told = parser.parse_args()
    torch.manual_seed(told.seed)
    torch.backends.cudnn.benchmark = True
    torch.set_num_threads(1 if told.device == "cpu" else 4)
    random = Random(told.seed)
    frames = load(told.frames, told.ignored, told.device)
    pool = Pool(told.data / "glyphs.npz", told.pool, told.workers, told.device, told.seed)
    course = Course(Detector(), told, "detector")
    pool.draw(told.pool // 10)
    for _ in course.steps():
        pool.draw(told.fresh)
        shape = random.choice(SHAPES)
        with torch.no_grad():
            parts = [
                scenes(frames, pool, told.chunk, *shape) for _ in range(told.batch // told.chunk)
            ]
            seen = Scenes(
                *(torch.cat([getattr(one, name) for one in parts]) for name in Scenes.__slots__)
            )
        with torch.autocast(told.device, torch.bfloat16):
            loss, figures = loss_of(course.network, seen)
        course.learn(loss, told.batch, {**figures, "drawn": torch.tensor(float(pool.drawn))})


if __name__ == "__main__":
    main()
