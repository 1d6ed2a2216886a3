"""Whether a confidence means what it says: reliability and the expected calibration error."""

from collections.abc import Sequence
from dataclasses import dataclass

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Readings of about one confidence: how many, what they claim, and how many are right."""

    count: int
    claimed: float
    right: float


def reliability(claims: Sequence[tuple[float, bool]], bins: int = BINS) -> list[Bin]:
    """Sort claims (confidence, whether it was right) into bins of equal width; empty ones fall out.

    Guo et al., On Calibration of Modern Neural Networks (2017), section 2.
    """
    sorted_in: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for confidence, is_right in claims:
        sorted_in[min(int(confidence * bins), bins - 1)].append((confidence, is_right))
    return [
        Bin(
            len(those),
            sum(confidence for confidence, _ in those) / len(those),
            sum(is_right for _, is_right in those) / len(those),
        )
        for those in sorted_in
        if those
    ]


def calibration_error(claims: Sequence[tuple[float, bool]], bins: int = BINS) -> float:
    """Measure how far claims are from the truth on average, 0..1 (ECE); 0 where there are none."""
    total = len(claims)
    return sum(
        one.count * abs(one.claimed - one.right) / total for one in reliability(claims, bins)
    )
