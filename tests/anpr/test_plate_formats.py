import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.plate_formats import FORMATS, Format
from anpr.plates import display, normalise, syntax

EXAMPLES = {
    "be_std2010": ["1ABC123", "2XYZ789", "7AAA000", "9BOS001"],
    "be_intl_8": ["8ABC123"],
    "be_std2008": ["123ABC"],
    "be_std1973": ["ABC123"],
    "be_1962": ["AB123", "1AB23", "12AB3", "123AB", "A123B"],
    "be_1953": ["A1234", "1A234", "12A34", "123A4", "1234A", "P1234"],
    "be_moto": ["MABC123", "M123ABC"],
    "be_oldtimer": ["OABC123", "OMAA123"],
    "be_taxi": ["TXAB123", "TLAB123"],
    "be_trailer": ["QABC123", "UABC123"],
    "be_moped": ["SABC123", "SPAA123"],
    "be_agri": ["GABC123"],
    "be_commercial": ["VABC123", "YABC123", "ZABC123"],
    "be_cd": ["CDAB123", "CDA1B2"],
    "be_official": ["A1", "E12", "P123"],
    "be_court": ["1", "12", "123"],
    "be_generic": ["XABC123", "WABC123"],
    "be_vanity": ["BOSS", "B0SS", "ANNELIES"],
    "nl_1": ["AB1234"],
    "nl_2": ["1234AB"],
    "nl_3": ["12AB34"],
    "nl_4": ["BD12FG"],
    "nl_5": ["BDFG12"],
    "nl_6": ["12BDFG"],
    "nl_7": ["12BDF3"],
    "nl_8": ["1BDF23"],
    "nl_9": ["BD123F"],
    "nl_10": ["B123DF"],
    "nl_11": ["BDF12G"],
    "nl_12": ["B12DFG"],
    "nl_13": ["1BD234"],
    "nl_14": ["123BD4"],
    "de_std": ["BA1", "BAB1234", "MÜAB12", "HHXX999"],
    "de_eh": ["BA1E", "HHAB123H"],
    "fr_siv": ["AB123CD"],
    "fr_fni": ["1AB75", "1234ABC2A", "123AB971"],
    "lu_std": ["AB1234", "CD1234", "ZZ1234"],
    "lu_moped": ["AB12"],
    "lu_old": ["AB123", "A1234"],
    "lu_digits": ["1234", "12345"],
    "gb_current": ["AB12CDE"],
    "gb_prefix": ["A1BCD", "A123BCD"],
    "gb_suffix": ["ABC1D", "ABC123D"],
}


def formats_of(plate: str) -> set[str]:
    return {one.format for one in syntax(plate)}


def test_every_format_has_an_example() -> None:
    assert [one.id for one in FORMATS] == list(EXAMPLES)


@pytest.mark.parametrize(
    "identity, plate", [(one, plate) for one, plates in EXAMPLES.items() for plate in plates]
)
def test_an_example_fits_its_format(identity: str, plate: str) -> None:
    assert identity in formats_of(plate)


@pytest.mark.parametrize(
    "plate, fitting",
    [
        ("AB1234", {"nl_1", "de_std", "lu_std"}),
        ("ABC123", {"be_std1973", "de_std"}),
        ("1AB23", {"be_1962", "fr_fni"}),
        ("CDAB123", {"be_cd", "be_generic", "de_std"}),
        ("8ABC12", {"nl_8", "fr_fni"}),
        ("1ABC123", {"be_std2010"}),
    ],
)
def test_an_ambiguous_plate_keeps_all_its_countries(plate: str, fitting: set[str]) -> None:
    assert fitting | {"be_vanity"} == formats_of(plate)


@pytest.mark.parametrize(
    "plate, unfit",
    [
        ("0ABC123", "be_std2010"),
        ("8ABC123", "be_std2010"),
        ("12345678", "be_vanity"),
        ("ANNELIESX", "be_vanity"),
        ("BA01", "de_std"),
        ("BA12345", "de_std"),
        ("1234", "be_court"),
        ("123AB99X", "fr_fni"),
    ],
)
def test_a_text_beside_a_format_does_not_fit_it(plate: str, unfit: str) -> None:
    assert unfit not in formats_of(plate)


@pytest.mark.parametrize("one", [one for one in FORMATS if one.wide], ids=lambda one: one.id)
def test_what_is_usual_is_possible(one: Format) -> None:
    @given(st.from_regex(re.compile(one.usual, re.ASCII), fullmatch=True))
    def check(plate: str) -> None:
        assert one.matches.fullmatch(plate)
        assert normalise(display(plate, one.country)) == normalise(plate)

    check()


@pytest.mark.parametrize("country", sorted({one.country for one in FORMATS}))
def test_the_shares_of_a_country_sum_to_one(country: str) -> None:
    shares = [one.share for one in FORMATS if one.country == country]
    assert sum(shares) == pytest.approx(1)


@pytest.mark.parametrize(
    "plate, meaning",
    [
        ("VBB12G", "sidecode 11, light commercial"),
        ("12BDF3", "sidecode 7, heavy commercial"),
        ("12GDF3", "sidecode 7"),
        ("VB1234", "sidecode 1"),
    ],
)
def test_the_first_letter_of_a_dutch_plate_tells_the_vehicle(plate: str, meaning: str) -> None:
    assert meaning in {one.meaning for one in syntax(plate) if one.country == "NL"}
