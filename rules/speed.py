"""The speed of a transit, exactly: fractions, so that a threshold is never a rounding's."""

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from rules.margins import Margin

KMH_PER_M_S = Fraction(18, 5)
MICROSECOND = timedelta(microseconds=1)


def exactly(number: float) -> Fraction:
    """Take a configured number as the decimal that was written, not as its nearest binary."""
    return Fraction(str(number))


@dataclass(frozen=True, slots=True)
class Speed:
    """What a transit proves: L/t, and the bound that both clocks and the survey allow, in km/h."""

    measured: Fraction
    lower: Fraction

    @classmethod
    def over(
        cls, length_m: Fraction, length_error_m: Fraction, travel: timedelta, clocks_ms: Fraction
    ) -> "Speed":
        """Compute 3.6·L/t and 3.6·(L - length error)/(t + clock errors); `travel` is above zero."""
        travel_s = Fraction(travel // MICROSECOND, 1_000_000)
        return cls(
            KMH_PER_M_S * length_m / travel_s,
            KMH_PER_M_S * (length_m - length_error_m) / (travel_s + clocks_ms / 1000),
        )

    @property
    def measured_kmh(self) -> float:
        """The measured speed to two decimals."""
        return float(round(self.measured, 2))

    @property
    def lower_kmh(self) -> float:
        """The provable bound to two decimals, rounded down."""
        return float(Fraction(self.lower * 100 // 1, 100))

    def corrected_kmh(self, margin: Margin) -> int:
        """Round the bound down to whole km/h, then take the legal margin off."""
        return margin.corrected_kmh(int(self.lower // 1))
