"""What passages say of themselves or of each other that speaks against taking them for proof."""

from collections.abc import Sequence

from anpr.events import Passage
from anpr.sites import Camera


def is_clock_off(passage: Passage, camera: Camera) -> bool:
    """Say whether the camera's clock was reported off when it saw the vehicle.

    A heartbeat that contradicts the camera's guaranteed bound puts a larger error on its reads.
    """
    return (passage.clock_error_ms or 0) > camera.clock_error_ms


def countries_differ(passages: Sequence[Passage]) -> bool:
    """Say whether passages of one vehicle were read as of different countries."""
    return len({one.country for one in passages if one.country is not None}) > 1
