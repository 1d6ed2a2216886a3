"""What a misread character is in truth, before anything is known of the read: a prior.

The classes of look-alikes are those of `anpr.plates.LOOK_ALIKES`. Weaker ones are those that
vendors' documents and users report (T/1, 4/A, 7/Z, 7/J, 3/J, E/3, C/0, M/A) and that lettering
makes plausible (H/N/M/W, P/R, K/X, U/V/Y). The weights are estimates, not measured.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations, permutations

SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

LOOK_ALIKE, LIKE, UNLIKE = 1.0, 0.2, 0.01
"""How often a misread comes of a look-alike, of a weaker likeness, of any other character."""

CLASSES = ("0ODQ", "1IL", "8B", "5S", "2Z", "6G")
LIKENESSES = (
    "T1", "4A", "7Z", "7J", "3J", "E3", "C0", "CG", "MA", "HN", "NM", "MW", "PR", "PF", "EF", "KX",
    "UV", "VY", "71", "7T", "38", "83", "BR", "BE", "8R", "89", "56", "DO", "DB", "AR",
)  # fmt: skip


def _weights() -> Mapping[str, Mapping[str, float]]:
    weights = {sign: {other: UNLIKE for other in SIGNS if other != sign} for sign in SIGNS}
    groups = [*((one, LIKE) for one in LIKENESSES), *((one, LOOK_ALIKE) for one in CLASSES)]
    for group, weight in groups:
        for sign, other in permutations(group, 2):
            weights[sign][other] = weight
    return weights


def _shares() -> Mapping[str, Mapping[str, float]]:
    return {
        sign: {other: weight / sum(others.values()) for other, weight in others.items()}
        for sign, others in _weights().items()
    }


SHARES = _shares()
"""Of each character read wrongly, which share each other one has in what it is in truth."""

LIKELIEST = {
    sign: tuple(sorted(others.items(), key=lambda pair: -pair[1]))
    for sign, others in SHARES.items()
}
"""The same, the likeliest first."""


def share(read: str, meant: str) -> float:
    """Give the share of `meant` in what a misread `read` is in truth; an umlaut is hardly read."""
    return SHARES.get(read, {}).get(meant, UNLIKE)


def look_alikes(plate: str) -> Iterator[str]:
    """Give the other plates that look like this one in one or two characters."""
    members = {sign: group.replace(sign, "") for group in CLASSES for sign in group}
    places = [place for place, sign in enumerate(plate) if sign in members]
    for place in places:
        for other in members[plate[place]]:
            yield f"{plate[:place]}{other}{plate[place + 1 :]}"
    for first, second in combinations(places, 2):
        for one in members[plate[first]]:
            for other in members[plate[second]]:
                yield (
                    f"{plate[:first]}{one}{plate[first + 1 : second]}{other}{plate[second + 1 :]}"
                )
