"""The recipe of the recogniser: rendered plates only, no end of them, each seen anew.

`python -m training.recognise` needs the atlas of `training.fonts`, and street frames as
backgrounds (`--frames`). Each slot is shown where its character stands, by attention that is
supervised; what nobody could read is to be answered with every character alike.
"""

import math
from pathlib import Path
from random import Random

import torch
import torch.nn.functional as nn
from torch import Tensor

from training.course import Course, options
from training.frames import load
from training.networks import COLUMNS, ROWS, Recogniser
from training.pool import ALPHABET, BLANK, Pool
from training.registrations import countries
from training.views import Crops, crops

TWO_LINED = 0.1
"""The share of plates of two lines."""
SPREAD = 0.9
"""How far around a character's centre its attention may lie, in cells of the map."""


def network() -> Recogniser:
    """Make the network of the shipped alphabet and countries."""
    return Recogniser(len(ALPHABET), len(countries()))


def draw(pool: Pool, backgrounds: Tensor, count: int, chunk: int, random: Random) -> Crops:
    """Draw a batch in chunks, each seen by a camera of its own."""
    parts = []
    for _ in range(count // chunk):
        columns = round(math.exp(random.uniform(math.log(38), math.log(250))))
        two = random.random() < TWO_LINED
        aspect = random.uniform(1.0, 2.0) if two else random.uniform(2.4, 5.2)
        plates = pool.sample(chunk, two_lines=two)
        parts.append(crops(plates, backgrounds, columns, max(12, round(columns / aspect))))
    return Crops(*(torch.cat([getattr(one, name) for one in parts]) for name in Crops.__slots__))


def loss_of(net: Recogniser, seen: Crops) -> tuple[Tensor, dict[str, Tensor]]:
    """Give the loss, and the shares of plates and countries that are right."""
    characters, regions, maps = net(seen.images.float())
    logs = characters.float().log_softmax(-1)
    right = -logs.gather(-1, seen.labels[..., None])[..., 0]
    alike = -logs.mean(-1)
    reading = (right * seen.known + 0.15 * alike * (1 - seen.known)).mean()
    has = (seen.labels != BLANK) & (seen.known > 0)
    looking = (
        _attention(seen.centres).mul(maps.float().log_softmax(-1)).sum(-1).neg() * has
    ).sum() / has.sum()
    is_plate = (seen.labels[:, 0] != BLANK).float()
    placing = (nn.cross_entropy(regions.float(), seen.regions, reduction="none") * is_plate).mean()
    plates = ((characters.argmax(-1) == seen.labels) | (seen.known == 0)).all(-1).float().mean()
    homes = ((regions.argmax(-1) == seen.regions).float() * is_plate).sum() / is_plate.sum()
    loss = 10 * reading + 0.3 * looking + 0.1 * placing
    return loss, {"loss": loss.detach(), "plates": plates, "countries": homes}


def _attention(centres: Tensor) -> Tensor:
    """Give where each slot should look, as shares of the map's cells [n, slots, 256]."""
    y = torch.arange(ROWS, device=centres.device) + 0.5
    x = torch.arange(COLUMNS, device=centres.device) + 0.5
    across = (centres[..., :1] * COLUMNS - x) ** 2
    along = (centres[..., 1:] * ROWS - y) ** 2
    near = -(along[..., :, None] + across[..., None, :]) / (2 * SPREAD**2)
    return near.flatten(-2).softmax(-1)


def patches(pixels: Tensor, count: int) -> Tensor:
    """Cut windows out of street frames, as backgrounds [count, 3, 96, 192]."""
    _, _, rows, columns = pixels.shape
    found = []
    for _ in range(count):
        size = int(torch.randint(96, 400, ()).item())
        top = int(torch.randint(0, rows - size + 1, ()).item())
        left = int(torch.randint(0, columns - 2 * size + 1, ()).item())
        at = int(torch.randint(0, len(pixels), ()).item())
        part = pixels[at, :, top : top + size, left : left + 2 * size][None].float()
        found.append(nn.interpolate(part, (96, 192), mode="area").byte())
    return torch.cat(found)


def main() -> None:
    """Train for the time given; the checkpoint holds the averaged weights."""
    parser = options(__doc__, rate=2e-3, batch=96, chunk=24)
    parser.add_argument("--frames", type=Path, required=True)
    told = parser.parse_args()
    torch.manual_seed(told.seed)
    torch.backends.cudnn.benchmark = True
    torch.set_num_threads(1 if told.device == "cpu" else 4)
    random = Random(told.seed)
    backgrounds = patches(load(told.frames, None, told.device).pixels, 3000)
    pool = Pool(told.data / "glyphs.npz", told.pool, told.workers, told.device, told.seed)
    course = Course(network(), told, "recogniser")
    pool.draw(told.pool // 10)
    for _ in course.steps():
        pool.draw(told.fresh)
        with torch.no_grad():
            seen = draw(pool, backgrounds, told.batch, told.chunk, random)
        with torch.autocast(told.device, torch.bfloat16):
            loss, figures = loss_of(course.network, seen)
        course.learn(loss, told.batch, {**figures, "drawn": torch.tensor(float(pool.drawn))})


if __name__ == "__main__":
    main()
