"""Find the rows of a list that a plate may match: as fast among a million as among ten."""

import re
from array import array
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from operator import itemgetter
from typing import NamedTuple

from anpr.events import Match
from anpr.list_entries import ROW, Block, Terms
from anpr.near_misses import NearMisses
from anpr.plates import LOOK_ALIKES, fold


class ListIndex:
    """The rows of a list by the fold of their plate, and its patterns by what is fixed of them.

    A row is known by its position. All rows stand in one text; of each are kept where it starts,
    which block it is of, and one entry in a dictionary of folds.
    """

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._terms = [block.terms for block in blocks]
        self._text = ROW.join(block.rows for block in blocks)
        rows = self._text.split(ROW) if blocks else []
        self._starts = array("I", accumulate((len(row) + 1 for row in rows), initial=0))
        self._block_of = array("I")
        self._folded: dict[str, int] = {}
        self._more: dict[str, list[int]] = {}
        self._wild = Wildcards()
        for number, block in enumerate(blocks):
            self._add(number, block)
        self._has_wild = any(terms.match_mode is Match.WILDCARD for terms in self._terms)
        self.has_probable = any(terms.match_mode is Match.PROBABLE for terms in self._terms)
        self._near = NearMisses(
            fold(pattern)
            for block in blocks
            if block.terms.match_mode is Match.PROBABLE
            for pattern in block.patterns()
        )

    def _add(self, number: int, block: Block) -> None:
        first = len(self._block_of)
        patterns = block.patterns()
        self._block_of.extend([number] * len(patterns))
        if block.terms.match_mode is Match.WILDCARD:
            self._wild.add(patterns, first)
            return
        known, more = self._folded, self._more
        # Folded in one go, and not by `fold`, which remembers what it was asked.
        for position, key in enumerate(ROW.join(patterns).translate(LOOK_ALIKES).split(ROW), first):
            if known.setdefault(key, position) != position:
                more.setdefault(key, []).append(position)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self._block_of)

    def may_match(self, key: str, plate: str) -> bool:
        """Say quickly whether a plate, whose fold is the key, can match."""
        return (
            key in self._folded
            or (self._has_wild and bool(self._wild.matching(plate)))
            or (self.has_probable and bool(self._near.places(key)))
        )

    def near_misses(self, key: str) -> Sequence[int]:
        """Give the places in which another character may make a `probable` row of a fold."""
        return self._near.places(key) if self.has_probable else ()

    def of_fold(self, key: str) -> Iterable[int]:
        """Give the rows of a fold."""
        first = self._folded.get(key)
        if first is None:
            return ()
        more = self._more.get(key)
        return (first, *more) if more else (first,)

    def wild(self, plate: str) -> Sequence[int]:
        """Give the rows whose pattern the whole plate matches."""
        return self._wild.matching(plate)

    def row(self, position: int) -> tuple[Terms, str]:
        """Give a row and its terms."""
        start, end = self._starts[position], self._starts[position + 1]
        return self._terms[self._block_of[position]], self._text[start : end - 1]


class _Closed(NamedTuple):
    """Patterns without `*` whose fixed characters stand in the same places.

    `fixed` picks these out of a pattern or a plate, `known` holds what they are.
    """

    fixed: Callable[[str], object]
    known: dict[object, list[int]]


class Wildcards:
    """Patterns by their shape: plates are looked up once a shape, however many patterns it has.

    Of a pattern without `*` the shape is its length and where its fixed characters stand: what is
    looked up matches. Of another it is how long its fixed ends are, and it has to be tried.
    """

    def __init__(self) -> None:
        self._closed: dict[int, dict[tuple[int, ...], _Closed]] = {}
        self._open: dict[tuple[int, int], dict[str, list[tuple[int, str]]]] = {}

    def add(self, patterns: Iterable[str], first: int) -> None:
        """Add patterns, whose positions count from `first`."""
        for position, pattern in enumerate(patterns, first):
            if "*" in pattern:
                start, *_ = fixed = re.split(r"[?*]", pattern)
                ends = self._open.setdefault((len(start), len(fixed[-1])), {})
                ends.setdefault(start + fixed[-1], []).append((position, pattern))
            else:
                places = tuple(place for place, sign in enumerate(pattern) if sign != "?")
                shapes = self._closed.setdefault(len(pattern), {})
                if places not in shapes:
                    shapes[places] = _Closed(itemgetter(*places or [slice(0)]), {})
                closed = shapes[places]
                closed.known.setdefault(closed.fixed(pattern), []).append(position)

    def matching(self, plate: str) -> Sequence[int]:
        """Give the positions of the patterns that match the whole plate."""
        found: list[int] = []
        for fixed, known in self._closed.get(len(plate), {}).values():
            found += known.get(fixed(plate), ())
        for (start, end), ends in self._open.items():
            tried = ends.get(plate[:start] + plate[len(plate) - end :], ())
            found += [place for place, pattern in tried if wildcard(pattern).match(plate)]
        return found


@lru_cache(maxsize=100_000)
def wildcard(pattern: str) -> re.Pattern[str]:
    """Compile a pattern: `?` is one character, `*` any run; the whole plate must match."""
    parts = {"?": ".", "*": ".*"}
    return re.compile("".join(parts.get(c, re.escape(c)) for c in pattern) + r"\Z")
