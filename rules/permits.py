"""Permits: whether a list lets a plate pass. A look-alike counts in the driver's favour."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from anpr.events import Match, Passage
from anpr.lists import Entry, Lists


class PermitReason(StrEnum):
    """How a permit covers a plate."""

    PERMIT = "permit"
    LOOK_ALIKE = "look_alike_permit"


@dataclass(frozen=True, slots=True)
class Permit:
    """An entry that covers a passage, and how."""

    entry: Entry
    reason: PermitReason


def permit_for(passage: Passage, names: Sequence[str], lists: Lists) -> tuple[Permit | None, int]:
    """Find the permit that covers a passage at its time, and the summed versions of the lists.

    All lists are asked and all count in the version, so that a list that loses an entry still
    makes the judgement newer. The plate's own entry goes before a look-alike's, then the order
    of the names, then the lower id.
    """
    if passage.plate is None:
        return None, 0
    found: list[Permit] = []
    versions = 0
    for name in names:
        held = lists.at(name, passage.at)
        versions += held.version
        found += [
            Permit(entry, _reason(entry, passage.plate))
            for entry in held.find_look_alikes(passage.plate, passage.country, passage.at)
        ]
    own_first = sorted(found, key=lambda permit: permit.reason is not PermitReason.PERMIT)
    return (own_first[0] if own_first else None), versions


def _reason(entry: Entry, plate: str) -> PermitReason:
    """Tell an entry that means this plate from one that looks like it."""
    is_own = entry.plate_pattern == plate or entry.match_mode is Match.WILDCARD
    return PermitReason.PERMIT if is_own else PermitReason.LOOK_ALIKE
