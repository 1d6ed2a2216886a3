"""Voting: several readings of one plate make one that is surer than each of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import exp, log, prod, sqrt

from ocr.ports import Reading, Slot

FLOOR = 2e-3
"""The probability of a character that a slot does not name: no single frame rules one out."""

OF_ONE_PICTURE = 1.1
"""What cuts of one picture count for together: with it, their confidence means what it says."""

ALTERNATIVES = 3
_END, _MORE, _REST = "end", "more", "rest"


def spelt(slots: Sequence[Slot], end: float, countries: Mapping[str, float]) -> Reading:
    """Spell the likeliest plate of its slots; the alternatives differ from it in one character."""
    best = [_likeliest(slot) for slot in slots]
    characters = tuple(slot[one] for slot, one in zip(slots, best, strict=True))
    confidence = prod(characters) * end
    others = [
        ("".join([*best[:at], other, *best[at + 1 :]]), confidence * share / slot[best[at]])
        for at, slot in enumerate(slots)
        for other, share in slot.items()
        if other != best[at]
    ]
    others.sort(key=lambda one: (-one[1], one[0]))
    return Reading(
        plate="".join(best),
        characters=characters,
        confidence=confidence,
        end=end,
        slots=tuple(slots),
        alternatives=tuple(others[:ALTERNATIVES]),
        countries=countries,
    )


def fuse(readings: Sequence[Reading], *, as_one: bool = False) -> Reading:
    """Make one reading of at least one, whatever their order.

    The length that has the most confidence behind it wins; its readings multiply their
    probabilities, slot by slot, a surer reading weighing more. Views of one plate are not
    independent (the same dirt, the same light), so n equal ones count as the root of n. Those of
    one picture (`as_one`) count as little more than one: they outvote a slip and make little surer.
    """
    if len(readings) == 1:
        return readings[0]
    by_length: dict[int, list[Reading]] = defaultdict(list)
    for one in sorted(readings, key=lambda one: (-one.confidence, one.plate)):
        by_length[len(one.plate)].append(one)
    trust = {length: sum(one.confidence for one in ones) for length, ones in by_length.items()}
    length = max(trust, key=lambda one: (trust[one], one))
    chosen = by_length[length]
    powers = _powers([one.confidence for one in chosen], as_one=as_one)
    slots = [_multiply([one.slots[at] for one in chosen], powers) for at in range(length)]
    ends = _multiply([{_END: one.end, _MORE: 1 - one.end} for one in chosen], powers)
    agreed = _agreed(
        trust[length], sum(trust.values()) - trust[length], 1 if as_one else len(readings)
    )
    return spelt(slots, ends[_END] * agreed, _mean([one.countries for one in chosen], powers))


def _likeliest(slot: Slot) -> str:
    return max(slot, key=lambda one: (slot[one], one))


def _powers(weights: Sequence[float], *, as_one: bool) -> list[float]:
    """Share out what the readings count for: the root of how many they effectively are (Kish)."""
    total = sum(weights)
    if total <= 0:
        return [1 / len(weights)] * len(weights)
    effective = total**2 / sum(weight**2 for weight in weights)
    worth = OF_ONE_PICTURE if as_one else sqrt(effective)
    return [worth * weight / total for weight in weights]


def _multiply(slots: Sequence[Slot], powers: Sequence[float]) -> Slot:
    """Multiply opinions of one slot; what they leave unnamed stays unnamed."""
    whole = [{**slot, _REST: 1 - sum(slot.values())} for slot in slots]
    logs = {
        name: sum(
            power * log(max(slot.get(name, 0.0), FLOOR))
            for slot, power in zip(whole, powers, strict=True)
        )
        for name in sorted({name for slot in whole for name in slot})
    }
    highest = max(logs.values())
    shares = {name: exp(value - highest) for name, value in logs.items()}
    total = sum(shares.values())
    return {name: share / total for name, share in shares.items() if name != _REST}


def _agreed(chosen: float, other: float, count: int) -> float:
    """Weigh the length that won against the rest, as sharply as `count` views allow."""
    if other <= 0:
        return 1.0
    odds: float = (chosen / other) ** sqrt(count)
    return odds / (1 + odds)


def _mean(countries: Sequence[Mapping[str, float]], powers: Sequence[float]) -> Mapping[str, float]:
    total = sum(powers)
    names = sorted({name for one in countries for name in one})
    return {
        name: sum(one.get(name, 0.0) * power for one, power in zip(countries, powers, strict=True))
        / total
        for name in names
    }
