"""Which frames may go unread: a pure choice over moments."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ocr.budget import KEY, spared
from tests.ocr.makers import START


def test_what_lies_between_two_frames_that_say_the_same_is_spared() -> None:
    moments = [START + timedelta(seconds=n / 10) for n in range(6)]
    assert spared(moments, lambda *_: True) == {1, 2, 3, 4}
    assert spared(moments, lambda *_: False) == frozenset()


def test_frames_further_apart_than_a_key_are_all_read() -> None:
    moments = [START + n * (KEY / 2 + timedelta(milliseconds=1)) for n in range(6)]
    assert spared(moments, lambda *_: True) == frozenset()


@given(st.lists(st.integers(-200, 900), max_size=20))
def test_frames_around_a_spared_one_are_never_further_apart_than_a_key(gaps: list[int]) -> None:
    moments = [START]
    for gap in gaps:
        moments.append(moments[-1] + timedelta(milliseconds=gap))
    gone = spared(moments, lambda a, b: (a + b) % 3 > 0)
    read = [place for place in range(len(moments)) if place not in gone]
    assert read[0] == 0
    assert read[-1] == len(moments) - 1
    for before, after in pairwise(read):
        assert after - before == 1 or moments[after] - moments[before] <= KEY
