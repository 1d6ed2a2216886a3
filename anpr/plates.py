"""Plates as text: the normal form, the fold of look-alikes, and how a plate is shown."""

import re
import unicodedata

LOOK_ALIKES = str.maketrans("ODQILBSZG", "000118526")
"""O D Q→0, I L→1, B→8, S→5, Z→2, G→6: what a camera confuses, to one representative."""

PLACEHOLDERS = frozenset(
    {"UNKNOWN", "UNKOWN", "NOPLATE", "NOTREAD", "NONE", "NULL", "NA", "UNREAD", "UNREADABLE",
     "NOREAD", "NOTFOUND", "EMPTY", "UNLICENSED", "NOPLATENUMBER", "无车牌"}
)  # fmt: skip
"""Words that vendors send in place of a plate they could not read."""

MAX_LENGTH = 16

_DROPPED = re.compile(r"[^0-9A-ZÄÖÜ]")


def normalise(text: str) -> str | None:
    """Bring a plate to its form on the wire: `[A-Z0-9ÄÖÜ]`, no separators, null if nothing is left.

    Accents are dropped, German umlauts kept; a vendor's placeholder word becomes null.
    """
    upper = unicodedata.normalize("NFC", text).upper()
    if upper.strip() in PLACEHOLDERS:
        return None
    plain = "".join(
        letter if letter in "ÄÖÜ" else unicodedata.normalize("NFKD", letter) for letter in upper
    )
    plate = _DROPPED.sub("", plain)
    return None if not plate or plate in PLACEHOLDERS else plate


def fold(plate: str) -> str:
    """Map look-alike characters to one representative, so that misreads of one plate coincide."""
    return plate.translate(LOOK_ALIKES)
