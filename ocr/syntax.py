"""What the syntax of plates says about a reading: a soft prior, never a refusal."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from math import prod

from anpr import plates
from anpr.plate_formats import FORMATS
from ocr.ports import Reading
from ocr.vote import ALTERNATIVES
from ocr.wholeness import CARRIED, HIDDEN, part

DOUBT = 2
"""A text in no known format, or that only a personal plate could have, is believed as if it had
to be read right this many times: lettering on vehicles dies of it, a clear personal plate stays."""

LEAST = 0.02
"""The share of a character from which the eye holds it possible."""
LEAN = 20.0
"""By how much at most the syntax changes the odds of two texts."""
MOST = 64
"""With more texts than this to choose from, nothing is known and nothing is chosen."""

PLAIN = 0.85
"""Letters alone, digits alone and fewer than FEW characters are never surer: vans, signs, stickers
(`4X4`, `E19`) say the same as the few personal plates that do."""
FEW = 4

UNSEEN = 0.002
"""How likely a plate looks of one other country: it misleads in about 2 of 100, over a dozen."""
MASKED = 0.03
"""The same of a plate of which a part, and with it the country's band, is hidden."""

KNOWN = 0.5

SYNTAX_KNOWN = frozenset(one.country for one in FORMATS)
"""The countries whose formats the language knows."""


def weighed(reading: Reading, home: str, *, is_followed: bool = False) -> float:
    """Weigh the confidence by whether plates are written so, and whether whole ones are, 0..1.

    `is_followed`: it was read in several views of one vehicle.
    """
    if not reading.plate:
        return 0.0
    if reading.plate.isalpha() or reading.plate.isdigit() or len(reading.plate) < FEW:
        return min(reading.confidence**DOUBT, PLAIN)
    known = any(one.format != plates.PERSONAL for one in plates.syntax(reading.plate))
    seen = reading.confidence if known else reading.confidence**DOUBT
    look = {name: reading.countries.get(name, 0.0) + MASKED for name in SYNTAX_KNOWN}
    cut = (CARRIED if is_followed else HIDDEN) * part(reading.plate, look, home)
    return seen / (1 + cut / _evidence(reading, reading.plate, home)) if cut else seen


def informed(reading: Reading, home: str) -> Reading:
    """Choose among look-alikes by what plates are written like: 1ABC123 rather than IABC123.

    Only characters that the eye itself holds possible (LEAST) are weighed, and the syntax changes
    their odds by LEAN at most, so that no plate is forced into a format.
    """
    texts = _look_alikes(reading)
    if len(texts) < 2:  # noqa: PLR2004
        return reading
    seen = {text: prod(_shares(reading, text)) for text in texts}
    likely = {text: _evidence(reading, text, home) for text in texts}
    first = likely[reading.plate]
    weights = {text: seen[text] * min(max(likely[text] / first, 1 / LEAN), LEAN) for text in texts}
    total = sum(weights.values())
    shares = {text: weight / total for text, weight in weights.items()}
    plate = max(texts, key=lambda text: (shares[text], text))
    mass = sum(seen.values()) * reading.end
    others = dict(reading.alternatives) | {text: mass * share for text, share in shares.items()}
    ranked = sorted(others.items(), key=lambda one: (-one[1], one[0]))
    return replace(
        reading,
        plate=plate,
        characters=_characters(reading, plate, shares),
        confidence=min(mass * shares[plate], 1.0),
        alternatives=tuple(one for one in ranked if one[0] != plate)[:ALTERNATIVES],
    )


def _look_alikes(reading: Reading) -> list[str]:
    """List the texts that only look-alike characters tell apart, the likeliest to the eye first."""
    choices = [
        [
            other
            for other, share in sorted(slot.items(), key=lambda one: (-one[1], one[0]))
            if other == best or (share >= LEAST and plates.fold(other) == plates.fold(best))
        ]
        for best, slot in zip(reading.plate, reading.slots, strict=True)
    ]
    if prod(map(len, choices)) > MOST:
        return [reading.plate]
    return ["".join(letters) for letters in product(*choices)]


def _shares(reading: Reading, text: str) -> list[float]:
    return [slot[letter] for slot, letter in zip(reading.slots, text, strict=True)]


def _evidence(reading: Reading, text: str, home: str) -> float:
    """Tell how likely the traffic shows this text, given the country that the plate looks of."""
    return sum(_joined(reading.countries, plates.likelihoods(text, home)).values())


def _characters(reading: Reading, plate: str, shares: Mapping[str, float]) -> tuple[float, ...]:
    """Give each character what all texts with it are worth, of what the eye gave them."""
    return tuple(
        sum(share for text, share in shares.items() if text[at] == letter)
        * sum(slot[other] for other in {text[at] for text in shares})
        for at, (letter, slot) in enumerate(zip(plate, reading.slots, strict=True))
    )


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
