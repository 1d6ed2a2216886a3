"""Read a list from its native CSV: every row's problems at once, each with its line number.

Only `plate_pattern` is required. A problem names the line and the column, and repeats no plate.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from anpr.errors import ListError, Problem
from anpr.list_entries import Entry, Rows
from anpr.list_reading import COLUMNS, Life, Reading

__all__ = ["COLUMNS", "Life", "parse_list", "written"]


def parse_list(text: str, name: str, zone: ZoneInfo, life: Life | None = None) -> Rows:
    """Read the entries of the list `name`; a bare date is a whole day in `zone`.

    An entry without an end gets one where the list has a `life`. A header alone is a list without
    entries. Raises ListError with the problems of all rows.
    """
    problems: list[Problem] = []
    reading: Reading | None = None
    for line, texts in _lines(text, problems):
        if reading is not None:
            problems += reading.take(line, texts)
            continue
        header = [text.strip().lower() for text in texts]
        problems += _header_problems(header, line)
        if "plate_pattern" not in header:
            break
        reading = Reading(header, zone, life)
    if reading is None and not problems:
        problems.append(Problem("line 1", "the file is empty", f"Start with {','.join(COLUMNS)}."))
    if reading is None or problems:
        raise ListError(name, problems)
    return Rows.grouped(name, reading.rows, reading.undated)


def written(entries: Iterable[Entry], zone: ZoneInfo) -> str:
    """Write entries as the CSV that `parse_list` reads, their times in `zone`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        told = {**entry.model_dump(mode="json"), "country": entry.country or ""}
        told["valid_from"] = _written(entry.valid_from, zone, timedelta(0))
        told["valid_to"] = _written(entry.valid_to, zone, timedelta(days=1))
        writer.writerow([told[column] for column in COLUMNS])
    return text.getvalue()


def _written(moment: datetime | None, zone: ZoneInfo, after: timedelta) -> str:
    """Write a moment; as a bare day where it is the first moment of one, or of the day after."""
    if moment is None:
        return ""
    local = moment.astimezone(zone)
    is_midnight = local == datetime.combine(local.date(), time(), zone)
    return (local.date() - after).isoformat() if is_midnight else local.isoformat()


def _lines(text: str, problems: list[Problem]) -> Iterator[tuple[int, Sequence[str]]]:
    """Go through the lines that say something; broken quoting is added to `problems`."""
    reader = csv.reader(
        io.StringIO(text.removeprefix("\ufeff"), newline=""),
        delimiter=_delimiter(text),
        strict=True,
    )
    line = 1
    try:
        for texts in reader:
            if "".join(texts).strip():
                yield line, texts
            line = reader.line_num + 1
    except csv.Error as error:
        remedy = (
            "Close every quote, and write a quote inside a text twice; rows after it are unread."
        )
        problems.append(Problem(f"line {line}", f"the quoting is broken ({error})", remedy))


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
