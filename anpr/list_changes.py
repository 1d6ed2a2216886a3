"""What a new version of a list changes."""

from collections.abc import Iterable
from dataclasses import dataclass

from anpr.list_entries import Entry, Rows, Terms, entry_of
from anpr.lists import PlateList


@dataclass(frozen=True, slots=True)
class ListDiff:
    """What a new version adds, changes (as the entries become), renews and removes.

    `renewed`: nothing but their end is another, as of entries that live for so many days from
    each import on.
    """

    added: tuple[Entry, ...]
    changed: tuple[Entry, ...]
    renewed: tuple[Entry, ...]
    removed: tuple[Entry, ...]

    @property
    def is_empty(self) -> bool:
        """Say that nothing changes."""
        return not (self.added or self.changed or self.renewed or self.removed)


def diff(old: PlateList, new: Rows | Iterable[Entry]) -> ListDiff:
    """Compare a list with the entries that would replace it, by their ids."""
    rows = new if isinstance(new, Rows) else Rows.of(old.name, new)
    before = _differing(old.entries, rows)
    after = _differing(rows, old.entries)
    both = [entry for id_, entry in after.items() if id_ in before and entry != before[id_]]
    renewed = {entry.id for entry in both if _but_its_end(entry) == _but_its_end(before[entry.id])}
    return ListDiff(
        added=tuple(entry for id_, entry in after.items() if id_ not in before),
        changed=tuple(entry for entry in both if entry.id not in renewed),
        renewed=tuple(entry for entry in both if entry.id in renewed),
        removed=tuple(entry for id_, entry in before.items() if id_ not in after),
    )


def _differing(rows: Rows, other: Rows) -> dict[str, Entry]:
    """Make entries only of the rows that the other does not have: of a million mostly few."""
    theirs = _by_terms(other)
    return {
        entry.id: entry
        for terms, mine in _by_terms(rows).items()
        for row in sorted(mine - theirs.get(terms, set()))
        for entry in (entry_of(rows.name, terms, row),)
    }


def _by_terms(rows: Rows) -> dict[Terms, set[str]]:
    return {block.terms: set(block.split()) for block in rows.blocks}


def _but_its_end(entry: Entry) -> Entry:
    return entry.model_copy(update={"valid_to": None})
