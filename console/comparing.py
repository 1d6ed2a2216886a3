"""Which characters tell two plates apart: what an eye at the roadside is led to."""

from difflib import SequenceMatcher
from typing import NamedTuple

ENDING = 3
"""So many characters, the last ones, are typed to confirm a vehicle."""


class Sign(NamedTuple):
    """A character, and whether the other plate has another one there."""

    text: str
    differs: bool


def compare(pattern: str, plate: str) -> tuple[list[Sign], list[Sign]]:
    """Mark where an entry and a reading differ. `?` stands for any character, `*` for any run."""
    if len(pattern) == len(plate) and "*" not in pattern:
        marks = [one not in ("?", other) for one, other in zip(pattern, plate, strict=True)]
        return _signs(pattern, marks), _signs(plate, marks)
    left, right = [True] * len(pattern), [True] * len(plate)
    matching = SequenceMatcher(a=pattern, b=plate, autojunk=False).get_matching_blocks()
    for block in matching:
        for offset in range(block.size):
            left[block.a + offset] = right[block.b + offset] = False
    is_open = "*" in pattern
    left = [mark and sign not in "?*" for mark, sign in zip(left, pattern, strict=True)]
    return _signs(pattern, left), _signs(plate, [mark and not is_open for mark in right])


def ending_of(pattern: str, plate: str) -> str:
    """Give the characters that must stand at the end of the vehicle's plate.

    They are the entry's; where it leaves them open, those that the camera read.
    """
    ending = pattern[-ENDING:]
    return plate[-ENDING:] if set(ending) & {"?", "*"} else ending


def _signs(text: str, marks: list[bool]) -> list[Sign]:
    return [Sign(sign, mark) for sign, mark in zip(text, marks, strict=True)]
