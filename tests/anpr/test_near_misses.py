from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from anpr.near_misses import NearMisses

plates = st.text("ABC123", min_size=1, max_size=6)


@given(st.lists(plates, max_size=20), plates)
def test_no_plate_that_differs_in_one_character_is_missed(known: Sequence[str], plate: str) -> None:
    places = set(NearMisses(known).places(plate))
    for other in known:
        if len(other) == len(plate):
            differing = [n for n, (a, b) in enumerate(zip(plate, other, strict=True)) if a != b]
            assert len(differing) != 1 or differing[0] in places


def test_few_plates_are_looked_at_in_vain() -> None:
    near = NearMisses(f"1AAA{number:03}" for number in range(0, 1000, 7))
    in_vain = sum(any(True for _ in near.places(f"2B{number:05}")) for number in range(10_000))
    assert in_vain < 10_000 * 0.2


def test_without_plates_nothing_is_near() -> None:
    assert list(NearMisses(()).places("1ABC123")) == []
