"""Which plates differ from one of many in one character: a filter that never misses one."""

from collections.abc import Iterable, Iterator

ANY = "?"
"""Stands for the character that differs."""

SLOTS_A_KEY = 64
"""So roomy that one plate in ten is looked at in vain …"""

MOST_SLOTS = 1 << 26
"""… but no list takes more bytes than this, however many plates it has."""


class NearMisses:
    """Of each plate, its texts with one character left open, by their hashes alone.

    Seven texts a plate would take ten times the memory, and this is asked for every passage.
    """

    def __init__(self, plates: Iterable[str]) -> None:
        known = list(plates)
        keys = sum(map(len, known))
        size = min(1 << (SLOTS_A_KEY * keys).bit_length(), MOST_SLOTS) if known else 1
        self._mask = size - 1
        self._slots = bytearray(size)
        for plate in known:
            for place in range(len(plate)):
                self._slots[self._slot(plate, place)] = 1

    def places(self, plate: str) -> Iterator[int]:
        """Give the places in which another character may make one of the plates of it."""
        slots, mask = self._slots, self._mask
        for place in range(len(plate)):
            if slots[hash(plate[:place] + ANY + plate[place + 1 :]) & mask]:
                yield place

    def _slot(self, plate: str, place: int) -> int:
        return hash(plate[:place] + ANY + plate[place + 1 :]) & self._mask
