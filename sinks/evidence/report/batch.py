"""Cases for the traffic service's own system, a row each: JSON, CSV, and a list on paper."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from io import BytesIO, TextIOWrapper
from textwrap import indent
from typing import IO, Protocol

from anpr.events import Access, LockTransit, SectionTransit
from anpr.sites import SiteSettings
from anpr.time import rfc3339
from sinks.evidence.facts import Facts
from sinks.evidence.report.page import Pages
from sinks.evidence.report.words import Words

Row = Mapping[str, str | int | float | bool | None]


class Rows(Protocol):
    """Rows that are counted and walked over, as often as it takes, without being held."""

    def __len__(self) -> int:
        """Count them."""
        ...

    def __iter__(self) -> Iterator[Row]:
        """Begin with the first."""
        ...


COLUMNS = (
    "case", "revision", "kind", "object", "at", "plate", "country", "vehicle_class",
    "verdict", "reason", "duration_s", "measured_kmh", "lower_kmh", "corrected_kmh", "limit_kmh",
    "limit_source", "case_class", "amount_eur", "road", "km_point", "municipality", "direction",
    "device", "approval", "verified_until", "pv_number", "service_number", "plate_seen",
    "reviewed_at", "registry", "rule", "rule_version",
)  # fmt: skip
"""In this order and under these names; columns that come later come at the end."""


def row_of(facts: Facts) -> Row:
    """Write a case as one row."""
    told: dict[str, str | int | float | bool | None] = {
        "case": facts.event.id,
        "revision": facts.event.revision,
        "kind": facts.event.kind,
        "at": rfc3339(facts.event.at),
        "plate": facts.event.plate,
        "country": next((one.passage.country for one in facts.passages), None),
        "vehicle_class": _class(facts),
        "reason": facts.event.reason,
        **facts.location.model_dump(exclude={"legal_basis"}),
        **_instrument(facts),
        **_review(facts),
        "rule": facts.rule.id,
        "rule_version": facts.rule.version,
        **_own(facts),
    }
    return {name: told.get(name) for name in COLUMNS}


def _own(facts: Facts) -> Row:
    """Write what only this kind of case has."""
    match facts.event:
        case SectionTransit() as event:
            return {
                "object": event.section,
                "verdict": event.verdict.value,
                "limit_source": event.limit_source.value,
                "case_class": event.case_class.value,
                **event.model_dump(
                    include={
                        "duration_s", "measured_kmh", "lower_kmh", "corrected_kmh", "limit_kmh",
                        "amount_eur",
                    }
                ),
            }  # fmt: skip
        case LockTransit() as event:
            return {
                "object": event.lock,
                "verdict": event.verdict.value,
                "duration_s": event.duration_s,
            }
        case Access() as event:
            return {"object": event.zone, "verdict": event.decision.value}


def _instrument(facts: Facts) -> Row:
    held = facts.certificate
    if held is None:
        return {}
    until = held.verified_until.isoformat()
    return {"device": held.device, "approval": held.approval, "verified_until": until}


def _review(facts: Facts) -> Row:
    review = facts.review
    if review is None:
        return {}
    told = review.model_dump(include={"pv_number", "service_number", "plate_seen", "registry"})
    return {**told, "reviewed_at": rfc3339(review.at)}


def _class(facts: Facts) -> str | None:
    known = [one.passage.vehicle for one in facts.passages if one.passage.vehicle]
    return known[0].class_.value if known and known[0].class_ else None


def csv_of(rows: Iterable[Row]) -> bytes:
    """Give rows as CSV (UTF-8, RFC 4180). No cell can be taken for a formula."""
    made = BytesIO()
    write_csv(rows, made)
    return made.getvalue()


def write_csv(rows: Iterable[Row], file: IO[bytes]) -> None:
    """Write rows as CSV, one after the other: they may be many."""
    text = TextIOWrapper(file, "utf-8", newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    text.detach()  # flushes it, and leaves the file open


def write_json(rows: Iterable[Row], file: IO[bytes]) -> None:
    """Write rows as JSON in its one form, one after the other: they may be many."""
    before = "[\n"
    for row in rows:
        told = json.dumps(row, indent=1, sort_keys=True, ensure_ascii=False)
        file.write(f"{before}{indent(told, ' ')}".encode())
        before = ",\n"
    file.write(b"\n]\n" if before == ",\n" else b"[]\n")


def _cell(value: object) -> object:
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return f"'{value}"
    return value


def summary(rows: Rows, site: SiteSettings, now: datetime, language: str) -> bytes:
    """Write a batch of cases as a list on paper (PDF), in the zone's own time."""
    words = Words(language)
    made = _local(now, site)
    pages = Pages(words("batch"), f"{site.name}, {made}", words("page"))
    pages.text(site.name, 9, soft=True)
    pages.text(words("batch"), 20, bold=True)
    pages.text(f"{words('count')}: {len(rows)}, {made}", 9)
    pages.y -= 8
    header = ["at", "plate", "judged", "speed", "limit_short", "municipality", "pv"]
    pages.table(
        [words(name) for name in header],
        (
            [
                _local(datetime.fromisoformat(str(row["at"])), site),
                str(row["plate"]),
                words(str(row["verdict"])),
                _kmh(row["corrected_kmh"]),
                _kmh(row["limit_kmh"]),
                str(row["municipality"] or ""),
                str(row["pv_number"] or ""),
            ]
            for row in rows
        ),
        (0.2, 0.1, 0.19, 0.1, 0.1, 0.12, 0.19),
    )
    return pages.finish()


def _local(moment: datetime, site: SiteSettings) -> str:
    return f"{moment.astimezone(site.zone):%d/%m/%Y %H:%M:%S}"


def _kmh(value: object) -> str:
    return "" if value is None else f"{value} km/h"
