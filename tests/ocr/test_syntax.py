from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.plates import fold
from ocr.ports import Reading
from ocr.syntax import PLAIN, country, informed, weighed
from ocr.vote import spelt
from tests.ocr.makers import read_as


def test_a_plate_in_a_known_format_keeps_its_confidence() -> None:
    reading = read_as("1ABC123", 0.95)
    assert weighed(reading, "BE") == reading.confidence


@pytest.mark.parametrize("text", ["CITROEN", "GARAGE", "2023", "0475123"])
def test_lettering_is_never_sure(text: str) -> None:
    assert weighed(read_as(text, 0.97), "BE") < 0.8
    assert weighed(read_as(text, 1.0), "BE") == PLAIN


@pytest.mark.parametrize("text", ["4X4", "E19"])
def test_a_text_of_few_characters_is_never_sure(text: str) -> None:
    assert weighed(read_as(text, 1.0), "BE") == PLAIN


def test_a_clear_personal_plate_of_letters_and_digits_is_sure() -> None:
    assert weighed(read_as("KAP1TEIN", 0.999), "BE") > 0.9


@pytest.mark.parametrize(
    ("text", "country"), [("1ABC123", "BE"), ("MABC123", "BE"), ("AB123CD", "FR"), ("9GKX12", "NL")]
)
def test_a_plate_that_is_no_part_of_a_common_one_keeps_its_confidence(
    text: str, country: str
) -> None:
    reading = replace(read_as(text, 1.0), countries={country: 0.97})
    assert weighed(reading, "BE") > 0.9


@pytest.mark.parametrize("text", ["ABC123", "BC123", "1ABC12", "1ABC1"])
def test_what_may_be_a_part_of_a_common_plate_is_not_sure(text: str) -> None:
    assert weighed(read_as(text, 1.0), "BE") < 0.85


def test_an_old_plate_is_sure_in_several_views_and_a_broken_one_is_not() -> None:
    assert weighed(read_as("ABC123", 1.0), "BE", is_followed=True) > 0.9
    assert weighed(read_as("1ABC12", 1.0), "BE", is_followed=True) < 0.9


def test_where_old_plates_are_what_is_common_they_are_sure() -> None:
    swedish = replace(read_as("ABC123", 1.0), countries={"SE": 0.9})
    assert weighed(swedish, "SE") > 0.9


def test_look_and_syntax_together_tell_the_country() -> None:
    assert country(read_as("1ABC123"), "BE") == "BE"
    luxembourgish = Reading("AB1234", countries={"LU": 0.9})
    german = Reading("AB1234", countries={"DE": 0.9})
    assert (country(luxembourgish, "BE"), country(german, "BE")) == ("LU", "DE")


def test_a_country_whose_syntax_is_not_known_is_told_by_its_look() -> None:
    assert country(Reading("1B19839", countries={"CZ": 0.95}), "BE") == "CZ"


def test_a_plate_of_nowhere_has_no_country() -> None:
    assert country(Reading("12AB34CD56"), "BE") is None


def either(plate: str, at: int, other: str, share: float) -> Reading:
    """Make a reading that holds another character possible at one place."""
    slots = [{letter: 0.99} for letter in plate]
    slots[at] = {plate[at]: 0.99 - share, other: share}
    return spelt(slots, 1.0, {"BE": 0.9})


def test_among_look_alikes_the_one_that_plates_are_written_like_is_chosen() -> None:
    chosen = informed(either("IABC123", 0, "1", 0.3), "BE")
    assert chosen.plate == "1ABC123"
    assert chosen.alternatives[0][0] == "IABC123"
    assert 0.5 < chosen.confidence < 0.95


def test_what_the_eye_is_sure_of_is_not_forced_into_a_format() -> None:
    sure = either("IABC123", 0, "1", 0.019)
    assert informed(sure, "BE") == sure
    leaning = informed(either("IABC123", 0, "1", 0.03), "BE")
    assert leaning.plate == "IABC123"


def test_a_look_alike_helps_the_plate_that_is_chosen() -> None:
    doubtful = either("1ABC123", 0, "I", 0.3)
    assert informed(doubtful, "BE").confidence > doubtful.confidence + 0.2


def test_a_plate_that_looks_foreign_is_left_as_it_is_seen() -> None:
    slots = [{letter: 0.99} for letter in "RK3"] + [{"O": 0.7, "0": 0.29}] + [{"A": 0.99}] * 2
    seen = spelt(slots, 1.0, {"SK": 0.95})
    assert informed(seen, "BE").plate == seen.plate


def test_characters_that_do_not_look_alike_are_never_exchanged() -> None:
    seen = either("XABC123", 0, "1", 0.4)
    assert informed(seen, "BE") == seen


@given(st.text("0OQDIL1B8S5Z2G6AXE7", min_size=1, max_size=9), st.floats(0.02, 0.49), st.data())
def test_the_choice_never_leaves_the_fold(plate: str, share: float, data: st.DataObject) -> None:
    slots = []
    for letter in plate:
        other = data.draw(st.sampled_from("0OQD1IL8B5S2Z6G"))
        slots.append({other: share} | {letter: 0.99 - (share if other != letter else 0.0)})
    seen = spelt(slots, 0.9, {"BE": 0.8})
    chosen = informed(seen, "BE")
    assert fold(chosen.plate) == fold(seen.plate)
    assert 0 <= chosen.confidence <= 0.9 + 1e-9
    assert all(0 <= one <= 1 + 1e-9 for one in chosen.characters)
    assert chosen.plate not in {text for text, _ in chosen.alternatives}
