"""Which plates differ from one of many in one character: a filter that never misses one."""

from collections.abc import Iterable, Sequence

ANY = "?"
"""Stands for the character that differs."""

SLOTS_A_KEY = 64
"""So roomy that one plate in ten is looked at in vain …"""

MOST_SLOTS = 1 << 26
"""… but no list takes more bytes than this, however many plates it has."""


class NearMisses:
    """Of each plate, its texts with one character left open, by their hashes alone.

    Seven texts a plate would take ten times the memory, and this is asked for every passage. First
    it asks for the halves of the plates: what differs in one character has one of them in common.
    """

    def __init__(self, plates: Iterable[str]) -> None:
        known = list(plates)
        keys = sum(map(len, known))
        size = min(1 << (SLOTS_A_KEY * keys).bit_length(), MOST_SLOTS) if known else 1
        self._mask = size - 1
        self._slots = bytearray(size)
        self._starts = {plate[: len(plate) // 2] for plate in known}
        self._ends = {plate[len(plate) // 2 :] for plate in known}
        for plate in known:
            for place in range(len(plate)):
                self._slots[self._slot(plate, place)] = 1

    def places(self, plate: str) -> Sequence[int]:
        """Give the places in which another character may make one of the plates of it."""
        middle = len(plate) // 2
        has_start, has_end = plate[:middle] in self._starts, plate[middle:] in self._ends
        if not (has_start or has_end):
            return ()
        places = range(0 if has_end else middle, len(plate) if has_start else middle)
        return [place for place in places if self._slots[self._slot(plate, place)]]

    def _slot(self, plate: str, place: int) -> int:
        return hash(plate[:place] + ANY + plate[place + 1 :]) & self._mask
