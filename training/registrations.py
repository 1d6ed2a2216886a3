"""Registrations drawn at random: what is written on a plate, by country and pattern."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate
from random import Random
from typing import Any

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
UMLAUTS = "ÄÖÜ"
SEPARATORS = " -*/"
SLOTS = 10
"""The longest text that the recogniser has slots for."""

FREE = 0.05
"""How often a pattern's characters are any, so that the network reads rather than guesses."""


@dataclass(frozen=True, slots=True)
class Registration:
    """`written` has its separators: space, `-`, `*` for seals or arms, `/` between lines."""

    country: str
    written: str

    @property
    def text(self) -> str:
        """What is to be read, in reading order."""
        return "".join(one for one in self.written if one not in SEPARATORS)

    @property
    def lines(self) -> list[str]:
        """What stands on each line."""
        return self.written.split("/")


@dataclass(frozen=True, slots=True)
class Country:
    """How a country registers; a field's meaning stands at the head of `formats.toml`."""

    name: str
    weight: float
    patterns: Sequence[tuple[float, str]]
    letters: str = LETTERS
    umlauts: bool = False
    band: str = ""
    right_band: bool = False
    bandless: float = 0.15
    ground: Sequence[str] = ("white",)
    ink: Sequence[str] = ("black",)


@cache
def countries() -> Mapping[str, Country]:
    """Read the formats, by country."""
    told = tomllib.loads((files("training") / "formats.toml").read_text("utf-8"))
    return {name: _country(name, fields) for name, fields in told.items()}


def draw(random: Random) -> Registration:
    """Draw a country by its weight, one of its patterns, and the characters."""
    known = list(countries().values())
    country = random.choices(known, cum_weights=list(accumulate(one.weight for one in known)))[0]
    return draw_of(country, random)


def draw_of(country: Country, random: Random) -> Registration:
    """Draw a registration of one country."""
    shares, patterns = zip(*country.patterns, strict=True)
    pattern = random.choices(patterns, shares)[0]
    letters = LETTERS if random.random() < FREE else country.letters
    if country.umlauts and random.random() < FREE:
        letters += UMLAUTS
    free = random.random() < FREE
    return Registration(country.name, _fill(pattern, letters, random, free=free))


def _country(name: str, fields: Mapping[str, Any]) -> Country:
    patterns = [(float(share), str(pattern)) for share, pattern in fields["patterns"]]
    return Country(name, **{**fields, "patterns": patterns})


def _fill(pattern: str, letters: str, random: Random, *, free: bool) -> str:
    """Put characters in a pattern; `free` ones may be letter or digit alike."""
    anything = letters + DIGITS
    written: list[str] = []
    at = 0
    while at < len(pattern):
        one = pattern[at]
        if one == "[":
            end = pattern.index("]", at)
            written.append(random.choice(pattern[at + 1 : end]))
            at = end
        elif one == "?":
            written += random.choices(anything, k=random.randint(2, 5))
        elif one in "LD":
            written.append(random.choice(anything if free else letters if one == "L" else DIGITS))
        else:
            written.append(one)
        at += 1
    return "".join(written)
