"""Registries of vehicles: a CSV file kept in memory, or an SQLite file asked a plate at a time.

Columns of both: plate, country, fuel, euro, valid_from, valid_to. Only plate and fuel are required;
a row holds from and until (exclusive) a day or moment, written in UTC where it has no offset. The
CSV is read again when it changes; while it is wrong, what was read before holds.
"""

import csv
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from anpr.errors import RegistryError
from anpr.plates import normalise
from anpr.ports import Registered, Registry
from anpr.sites import Site

log = structlog.get_logger()

COLUMNS = ("plate", "country", "fuel", "euro", "valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class _Row:
    """What was registered of a plate, and when."""

    vehicle: Registered
    country: str | None
    since: datetime | None
    until: datetime | None

    @classmethod
    def of(cls, cells: Mapping[str, object]) -> "_Row":
        """Read the cells of a row. Raises ValueError."""
        text = {name: str(cell).strip() for name, cell in cells.items() if cell is not None}
        if not text.get("fuel"):
            raise ValueError("fuel is empty; write one such as diesel, petrol or electric")
        euro = text.get("euro")
        return cls(
            Registered(text["fuel"].lower(), int(euro) if euro else None),
            text.get("country", "").upper() or None,
            _moment(text.get("valid_from")),
            _moment(text.get("valid_to")),
        )

    def holds(self, country: str | None, at: datetime) -> bool:
        """Say whether it is what bore the plate at a moment."""
        is_there = self.country is None or country is None or self.country == country
        has_begun = self.since is None or self.since <= at
        return is_there and has_begun and (self.until is None or at < self.until)


class FileRegistry:
    """A registry in a CSV file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._read: tuple[int, int] | None = None
        self._rows: Mapping[str, list[_Row]] = {}
        self._is_whole = False

    def vehicle(self, plate: str, country: str | None, at: datetime) -> Registered | None:
        """Give what bore a plate at a moment. Raises RegistryError where nothing was read yet."""
        self._follow()
        return _holding(self._rows.get(plate, ()), country, at)

    def _follow(self) -> None:
        """Read the file again where it has changed."""
        try:
            stat = self._path.stat()
            mark = (stat.st_mtime_ns, stat.st_size)
            with self._lock:
                if mark != self._read:
                    self._read = mark
                    self._rows = self._parsed()
                    self._is_whole = True
        except (OSError, ValueError, csv.Error) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            log.warning("registry_unreadable", path=str(self._path), why=reason)
            if not self._is_whole:
                msg = f"{self._path}: cannot be read: {reason}; mend it, or take registry out"
                raise RegistryError(msg) from error
        if not self._is_whole:
            raise RegistryError(f"{self._path}: was found wrong before; mend it")

    def _parsed(self) -> Mapping[str, list[_Row]]:
        rows: dict[str, list[_Row]] = {}
        with self._path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if missing := {"plate", "fuel"} - set(reader.fieldnames or ()):
                raise ValueError(f"there is no column {', '.join(sorted(missing))}")
            for cells in reader:
                plate = normalise(cells["plate"] or "")
                try:
                    row = _Row.of({name: cells.get(name) for name in COLUMNS})
                except ValueError as error:
                    raise ValueError(f"line {reader.line_num}: {error}") from error
                if plate is not None:
                    rows.setdefault(plate, []).append(row)
        return rows


class SqliteRegistry:
    """A registry in the table `vehicles` of an SQLite file, which others may write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def vehicle(self, plate: str, country: str | None, at: datetime) -> Registered | None:
        """Give what bore a plate at a moment. Raises RegistryError."""
        query = f"SELECT {', '.join(COLUMNS)} FROM vehicles WHERE plate = ?"  # noqa: S608 - names of ours
        try:
            with self._lock:
                found = self._connected().execute(query, (plate,)).fetchall()
            rows = [_Row.of(dict(zip(COLUMNS, cells, strict=True))) for cells in found]
        except (sqlite3.Error, ValueError) as error:
            log.warning("registry_unreadable", path=str(self._path), why=type(error).__name__)
            msg = f"{self._path}: cannot be asked ({error}); look at its table `vehicles`"
            raise RegistryError(msg) from error
        return _holding(rows, country, at)

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            uri = f"{self._path.absolute().as_uri()}?mode=ro"
            self._connection = sqlite3.connect(uri, uri=True, timeout=0.1, check_same_thread=False)
        return self._connection


def registries_of(site: Site) -> dict[str, Registry]:
    """Make the registry of each zone that names one, by zone; zones that name the same share it."""
    named = {zone.id: zone.registry for zone in site.zones if zone.registry is not None}
    made = {reference: _registry(reference) for reference in set(named.values())}
    return {zone: made[reference] for zone, reference in named.items()}


def _registry(reference: str) -> Registry:
    kind, _, path = reference.partition(":")
    return FileRegistry(Path(path)) if kind == "file" else SqliteRegistry(Path(path))


def _holding(rows: Sequence[_Row], country: str | None, at: datetime) -> Registered | None:
    return next((row.vehicle for row in rows if row.holds(country, at)), None)


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
