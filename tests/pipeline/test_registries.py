"""A registry of vehicles, in a file and in SQLite: the same rows give the same answers."""

import os
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from anpr.errors import RegistryError
from anpr.ports import Registered, Registry
from pipeline.registries import COLUMNS, FileRegistry, SqliteRegistry, registries_of
from tests.sites import site

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)

Row = Sequence[str | None]
Make = Callable[[Path, Sequence[Row]], Registry]

ROWS: Sequence[Row] = [
    ("1ABC123", "BE", "diesel", "5", None, "2026-06-01"),
    ("1ABC123", "BE", "Electric", None, "2026-06-01", None),
    ("AB123C", "", "petrol", "2", None, None),
]


def in_a_file(folder: Path, rows: Sequence[Row]) -> Registry:
    path = folder / "lez.csv"
    lines = [",".join(cell or "" for cell in row) for row in [COLUMNS, *rows]]
    path.write_text("\n".join(lines), encoding="utf-8")
    return FileRegistry(path)


def in_sqlite(folder: Path, rows: Sequence[Row]) -> Registry:
    path = folder / "lez.db"
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE vehicles ({', '.join(COLUMNS)})")
        connection.executemany("INSERT INTO vehicles VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.close()
    return SqliteRegistry(path)


@pytest.fixture(params=[in_a_file, in_sqlite])
def make(request: pytest.FixtureRequest) -> Make:
    made: Make = request.param
    return made


@pytest.mark.parametrize(
    ("plate", "country", "at", "expected"),
    [
        ("1ABC123", "BE", NOON, Registered("electric")),
        ("1ABC123", None, NOON - timedelta(days=1), Registered("diesel", 5)),
        ("1ABC123", "NL", NOON, None),
        ("AB123C", "NL", NOON, Registered("petrol", 2)),
        ("2XYZ999", None, NOON, None),
    ],
)
def test_what_bore_the_plate_at_that_moment_is_given(
    make: Make, tmp_path: Path, plate: str, country: str | None, at: datetime,
    expected: Registered | None,
) -> None:  # fmt: skip
    assert make(tmp_path, ROWS).vehicle(plate, country, at) == expected


@pytest.mark.parametrize("kind", [FileRegistry, SqliteRegistry])
def test_a_registry_that_is_not_there_says_so(
    tmp_path: Path, kind: Callable[[Path], Registry]
) -> None:
    with pytest.raises(RegistryError, match="nowhere"):
        kind(tmp_path / "nowhere").vehicle("1ABC123", None, NOON)


def test_rows_that_cannot_be_read_are_told(make: Make, tmp_path: Path) -> None:
    registry = make(tmp_path, [("1ABC123", "BE", "diesel", "five", None, None)])
    for _ in range(2):
        with pytest.raises(RegistryError):
            registry.vehicle("1ABC123", None, NOON)


def test_a_file_is_read_again_when_it_changes_and_a_wrong_one_changes_nothing(
    tmp_path: Path,
) -> None:
    registry = in_a_file(tmp_path, ROWS)
    assert registry.vehicle("1NEW001", None, NOON) is None
    path = tmp_path / "lez.csv"
    path.write_text("plate,fuel\n1-NEW-001,electric\n", encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert registry.vehicle("1NEW001", None, NOON) == Registered("electric")
    path.write_text("something else\n", encoding="utf-8")
    assert registry.vehicle("1NEW001", None, NOON) == Registered("electric")


def test_zones_that_name_the_same_registry_share_it() -> None:
    zone = {"gates": ["g"], "permits": ["p"], "action": "flag", "admission": "lez-flanders"}
    zones = [
        {"id": "one", "registry": "file:a.csv", **zone},
        {"id": "two", "registry": "file:a.csv", **zone},
        {"id": "three", "registry": "sqlite:b.db", **zone},
    ]
    made = registries_of(site(zones=zones))
    assert made["one"] is made["two"]
    assert isinstance(made["three"], SqliteRegistry)
