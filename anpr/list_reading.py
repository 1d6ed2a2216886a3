"""Make the rows of a list from cells: each once checked, what comes again only recognised."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from operator import itemgetter
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from anpr import list_cells as cells
from anpr.errors import Problem
from anpr.events import Action, Match
from anpr.list_entries import Remarks, Terms, row_of

TERMS = (
    "country", "reason_code", "priority", "valid_from", "valid_to", "match_mode", "legal_basis",
    "action",
)  # fmt: skip
"""The columns in which many rows have the same texts."""

COLUMNS = (
    "plate_pattern", "country", "reason_code", "priority", "valid_from", "valid_to",
    "match_mode", "case_ref", "legal_basis", "action", "notes", "address", "inviter",
)  # fmt: skip

DEFAULT_PRIORITY = 50

Value = TypeVar("Value")

_PLAIN_PLATE = re.compile(r"(?=[A-Z]*[0-9])[A-Z0-9]{1,16}").fullmatch
"""A plate that is written in its normal form already, and no vendor's word."""

_PLAIN_TEXT = re.compile(r"[^\s\x1e\x1f]{1,200}").fullmatch


@dataclass(frozen=True, slots=True)
class Life:
    """How long entries of a list live that come without an end, and the day they come on."""

    days: int
    today: date

    def end(self, starts: datetime | None, zone: ZoneInfo) -> datetime:
        """Give the end of an entry: the first moment after its last whole day in `zone`."""
        first = self.today
        if starts is not None:
            first = max(first, starts.astimezone(zone).date())
        return datetime.combine(first + timedelta(days=self.days + 1), time(), zone)


class _Row:
    """One row: its cells by column, and what is wrong with them."""

    def __init__(self, line: int, texts: Mapping[str, str]) -> None:
        self.line = line
        self.texts = texts
        self.problems: list[Problem] = []

    def take(self, column: str, parse: Callable[[str], Value], absent: Value) -> Value:
        """Parse a cell; where it is empty, or wrong and reported, give what stands for absent."""
        text = self.texts.get(column, "")
        if not text:
            return absent
        try:
            return parse(text)
        except cells.CellError as error:
            self.report(column, error.what, error.remedy)
            return absent

    def report(self, column: str, what: str, remedy: str) -> None:
        self.problems.append(Problem(f"line {self.line}, {column}", what, remedy))

    def report_all(self, error: ValidationError) -> None:
        """Report what a model finds wrong."""
        for one in error.errors():
            self.report(str(one["loc"][0]), one["msg"], "Write it so.")

    def remarks(self) -> Remarks | None:
        """Give what the row says of its own; None where it cannot be kept."""
        try:
            return Remarks(**{name: self.texts.get(name, "") for name in Remarks.model_fields})
        except ValidationError as error:
            self.report_all(error)
            return None


