"""Visits: in whatever order passages come, change and go, they pair as if read at once."""

from datetime import timedelta
from functools import cache
from itertools import groupby
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from anpr.events import Passage
from anpr.plates import fold
from anpr.time import to_us
from sinks.store.schema import visits
from sinks.store.visits import LONGEST_US, rebuild_visits
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0, passage
from tests.sinks.databases import empty

BORDER = {"north": "in", "south": "out"}
MINUTE = timedelta(minutes=1)


@cache
def writer(engine: Engine) -> StoreWriter:
    """Keep one a store: a new one looks which weeks are made."""
    return StoreWriter(engine, lambda: T0, BORDER)


def write(engine: Engine, *passages_: Passage) -> None:
    writer(engine).write(passages_, [])


def seen(name: str, minute: float, camera: str = "north", **changes: Any) -> Passage:
    return passage(name, at=T0 + minute * MINUTE, camera=camera, **changes)


def stored(engine: Engine) -> set[tuple[str, str]]:
    with engine.connect() as connection:
        return {(row.entry_id, row.exit_id) for row in connection.execute(select(visits))}


def pair(entry: Passage, exit_: Passage) -> tuple[str, str]:
    return entry.id, exit_.id


def test_an_exit_pairs_with_the_entry_before_it(engine: Engine) -> None:
    entry, exit_ = seen("a", 0), seen("b", 10, "south")
    write(engine, entry, exit_)
    with engine.connect() as connection:
        row = connection.execute(select(visits)).one()
    assert (row.entry_id, row.exit_id) == pair(entry, exit_)
    assert (row.plate, row.stay_us) == ("1ABC234", to_us(exit_.at) - to_us(entry.at))
    assert (row.entry_camera, row.exit_camera) == ("north", "south")


def test_a_vehicle_that_recedes_crosses_the_other_way(engine: Engine) -> None:
    entry, exit_ = seen("a", 0, "south", direction="receding"), seen("b", 9, direction="receding")
    write(engine, entry, exit_)
    assert stored(engine) == {pair(entry, exit_)}


def test_look_alike_plates_are_one_visitor(engine: Engine) -> None:
    entry, exit_ = seen("a", 0, plate="1OBC234"), seen("b", 9, "south", plate="10BC234")
    write(engine, entry, exit_)
    assert stored(engine) == {pair(entry, exit_)}


def test_an_entry_that_comes_late_takes_the_place_of_the_one_before(engine: Engine) -> None:
    early, exit_, late = seen("a", 0), seen("b", 20, "south"), seen("c", 10)
    write(engine, early, exit_)
    write(engine, late)
    assert stored(engine) == {pair(late, exit_)}


def test_what_is_withdrawn_gives_the_exit_back_to_the_entry_before(engine: Engine) -> None:
    early, late, exit_ = seen("a", 0), seen("b", 10), seen("c", 20, "south")
    write(engine, early, late, exit_)
    write(engine, late.model_copy(update={"revision": 2, "withdrawn": True}))
    assert stored(engine) == {pair(early, exit_)}


def test_a_corrected_plate_ends_the_visit(engine: Engine) -> None:
    entry, exit_ = seen("a", 0), seen("b", 10, "south")
    write(engine, entry, exit_)
    write(engine, exit_.model_copy(update={"revision": 2, "plate": "1XYZ999"}))
    assert stored(engine) == set()


@pytest.mark.parametrize(("after_us", "expected"), [(0, 1), (1, 0)])
def test_a_stay_of_more_than_a_day_is_no_visit(
    engine: Engine, after_us: int, expected: int
) -> None:
    stay = timedelta(microseconds=LONGEST_US + after_us)
    write(engine, seen("a", 0), passage("b", at=T0 + stay, camera="south"))
    assert len(stored(engine)) == expected


VERSIONS = st.builds(
    lambda name, minute, camera, plate, revision, withdrawn, direction: seen(
        name, minute, camera, plate=plate, revision=revision, withdrawn=withdrawn,
        direction=direction,
    ),
    st.sampled_from("abcdefgh"),
    st.sampled_from([-1500, -1440, 0, 1, 2, 3, 1400, 1439, 1440, 1441, 5760]),
    st.sampled_from(["north", "south", "markt"]),
    st.sampled_from(["1OBC234", "10BC234", "1XYZ999", None]),
    st.integers(1, 3),
    st.booleans(),
    st.sampled_from(["approaching", "receding"]),
)  # fmt: skip


@pytest.mark.timeout(600)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches=st.lists(st.lists(VERSIONS, max_size=5), max_size=6))
def test_any_order_of_batches_gives_the_visits_of_the_last_versions(
    engine: Engine, batches: list[list[Passage]]
) -> None:
    empty(engine)
    best: dict[str, Passage] = {}
    for batch in batches:
        for one in batch:
            known = best.get(one.id)
            rank = (one.revision, not one.withdrawn)
            if known is None or rank > (known.revision, not known.withdrawn):
                best[one.id] = one
        write(engine, *batch)
    live = [one for one in best.values() if not one.withdrawn]

    assert stored(engine) == visits_of(live)
    day_us = 86_400_000_000
    rebuild_visits(engine, BORDER, to_us(T0) - 9 * day_us, to_us(T0) + 9 * day_us)
    assert stored(engine) == visits_of(live)


def visits_of(live: list[Passage]) -> set[tuple[str, str]]:
    """Say it plainly: the last thing seen at the border before an exit must be an entry."""
    found = set()
    at_border = [one for one in live if one.plate and one.camera in BORDER]
    in_order = sorted(
        at_border, key=lambda one: (fold(one.plate or ""), one.at, entered(one), one.id)
    )
    for _, group in groupby(in_order, key=lambda one: fold(one.plate or "")):
        seen_before: list[Passage] = []
        for one in group:
            if seen_before and not entered(one):
                last = seen_before[-1]
                if entered(last) and to_us(one.at) - to_us(last.at) <= LONGEST_US:
                    found.add(pair(last, one))
            seen_before.append(one)
    return found


def like(one: Passage) -> str:
    return fold(one.plate or "")


def entered(one: Passage) -> bool:
    return (one.camera == "north") is (one.direction.value != "receding")
