"""The speed of a transit, in whole micrometres and microseconds: a threshold is never a rounding's.

3.6·m/s is 18/5 of µm/µs, so every comparison stays within integers.
"""

from datetime import timedelta
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import NamedTuple

from rules.margins import Margin

MICROSECOND = timedelta(microseconds=1)


def whole_um(length_m: float, error_m: float = 0) -> int:
    """Take a surveyed length less its error, as the decimals written, down to whole micrometres."""
    return int((Fraction(str(length_m)) - Fraction(str(error_m))) * 1_000_000)


@lru_cache(maxsize=4096)
def whole_us(clock_error_ms: float) -> int:
    """Take a clock error up to whole microseconds; what is finer is the float's own noise."""
    return ceil(round(clock_error_ms * 1000, 3))


@lru_cache(maxsize=4096)
def written_s(microseconds: int) -> str:
    """Write microseconds as seconds."""
    return f"{microseconds / 1e6:.15g}"


@lru_cache(maxsize=4096)
def _ratio(number: float) -> tuple[int, int]:
    """Write a number, as the decimals given, as a fraction of whole numbers."""
    return Fraction(str(number)).as_integer_ratio()


class Speed(NamedTuple):
    """What a transit proves: L/t, and the bound that survey and clocks allow.

    The bound is 3.6·(L - length error)/(t + both clock errors). Times are above zero.
    """

    length_um: int
    shortest_um: int
    travel_us: int
    longest_us: int

    @property
    def measured_kmh(self) -> float:
        """The measured speed to two decimals."""
        return round(3.6 * self.length_um / self.travel_us, 2)

    @property
    def lower_kmh(self) -> float:
        """The provable bound to two decimals, rounded down."""
        return 1800 * self.shortest_um // (5 * self.longest_us) / 100

    def is_above(self, kmh: float) -> bool:
        """Say whether the measured speed exceeds another."""
        over, under = _ratio(kmh)
        return 18 * self.length_um * under > 5 * self.travel_us * over

    def corrected_kmh(self, margin: Margin) -> int:
        """Round the bound down to whole km/h, then take the legal margin off."""
        return margin.corrected_kmh(18 * self.shortest_um // (5 * self.longest_us))
