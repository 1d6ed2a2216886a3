"""Plates as text: the normal form, the fold of look-alikes, the syntax, and how one is shown."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from anpr.plate_formats import FORMATS, NL_FIRST_LETTERS, Format

LOOK_ALIKES = str.maketrans("ODQILBSZG", "000118526")
"""O D Q→0, I L→1, B→8, S→5, Z→2, G→6: what a camera confuses, to one representative."""

LOOK_ALIKE_BYTES = bytes(LOOK_ALIKES.get(sign, sign) for sign in range(256))

PLACEHOLDERS = frozenset(
    {"UNKNOWN", "UNKOWN", "NOPLATE", "NOTREAD", "NONE", "NULL", "NA", "UNREAD", "UNREADABLE",
     "NOREAD", "NOTFOUND", "EMPTY", "UNLICENSED", "NOPLATENUMBER", "无车牌"}
)  # fmt: skip
"""Words that vendors send in place of a plate they could not read."""

MAX_LENGTH = 16
"""No plate is longer."""

PERSONAL = "be_vanity"
"""The format that almost any text fits."""

OTHER = "other"
"""The key under which `countries` keeps what belongs to none of the countries it knows."""

HOME_SHARE = 0.9
"""How much of a zone's traffic carries plates of its own country (an estimate)."""

ABROAD = MappingProxyType({"BE": 30, "NL": 30, "FR": 30, "DE": 20, "LU": 5, "GB": 3, OTHER: 25})
"""How the rest divides over the other countries, in proportion (an estimate)."""

UNUSUAL = 0.05
"""How much less likely a text is with letters that its format's rules leave out (an estimate)."""

OTHER_WEIGHT = 0.01
"""How likely the plates of all other countries make one text, on the scale of Format.weight:
they are spread over a hundred arrangements of letters and digits, more or less."""

DIGITS, LETTERS = 10, 26

_NORMAL = re.compile("[0-9A-ZÄÖÜ]+")

_DROPPED = re.compile(r"[^0-9A-ZÄÖÜ]")


def normalise(text: str) -> str | None:
    """Bring a plate to its form on the wire: `[A-Z0-9ÄÖÜ]`, no separators, null if nothing is left.

    Accents are dropped, German umlauts kept; a vendor's placeholder word becomes null.
    """
    if _NORMAL.fullmatch(text):  # as our own stages write it
        return None if text in PLACEHOLDERS else text
    if text.strip().upper() in PLACEHOLDERS:
        return None
    plate = plain(text)
    return None if not plate or plate in PLACEHOLDERS else plate


def plain(text: str) -> str:
    """Keep only the characters of plates, in capitals and without accents."""
    upper = unicodedata.normalize("NFC", text).upper()
    bare = "".join(
        letter if letter in "ÄÖÜ" else unicodedata.normalize("NFKD", letter) for letter in upper
    )
    return _DROPPED.sub("", bare)


@lru_cache(maxsize=1 << 16)
def fold(plate: str) -> str:
    """Map look-alike characters to one representative, so that misreads of one plate coincide."""
    if plate.isascii():  # seven times faster than a dictionary a character
        return plate.encode().translate(LOOK_ALIKE_BYTES).decode()
    return plate.translate(LOOK_ALIKES)


class Reading(NamedTuple):
    """One way to read a plate: the country, the format's id, and what that format says."""

    country: str
    format: str
    meaning: str


def syntax(plate: str, home: str = "BE") -> list[Reading]:
    """List the formats that a normalised plate fits, the likeliest in a zone of `home` first."""
    return [Reading(one.country, one.id, _meaning(one, plate)) for _, one in _ranked(plate, home)]


def countries(plate: str, home: str = "BE") -> Mapping[str, float]:
    """Tell how likely each country is, seen in a zone of `home`; the likelihoods sum to 1.

    Bayes: a country's share of the traffic, times how likely its formats make this text. `other`
    holds what is none of them. A text that fits no format is wholly `other`, and never refused.
    """
    shares = likelihoods(plate, home)
    total = sum(shares.values())
    return {country: share / total for country, share in shares.items()}


def likelihoods(plate: str, home: str = "BE") -> Mapping[str, float]:
    """Tell how likely the traffic of a zone of `home` shows this very text, by country.

    Up to a factor that all texts share, so that two texts can be compared.
    """
    shares: dict[str, float] = defaultdict(float)
    shares[OTHER] = traffic(home)[OTHER] * OTHER_WEIGHT
    for weight, one in _ranked(plate, home):
        shares[one.country] += weight
    return shares


def frequency(plate: str, home: str = "BE") -> float:
    """Tell how likely a vehicle that passes in a zone of `home` bears exactly this plate."""
    texts = 1
    for sign in plate:
        texts *= DIGITS if sign.isdigit() else LETTERS
    return sum(weight for weight, _ in _ranked(plate, home)) / texts


def display(plate: str, country: str | None) -> str:
    """Show a plate as it is written in its country, such as 1-ABC-123; as is where unknown."""
    for _, one in _ranked(plate, country or OTHER):
        if one.country == country and (found := one.matches.fullmatch(plate)):
            return one.separator.join(group for group in found.groups() if group)
    return plate


def masked(plate: str, country: str | None = None) -> str:
    """Show at most two characters to those who may not read a plate: 1-A••-••• in BE."""
    left = min(2, len(plate) // 3)
    shown = ""
    for character in display(plate, country):
        is_kept = left > 0 or not character.isalnum()
        left -= character.isalnum()
        shown += character if is_kept else "•"
    return shown


def _ranked(plate: str, home: str) -> list[tuple[float, Format]]:
    """Weigh the formats that a plate fits, the likeliest first."""
    shares = traffic(home)
    fitting = [
        (
            shares[one.country] * one.weight * (1 if one.is_usual.fullmatch(plate) else UNUSUAL),
            one,
        )
        for one in FORMATS
        if one.matches.fullmatch(plate)
    ]
    return sorted(fitting, key=lambda pair: pair[0], reverse=True)


@lru_cache(maxsize=64)
def traffic(home: str) -> Mapping[str, float]:
    """Divide a zone's traffic over countries; a home that the table lacks is `other`."""
    home = home if home in ABROAD else OTHER
    abroad = sum(ABROAD.values()) - ABROAD[home]
    return {
        country: HOME_SHARE if country == home else (1 - HOME_SHARE) * share / abroad
        for country, share in ABROAD.items()
    }


def _meaning(one: Format, plate: str) -> str:
    if one.country != "NL" or one.id in {"nl_1", "nl_2", "nl_3"}:
        return one.meaning
    first = next(character for character in plate if character.isalpha())
    kind = NL_FIRST_LETTERS.get(first)
    return f"{one.meaning}, {kind}" if kind else one.meaning
