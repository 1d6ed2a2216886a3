"""Lists of plates: hotlists and permits, their versions, and how a plate matches them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from anpr.errors import BrokenVersionError
from anpr.events import Match
from anpr.list_entries import Entry, Rows, entry_of
from anpr.list_index import ListIndex, wildcard
from anpr.list_parts import ListPart, rows_of
from anpr.plates import fold
from anpr.signs import Signs

__all__ = ["Entry", "Found", "ListPart", "Lists", "PlateList", "wildcard"]

MOST_SUBSTITUTIONS = 2
"""A plate that differs from an entry in more characters, however alike, is another plate."""

MOST_SUPERSEDED = 1_500_000
"""So many entries of superseded versions are kept of a list, for passages that come late."""


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that a plate matches, and how."""

    entry: Entry
    match: Match


class PlateList:
    """One version of a list, indexed: finding is as fast for a million entries as for ten."""

    def __init__(
        self,
        name: str,
        version: int,
        holds_from: datetime | None,
        entries: Rows | Iterable[Entry],
    ) -> None:
        self.name = name
        self.version = version
        self.holds_from = holds_from
        self.entries = entries if isinstance(entries, Rows) else Rows.of(name, entries)
        self.index = ListIndex(self.entries.blocks)

    def as_of(self, version: int, holds_from: datetime | None) -> "PlateList":
        """Give a version that says the same from another moment on; both share what they keep."""
        other = copy(self)
        other.version, other.holds_from = version, holds_from
        return other

    def find(
        self,
        plate: str,
        country: str | None,
        at: datetime,
        others: Iterable[str] = (),
    ) -> list[Found]:
        """Find the entries that hold at a moment and match the plate as their match mode allows.

        The identical plate is an exact match in every mode. A plate that only looks alike matches
        an `equivalent` entry that differs in at most two characters, and a `probable` one; so does
        any plate of `others`, which the read may be too, a `probable` one.
        """
        found = [
            Found(entry, Match.EXACT if entry.plate_pattern == plate else entry.match_mode)
            for entry in self._near(plate, country, at)
            if _allows(entry, plate)
        ]
        if self.index.has_probable:
            found += self._probable(dict.fromkeys(others), plate, country, at)
        return found

    def find_look_alikes(self, plate: str, country: str | None, at: datetime) -> list[Entry]:
        """Find the entries that mean this plate, and after them those that look like it.

        For permits, where a likeness counts in the driver's favour whatever the match mode.
        """

        def only_looks_alike(entry: Entry) -> bool:
            return entry.plate_pattern != plate and entry.match_mode is not Match.WILDCARD

        near = self._near(plate, country, at)
        return sorted(near, key=lambda entry: (only_looks_alike(entry), entry.id))

    def entries_of(self, pattern: str) -> list[Entry]:
        """Give the entries that are written with exactly this pattern."""
        if set(pattern) & {"?", "*"}:
            return [entry for entry in self.entries if entry.plate_pattern == pattern]
        rows = map(self.index.row, self.index.of_fold(fold(pattern)))
        entries = (entry_of(self.name, terms, row) for terms, row in rows)
        return [entry for entry in entries if entry.plate_pattern == pattern]

    def _probable(
        self, others: Iterable[str], plate: str, country: str | None, at: datetime
    ) -> Iterator[Found]:
        """Go through the `probable` entries that mean one of some plates of another fold."""
        key = fold(plate)
        for other in others:
            if (fold_ := fold(other)) == key:
                continue  # found already, beside the plate itself
            for entry in self._held(self.index.of_fold(fold_), country, at):
                if entry.plate_pattern == other and entry.match_mode is Match.PROBABLE:
                    yield Found(entry, Match.PROBABLE)

    def _near(self, plate: str, country: str | None, at: datetime) -> Iterator[Entry]:
        """Go through the entries of the same fold, and through the patterns that match."""
        same = self.index.of_fold(fold(plate))
        return self._held(chain(same, self.index.wild(plate)), country, at)

    def _held(self, positions: Iterable[int], country: str | None, at: datetime) -> Iterator[Entry]:
        for position in positions:
            terms, row = self.index.row(position)
            if terms.holds_at(at) and terms.may_be_from(country):
                yield entry_of(self.name, terms, row)


