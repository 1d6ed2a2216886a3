"""What the syntax of plates says about a reading: a soft prior, never a refusal."""

from collections.abc import Mapping

from anpr import plates
from anpr.plate_formats import FORMATS
from ocr.ports import Reading

PERSONAL = "be_vanity"
DOUBT = 2
"""A text in no known format, or that only a personal plate could have, is believed as if it had
to be read right this many times: lettering on vehicles dies of it, a clear personal plate stays."""

UNSEEN = 0.02
"""How likely the look of a plate misleads about its country altogether."""

KNOWN = 0.5

SYNTAX_KNOWN = frozenset(one.country for one in FORMATS)
"""The countries whose formats the language knows."""


def weighed(reading: Reading) -> float:
    """Weigh the confidence by whether plates are written so, 0..1."""
    known = any(one.format != PERSONAL for one in plates.syntax(reading.plate))
    return reading.confidence if known else reading.confidence**DOUBT


def country(reading: Reading, home: str) -> str | None:
    """Tell the country that is more likely than not, from the look and the syntax of a plate.

    `home` is the country whose traffic it is (ISO alpha-2).
    """
    shares = _joined(reading.countries, plates.countries(reading.plate, home))
    total = sum(shares.values())
    best = max(sorted(shares), key=lambda one: shares[one])
    return best if best != plates.OTHER and shares[best] > KNOWN * total else None


def _joined(look: Mapping[str, float], syntax: Mapping[str, float]) -> Mapping[str, float]:
    """Multiply both opinions; countries of unknown syntax divide what it gives to others."""
    unseen = 1 - sum(look.values())
    named = {name: look.get(name, 0.0) + UNSEEN for name in syntax if name != plates.OTHER}
    shares = {name: share * syntax[name] for name, share in named.items()}
    rest = syntax.get(plates.OTHER, 0.0)
    strangers = {name: share for name, share in look.items() if name not in SYNTAX_KNOWN}
    shares |= {name: share * rest for name, share in strangers.items()}
    shares[plates.OTHER] = (max(unseen, 0.0) + UNSEEN) * rest
    return shares
