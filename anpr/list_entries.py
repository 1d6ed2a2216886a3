"""The entries of a list: one as people see it, and a million of them as they are kept and sent.

Few entries differ in more than their plate, so a list is kept as blocks: the terms that many
entries share, and their rows as one text. That is a tenth of the memory of an object an entry, and
read ten times as fast.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from itertools import islice
from typing import Annotated

from pydantic import Field

from anpr.events import Action, Country, Match, Wire
from anpr.ids import entry_id
from anpr.time import Moment

FIELD, ROW = "\x1f", "\x1e"
"""What stands between the fields of a row and between rows: ASCII's own signs for it."""

PatternText = Annotated[str, Field(pattern=r"^[A-Z0-9ÄÖÜ?*]{1,16}$")]
Line = Annotated[str, Field(max_length=200, pattern=r"^[^\x1e\x1f]*$")]


class Terms(Wire):
    """What many entries have in common. `valid_to` is exclusive; None means without end."""

    country: Country | None = None
    reason_code: Line = ""
    priority: Annotated[int, Field(ge=0, le=100)] = 50
    valid_from: Moment | None = None
    valid_to: Moment | None = None
    match_mode: Match = Match.EXACT
    legal_basis: Line = ""
    action: Action = Action.OBSERVE

    def holds_at(self, moment: datetime) -> bool:
        """Say whether the entry is valid at a moment."""
        starts = self.valid_from is None or self.valid_from <= moment
        return starts and (self.valid_to is None or moment < self.valid_to)

    def may_be_from(self, country: str | None) -> bool:
        """Say whether a read of this country can be meant; only a known other country excludes."""
        return self.country is None or country is None or self.country == country


class Remarks(Wire):
    """What each entry may say of its own."""

    case_ref: Line = ""
    notes: Annotated[str, Field(max_length=2000, pattern=r"^[^\x1e\x1f]*$")] = ""
    address: Line = ""
    """of a permit: where its holder has business"""
    inviter: Line = ""
    """of a permit: who asked for it"""


class Entry(Terms, Remarks):
    """One row of a list."""

    id: str
    plate_pattern: PatternText

    @property
    def terms(self) -> Terms:
        """The terms that it may share with others."""
        return Terms.model_construct(**{name: getattr(self, name) for name in Terms.model_fields})


class Block(Wire):
    """Entries that share their terms.

    `rows` holds one row an entry: its plate pattern, then as far as needed its case reference, its
    notes, its id where that is not the one computed of it, and of a permit address and inviter.
    """

    terms: Terms
    rows: str

    def split(self) -> list[str]:
        """Give the rows."""
        return self.rows.split(ROW)

    def patterns(self) -> list[str]:
        """Give the plate pattern of each row."""
        rows = self.split()
        return [row.partition(FIELD)[0] for row in rows] if FIELD in self.rows else rows


@dataclass(frozen=True)
class Rows:
    """All entries of one version of a list, in a canonical order: the same list, the same text.

    `undated` counts those that came without an end and were given the list's default life.
    """

    name: str
    blocks: tuple[Block, ...] = ()
    undated: int = 0

    @classmethod
    def of(cls, list_: str, entries: Iterable[Entry]) -> "Rows":
        """Keep entries that somebody made one by one, each with the id it has."""
        grouped: dict[Terms, list[str]] = defaultdict(list)
        for one in entries:
            terms = one.terms
            computed = identify(list_, terms, one.plate_pattern, one.case_ref)
            own_id = "" if one.id == computed else one.id
            told = (one.case_ref, one.notes, own_id, one.address, one.inviter)
            grouped[terms].append(row_of(one.plate_pattern, *told))
        return cls.grouped(list_, grouped)

    @classmethod
    def grouped(cls, list_: str, grouped: dict[Terms, list[str]], undated: int = 0) -> "Rows":
        """Keep rows by their terms."""
        blocks = [Block(terms=terms, rows=ROW.join(sorted(grouped[terms]))) for terms in grouped]
        return cls(list_, tuple(sorted(blocks, key=lambda one: one.terms.to_json())), undated)

    @cached_property
    def _counts(self) -> Sequence[int]:
        return [block.rows.count(ROW) + 1 for block in self.blocks]

    def __len__(self) -> int:
        """Count the entries."""
        return sum(self._counts)

    def __iter__(self) -> Iterator[Entry]:
        """Go through the entries."""
        return (
            entry_of(self.name, block.terms, row) for block in self.blocks for row in block.split()
        )

    def without(self, action: Action) -> "Rows":
        """Leave out the entries that ask for an action."""
        kept = tuple(block for block in self.blocks if block.terms.action is not action)
        return Rows(self.name, kept)

    def page(self, start: int, limit: int) -> list[Entry]:
        """Give so many entries from a position on."""
        page: list[Entry] = []
        for block, count in zip(self.blocks, self._counts, strict=True):
            if start >= count:
                start -= count
                continue
            rows = islice(block.split(), start, start + limit - len(page))
            page += [entry_of(self.name, block.terms, row) for row in rows]
            start = 0
            if len(page) == limit:
                break
        return page

    @cached_property
    def checksum(self) -> str:
        """The SHA-256 of all the entries say."""
        digest = sha256()
        for block in self.blocks:
            digest.update(block.terms.to_json() + b"\n")
            digest.update(block.rows.encode() + b"\n")
        return digest.hexdigest()


def row_of(pattern: str, *told: str) -> str:
    """Write a row, without the fields at its end that are empty.

    `told`: case reference, notes, id, address, inviter.
    """
    if not any(told):
        return pattern
    return FIELD.join((pattern, *told)).rstrip(FIELD)


def entry_of(list_: str, terms: Terms, row: str) -> Entry:
    """Make an entry of its row; what was checked on its way in is not checked again."""
    pattern, *told = row.split(FIELD)
    case_ref, notes, id_, address, inviter = (*told, *_NOTHING_TOLD)[:5]
    known = {name: getattr(terms, name) for name in Terms.model_fields}
    return Entry.model_construct(
        **known,
        id=id_ or identify(list_, terms, pattern, case_ref),
        plate_pattern=pattern,
        case_ref=case_ref,
        notes=notes,
        address=address,
        inviter=inviter,
    )


_NOTHING_TOLD = ("",) * 5


def identify(list_: str, terms: Terms, pattern: str, case_ref: str) -> str:
    """Compute the id of an entry."""
    return entry_id(
        list_,
        pattern,
        country=terms.country,
        match_mode=terms.match_mode,
        case_ref=case_ref,
        valid_from=terms.valid_from,
    )
