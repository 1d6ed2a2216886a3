"""How a version of a list travels on `controls`: in parts, whole or not at all."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field

from anpr.errors import BrokenVersionError
from anpr.events import Name, Wire
from anpr.list_entries import ROW, Block, Entry, Rows
from anpr.time import Moment

PART_BYTES = 900_000
"""A part stays below the size of a message that a log takes by default (1 MB)."""


class ListPart(Wire):
    """What travels on `controls`: one part of one version of a list.

    Big lists are split, since a message has a bounded size. A version holds from `holds_from` once
    all its `parts` have arrived and give its `checksum`; until then the version before it holds.
    With `same_as` it says what that version says, and only confirms it. `entries` is how the first
    versions of this product wrote what `blocks` holds.
    """

    list: Name
    version: Annotated[int, Field(ge=1)]
    holds_from: Moment
    part: Annotated[int, Field(ge=0)] = 0
    parts: Annotated[int, Field(ge=1)] = 1
    entries: tuple[Entry, ...] = ()
    blocks: tuple[Block, ...] = ()
    checksum: str | None = None
    same_as: int | None = None

    @property
    def key(self) -> str:
        """Name the part on the log: compaction keeps the newest message of each."""
        return f"list/{self.list}/{self.version}/{self.part}"


def parts_of(
    name: str, version: int, holds_from: datetime, entries: Rows | Iterable[Entry]
) -> list[ListPart]:
    """Split a version into parts that fit a message; a list without entries is one part too."""
    rows = entries if isinstance(entries, Rows) else Rows.of(name, entries)
    chunks = list(_chunks(rows.blocks)) or [()]
    return [
        ListPart(
            list=name,
            version=version,
            holds_from=holds_from,
            part=number,
            parts=len(chunks),
            blocks=chunk,
            checksum=rows.checksum,
        )
        for number, chunk in enumerate(chunks)
    ]


def confirmation(name: str, version: int, holds_from: datetime, same_as: int) -> list[ListPart]:
    """Make a version that says what an earlier one says: it was looked at again and stands."""
    return [ListPart(list=name, version=version, holds_from=holds_from, same_as=same_as)]


def rows_of(parts: Sequence[ListPart]) -> Rows:
    """Put a version together. Raises BrokenVersionError where it does not give its checksum."""
    name, checksum = parts[0].list, parts[0].checksum
    entries = [entry for part in parts for entry in part.entries]
    if entries:
        return Rows.of(name, entries)
    rows = Rows(name, tuple(_joined(block for part in parts for block in part.blocks)))
    if checksum not in (None, rows.checksum):
        msg = f"list {name!r}, version {parts[0].version}: its parts do not give its checksum"
        raise BrokenVersionError(f"{msg}; import the list again")
    return rows


def _chunks(blocks: Iterable[Block]) -> Iterator[tuple[Block, ...]]:
    chunk: list[Block] = []
    size = 0
    for block in blocks:
        for piece in _pieces(block):
            added = len(piece.to_json())
            if chunk and size + added > PART_BYTES:
                yield tuple(chunk)
                chunk, size = [], 0
            chunk.append(piece)
            size += added
    if chunk:
        yield tuple(chunk)


def _pieces(block: Block) -> Iterator[Block]:
    """Cut a block between rows until each piece fits a part."""
    if len(block.to_json()) <= PART_BYTES:
        yield block
        return
    rows = block.split()
    middle = len(rows) // 2
    for half in (rows[:middle], rows[middle:]):
        yield from _pieces(Block(terms=block.terms, rows=ROW.join(half)))


def _joined(pieces: Iterable[Block]) -> Iterator[Block]:
    """Put the pieces of blocks together again."""
    rows: list[str] = []
    terms = None
    for piece in pieces:
        if piece.terms != terms:
            if terms is not None:
                yield Block(terms=terms, rows=ROW.join(rows))
            terms, rows = piece.terms, []
        rows.append(piece.rows)
    if terms is not None:
        yield Block(terms=terms, rows=ROW.join(rows))
