"""Fonts into an atlas of glyphs: fetched once, rasterised, and never committed.

`python -m training.fonts` installs the packages that `fonts.toml` pins, with npm, into a folder
of its own, and writes the atlas beside them; `--font FILE` adds others (Debian's fonts-opendin).
"""

import argparse
import subprocess
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from training.atlas import ABOVE, BELOW, CAP, CHARACTERS, WIDEST, Atlas

SCOPE = "@fontsource"


def fetch(folder: Path) -> list[Path]:
    """Install the pinned packages below a folder; give the font files to use."""
    packages = tomllib.loads((files("training") / "fonts.toml").read_text("utf-8"))["packages"]
    named = [f"{SCOPE}/{name}@{one['version']}" for name, one in packages.items()]
    folder.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save"]
    subprocess.run([*command, "--prefix", str(folder), *named], check=True)  # noqa: S603
    return [
        folder / "node_modules" / SCOPE / name / "files" / f"{name}-latin-{weight}-normal.woff"
        for name, one in packages.items()
        for weight in one["weights"]
    ]


def rasterise(paths: list[Path]) -> Atlas:
    """Draw every character of every font."""
    faces = [list(_face(path)) for path in paths]
    glyphs = np.zeros((len(faces), len(CHARACTERS), ABOVE + CAP + BELOW, WIDEST), np.uint8)
    widths = np.zeros(glyphs.shape[:2], np.int16)
    for at, face in enumerate(faces):
        for index, glyph in enumerate(face):
            widths[at, index] = glyph.shape[1]
            glyphs[at, index, :, : glyph.shape[1]] = glyph
    return Atlas(glyphs, widths)


def _face(path: Path) -> Iterator[npt.NDArray[np.uint8]]:
    trial = ImageFont.truetype(str(path), 200)
    _, top, _, bottom = trial.getbbox("H")
    font = ImageFont.truetype(str(path), round(200 * CAP / (bottom - top)))
    _, top, _, _ = font.getbbox("H")
    for character in CHARACTERS:
        image = Image.new("L", (4 * WIDEST, 4 * CAP))
        ImageDraw.Draw(image).text((WIDEST, CAP - top), character, 255, font)
        pixels = np.asarray(image)[CAP - ABOVE : 2 * CAP + BELOW]
        inked = np.flatnonzero(pixels.max(axis=0) > 64)
        glyph = Image.fromarray(pixels[:, inked[0] : inked[-1] + 1])
        width = min(glyph.width, WIDEST)
        yield np.asarray(glyph.resize((width, glyph.height), Image.Resampling.BOX))


def main() -> None:
    """Fetch, rasterise and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("training-data"))
    parser.add_argument("--font", type=Path, action="append", default=[])
    told = parser.parse_args()
    rasterise(fetch(told.folder / "fonts") + told.font).save(told.folder / "glyphs.npz")


if __name__ == "__main__":
    main()
