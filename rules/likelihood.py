"""How likely a read's vehicle bears the plate that an entry means."""

from collections.abc import Iterator, Sequence
from math import prod

from anpr.events import Match, Passage
from anpr.lists import Found
from rules.confusion import LIKELIEST, share

UNKNOWN_CONFIDENCE = 0.5
"""What stands in for a confidence that a camera does not give: it says nothing either way."""


def likelihood(passage: Passage, plate: str, found: Found) -> float:
    """Estimate how likely the vehicle's plate is one that the entry means (0 to 1).

    Exact and wildcard: the read's confidence. Otherwise what the camera itself gave the entry's
    plate among its alternatives, or else the confidence times, for each differing character that
    was read with certainty c, (1 - c) / c times the prior share of the meant character in such
    misreads: the read's share of that character replaced by what it leaves to the meant one.
    Without certainties per character each takes an equal share of the confidence.
    """
    confidence = confidence_of(passage)
    meant = found.entry.plate_pattern
    if found.match in {Match.EXACT, Match.WILDCARD} or meant == plate:
        return confidence
    given = [one.confidence for one in passage.alternatives if one.plate == meant]
    if given:
        return max(given)
    if len(meant) != len(plate):
        return 0.0
    certainties = certainties_of(passage, plate)
    differing = (
        min(1.0, left_over(certainty) * share(read, listed))
        for read, listed, certainty in zip(plate, meant, certainties, strict=True)
        if read != listed
    )
    return confidence * prod(differing)


def may_be(passage: Passage, plate: str, least: float, places: Sequence[int]) -> Iterator[str]:
    """Give the other plates that the vehicle may bear with at least this likelihood.

    The camera's alternatives, and every plate that differs from the read in one of some places.
    """
    for one in passage.alternatives:
        if one.confidence >= least:
            yield one.plate
    confidence = confidence_of(passage)
    certainties = certainties_of(passage, plate) if places else ()
    for place in places:
        odds = confidence * left_over(certainties[place])
        for meant, part in LIKELIEST.get(plate[place], ()):
            if odds * part < least:
                break
            yield f"{plate[:place]}{meant}{plate[place + 1 :]}"


def confidence_of(passage: Passage) -> float:
    """Give the read's confidence, or what stands in for it."""
    return UNKNOWN_CONFIDENCE if passage.confidence is None else passage.confidence


def certainties_of(passage: Passage, plate: str) -> Sequence[float]:
    """Give how certain each character is; without that each takes an equal share."""
    if len(passage.characters) == len(plate):
        return passage.characters
    return (confidence_of(passage) ** (1 / len(plate)),) * len(plate)


def left_over(certainty: float) -> float:
    """Give the odds of a misread: what the certainty leaves, beside what it takes (1 at most)."""
    return min(1.0, (1 - certainty) / certainty) if certainty > 0 else 1.0
