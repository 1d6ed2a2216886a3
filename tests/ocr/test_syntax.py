from ocr.ports import Reading
from ocr.syntax import country, weighed
from tests.ocr.makers import read_as


def test_a_plate_in_a_known_format_keeps_its_confidence() -> None:
    reading = read_as("1ABC123", 0.95)
    assert weighed(reading) == reading.confidence


def test_lettering_is_doubted_and_a_clear_personal_plate_is_not() -> None:
    assert weighed(read_as("CITROEN", 0.97)) < 0.7
    assert weighed(read_as("KAPITEIN", 0.999)) > 0.9


def test_look_and_syntax_together_tell_the_country() -> None:
    assert country(read_as("1ABC123"), "BE") == "BE"
    luxembourgish = Reading("AB1234", countries={"LU": 0.9})
    german = Reading("AB1234", countries={"DE": 0.9})
    assert (country(luxembourgish, "BE"), country(german, "BE")) == ("LU", "DE")


def test_a_country_whose_syntax_is_not_known_is_told_by_its_look() -> None:
    assert country(Reading("1B19839", countries={"CZ": 0.95}), "BE") == "CZ"


def test_a_plate_of_nowhere_has_no_country() -> None:
    assert country(Reading("12AB34CD56"), "BE") is None
