"""Permits: whether a list lets a plate pass. A look-alike counts in the driver's favour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from anpr.events import Match, Passage
from anpr.lists import Entry, Lists, PlateList

PERMITS_UNKNOWN = "permits_unknown"
"""The reason where a list of permits was never loaded: nobody knows yet who has one."""


class PermitReason(StrEnum):
    """How a permit covers a plate."""

    PERMIT = "permit"
    LOOK_ALIKE = "look_alike_permit"


@dataclass(frozen=True, slots=True)
class Permit:
    """An entry that covers a passage, in which version of which list, and how."""

    entry: Entry
    list: str
    version: int
    reason: PermitReason


def permit_for(passage: Passage, names: Sequence[str], lists: Lists) -> tuple[Permit | None, int]:
    """Find the permit that covers a passage at its time, and the summed versions of the lists.

    The version that held then counts. One that came later adds the entries in which somebody wrote
    a start: a permit given afterwards. It takes nothing away: what a version that reaches back is
    to withdraw, it withdraws by its own `holds_from`.

    All lists are asked and all count in the version, so that a list that loses an entry still
    makes the judgement newer. The plate's own entry goes before a look-alike's, then the order
    of the names, then the lower id.
    """
    if passage.plate is None:
        return None, 0
    found: list[Permit] = []
    versions = 0
    for name in names:
        here = permits_covering(passage.plate, passage.country, passage.at, (name,), lists)
        found += here
        versions += here[0].version if here else lists.at(name, passage.at).version
    own_first = sorted(found, key=lambda permit: permit.reason is not PermitReason.PERMIT)
    return (own_first[0] if own_first else None), versions


def permits_covering(
    plate: str, country: str | None, at: datetime, names: Sequence[str], lists: Lists
) -> list[Permit]:
    """Find every permit that covers a plate at a moment, in the order of the names."""
    found: list[Permit] = []
    for name in names:
        held = lists.at(name, at)
        here = _covering(held, plate, country, at)
        found += here or _given_later(held, plate, country, at, lists)
    return found


def _covering(held: PlateList, plate: str, country: str | None, at: datetime) -> list[Permit]:
    return [
        Permit(entry, held.name, held.version, _reason(entry, plate))
        for entry in held.find_look_alikes(plate, country, at)
    ]


def _given_later(
    held: PlateList, plate: str, country: str | None, at: datetime, lists: Lists
) -> list[Permit]:
    """Find what the first later version gives that has a written start."""
    for version in lists.versions(held.name):
        if version.version > held.version:
            given = [
                permit
                for permit in _covering(version, plate, country, at)
                if permit.entry.valid_from is not None
            ]
            if given:
                return given
    return []


def _reason(entry: Entry, plate: str) -> PermitReason:
    """Tell an entry that means this plate from one that looks like it."""
    is_own = entry.plate_pattern == plate or entry.match_mode is Match.WILDCARD
    return PermitReason.PERMIT if is_own else PermitReason.LOOK_ALIKE
