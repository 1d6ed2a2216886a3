"""Pairs: each exit with its latest earlier entry, and what makes that pair ambiguous."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from rules.sightings import Sighting

AT = attrgetter("at")


class Pair(NamedTuple):
    """An entry and an exit.

    `other_entry`: an earlier entry without an exit between it and this one. `other_exit`:
    another exit without an entry between it and this one. Either may be the true partner. `rival`:
    a look-alike at one of both ends that may be it.
    """

    entry: Sighting
    exit: Sighting
    other_entry: Sighting | None = None
    other_exit: Sighting | None = None
    rival: Sighting | None = None

    @property
    def travel(self) -> timedelta:
        """The time between both; above zero."""
        return self.exit.at - self.entry.at


def pairs_of(
    entries: Sequence[Sighting], exits: Sequence[Sighting], within: timedelta
) -> list[Pair]:
    """Pair each exit with its latest earlier entry, at most `within` before; both are by time.

    A match consumes nothing. Others count at most `within` before the entry or after the exit.
    """
    pairs: list[Pair] = []
    for number, leaving in enumerate(exits):
        before = bisect_left(entries, leaving.at, key=AT)
        if before == 0 or leaving.at - entries[before - 1].at > within:
            continue
        entry = entries[before - 1]
        other_entry = _other_entry(entries, before - 1, exits, within)
        other_exit = _other_exit(exits, number, entries, entry, within)
        pairs.append(Pair(entry, leaving, other_entry, other_exit))
    return pairs


def _other_entry(
    entries: Sequence[Sighting], number: int, exits: Sequence[Sighting], within: timedelta
) -> Sighting | None:
    if number == 0:
        return None
    previous, entry = entries[number - 1], entries[number]
    if entry.at - previous.at > within or _any_between(exits, previous.at, entry.at):
        return None
    return previous


def _other_exit(
    exits: Sequence[Sighting],
    number: int,
    entries: Sequence[Sighting],
    entry: Sighting,
    within: timedelta,
) -> Sighting | None:
    leaving = exits[number]
    if number > 0 and exits[number - 1].at > entry.at:
        return exits[number - 1]
    if number + 1 == len(exits):
        return None
    following = exits[number + 1]
    if following.at - leaving.at > within or _any_between(entries, leaving.at, following.at):
        return None
    return following


def _any_between(seen: Sequence[Sighting], start: datetime, end: datetime) -> bool:
    after = bisect_right(seen, start, key=AT)
    return after < len(seen) and seen[after].at < end
