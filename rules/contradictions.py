"""What passages say of themselves or of each other that speaks against taking them for proof."""

from collections.abc import Sequence

from anpr.events import Passage

CLOCK_OFF_MS = 20
"""A reported error above this says that a clock is not kept. No site's own bound moves it: one that
a site widens afterwards must not turn a doubt into a case."""


def is_clock_off(passage: Passage) -> bool:
    """Say whether the camera's clock was reported off when it saw the vehicle."""
    return (passage.clock_error_ms or 0) > CLOCK_OFF_MS


def countries_differ(passages: Sequence[Passage]) -> bool:
    """Say whether passages of one vehicle were read as of different countries."""
    return len({one.country for one in passages if one.country is not None}) > 1
