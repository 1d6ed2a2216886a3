"""Read a list from its native CSV: every row's problems at once, each with its line number.

Only `plate_pattern` is required. A problem names the line and the column, and repeats no plate.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from anpr import list_cells as cells
from anpr.errors import ListError, Problem
from anpr.events import Action, Match
from anpr.ids import entry_id
from anpr.lists import Entry

COLUMNS = (
    "plate_pattern", "country", "reason_code", "priority", "valid_from", "valid_to",
    "match_mode", "case_ref", "legal_basis", "action", "notes",
)  # fmt: skip

DEFAULT_PRIORITY = 50

Value = TypeVar("Value")


def parse_list(text: str, name: str, zone: ZoneInfo) -> tuple[Entry, ...]:
    """Read the entries of the list `name`; a bare date is a whole day in `zone`.

    A header alone is a list without entries. Raises ListError with the problems of all rows.
    """
    problems: list[Problem] = []
    entries: dict[str, Entry] = {}
    lines: dict[str, int] = {}
    for row in _rows(text, problems):
        entry = _entry(row, name, zone)
        problems += row.problems
        if entry is None:
            continue
        if entry.id in entries:
            what = f"it repeats line {lines[entry.id]}"
            problems.append(Problem(f"line {row.line}", what, "Take one of them out."))
        entries[entry.id] = entry
        lines.setdefault(entry.id, row.line)
    if problems:
        raise ListError(name, problems)
    return tuple(entries.values())


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


def _entry(row: _Row, name: str, zone: ZoneInfo) -> Entry | None:
    """Make an entry of a row; None where the row has problems."""
    pattern = row.take("plate_pattern", cells.pattern, "")
    country = row.take("country", cells.country, None)
    mode = row.take("match_mode", partial(cells.one_of, Match), Match.EXACT)
    starts = row.take("valid_from", partial(cells.start, zone=zone), None)
    ends = row.take("valid_to", partial(cells.end, zone=zone), None)
    priority = row.take("priority", cells.priority, DEFAULT_PRIORITY)
    action = row.take("action", partial(cells.one_of, Action), Action.OBSERVE)
    if not row.texts.get("plate_pattern"):
        row.report("plate_pattern", "it is empty", "Write the plate.")
    if starts and ends and ends <= starts:
        row.report("valid_to", "it is not after valid_from", "Write a later end.")
    if mode is not Match.WILDCARD and any(sign in pattern for sign in "?*"):
        row.report("match_mode", "`?` and `*` need the mode wildcard", "Write wildcard.")
    if row.problems:
        return None
    case_ref = row.texts.get("case_ref", "")
    try:
        return Entry(
            id=entry_id(
                name,
                pattern,
                country=country,
                match_mode=mode,
                case_ref=case_ref,
                valid_from=starts,
            ),
            plate_pattern=pattern,
            country=country,
            reason_code=row.texts.get("reason_code", ""),
            priority=priority,
            valid_from=starts,
            valid_to=ends,
            match_mode=mode,
            case_ref=case_ref,
            legal_basis=row.texts.get("legal_basis", ""),
            action=action,
            notes=row.texts.get("notes", ""),
        )
    except ValidationError as error:
        for one in error.errors():
            row.report(str(one["loc"][0]), one["msg"], "Write it so.")
        return None


def _rows(text: str, problems: list[Problem]) -> Iterator[_Row]:
    """Go through the rows; what is wrong with the file as a whole is added to `problems`."""
    reader = csv.reader(
        io.StringIO(text.removeprefix("\ufeff"), newline=""),
        delimiter=_delimiter(text),
        strict=True,
    )
    header: list[str] | None = None
    line = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                if header is None:
                    header = [cell.strip().lower() for cell in row]
                    problems += _header_problems(header, line)
                    if "plate_pattern" not in header:
                        return
                else:
                    yield _row(header, row, line)
            line = reader.line_num + 1
    except csv.Error as error:
        remedy = (
            "Close every quote, and write a quote inside a text twice; rows after it are unread."
        )
        problems.append(Problem(f"line {line}", f"the quoting is broken ({error})", remedy))
    if header is None and not problems:
        problems.append(Problem("line 1", "the file is empty", f"Start with {','.join(COLUMNS)}."))


def _row(header: Sequence[str], texts: Sequence[str], line: int) -> _Row:
    row = _Row(line, {column: text.strip() for column, text in zip(header, texts, strict=False)})
    if any(text.strip() for text in texts[len(header) :]):
        what = f"{len(texts)} cells stand under {len(header)} columns"
        row.problems.append(
            Problem(f"line {line}", what, "Put a text that holds the delimiter in quotes.")
        )
    return row


def _header_problems(header: Sequence[str], line: int) -> Iterator[Problem]:
    where = f"line {line}"
    if "plate_pattern" not in header:
        # The line may be a row already, so that naming its cells would repeat a plate.
        remedy = "Name the columns in the first line; only plate_pattern is required."
        yield Problem(where, "there is no column plate_pattern", remedy)
        return
    for column, count in Counter(header).items():
        if count > 1:
            yield Problem(where, f"{count} columns are called {column!r}", "Keep one of them.")
        if column not in COLUMNS:
            near = get_close_matches(column, COLUMNS, n=1)
            remedy = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(COLUMNS)}."
            yield Problem(where, f"no column {column!r} is known", remedy)


def _delimiter(text: str) -> str:
    """Tell by the first line whether `;` or `,` stands between cells."""
    first = text.lstrip("\ufeff \t\r\n").partition("\n")[0]
    return ";" if first.count(";") > first.count(",") else ","
