"""Answers as files: CSV for a spreadsheet, GeoJSON for a map; each export has its own record."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from anpr.time import rfc3339
from console.asking import Flat, Told, ask
from console.context import Console
from console.gate import record
from console.investigating import dark_out
from console.question import Question
from sinks.store.people import Account

MOST_PAGES = 20
"""So many pages of an answer one file holds, and says so; who needs more narrows the question."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for a formula."""


class Format(StrEnum):
    """The forms a file may have."""

    CSV = "csv"
    GEOJSON = "geojson"


MEDIA = {Format.CSV: "text/csv; charset=utf-8", Format.GEOJSON: "application/geo+json"}


class Exported(NamedTuple):
    """A file's text, the answer it begins with, and whether there is more than it holds."""

    text: str
    told: Told
    is_partial: bool


def export(
    console: Console, account: Account, kind: str, question: Question, form: Format
) -> Exported:
    """Ask, write the answer as a file, and put the export into the audit before giving it.

    Every page is a look-up of its own behind the gate. Raises what the gate raises.
    """
    told = ask(console, account, kind, question)
    rows, last, pages = list(told.rows), told, 1
    pages_by = "page" if "page" in type(question).model_fields else "after"
    while last.answer.next is not None and pages < MOST_PAGES:
        following = question.model_copy(update={pages_by: last.answer.next})
        last = ask(console, account, kind, following)
        rows += last.rows
        pages += 1
    is_partial = last.answer.next is not None
    text = as_csv(rows) if form is Format.CSV else as_geojson(rows, told, account, is_partial)
    record(
        console, account, "export", kind, question, console.now(), len(rows),
        format=form.value, is_partial=is_partial,
    )  # fmt: skip
    return Exported(text, told, is_partial)


def as_csv(rows: Sequence[Flat]) -> str:
    """Write rows as a table; no cell is a formula."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(names)
    table.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return text.getvalue()


def as_geojson(rows: Sequence[Flat], told: Told, account: Account, is_partial: bool) -> str:
    """Write rows as points; the collection tells who asked, what was dark, and if there is more."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
            "properties": {
                name: _plain(value) for name, value in row.items() if name not in {"lat", "lon"}
            },
        }
        for row in rows
        if row.get("lat") is not None
    ]
    collection = {
        "type": "FeatureCollection",
        "features": features,
        "asked_by": account.name,
        "from": rfc3339(told.answer.period.since),
        "to": rfc3339(told.answer.period.until),
        "partial": is_partial,
        "dark": [one.model_dump(mode="json") for one in dark_out(told.answer.dark)],
    }
    return json.dumps(collection, ensure_ascii=False)


def _plain(value: object) -> object:
    return rfc3339(value) if isinstance(value, datetime) else value


def _cell(value: object) -> object:
    plain = _plain(value)
    is_formula = isinstance(plain, str) and plain.startswith(_FORMULA)
    return f"'{plain}" if is_formula else plain