class Reading:
    """The rows read so far, by their terms."""

    def __init__(self, header: Sequence[str], zone: ZoneInfo, life: Life | None) -> None:
        self.rows: dict[Terms, list[str]] = {}
        self.undated = 0
        self._header = header
        self._zone = zone
        self._life = life
        self._places: dict[tuple[str, ...], _Place] = {}
        self._lines: dict[tuple[object, ...], dict[str, int]] = {}
        columns = {column: number for number, column in enumerate(header)}
        self._plate = columns["plate_pattern"]
        self._case_ref = columns.get("case_ref")
        self._told = [columns[one] for one in ("notes", "address", "inviter") if one in columns]
        self._shared = _cells_of([columns[column] for column in TERMS if column in columns])

    def take(self, line: int, texts: Sequence[str]) -> Sequence[Problem]:
        """Take in the cells of a line; say what is wrong with them."""
        if len(texts) == len(self._header):
            place = self._places.get(self._shared(texts))
            if place is not None and self._takes_plain(place, line, texts):
                return ()
        row = _row(self._header, texts, line)
        if (place := self._take(row)) and len(texts) == len(self._header):
            self._places[self._shared(texts)] = place
        return row.problems

    def _takes_plain(self, place: "_Place", line: int, texts: Sequence[str]) -> bool:
        """Take in a row whose terms are known and whose other cells need no looking after."""
        plate = texts[self._plate]
        case_ref = "" if self._case_ref is None else texts[self._case_ref]
        if not _PLAIN_PLATE(plate) or (case_ref and not _PLAIN_TEXT(case_ref)):
            return False
        if any(texts[column] for column in self._told):
            return False
        row = row_of(plate, case_ref)
        if place.lines.setdefault(row, line) != line:
            return False
        self.undated += place.is_undated
        place.rows.append(row)
        return True

    def _take(self, row: _Row) -> "_Place | None":
        """Take in a row and say where rows like it go; what is wrong is added to its problems."""
        pattern = row.take("plate_pattern", cells.pattern, "")
        place = self._place(row)
        if not row.texts.get("plate_pattern"):
            row.report("plate_pattern", "it is empty", "Write the plate.")
        if place and not place.is_wild and ("?" in pattern or "*" in pattern):
            row.report("match_mode", "`?` and `*` need the mode wildcard", "Write wildcard.")
        remarks = row.remarks()
        if place is None or remarks is None or row.problems:
            return None
        before = place.lines.setdefault(row_of(pattern, remarks.case_ref), row.line)
        if before != row.line:
            remedy = "Take one of them out."
            row.problems.append(Problem(f"line {row.line}", f"it repeats line {before}", remedy))
            return None
        self.undated += place.is_undated
        told = (remarks.case_ref, remarks.notes, "", remarks.address, remarks.inviter)
        place.rows.append(row_of(pattern, *told))
        return place

    def _place(self, row: _Row) -> "_Place | None":
        """Find where rows with these terms go; None where the terms have problems."""
        country = row.take("country", cells.country, None)
        mode = row.take("match_mode", partial(cells.one_of, Match), Match.EXACT)
        starts = row.take("valid_from", partial(cells.start, zone=self._zone), None)
        ends = row.take("valid_to", partial(cells.end, zone=self._zone), None)
        priority = row.take("priority", cells.priority, DEFAULT_PRIORITY)
        action = row.take("action", partial(cells.one_of, Action), Action.OBSERVE)
        if starts and ends and ends <= starts:
            row.report("valid_to", "it is not after valid_from", "Write a later end.")
        given_end = ends
        if ends is None and self._life is not None:
            ends = self._life.end(starts, self._zone)
        try:
            terms = Terms(
                country=country,
                reason_code=row.texts.get("reason_code", ""),
                priority=priority,
                valid_from=starts,
                valid_to=ends,
                match_mode=mode,
                legal_basis=row.texts.get("legal_basis", ""),
                action=action,
            )
        except ValidationError as error:
            row.report_all(error)
            return None
        return _Place(
            rows=self.rows.setdefault(terms, []),
            lines=self._lines.setdefault((country, mode, starts), {}),
            is_undated=given_end is None,
            is_wild=mode is Match.WILDCARD,
        )


class _Place(NamedTuple):
    """Where rows of the same terms go, and on which lines what they ask for stood before."""

    rows: list[str]
    lines: dict[str, int]
    is_undated: bool
    is_wild: bool


def _cells_of(columns: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """Make what takes the cells of these columns."""
    if len(columns) > 1:
        return itemgetter(*columns)
    return lambda texts: tuple([texts[column] for column in columns])


def _row(header: Sequence[str], texts: Sequence[str], line: int) -> _Row:
    row = _Row(line, {column: text.strip() for column, text in zip(header, texts, strict=False)})
    if any(text.strip() for text in texts[len(header) :]):
        what = f"{len(texts)} cells stand under {len(header)} columns"
        row.problems.append(
            Problem(f"line {line}", what, "Put a text that holds the delimiter in quotes.")
        )
    return row
