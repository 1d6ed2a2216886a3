"""Photographs on disk to the plates they show, for the command line."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from anpr.errors import ImageError
from ocr.announce import pixels
from ocr.image import decode_any
from ocr.reader import PlateCandidate, Reader


def read_files(paths: Iterable[Path], reader: Reader) -> Iterator[dict[str, Any]]:
    """Read image files one by one: `file` and `plates`, the surest first.

    A file that cannot be read has no plates and an `error`.
    """
    for path in paths:
        yield {"file": str(path), **_read(path, reader)}


def _read(path: Path, reader: Reader) -> dict[str, Any]:
    try:
        found = reader.read_image(decode_any(path.read_bytes()))
    except OSError as error:
        return {"error": error.strerror or "cannot be read", "plates": []}
    except ImageError as error:
        return {"error": str(error), "plates": []}
    return {"plates": [_plate(one) for one in found]}


def _plate(found: PlateCandidate) -> dict[str, Any]:
    return {
        "plate": found.reading.plate,
        "country": found.country,
        "confidence": round(found.confidence, 4),
        "characters": [round(one, 4) for one in found.reading.characters],
        "box": list(pixels(found.box)),
    }
