"""Whether a text is a whole plate, or what is left of a longer one of which a part is hidden.

`NJE316` is an old Belgian plate, and it is what `1NJE316` shows behind a bicycle rack. The picture
cannot tell them apart; how common both are can.
"""

from collections.abc import Mapping
from functools import lru_cache
from itertools import combinations

from anpr import plates
from anpr.plate_formats import FORMATS

HIDDEN = 0.01
"""How often the first or the last characters of a plate are hidden in one picture (an estimate)."""
CARRIED = 0.001
"""How often in several views of a vehicle, since what hides them travels along (an estimate)."""

LENGTHS = range(5, 9)
RUNS = 4
"""The plates whose parts are looked for: so long, of so many groups of letters or digits."""


def part(text: str, look: Mapping[str, float], home: str) -> float:
    """Tell how much likelier a text would be a part of a longer plate, were all plates hidden.

    On the scale of `plates.likelihoods`, to be multiplied by how often plates are.

    `look` weighs the countries by how much the plate looks of them.
    """
    seen = arrangement(text)
    return sum(
        share * look.get(country, 0.0)
        for longer, shares in _common(home).items()
        if len(longer) > len(seen) and (longer.startswith(seen) or longer.endswith(seen))
        for country, share in shares.items()
    )


def arrangement(text: str) -> str:
    """Write a plate as letters (A) and digits (0)."""
    return "".join("0" if character.isdigit() else "A" for character in text)


@lru_cache(maxsize=16)
def _common(home: str) -> Mapping[str, Mapping[str, float]]:
    """Divide a zone's traffic over arrangements and countries."""
    traffic = plates.traffic(home)
    common: dict[str, dict[str, float]] = {}
    for shape in _shapes():
        texts = _texts(shape)
        for one in FORMATS:
            if one.id != plates.PERSONAL and any(map(one.matches.fullmatch, texts)):
                shares = common.setdefault(shape, {})
                share = traffic[one.country] * one.share / one.shapes
                shares[one.country] = shares.get(one.country, 0.0) + share
    return common


def _shapes() -> list[str]:
    """List every arrangement of a few groups."""
    return [
        "".join(kinds[group % 2] * (end - start) for group, (start, end) in enumerate(spans))
        for length in LENGTHS
        for groups in range(2, RUNS + 1)
        for cuts in combinations(range(1, length), groups - 1)
        for spans in [list(zip((0, *cuts), (*cuts, length), strict=True))]
        for kinds in ("A0", "0A")
    ]


def _texts(shape: str) -> list[str]:
    """Write some plates of an arrangement, with every first letter: formats may fix it."""
    bare = shape.replace("A", "B").replace("0", "1")
    if not shape.startswith("A"):
        return [bare]
    seconds = "BDX" if shape.startswith("AA") else bare[1]
    return [f"{first}{second}{bare[2:]}" for first in "ABCDEGMOPQSTUVYZ" for second in seconds]
