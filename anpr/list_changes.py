"""What a new version of a list changes, and how it travels in parts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from anpr.lists import Entry, ListPart, PlateList

PART_BYTES = 900_000
"""A part stays below the size of a message that a log takes by default (1 MB)."""


@dataclass(frozen=True, slots=True)
class ListDiff:
    """What a new version adds, changes (as the entries become) and removes."""

    added: tuple[Entry, ...]
    changed: tuple[Entry, ...]
    removed: tuple[Entry, ...]

    @property
    def is_empty(self) -> bool:
        """Say that nothing changes."""
        return not (self.added or self.changed or self.removed)


def diff(old: PlateList, new: Iterable[Entry]) -> ListDiff:
    """Compare a list with the entries that would replace it, by their ids."""
    after = {entry.id: entry for entry in new}
    before = old.entries
    return ListDiff(
        added=tuple(entry for entry in after.values() if entry.id not in before),
        changed=tuple(entry for entry in after.values() if before.get(entry.id, entry) != entry),
        removed=tuple(entry for entry in before.values() if entry.id not in after),
    )


def parts_of(
    name: str,
    version: int,
    holds_from: datetime,
    entries: Iterable[Entry],
    per_part: int = 2000,
) -> list[ListPart]:
    """Split a version into parts that fit a message; a list without entries is one part too."""
    chunks = list(_chunks(entries, per_part)) or [()]
    return [
        ListPart(
            list=name,
            version=version,
            holds_from=holds_from,
            part=number,
            parts=len(chunks),
            entries=chunk,
        )
        for number, chunk in enumerate(chunks)
    ]


def _chunks(entries: Iterable[Entry], per_part: int) -> Iterator[tuple[Entry, ...]]:
    chunk: list[Entry] = []
    size = 0
    for entry in entries:
        added = len(entry.to_json())
        if chunk and (len(chunk) == per_part or size + added > PART_BYTES):
            yield tuple(chunk)
            chunk, size = [], 0
        chunk.append(entry)
        size += added
    if chunk:
        yield tuple(chunk)
