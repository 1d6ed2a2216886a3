"""What a new version of a list changes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import overload

from anpr.list_entries import FIELD, Block, Entry, Rows, Terms, entry_of
from anpr.list_parts import ListPart, confirmation, parts_of
from anpr.lists import PlateList

Row = tuple[Terms, str]


@dataclass(frozen=True, slots=True)
class Changed(Sequence[Entry]):
    """Entries that changed: a million of them are counted without being made."""

    list: str
    rows: Sequence[Row]

    def __len__(self) -> int:
        """Count them."""
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | Sequence[Entry]:
        """Give one, or some."""
        if isinstance(index, slice):
            return Changed(self.list, self.rows[index])
        return entry_of(self.list, *self.rows[index])


@dataclass(frozen=True, slots=True)
class ListDiff:
    """What a new version adds, changes (as the entries become), renews and removes.

    `renewed`: nothing but their end is another, as of entries that live for so many days from
    each import on.
    """

    added: Sequence[Entry]
    changed: Sequence[Entry]
    renewed: Sequence[Entry]
    removed: Sequence[Entry]

    @property
    def is_empty(self) -> bool:
        """Say that nothing changes."""
        return not (self.added or self.changed or self.renewed or self.removed)


def diff(old: PlateList, new: Rows | Iterable[Entry]) -> ListDiff:
    """Compare a list with the entries that would replace it, by what tells entries apart.

    Of a million rows most are the same, or differ in their end alone: these are set aside as whole
    sets, and only what is left is looked at row by row.
    """
    name = old.name
    was, becomes = old.entries, new if isinstance(new, Rows) else Rows.of(name, new)
    gone, come = _only_in(was, becomes), _only_in(becomes, was)
    renewed = _take_renewed(gone, come)
    before, after = _by_identity(gone), _by_identity(come)
    return ListDiff(
        added=Changed(name, [row for key, row in after.items() if key not in before]),
        changed=Changed(name, [row for key, row in after.items() if key in before]),
        renewed=Changed(name, renewed),
        removed=Changed(name, [row for key, row in before.items() if key not in after]),
    )


def successor(known: PlateList, rows: Rows, changes: ListDiff, since: datetime) -> list[ListPart]:
    """Make the version that follows: a confirmation where it says what the list says already."""
    version = known.version + 1
    if known.version and changes.is_empty:
        return confirmation(known.name, version, since, known.version)
    return parts_of(known.name, version, since, rows)


def _only_in(rows: Rows, other: Rows) -> dict[Terms, frozenset[str]]:
    """Give the rows, by their terms, that the other does not have."""
    theirs = {block.terms: block for block in other.blocks}
    return {block.terms: _less(block, theirs.get(block.terms)) for block in rows.blocks}


def _less(block: Block, other: Block | None) -> frozenset[str]:
    if other is None:
        return frozenset(block.split())
    if block.rows == other.rows:
        return frozenset()
    return frozenset(block.split()).difference(other.split())


def _take_renewed(
    gone: dict[Terms, frozenset[str]], come: dict[Terms, frozenset[str]]
) -> list[Row]:
    """Take out of both sides, and give, the rows whose terms differ in their end alone."""
    ended: dict[str, frozenset[str]] = {}
    for terms, rows in gone.items():
        key = _endless(terms)
        ended[key] = ended[key] | rows if key in ended else rows
    renewed: dict[str, frozenset[str]] = {}
    found: list[Row] = []
    for terms, rows in come.items():
        key = _endless(terms)
        same = rows & ended.get(key, frozenset())
        renewed[key] = renewed[key] | same if key in renewed else same
        come[terms] = rows - same
        found += [(terms, row) for row in sorted(same)]
    for terms, rows in gone.items():
        gone[terms] = rows - renewed.get(_endless(terms), frozenset())
    return found


def _by_identity(rows: Mapping[Terms, frozenset[str]]) -> dict[str, Row]:
    """Give rows by what their ids are computed of, or by the id that they were given."""
    known: dict[str, Row] = {}
    for terms, texts in rows.items():
        asked = FIELD.join(("", str(terms.country), terms.match_mode, str(terms.valid_from)))
        for row in sorted(texts):
            known[_identity(row, asked)] = terms, row
    return known


def _identity(row: str, asked: str) -> str:
    pattern, _, rest = row.partition(FIELD)
    if not rest:
        return pattern + FIELD + asked
    case_ref, _, id_ = (*rest.split(FIELD), "", "")[:3]
    return id_ or pattern + FIELD + case_ref + asked


def _endless(terms: Terms) -> str:
    return terms.model_copy(update={"valid_to": None}).model_dump_json()
