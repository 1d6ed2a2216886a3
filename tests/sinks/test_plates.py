"""The dictionary of plates: exactly those of the passages, found by any pattern."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, text

from anpr.events import Passage
from anpr.lists import wildcard
from anpr.plates import fold
from anpr.sites import Retention
from sinks.images import FolderImages
from sinks.retention import sweep
from sinks.store.questions import FEW_PLATES, Cursor, PassageQuery, Period, find_passages
from sinks.store.schema import passages, plates
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0, passage, seconds
from tests.sinks.databases import empty, fresh_store

EVER = Period(T0 - timedelta(days=400), T0 + timedelta(days=400))
TERMS = Retention(passages_days=100, images_days=30)
ON_AN_ENGINE = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # it is emptied each time
)


def write(engine: Engine, *rows: Passage) -> None:
    StoreWriter(engine, lambda: T0).write(rows, [])


def known(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(select(plates.c.plate).order_by(plates.c.plate)))


def found(engine: Engine, pattern: str, look_alikes: bool = False) -> list[str]:
    query = PassageQuery(EVER, pattern, look_alikes)
    with engine.connect() as connection:
        return sorted(one.plate or "" for one in find_passages(connection, query, 1000))


@pytest.fixture
def folder(tmp_path: Path) -> FolderImages:
    return FolderImages(tmp_path / "images")


def test_a_plate_stands_once_in_the_dictionary_however_often_it_passes(engine: Engine) -> None:
    write(engine, passage("a"), passage("b"), passage("c", plate=None))
    write(engine, passage("d"))

    assert known(engine) == ["1ABC234"]


@pytest.mark.parametrize(
    "pattern, expected",
    [
        ("1ABC234", ["1ABC234"]),
        ("1A?C*", ["1ABC234"]),
        ("*BC2*", ["1ABC234", "9XBC2"]),
        ("*C2", ["9XBC2"]),
        ("????", ["TÜ12"]),
        ("TÜ*", ["TÜ12"]),
        ("*Ü1*", ["TÜ12"]),
        ("*Q*", []),
    ],
)
def test_a_pattern_finds_the_passages_whose_plates_fit(
    engine: Engine, pattern: str, expected: list[str]
) -> None:
    write(engine, *(passage(plate, plate=plate) for plate in ("1ABC234", "9XBC2", "TÜ12")))

    assert found(engine, pattern) == expected


def test_a_pattern_with_look_alikes_finds_what_cameras_confuse(engine: Engine) -> None:
    write(engine, *(passage(plate, plate=plate) for plate in ("1OBC234", "10BC234", "1XBC234")))

    assert found(engine, "1OBC*", look_alikes=True) == ["10BC234", "1OBC234"]
    assert found(engine, "1OBC*") == ["1OBC234"]


def test_a_pattern_that_very_many_plates_fit_finds_the_newest_page_by_page(engine: Engine) -> None:
    count = FEW_PLATES + 100
    write(
        engine,
        *(passage(f"{n}", plate=f"1AB{n:04}", at=T0 + seconds(n)) for n in range(count)),
        passage("other", plate="2XX"),
    )

    query = PassageQuery(EVER, "1A*")
    with engine.connect() as connection:
        first = find_passages(connection, query, 10)
        rest = find_passages(connection, query, 1000, Cursor.after(first[-1]))

    assert [one.plate for one in first] == [f"1AB{n:04}" for n in range(count - 1, count - 11, -1)]
    assert len(rest) == count - 10


signs = st.text("AB08", min_size=1, max_size=6)
patterns = st.text("AB08?*", min_size=1, max_size=6).filter(lambda one: set(one) & set("?*"))


@ON_AN_ENGINE
@given(st.lists(signs, max_size=8), patterns, st.booleans())
def test_the_dictionary_finds_what_looking_at_every_passage_would(
    engine: Engine, written: list[str], pattern: str, look_alikes: bool
) -> None:
    empty(engine)
    write(engine, *(passage(f"{n}", plate=plate) for n, plate in enumerate(written)))

    spell = fold if look_alikes else str
    fits = wildcard(spell(pattern))
    expected = sorted(plate for plate in written if fits.match(spell(plate)))
    assert found(engine, pattern, look_alikes) == expected


def test_a_plate_leaves_with_its_last_passage(engine: Engine, folder: FolderImages) -> None:
    write(engine, passage("a"), passage("b", at=T0 + timedelta(days=3)))

    sweep(engine, folder, TERMS, T0 + timedelta(days=103))
    assert known(engine) == ["1ABC234"]

    sweep(engine, folder, TERMS, T0 + timedelta(days=103, microseconds=1))
    assert known(engine) == []


def test_a_plate_that_a_better_read_corrected_leaves_with_the_next_sweep(
    engine: Engine, folder: FolderImages
) -> None:
    write(engine, passage("a", plate="1OBC234"), passage("b", plate="1XBC234"))
    write(engine, passage("c", plate="1XBC234"))
    write(engine, *(passage(one, plate="1ABC234", revision=2) for one in "ab"))

    sweep(engine, folder, TERMS, T0)

    assert known(engine) == ["1ABC234", "1XBC234"]


def test_a_plate_that_left_and_passes_again_is_found_again(
    engine: Engine, folder: FolderImages
) -> None:
    write(engine, passage("a"))
    sweep(engine, folder, TERMS, T0 + timedelta(days=101))
    write(engine, passage("b", at=T0 + timedelta(days=101)))

    assert found(engine, "1ABC*") == ["1ABC234"]


def test_nothing_of_an_erased_plate_lingers_in_a_file(folder: FolderImages, tmp_path: Path) -> None:
    with fresh_store("sqlite", tmp_path) as store:
        engine = store.open()
        for batch in range(20):
            write(engine, *(passage(f"{batch}-{n}", plate=f"1A{batch}B{n}") for n in range(20)))

        sweep(engine, folder, TERMS, T0 + timedelta(days=101))

        with engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM plate_trigrams_idx")) == 0


steps = st.one_of(
    st.tuples(st.sampled_from("abc"), st.integers(1, 4), st.sampled_from(["1AB", "2AB", "3AB"])),
    st.integers(95, 106),
)


@ON_AN_ENGINE
@given(st.lists(steps, max_size=10))
def test_a_sweep_leaves_exactly_the_plates_of_passages_and_none_is_ever_missing(
    engine: Engine, tmp_path: Path, done: list[tuple[str, int, str] | int]
) -> None:
    empty(engine)
    folder = FolderImages(tmp_path / "images")
    for step in done:
        if isinstance(step, int):
            sweep(engine, folder, TERMS, T0 + timedelta(days=step))
        else:
            name, revision, plate = step
            at = T0 + timedelta(days=revision)
            write(engine, passage(name, revision=revision, plate=plate, at=at))
        with engine.connect() as connection:
            passing = set(connection.scalars(select(passages.c.plate).distinct()))
        assert passing <= set(known(engine))
        if isinstance(step, int):
            assert passing == set(known(engine))


def test_the_youngest_day_of_a_plate_counts_whatever_order_its_passages_come_in(
    engine: Engine,
) -> None:
    write(engine, passage("a", at=T0 + timedelta(days=2)))
    write(engine, passage("b"))

    with engine.connect() as connection:
        (seen_us,) = connection.scalars(select(func.max(plates.c.seen_us)))
    assert seen_us == int((T0 + timedelta(days=2)).replace(hour=0).timestamp() * 1_000_000)
