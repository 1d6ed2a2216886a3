"""Arrays of pixels and their types, as numpy and OpenCV give them."""

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
"""Height by width by channels (BGR, or BGRA with multiplied alpha), 0..255."""

Floats = npt.NDArray[np.float32]
"""The same while it is being lit, or a mask."""

Colour = tuple[int, int, int]
"""Blue, green, red."""


def as_image(values: npt.ArrayLike) -> Image:
    """Round down and cut to what a picture can hold."""
    array = np.asarray(values)
    return array if array.dtype == np.uint8 else np.clip(array, 0, 255).astype(np.uint8)


def as_floats(values: npt.ArrayLike) -> Floats:
    """Give values as single-precision numbers."""
    return np.asarray(values, np.float32)
