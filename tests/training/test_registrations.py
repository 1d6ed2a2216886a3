from random import Random

import pytest

from anpr.plate_formats import FORMATS
from training.registrations import SEPARATORS, SLOTS, UMLAUTS, Country, countries, draw, draw_of

KNOWN = {"Belgium": "BE", "Netherlands": "NL", "France": "FR", "Luxembourg": "LU"}
COUNT = 2000


def plain(country: str) -> Country:
    """A country's own letters, and no free characters."""
    return countries()[country]


def test_a_registration_fits_the_slots_of_the_recogniser() -> None:
    random = Random(1)
    lengths = {len(draw(random).text) for _ in range(COUNT)}
    assert min(lengths) >= 1
    assert max(lengths) <= SLOTS


def test_what_is_read_has_no_separators() -> None:
    random = Random(2)
    for one in (draw(random) for _ in range(COUNT)):
        assert not set(one.text) & set(SEPARATORS)
        assert all(character.isdigit() or character.isupper() for character in one.text)


def test_the_same_seed_draws_the_same() -> None:
    first, second = Random(3), Random(3)
    assert [draw(first) for _ in range(50)] == [draw(second) for _ in range(50)]


@pytest.mark.parametrize("country, code", KNOWN.items())
def test_most_of_a_countrys_registrations_have_one_of_its_formats(country: str, code: str) -> None:
    random = Random(4)
    own = [one for one in FORMATS if one.country == code]
    drawn = [draw_of(plain(country), random).text for _ in range(COUNT)]
    fitting = sum(any(one.matches.fullmatch(text) for one in own) for text in drawn)
    assert fitting / COUNT > 0.85


@pytest.mark.parametrize("id_", [one.id for one in FORMATS if one.country == "BE"])
def test_every_belgian_format_is_drawn(id_: str) -> None:
    random = Random(5)
    (form,) = [one for one in FORMATS if one.id == id_]
    country = plain("Belgium")
    assert any(form.matches.fullmatch(draw_of(country, random).text) for _ in range(20_000))


def test_motorcycles_have_two_lines() -> None:
    random = Random(6)
    country = plain("Belgium")
    two = [one for one in (draw_of(country, random) for _ in range(COUNT)) if len(one.lines) > 1]
    assert any(one.text.startswith("M") for one in two)


def test_only_countries_with_umlauts_have_them() -> None:
    random = Random(7)
    with_them = {
        one.country for one in (draw(random) for _ in range(20_000)) if set(one.text) & set(UMLAUTS)
    }
    assert with_them == {"Germany", "Other"}
