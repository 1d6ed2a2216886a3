"""The plate formats of Belgium and its neighbours, as one dated table.

`usual` is what a country's rules give out. `wide` is the same with every letter allowed, since
sources disagree on the letters left out: an unusual letter makes a format less likely, never
impossible. The groups of a pattern are the groups on the plate.

Sources. BE: deplalaw.be (index letters, 2014), belgianlicenceplates.blogspot.com (1953 to 2008),
kennzeichen-guide.de, nl.wikipedia "Belgisch kenteken", signsandtagsonline.com. NL:
nummerborden.info and openalpr's eu.patterns (order of the sidecodes, letters and words left out).
LU: europlate.org. General knowledge, not checked: DE, FR, GB, the years of NL 1 to 8, the length
of a personal Belgian plate, and every `share`.
"""

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its texts, the years it was given out, its share of its country's traffic.

    `dense` says how many times fewer texts it has than its letters and digits would allow, where
    some of them are fixed. `shapes` says over how many arrangements of letters and digits it is
    spread. Both turn a share into a likelihood that is comparable between formats.
    """

    id: str
    meaning: str
    years: str
    share: float
    usual: str
    wide: str = ""
    dense: float = 1
    shapes: int = 1
    separator: str = "-"
    is_usual: re.Pattern[str] = field(init=False, repr=False)
    matches: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_usual", re.compile(self.usual, re.ASCII))
        object.__setattr__(self, "matches", re.compile(self.wide or self.usual, re.ASCII))

    @property
    def country(self) -> str:
        """The country that gives it out, ISO 3166 alpha-2."""
        return self.id[:2].upper()

    @property
    def weight(self) -> float:
        """How likely it makes one of its texts, up to a factor that all formats share."""
        return self.share * self.dense / self.shapes


ABC123 = r"([A-Z]{3})(\d{3})"

BELGIUM = (
    Format("be_std2010", "standard", "2010-", 0.785,
           r"([12])([A-HJ-NP-Z]{3})(\d{3})", r"([1-79])([A-Z]{3})(\d{3})", dense=5),
    Format("be_intl_8", "special or international", "2010-2014", 0.002,
           r"(8)([A-Z]{3})(\d{3})", dense=10),
    Format("be_std2008", "standard", "2008-2010", 0.01,
           r"(\d{3})([A-HJ-NPR-Z]{3})", r"(\d{3})([A-Z]{3})"),
    Format("be_std1973", "standard", "1973-2008", 0.03, r"([A-HJ-NPR-Z]{3})(\d{3})", ABC123),
    Format("be_1962", "standard", "1962-1973", 0.003,
           r"([A-Z]{2})(\d{3})|(\d)([A-Z]{2})(\d{2})|(\d{2})([A-Z]{2})(\d)|(\d{3})([A-Z]{2})"
           r"|([A-Z])(\d{3})([A-Z])", shapes=5),
    Format("be_1953", "standard; P: buses and post", "1953-1962", 0.002,
           r"([A-Z])(\d{4})|(\d)([A-Z])(\d{3})|(\d{2})([A-Z])(\d{2})|(\d{3})([A-Z])(\d)"
           r"|(\d{4})([A-Z])", shapes=5),
    Format("be_moto", "motorcycle", "2010-", 0.05,
           rf"(M)(?:{ABC123}|(\d{{3}})([A-Z]{{3}}))", dense=26, shapes=2),
    Format("be_oldtimer", "oldtimer", "2010-", 0.005, f"(O){ABC123}", dense=26),
    Format("be_taxi", "taxi (X) or hire with a driver (L)", "2010-", 0.01,
           r"(T)([XL][A-Z]{2})(\d{3})", dense=338),
    Format("be_trailer", "trailer (U: older)", "2010-", 0.05, f"([QU]){ABC123}", dense=13),
    Format("be_moped", "moped or speed pedelec", "2016-", 0.015, f"(S){ABC123}", dense=26),
    Format("be_agri", "tractor", "2010-", 0.01, f"(G){ABC123}", dense=26),
    Format("be_commercial", "test drive (Y), dealer (Z) or professional (V)", "2010-", 0.01,
           f"([VYZ]){ABC123}", dense=9),
    Format("be_cd", "diplomat", "2010-", 0.003,
           r"(CD)([A-Z]{2})(\d{3})|(CD)([A-Z0-9]{4})", dense=338, shapes=2),
    Format("be_official", "minister, region or parliament", "1953-", 0.0005,
           r"([AEP])(\d{1,3})", dense=9, shapes=3),
    Format("be_court", "royal house", "1953-", 0.0005, r"(\d{1,3})", shapes=3),
    Format("be_generic", "temporary, transit or another index letter", "2010-", 0.004,
           f"([A-Z]){ABC123}"),
    Format("be_vanity", "personal", "2014-", 0.01, r"((?!\d+\Z)[A-Z0-9]{1,8})", shapes=510),
)  # fmt: skip

_WORDS = r"(?!.*(?:GVD|KKK|NSB|PKK|PSV|TBS))"
_X = r"([BDFGHJ-NPR-TV-Z])"
_XX = r"((?!SS|SD)[BDFGHJ-NPR-TV-Z]{2})"
_XXX = r"([BDFGHJ-NPR-TV-Z]{3})"
_ANY = r"([A-Z]{2})"

NETHERLANDS = (
    Format("nl_1", "sidecode 1", "1951-1965", 0.002, rf"{_ANY}(\d\d)(\d\d)"),
    Format("nl_2", "sidecode 2", "1965-1973", 0.002, rf"(\d\d)(\d\d){_ANY}"),
    Format("nl_3", "sidecode 3", "1973-1978", 0.003, rf"(\d\d){_ANY}(\d\d)"),
    Format("nl_4", "sidecode 4", "1978-1991", 0.033,
           rf"{_XX}(\d\d){_XX}", rf"{_ANY}(\d\d){_ANY}"),
    Format("nl_5", "sidecode 5", "1991-1999", 0.04,
           rf"{_XX}{_XX}(\d\d)", rf"{_ANY}{_ANY}(\d\d)"),
    Format("nl_6", "sidecode 6", "1999-2008", 0.13,
           rf"(\d\d){_XX}{_XX}", rf"(\d\d){_ANY}{_ANY}"),
    Format("nl_7", "sidecode 7", "2008-2013", 0.18,
           rf"{_WORDS}(\d\d){_XXX}(\d)", r"(\d\d)([A-Z]{3})(\d)"),
    Format("nl_8", "sidecode 8", "2013-2015", 0.19,
           rf"{_WORDS}(\d){_XXX}(\d\d)", r"(\d)([A-Z]{3})(\d\d)"),
    Format("nl_9", "sidecode 9", "2015-2019", 0.18,
           rf"{_XX}(\d{{3}}){_X}", r"([A-Z]{2})(\d{3})([A-Z])"),
    Format("nl_10", "sidecode 10", "2019-2024", 0.2,
           rf"{_X}(\d{{3}}){_XX}", r"([A-Z])(\d{3})([A-Z]{2})"),
    Format("nl_11", "sidecode 11", "2024-", 0.037,
           rf"{_WORDS}{_XXX}(\d\d){_X}", r"([A-Z]{3})(\d\d)([A-Z])"),
    Format("nl_12", "sidecode 12", "not yet", 0.001,
           rf"{_WORDS}{_X}(\d\d){_XXX}", r"([A-Z])(\d\d)([A-Z]{3})"),
    Format("nl_13", "sidecode 13", "not yet", 0.001,
           rf"(\d){_XX}(\d{{3}})", r"(\d)([A-Z]{2})(\d{3})"),
    Format("nl_14", "sidecode 14", "not yet", 0.001,
           rf"(\d{{3}}){_XX}(\d)", r"(\d{3})([A-Z]{2})(\d)"),
)  # fmt: skip

NL_FIRST_LETTERS = {
    "B": "heavy commercial", "V": "light commercial", "M": "motorcycle", "D": "moped",
    "F": "moped", "O": "semi-trailer", "W": "trailer",
}  # fmt: skip
"""What the first letter of a Dutch plate says, since sidecode 4."""

GERMANY = (
    Format("de_std", "district and number", "1956-", 0.95,
           r"([A-ZÄÖÜ]{1,3}[A-Z]{1,2})([1-9]\d{0,3})", shapes=16, separator=" "),
    Format("de_eh", "electric (E) or historic (H)", "1997-", 0.05,
           r"(?=.{3,9}\Z)([A-ZÄÖÜ]{1,3}[A-Z]{1,2})([1-9]\d{0,3}[EH])",
           dense=13, shapes=16, separator=" "),
)  # fmt: skip

FRANCE = (
    Format("fr_siv", "SIV", "2009-", 0.97,
           r"(?!SS)([A-HJ-NP-TV-Z]{2})(?!000)(\d{3})(?!SS)([A-HJ-NP-TV-Z]{2})",
           r"([A-Z]{2})(\d{3})([A-Z]{2})"),
    Format("fr_fni", "FNI, the department last", "1950-2009", 0.03,
           r"(\d{1,4})([A-HJ-NP-Z]{2,3})(\d{2}|2[AB]|97\d)",
           r"(\d{1,4})([A-Z]{2,3})(\d{2}|2[AB]|97\d)", shapes=24),
)  # fmt: skip

LUXEMBOURG = (
    Format("lu_std", "standard; AA: official, CD: diplomat, ZZ: temporary", "1987-", 0.9,
           r"([A-HJ-NP-Z]{2})(\d{4})", r"([A-Z]{2})(\d{4})", separator=" "),
    Format("lu_moped", "moped", "1987-", 0.03,
           r"([A-HJ-NP-Z]{2})(\d{2})", r"([A-Z]{2})(\d{2})", separator=" "),
    Format("lu_old", "older series, kept by choice", "-1987", 0.04,
           r"([A-HJ-NP-Z]{2})(\d{3})|([A-HJ-NP-Z])(\d{4})", r"([A-Z]{2})(\d{3})|([A-Z])(\d{4})",
           shapes=2, separator=" "),
    Format("lu_digits", "digits alone, kept by choice", "-1987", 0.03, r"(\d{4,5})", shapes=2),
)  # fmt: skip

BRITAIN = (
    Format("gb_current", "area, half-year and three letters", "2001-", 0.93,
           r"([A-HJ-PR-Y]{2}\d{2})([A-HJ-PR-Z]{3})", r"([A-Z]{2}\d{2})([A-Z]{3})", separator=" "),
    Format("gb_prefix", "the year's letter first", "1983-2001", 0.05,
           r"([A-HJ-NPR-TV-Y]\d{1,3})([A-HJ-PR-Y]{3})", r"([A-Z]\d{1,3})([A-Z]{3})",
           shapes=3, separator=" "),
    Format("gb_suffix", "the year's letter last", "1963-1983", 0.02,
           r"([A-HJ-PR-Y]{3})(\d{1,3}[A-HJ-NPR-TV-Y])", r"([A-Z]{3})(\d{1,3}[A-Z])",
           shapes=3, separator=" "),
)  # fmt: skip

FORMATS = (*BELGIUM, *NETHERLANDS, *GERMANY, *FRANCE, *LUXEMBOURG, *BRITAIN)
