import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.plates import (
    LOOK_ALIKES,
    OTHER,
    PLACEHOLDERS,
    countries,
    display,
    fold,
    masked,
    normalise,
    plain,
    syntax,
)

PLATES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ÄÖÜ", min_size=1, max_size=9)


@pytest.mark.parametrize(
    "text, plate",
    [
        ("1-ABC-123", "1ABC123"),
        (" 1 abc 123 ", "1ABC123"),
        ("M-Ü 123", "MÜ123"),
        ("mu\u0308 123", "MÜ123"),
        ("é123", "E123"),
        ("\uff11ABC123", "1ABC123"),
        ("---", None),
        ("", None),
    ],
)
def test_a_plate_keeps_only_capitals_digits_and_umlauts(text: str, plate: str | None) -> None:
    assert plate == normalise(text)


@pytest.mark.parametrize("word", [*sorted(PLACEHOLDERS), "unknown", "No Plate", "n/a", " None "])
def test_a_vendors_placeholder_word_is_no_plate(word: str) -> None:
    assert normalise(word) is None


@given(st.text())
def test_normalising_twice_is_normalising_once(text: str) -> None:
    once = normalise(text)
    assert once is None or normalise(once) == once


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    plate = plain(text)
    assert fold(fold(plate)) == fold(plate)


def test_look_alikes_share_a_fold() -> None:
    assert {fold("0BI5Z6"), fold("O81S2G"), fold("Q8LS2G"), fold("D815Z6")} == {"081526"}


@given(st.text() | PLATES, st.sampled_from(["BE", "NL", "DE", "FR", "LU", "GB", "AT"]))
def test_the_countries_of_any_text_sum_to_one(text: str, home: str) -> None:
    shares = countries(text, home)
    assert sum(shares.values()) == pytest.approx(1)
    assert shares[OTHER] > 0
    assert all(share >= 0 for share in shares.values())


@given(PLATES)
def test_a_country_is_likely_only_where_a_format_fits(plate: str) -> None:
    assert countries(plate).keys() - {OTHER} == {one.country for one in syntax(plate)}


@given(PLATES)
def test_a_zone_sees_its_own_country_more_often(plate: str) -> None:
    for country in countries(plate).keys() - {OTHER}:
        elsewhere = "FR" if country != "FR" else "BE"
        assert countries(plate, country)[country] >= countries(plate, elsewhere)[country]


def test_a_text_that_fits_nothing_is_wholly_other_and_never_refused() -> None:
    assert countries("ABCDEFGHIJK") == {OTHER: 1}
    assert syntax("ABCDEFGHIJK") == []


def test_a_letter_left_out_makes_a_country_less_likely_and_not_impossible() -> None:
    assert 0 < countries("1OBC123")["BE"] < countries("1ABC123")["BE"]


def test_a_word_left_out_makes_a_country_less_likely_and_not_impossible() -> None:
    assert 0 < countries("12GVD3")["NL"] < countries("12GVB3")["NL"]


def test_the_likeliest_reading_comes_first() -> None:
    assert next(iter(syntax("AB123CD"))).format == "fr_siv"
    assert next(iter(syntax("ABC123"))).format == "be_std1973"
    assert next(iter(syntax("ABC123", "DE"))).format == "de_std"


@pytest.mark.parametrize(
    "plate, country, shown",
    [
        ("1ABC123", "BE", "1-ABC-123"),
        ("ABC123", "BE", "ABC-123"),
        ("123ABC", "BE", "123-ABC"),
        ("MABC123", "BE", "M-ABC-123"),
        ("M123ABC", "BE", "M-123-ABC"),
        ("TXAA123", "BE", "T-XAA-123"),
        ("CDAB123", "BE", "CD-AB-123"),
        ("A1234", "BE", "A-1234"),
        ("BOSS", "BE", "BOSS"),
        ("HN1234", "NL", "HN-12-34"),
        ("12GBB3", "NL", "12-GBB-3"),
        ("G123BB", "NL", "G-123-BB"),
        ("BAB1234", "DE", "BAB 1234"),
        ("MÜA12E", "DE", "MÜA 12E"),
        ("AB123CD", "FR", "AB-123-CD"),
        ("123AB75", "FR", "123-AB-75"),
        ("AB1234", "LU", "AB 1234"),
        ("AB12CDE", "GB", "AB12 CDE"),
        ("A123BCD", "GB", "A123 BCD"),
        ("ABC123D", "GB", "ABC 123D"),
        ("1ABC123", "PL", "1ABC123"),
        ("1ABC123", None, "1ABC123"),
        ("1ABC123", "FR", "1ABC123"),
    ],
)
def test_a_plate_is_shown_as_its_country_writes_it(
    plate: str, country: str | None, shown: str
) -> None:
    assert shown == display(plate, country)


@given(PLATES, st.sampled_from(["BE", "NL", "DE", "FR", "LU", "GB", "PL", None]))
def test_showing_a_plate_changes_none_of_its_characters(plate: str, country: str | None) -> None:
    assert normalise(display(plate, country)) == normalise(plate)


@pytest.mark.parametrize(
    "plate, country, shown",
    [
        ("1ABC123", "BE", "1-A••-•••"),
        ("1ABC123", None, "1A•••••"),
        ("AB1234", "LU", "AB ••••"),
        ("BOSS", "BE", "B•••"),
        ("A1", "BE", "•-•"),
    ],
)
def test_a_masked_plate_shows_two_characters_at_most(
    plate: str, country: str | None, shown: str
) -> None:
    assert shown == masked(plate, country)


@given(PLATES)
def test_a_masked_plate_hides_most_of_it(plate: str) -> None:
    assert masked(plate).count("•") >= 2 * len(plate) / 3


@given(st.text("ABCDOQILBSZG0123456789ÄÖÜ", max_size=16))
def test_a_plate_folds_the_same_with_umlauts_or_without(plate: str) -> None:
    assert fold(plate) == plate.translate(LOOK_ALIKES)
