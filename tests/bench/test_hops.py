"""What a zone left is loaded bit by bit: all of it, once, and nothing before what it refers to."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bench.zones.hops import Rows, in_order
from sinks.store.schema import alerts, deliveries

SOME = st.lists(st.integers(0, 30), max_size=20)


@given(references=SOME, ways=st.lists(st.floats(0, 1), max_size=8))
def test_turns_of_any_size_load_each_row_once_and_after_what_it_refers_to(
    references: list[int], ways: list[float]
) -> None:
    tables = {
        alerts: [{"id": number} for number in range(31)],
        deliveries: [{"id": number, "alert_id": alert} for number, alert in enumerate(references)],
    }
    of_alerts, of_deliveries = in_order(tables)
    known: set[int] = set()
    loaded: list[int] = []
    for before, until in pairwise([0.0, *sorted(ways), 1.0]):
        known |= {row["id"] for row in of_alerts.between(before, until)}
        rows = of_deliveries.between(before, until)
        loaded += [row["id"] for row in rows]
        assert {row["alert_id"] for row in rows} <= known
    assert len(known) == 31
    assert sorted(loaded) == list(range(len(references)))


def test_a_share_of_the_way_brings_as_large_a_share_of_the_rows() -> None:
    (rows,) = in_order({alerts: [{"id": number} for number in range(100)]})
    assert isinstance(rows, Rows)
    assert [len(rows.between(*part)) for part in ((0, 0.25), (0.25, 0.26), (0.26, 1))] == [
        25,
        1,
        74,
    ]
