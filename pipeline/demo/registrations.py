"""Made-up registrations in the real formats of six countries, as a plate shows them."""

import re
from dataclasses import dataclass
from functools import cached_property
from random import Random

from anpr.plates import normalise

BE_LETTERS = "ABCDEFGHJKLNPRSTVXY"
NL_LETTERS = "BDFGHJKLNPRSTVXZ"
FR_LETTERS = "ABCDEFGHJKLMNPQRSTVWXYZ"
LU_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
GB_LETTERS = "ABCDEFGHJKLMNOPRSTUVWXYZ"
DE_TOWNS = ("AC", "B", "BN", "D", "EU", "HH", "K", "KR", "M", "MG", "OG", "S", "TR")

# Letters that the NL authority never issued together.
NL_FORBIDDEN = re.compile("GVD|KKK|NSB|PKK|PSV|TBS|SS|SD")

FORMATS: dict[str, tuple[tuple[str, float], ...]] = {
    "BE": (
        ("2-@@@-###", 6),
        ("1-@@@-###", 3),
        ("@@@-###", 0.5),
        ("###-@@@", 0.3),
    ),
    "NL": (("#-@@@-##", 3), ("@@-###-@", 3), ("@-###-@@", 3), ("##-@@@-#", 1)),
    "DE": (("T @@ ####", 3), ("T @@ ###", 2), ("T @ ####", 1)),
    "FR": (("@@-###-@@", 1),),
    "LU": (("@@ ####", 1),),
    "GB": (("@@## @@@", 1),),
}
"""Per country its formats with their weights: @ a letter, # a digit, T a German town."""

LETTERS = {
    "BE": BE_LETTERS,
    "NL": NL_LETTERS,
    "DE": "ABCDEFGHJKLMNPRSTUVWXYZ",
    "FR": FR_LETTERS,
    "LU": LU_LETTERS,
    "GB": GB_LETTERS,
}


@dataclass(frozen=True)
class Registration:
    """What stands on a plate (`display`, with its separators) and where it is from."""

    display: str
    country: str

    @cached_property
    def plate(self) -> str:
        """The plate as it travels on the wire."""
        return normalise(self.display) or ""


def registration(rng: Random, country: str) -> Registration:
    """Make up a registration of a country. Raises KeyError for a country without formats here."""
    forms = FORMATS[country]
    form = rng.choices([text for text, _ in forms], [weight for _, weight in forms])[0]
    while True:
        display = "".join(_character(rng, country, symbol) for symbol in form)
        if not (country == "NL" and NL_FORBIDDEN.search(display)):
            return Registration(display, country)


def _character(rng: Random, country: str, symbol: str) -> str:
    match symbol:
        case "@":
            return rng.choice(LETTERS[country])
        case "#":
            return rng.choice("123456789")
        case "T":
            return rng.choice(DE_TOWNS)
        case _:
            return symbol
