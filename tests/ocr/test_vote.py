import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr.ports import Reading
from ocr.vote import fuse, spelt
from tests.ocr.makers import read_as

readings = st.lists(
    st.builds(
        read_as,
        st.text("ABC123", min_size=5, max_size=7),
        st.floats(0.3, 0.99),
    ),
    min_size=1,
    max_size=6,
)


def test_three_wrong_readings_together_are_right() -> None:
    wrong = [
        read_as("1ABC123", 0.95, at1=("4", 0.55)),
        read_as("1ABC123", 0.95, at4=("7", 0.55)),
        read_as("1ABC123", 0.95, at6=("8", 0.55)),
    ]
    assert all(one.plate != "1ABC123" for one in wrong)
    fused = fuse(wrong)
    assert fused.plate == "1ABC123"
    assert fused.confidence > max(one.confidence for one in wrong)


def test_one_reading_alone_stays_as_it_is() -> None:
    one = read_as("1ABC123", 0.9, at2=("8", 0.6))
    assert fuse([one]) == one


def test_what_the_readings_leave_open_stays_open() -> None:
    fused = fuse([read_as("1ABC123", 0.9)] * 2)
    assert 0.9 < fused.characters[0] < 0.99


def test_a_doubled_last_character_is_outvoted() -> None:
    assert fuse([read_as("1ABC123"), read_as("1ABC1233"), read_as("1ABC123")]).plate == "1ABC123"


def test_equal_readings_count_as_the_root_of_their_number() -> None:
    slot = {"8": 0.8, "B": 0.2}
    one = spelt([slot], 1.0, {})
    odds = 4.0**2
    assert fuse([one] * 4).characters[0] == pytest.approx(odds / (1 + odds), abs=1e-4)


def test_no_single_frame_rules_a_character_out() -> None:
    blind = spelt([{"X": 1.0}], 1.0, {})
    clear = [spelt([{"8": 0.95, "B": 0.05}], 1.0, {})] * 4
    assert fuse([blind, *clear]).plate == "8"


def test_alternatives_differ_in_one_character_the_likeliest_first() -> None:
    reading = spelt([{"8": 0.6, "B": 0.4}, {"O": 0.7, "0": 0.2, "D": 0.1}], 1.0, {})
    assert [plate for plate, _ in reading.alternatives] == ["BO", "80", "8D"]
    assert [share for _, share in reading.alternatives] == pytest.approx([0.28, 0.12, 0.06])


def test_the_confidence_counts_the_worst_character_and_the_end() -> None:
    reading = spelt([{"1": 0.9}, {"A": 0.5}], 0.8, {})
    assert reading.confidence == pytest.approx(0.9 * 0.5 * 0.8)


@given(readings, st.randoms(use_true_random=False))
def test_the_order_of_readings_does_not_matter(ones: list[Reading], random: st.DataObject) -> None:
    mixed = list(ones)
    random.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert fuse(mixed) == fuse(ones)


@given(readings)
def test_probabilities_stay_probabilities(ones: list[Reading]) -> None:
    fused = fuse(ones)
    assert 0 <= fused.confidence <= 1
    assert all(0 <= one <= 1 for one in fused.characters)
    assert len(fused.characters) == len(fused.plate)
