"""An atlas of glyphs: what `training.fonts` makes, and what plates are drawn with."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CAP, ABOVE, BELOW = 72, 3, 9
"""Pixels of a capital's height, and what the atlas keeps above and below it (a Q's tail)."""
WIDEST = 96


@dataclass(frozen=True, slots=True)
class Atlas:
    """Glyphs [face, character, row, column] of 0 to 255, and each one's width in pixels."""

    glyphs: npt.NDArray[np.uint8]
    widths: npt.NDArray[np.int16]

    @classmethod
    def load(cls, path: Path) -> "Atlas":
        """Read an atlas that `save` wrote. Raises OSError."""
        with np.load(path) as kept:
            return cls(kept["glyphs"], kept["widths"])

    def save(self, path: Path) -> None:
        """Write it, compressed."""
        np.savez_compressed(path, glyphs=self.glyphs, widths=self.widths)

    def glyph(self, face: int, character: str) -> npt.NDArray[np.uint8]:
        """Give one glyph, as wide as its ink. Raises ValueError for a character it lacks."""
        at = CHARACTERS.index(character)
        return self.glyphs[face, at, :, : self.widths[face, at]]
