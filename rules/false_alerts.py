"""How many hits a day of innocent vehicles a list is expected to give: what its modes cost.

For each entry: the traffic a day, times how likely a passing vehicle bears a plate that the entry
takes for its own (`anpr.plates.frequency`), times how likely it does so.

- exact: the vehicle's plate differs in one character and was misread into the entry's;
- equivalent: it is a look-alike in at most two characters, and every such vehicle gives a hit;
- probable: it differs in one character, or in two look-alikes, and was read so uncertainly that
  the likelihood reaches the list's threshold;
- wildcard: every vehicle whose plate fits the pattern, whether it is the wanted one or not.

An estimate: the shares of plate formats, how characters are confused and how certain reads are
come from tables, not from the zone's own reads.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from anpr.events import Match
from anpr.list_entries import Rows
from anpr.plates import frequency
from anpr.sites import ListSettings, Site
from rules.confusion import LIKELIEST, look_alikes
from rules.likelihood import left_over

MISREAD = 0.005
"""How often one character of a plate is misread."""

CERTAINTIES = (0.9, 0.97, 0.985, 0.99, 0.993, 0.995, 0.997, 0.998, 0.999, 0.9995)
"""How certain cameras are of characters that they read rightly: deciles."""

CONFIDENCE = 0.95
"""How certain they are of a plate."""

LEAST_SHARE = 0.02
"""Rarer confusions add nothing to the sum."""

SAMPLE = 300
"""So many entries of a mode are weighed; the rest of a big list is like them."""

DIGIT, LETTER = 1 / 10, 1 / 24
"""How likely a plate has a certain digit or letter in a place."""


def false_alerts_of(entries: Rows, passages_per_day: float, site: Site) -> float:
    """Estimate the false alerts a day of a list of a site, to three figures."""
    settings = site.lists.get(entries.name, ListSettings())
    home = site.site.country
    expected = false_alerts_per_day(entries, passages_per_day, settings.probable_min, home)
    return float(f"{expected:.3g}")


def false_alerts_per_day(
    entries: Rows, passages_per_day: float, probable_min: float, home: str
) -> float:
    """Estimate how many hits a day the entries of a list give on vehicles that they do not mean."""
    by_mode: dict[Match, list[str]] = defaultdict(list)
    for block in entries.blocks:
        by_mode[block.terms.match_mode] += block.patterns()
    return passages_per_day * sum(
        len(patterns) * _mean(mode, _sample(patterns), probable_min, home)
        for mode, patterns in by_mode.items()
    )


def _sample(patterns: Sequence[str]) -> Sequence[str]:
    return patterns[:: max(1, len(patterns) // SAMPLE)]


def _mean(mode: Match, patterns: Sequence[str], probable_min: float, home: str) -> float:
    chances = [_chance(mode, pattern, probable_min, home) for pattern in patterns]
    return sum(chances) / len(chances)


def _chance(mode: Match, pattern: str, probable_min: float, home: str) -> float:
    """Tell how likely one passing vehicle, not the wanted one, gives a hit."""
    if mode is Match.WILDCARD:
        return _fitting(pattern)
    misread = sum(frequency(plate, home) * MISREAD * share for plate, share in _one_off(pattern))
    if mode is Match.EQUIVALENT:
        return misread + sum(frequency(plate, home) for plate in look_alikes(pattern))
    if mode is Match.PROBABLE:
        return misread + sum(
            frequency(plate, home) * _reaching(share, probable_min)
            for plate, share in _one_off(pattern)
        )
    return misread


def _one_off(plate: str) -> Iterator[tuple[str, float]]:
    """Give the plates that differ in one character, each with its share in misreads of it."""
    for place, sign in enumerate(plate):
        for other, share in LIKELIEST.get(sign, ()):
            if share < LEAST_SHARE:
                break
            yield f"{plate[:place]}{other}{plate[place + 1 :]}", share


def _reaching(share: float, probable_min: float) -> float:
    """Tell in how many reads a misread of this share is likely enough for a hit."""
    reaching = [one for one in CERTAINTIES if CONFIDENCE * left_over(one) * share >= probable_min]
    return len(reaching) / len(CERTAINTIES)


def _fitting(pattern: str) -> float:
    chance = 1.0
    for sign in pattern:
        if sign not in "?*":
            chance *= DIGIT if sign.isdigit() else LETTER
    return chance
