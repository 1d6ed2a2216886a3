"""What is hidden in a table, against whoever knows its totals and can solve for what is hidden."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sinks.statistics.suppression import ENDLESS, Cells, Mask, hidden_in

K = 5


def table(*rows: tuple[int, ...]) -> Cells:
    """Make a matrix of flows; the first row and column are the inside, without totals."""
    cells = np.array(rows, dtype=np.int64)
    cells[0, 0] = ENDLESS
    return cells


def possible_lines(cells: Cells, hidden: Mask) -> NDArray[np.int64]:
    """Give all that a line of numbers can be, for who sees what is shown and the sum."""
    free = np.flatnonzero(hidden)
    left = int(cells[free].sum())
    found = [
        [*some, left - sum(some)]
        for some in product(range(left + 1), repeat=max(len(free) - 1, 0))
        if sum(some) <= left
    ]
    lines = np.tile(cells, (len(found), 1))
    if len(free):
        lines[:, free] = np.array(found)
    return lines


def possible_matrices(cells: Cells, hidden: Mask) -> NDArray[np.int64]:
    """Give all that a matrix can be, for who sees what is shown and the total of every camera.

    Whatever the inner cells are, the totals say who went inside and who came from there.
    """
    inner = cells[1:, 1:]
    ranges = [
        range(int(min(inner[at].sum() + cells[at + 1, 0], 12)) + 1) if hidden[at + 1, to + 1]
        else (int(inner[at, to]),)
        for at in range(inner.shape[0])
        for to in range(inner.shape[1])
    ]  # fmt: skip
    inners = np.array(list(product(*ranges)), dtype=np.int64).reshape(-1, *inner.shape)
    all_ = np.zeros((len(inners), *cells.shape), dtype=np.int64)
    all_[:, 1:, 1:] = inners
    all_[:, 1:, 0] = cells[1:, :].sum(axis=1) - inners.sum(axis=2)
    all_[:, 0, 1:] = cells[:, 1:].sum(axis=0) - inners.sum(axis=1)
    all_[:, 0, 0] = ENDLESS
    shown = ~hidden
    shown[0, 0] = False
    fits = (all_ >= 0).all(axis=(1, 2)) & (all_[:, shown] == cells[shown]).all(axis=1)
    possible: NDArray[np.int64] = all_[fits]
    return possible


def small(cells: Cells) -> NDArray[np.int64]:
    return np.argwhere((cells > 0) & (cells < K))


def test_a_cell_of_k_is_told_and_one_of_less_is_not() -> None:
    hidden = hidden_in(np.array([4, 5, 900, 12]), K)
    assert hidden.tolist() == [True, True, False, False]


def test_a_table_without_small_cells_is_told_whole() -> None:
    assert not hidden_in(np.array([0, 5, 900]), K).any()
    assert hidden_in(table((0, 7, 0), (5, 6, 0), (0, 0, 9)), K).sum() == 1  # who never crosses


def test_a_small_cell_takes_the_smallest_others_with_it_that_protect_it() -> None:
    hidden = hidden_in(table((0, 7, 30), (8, 2, 40), (50, 60, 70)), K)
    assert hidden.tolist() == [[True, True, False], [True, True, False], [False, False, False]]


def test_one_vehicle_alone_hides_the_table() -> None:
    assert hidden_in(np.array([1]), K).all()


def test_a_small_cell_may_hide_among_zeros() -> None:
    cells = table((0, 0, 0), (0, 1, 0), (0, 0, 0))
    values = {int(one[1, 1]) for one in possible_matrices(cells, hidden_in(cells, K))}
    assert values == {0, 1}


@pytest.mark.parametrize("k", [3, 5, 10])
def test_a_small_class_has_k_possible_numbers_where_its_line_has_enough(k: int) -> None:
    cells = np.array([1, 0, k, 400])
    lines = possible_lines(cells, hidden_in(cells, k))
    assert len(set(lines[:, 0].tolist())) >= k


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([0, 0, 1, 2, 4, 5, 9]), min_size=1, max_size=5))
def test_no_small_class_can_be_worked_out_from_its_total(classes: list[int]) -> None:
    cells = np.array(classes, dtype=np.int64)
    hidden = hidden_in(cells, K)
    if hidden.all() and len(classes) == 1:
        return  # a table of one cell: it is told only from k on, as is its total
    lines = possible_lines(cells, hidden)
    for (at,) in small(cells):
        assert len(set(lines[:, at].tolist())) > 1


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from([0, 0, 1, 2, 4, 5, 8]), min_size=3, max_size=3),
        min_size=3,
        max_size=3,
    )
)
def test_no_small_flow_can_be_worked_out_by_who_knows_every_cameras_total(
    rows: list[list[int]],
) -> None:
    cells = table(*map(tuple, rows))
    hidden = hidden_in(cells, K)
    possible = possible_matrices(cells, hidden)
    for at in small(cells):
        assert hidden[tuple(at)]
        if min(at):
            values = set(possible[:, at[0], at[1]].tolist())
            assert len(values) > 1


@given(st.lists(st.integers(0, 40), min_size=2, max_size=8), st.integers(3, 10))
def test_a_hidden_line_leaves_more_than_one_place_for_the_rest(classes: list[int], k: int) -> None:
    hidden = hidden_in(np.array(classes, dtype=np.int64), k)
    assert hidden.sum() != 1
