"""Lists of plates: hotlists and permits, their entries, versions, and how a plate matches them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Annotated

from pydantic import Field

from anpr.events import Action, Country, Match, Name, Wire
from anpr.plates import fold
from anpr.signs import Signs
from anpr.time import Moment

PatternText = Annotated[str, Field(pattern=r"^[A-Z0-9ÄÖÜ?*]{1,16}$")]
Line = Annotated[str, Field(max_length=200)]


class Entry(Wire):
    """One row of a list. `valid_to` is exclusive; None means without end."""

    id: str
    plate_pattern: PatternText
    country: Country | None = None
    reason_code: Line = ""
    priority: Annotated[int, Field(ge=0, le=100)] = 50
    valid_from: Moment | None = None
    valid_to: Moment | None = None
    match_mode: Match = Match.EXACT
    case_ref: Line = ""
    legal_basis: Line = ""
    action: Action = Action.OBSERVE
    notes: Annotated[str, Field(max_length=2000)] = ""

    def holds_at(self, moment: datetime) -> bool:
        """Say whether the entry is valid at a moment."""
        starts = self.valid_from is None or self.valid_from <= moment
        return starts and (self.valid_to is None or moment < self.valid_to)

    def may_be_from(self, country: str | None) -> bool:
        """Say whether a read of this country can be meant; only a known other country excludes."""
        return self.country is None or country is None or self.country == country


class ListPart(Wire):
    """What travels on `controls`: one part of one version of a list.

    Big lists are split, since a message has a bounded size. A version holds from `holds_from`
    once all its `parts` have arrived.
    """

    list: Name
    version: Annotated[int, Field(ge=1)]
    holds_from: Moment
    part: Annotated[int, Field(ge=0)] = 0
    parts: Annotated[int, Field(ge=1)] = 1
    entries: tuple[Entry, ...] = ()

    @property
    def key(self) -> str:
        """Name the part on the log: compaction keeps the newest message of each."""
        return f"list/{self.list}/{self.version}/{self.part}"


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that a plate matches, and how."""

    entry: Entry
    match: Match


class PlateList:
    """One version of a list, indexed: finding is as fast for a million entries as for ten."""

    def __init__(
        self, name: str, version: int, holds_from: datetime | None, entries: Iterable[Entry]
    ) -> None:
        self.name = name
        self.version = version
        self.holds_from = holds_from
        self.entries: Mapping[str, Entry] = {entry.id: entry for entry in entries}
        self._folded: dict[str, list[Entry]] = {}
        self._wild = _Wildcards()
        for entry in self.entries.values():
            if entry.match_mode is Match.WILDCARD:
                self._wild.add(entry)
            else:
                self._folded.setdefault(fold(entry.plate_pattern), []).append(entry)

    def find(self, plate: str, country: str | None, at: datetime) -> list[Found]:
        """Find the entries that hold at a moment and match the plate as their match mode allows.

        The identical plate is an exact match in every mode. A plate that only looks alike matches
        an `equivalent` or a `probable` entry, as its mode says.
        """
        return [
            Found(entry, Match.EXACT if entry.plate_pattern == plate else entry.match_mode)
            for entry in self._near(plate, country, at)
            if entry.match_mode is not Match.EXACT or entry.plate_pattern == plate
        ]

    def find_look_alikes(self, plate: str, country: str | None, at: datetime) -> list[Entry]:
        """Find the entries that mean this plate, and after them those that look like it.

        For permits, where a likeness counts in the driver's favour whatever the match mode.
        """

        def only_looks_alike(entry: Entry) -> bool:
            return entry.plate_pattern != plate and entry.match_mode is not Match.WILDCARD

        near = self._near(plate, country, at)
        return sorted(near, key=lambda entry: (only_looks_alike(entry), entry.id))

    def _near(self, plate: str, country: str | None, at: datetime) -> Iterator[Entry]:
        """Go through the entries of the same fold, and through the patterns that match."""
        for entry in chain(self._folded.get(fold(plate), ()), self._wild.matching(plate)):
            if entry.holds_at(at) and entry.may_be_from(country):
                yield entry


class _Wildcards:
    """Patterns by the longer of their fixed ends, so that a plate meets few of them."""

    def __init__(self) -> None:
        self._starting: dict[str, list[Entry]] = {}
        self._ending: dict[str, list[Entry]] = {}

    def add(self, entry: Entry) -> None:
        start, *_ = fixed = re.split(r"[?*]", entry.plate_pattern)
        end = fixed[-1]
        ends, text = (self._starting, start) if len(start) >= len(end) else (self._ending, end)
        ends.setdefault(text, []).append(entry)

    def matching(self, plate: str) -> Iterator[Entry]:
        """Go through the entries whose pattern matches the whole plate."""
        if not self._starting and not self._ending:
            return
        for cut in range(len(plate) + 1):
            starting = self._starting.get(plate[:cut], ())
            ending = self._ending.get(plate[cut:], ())
            for entry in chain(starting, ending):
                if wildcard(entry.plate_pattern).match(plate):
                    yield entry


@lru_cache(maxsize=100_000)
def wildcard(pattern: str) -> re.Pattern[str]:
    """Compile a pattern: `?` is one character, `*` any run; the whole plate must match."""
    parts = {"?": ".", "*": ".*"}
    return re.compile("".join(parts.get(c, re.escape(c)) for c in pattern) + r"\Z")


class Lists:
    """Every version of every list that a rule may ask for, by the time it holds from.

    With them come the displayed limits of the sections, the other kind of control.
    """

    def __init__(self, lists: Iterable[PlateList] = (), signs: Signs | None = None) -> None:
        self.signs = signs or Signs()
        self._versions: dict[str, list[PlateList]] = defaultdict(list)
        self._waiting: dict[tuple[str, int, int], dict[int, ListPart]] = defaultdict(dict)
        for one in lists:
            self.add(one)

    def add(self, version: PlateList) -> None:
        """Add a version, or replace the one of the same number."""
        kept = [one for one in self._versions[version.name] if one.version != version.version]
        kept.append(version)
        self._versions[version.name] = sorted(kept, key=lambda one: one.version)

    def take(self, part: ListPart) -> PlateList | None:
        """Take in a part from the log; give the version that it completed."""
        # Parts that a broken-off publication left behind are told apart by their number of parts.
        version = (part.list, part.version, part.parts)
        waiting = self._waiting[version]
        waiting[part.part] = part
        if len(waiting) < part.parts:
            return None
        del self._waiting[version]
        entries = (entry for number in sorted(waiting) for entry in waiting[number].entries)
        whole = PlateList(part.list, part.version, part.holds_from, entries)
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

    def names(self) -> Sequence[str]:
        """Name the lists, sorted."""
        return sorted(name for name, versions in self._versions.items() if versions)