def _allows(entry: Entry, plate: str) -> bool:
    pattern = entry.plate_pattern
    if entry.match_mode is Match.EQUIVALENT:
        differing = sum(one != other for one, other in zip(pattern, plate, strict=True))
        return differing <= MOST_SUBSTITUTIONS
    return entry.match_mode is not Match.EXACT or pattern == plate


class Lists:
    """Every version of every list that a rule may ask for, by the time it holds from.

    With them come the displayed limits of the sections, the other kind of control.
    """

    def __init__(self, lists: Iterable[PlateList] = (), signs: Signs | None = None) -> None:
        self.signs = signs or Signs()
        self._versions: dict[str, list[PlateList]] = {}
        self._waiting: dict[tuple[object, ...], dict[int, ListPart]] = defaultdict(dict)
        self._names: Sequence[str] = []
        self._indexes: dict[str, Sequence[ListIndex]] = {}
        for one in lists:
            self.add(one)

    def add(self, version: PlateList) -> None:
        """Add a version, or replace the one of the same number.

        The oldest superseded versions go once a list keeps too much of them: what passes then is
        judged by the oldest that is left.
        """
        known = self._versions.get(version.name, ())
        kept = [one for one in known if one.version != version.version]
        kept.append(version)
        kept.sort(key=lambda one: one.version)
        self._versions[version.name] = _within_bound(kept)
        self._names = sorted(self._versions)
        indexes = (one.index for one in self._versions[version.name])
        self._indexes[version.name] = list(dict.fromkeys(indexes))

    def take(self, part: ListPart) -> PlateList | None:
        """Take in a part from the log; give the version that it completed.

        Raises BrokenVersionError where a version is not what was sent: the one before it holds on.
        """
        if part.same_as is not None:
            return self._confirm(part, part.same_as)
        # So parts that a broken-off publication left behind are told apart.
        version = (part.list, part.version, part.parts, part.checksum)
        waiting = self._waiting[version]
        waiting[part.part] = part
        if len(waiting) < part.parts:
            return None
        del self._waiting[version]
        rows = rows_of([waiting[number] for number in sorted(waiting)])
        whole = PlateList(part.list, part.version, part.holds_from, rows)
        self.add(whole)
        return whole

    def at(self, name: str, moment: datetime) -> PlateList:
        """Give the version that held at a moment; an empty version 0 before the first.

        The newest version whose `holds_from` is not after the moment (None holds always).
        """
        for version in reversed(self._versions.get(name, ())):
            if version.holds_from is None or version.holds_from <= moment:
                return version
        return PlateList(name, 0, None, ())

    def latest(self, name: str) -> PlateList:
        """Give the newest version, whenever it holds from; an empty version 0 if there is none."""
        versions = self._versions.get(name)
        return versions[-1] if versions else PlateList(name, 0, None, ())

    def versions(self, name: str) -> Sequence[PlateList]:
        """Give the versions of a list, oldest first."""
        return self._versions.get(name, ())

    def is_loaded(self, name: str) -> bool:
        """Say whether a list was ever loaded, be it an empty one."""
        return name in self._versions

    def names(self) -> Sequence[str]:
        """Name the lists, sorted."""
        return self._names

    def may_match(self, name: str, key: str, plate: str, others: Sequence[object] = ()) -> bool:
        """Say quickly whether any version of a list can match a plate, whose fold is the key.

        `others` are what else the plate may be: they count where a list has `probable` entries.
        """
        for index in self._indexes[name]:
            if index.may_match(key, plate) or (others and index.has_probable):
                return True
        return False

    def _confirm(self, part: ListPart, same_as: int) -> PlateList:
        known = [one for one in self.versions(part.list) if one.version == same_as]
        if not known:
            msg = f"list {part.list!r}, version {part.version}: it confirms a version that is gone"
            raise BrokenVersionError(f"{msg}; import the list again")
        later = known[0].as_of(part.version, part.holds_from)
        self.add(later)
        return later


def _within_bound(versions: list[PlateList]) -> list[PlateList]:
    """Leave out the oldest versions beyond the bound; the oldest that is left held before too."""
    newest, *superseded = reversed(versions)
    counted, size = {id(newest.index)}, 0
    for number, one in enumerate(superseded, 1):
        size += 0 if id(one.index) in counted else len(one.index)
        counted.add(id(one.index))
        if size > MOST_SUPERSEDED:
            oldest, *later = versions[-number:]
            return [oldest.as_of(oldest.version, None), *later]
    return versions
