"""Which cells of a table must not be told, so that what is told gives no small number away.

A cell of 1 to k - 1 vehicles is hidden. Whoever knows every total of the table could still work it
out from its neighbours, so others are hidden with it: for each small cell there is a *box*, one
other place on every axis, whose corners are all hidden. Vehicles can be moved around the corners
(one more here, one less next to it) without any total or any shown cell noticing, so that the
small cell may have been any of as many numbers as can be moved, k of them where the table has
enough. No arithmetic on totals and shown cells can tell them apart.
"""

from functools import reduce
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Cells = NDArray[np.int64]
Mask = NDArray[np.bool_]

ENDLESS = 1 << 40
"""What stands in a cell of which nobody knows any total: it can give and take as it likes."""


def hidden_in(cells: Cells, k: int) -> Mask:
    """Say which cells to hide, of a table whose sums along every axis are known.

    Where even a small cell's best box would give it away (one vehicle alone in the table), all are.
    """
    hidden: Mask = ((cells > 0) & (cells < k)) | (cells >= ENDLESS)
    small = np.argwhere((cells > 0) & (cells < k))
    for place in sorted(map(tuple, small), key=lambda at: (cells[at], at)):
        if not _hide_a_box(cells, hidden, place, k):
            return np.ones_like(hidden)
    return hidden


def _hide_a_box(cells: Cells, hidden: Mask, place: tuple[int, ...], k: int) -> bool:
    """Hide the cheapest box that gives a cell k possible values, else the widest there is."""
    axes = range(cells.ndim)
    corners = [some for size in range(cells.ndim + 1) for some in combinations(axes, size)]
    views = [
        tuple(slice(None) if axis in moved else slice(at, at + 1) for axis, at in enumerate(place))
        for moved in corners
    ]
    views_by = [
        [view for view, moved in zip(views, corners, strict=True) if len(moved) % 2 == odd]
        for odd in (0, 1)
    ]
    down, up = (reduce(np.minimum, (cells[view] for view in some)) for some in views_by)
    width = np.broadcast_to(down + up, cells.shape).copy()
    for axis, at in enumerate(place):
        width[(slice(None),) * axis + (at,)] = 0
    best = min(k - 1, int(width.max(initial=0)))
    if best < 1:
        return False
    lost = reduce(np.add, (np.where(hidden[view], 0, cells[view] + 1) for view in views))
    price = np.where(width >= best, np.broadcast_to(lost, cells.shape), np.iinfo(np.int64).max)
    partner = np.unravel_index(int(price.argmin()), cells.shape)
    for moved in corners:
        hidden[tuple(partner[axis] if axis in moved else place[axis] for axis in axes)] = True
    return True
