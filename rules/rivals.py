"""Rivals: sightings of look-alike plates that may be the true other end of a pair.

Where the plate at one end may have been read for another, two vehicles compete for that end, and
nobody can say whose speed was measured. A rival that drove through itself, with both ends read
alike, competes with nobody.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from rules.pairs import Pair
from rules.sightings import Sighting

Seen = Mapping[str, Sequence[Sighting]]
"""The sightings at one end by plate."""


def with_rivals(pairs: Iterable[Pair], entries: Seen, exits: Seen, within: timedelta) -> list[Pair]:
    """Give the pairs of one plate fold, each with its earliest rival, if any."""
    known = list(pairs)
    explained = {
        end.best.id
        for pair in known
        if pair.entry.best.plate == pair.exit.best.plate
        for end in (pair.entry, pair.exit)
    }
    return [one._replace(rival=_rival(one, entries, exits, explained, within)) for one in known]


def _rival(
    pair: Pair, entries: Seen, exits: Seen, explained: set[str], within: timedelta
) -> Sighting | None:
    nothing = timedelta(0)
    found = [
        *(one for one in _strangers(pair, entries, explained)
          if nothing < pair.exit.at - one.at <= within),
        *(one for one in _strangers(pair, exits, explained)
          if nothing < one.at - pair.entry.at <= within),
    ]  # fmt: skip
    return min(found, key=lambda one: (one.at, one.best.id), default=None)


def _strangers(pair: Pair, seen: Seen, explained: set[str]) -> Iterable[Sighting]:
    return (
        sighting
        for plate, sightings in seen.items()
        if plate != pair.exit.best.plate
        for sighting in sightings
        if sighting.best.id not in explained
    )
