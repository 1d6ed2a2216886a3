"""Figures as files: JSON lines; CSV and Parquet, a row of a table a row."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeGuard, get_args, get_origin

from anpr.errors import AnprError
from anpr.events import Wire
from anpr.time import rfc3339
from sinks.statistics.register import Edition


class Format(StrEnum):
    """How published tables are written."""

    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


MEDIA_TYPES: Mapping[Format, str] = {
    Format.JSON: "application/jsonl",
    Format.CSV: "text/csv; charset=utf-8",
    Format.PARQUET: "application/vnd.apache.parquet",
}

HEAD = ("table", "start", "end", "edition")
FRACTIONS = frozenset({"median_s", "p85_s", "fuzzy_share", "mean_kmh"})


class NoParquetError(AnprError):
    """Parquet needs the library pyarrow: install it with `pip install 'zone-anpr[parquet]'`."""


class NoTableError(AnprError):
    """These figures are more than one table, which no file of rows can hold: take JSON."""


def to_json(editions: Iterable[Edition]) -> bytes:
    """Write tables as JSON, one a line; what is not told is null."""
    return b"".join(one.to_json() + b"\n" for one in editions)


def to_csv(editions: Iterable[Edition]) -> bytes:
    """Write the rows of tables of one kind as CSV; what is not told is empty."""
    rows = _rows(editions)
    return _csv(rows, _columns(rows))


def to_parquet(editions: Iterable[Edition]) -> bytes:
    """Write the rows of tables of one kind as Parquet; what is not told is null.

    Raises NoParquetError.
    """
    rows = _rows(editions)
    kinds: dict[str, type] = {"count": int, "edition": int} | dict.fromkeys(FRACTIONS, float)
    return _parquet(rows, {name: kinds.get(name, str) for name in _columns(rows)})


def write_found(found: Sequence[Wire], row: type[Wire], written: Format) -> bytes:
    """Write what was found, rows of one kind; a list within a row takes a line for each part.

    Raises NoTableError and NoParquetError.
    """
    if written is Format.JSON:
        return b"".join(one.to_json() + b"\n" for one in found)
    if sum(_is_list(field.annotation) for field in row.model_fields.values()) > 1:
        raise NoTableError(NoTableError.__doc__)
    columns = dict(_kinds(row))
    rows = [flat for one in found for flat in _flat(one.model_dump(mode="json", by_alias=True))]
    return _csv(rows, columns) if written is Format.CSV else _parquet(rows, columns)


def _kinds(row: type[Wire], prefix: str = "") -> Iterator[tuple[str, type]]:
    """Name the columns of rows and what stands in them, as `_flat` lays them out."""
    for name, field in row.model_fields.items():
        kinds = {*get_args(field.annotation), field.annotation} - {type(None)}
        inner = next((one for one in kinds if _is_wire(one)), None)
        if inner is not None:
            yield from _kinds(inner, prefix if _is_list(field.annotation) else f"{name}_")
        else:
            plain = next((one for one in (bool, int, float) if one in kinds), str)
            yield f"{prefix}{field.alias or name}", plain


def _flat(values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    row: dict[str, Any] = {}
    parts: Sequence[Mapping[str, Any]] = ()
    for name, value in values.items():
        if isinstance(value, dict):
            row |= {f"{name}_{inner}": one for inner, one in value.items()}
        elif isinstance(value, list) and (not value or isinstance(value[0], dict)):
            parts = value
        elif isinstance(value, list):
            row[name] = "/".join(str(one or "") for one in value)
        else:
            row[name] = value
    yield from ({**row, **part} for part in parts or ({},))


def _is_list(kind: Any) -> bool:
    return get_origin(kind) is tuple and _is_wire(get_args(kind)[0])


def _is_wire(kind: Any) -> TypeGuard[type[Wire]]:
    return isinstance(kind, type) and issubclass(kind, Wire)


def _csv(rows: Iterable[Mapping[str, Any]], columns: Iterable[str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _parquet(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, type]) -> bytes:
    try:
        import pyarrow as pa  # noqa: PLC0415  an extra, and a large one
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError as error:
        raise NoParquetError(NoParquetError.__doc__) from error
    kinds = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema), sink)
    return sink.getvalue()


def _rows(editions: Iterable[Edition]) -> list[dict[str, Any]]:
    return [
        {"table": one.table, "start": rfc3339(one.start), "end": rfc3339(one.end),
         "edition": one.edition, **row}
        for one in editions
        for row in one.rows
    ]  # fmt: skip


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys((*HEAD, *(name for row in rows for name in row))))


WRITTEN: Mapping[Format, Callable[[Sequence[Edition]], bytes]] = {
    Format.JSON: to_json,
    Format.CSV: to_csv,
    Format.PARQUET: to_parquet,
}
