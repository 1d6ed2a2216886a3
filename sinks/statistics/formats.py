"""Published tables as files: JSON lines of tables; CSV and Parquet, a row of a table a row."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from anpr.errors import AnprError
from anpr.time import rfc3339
from sinks.statistics.publishing import Edition


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


def to_json(editions: Iterable[Edition]) -> bytes:
    """Write tables as JSON, one a line; what is not told is null."""
    return b"".join(one.to_json() + b"\n" for one in editions)


def to_csv(editions: Iterable[Edition]) -> bytes:
    """Write the rows of tables of one kind as CSV; what is not told is empty."""
    rows = _rows(editions)
    text = io.StringIO()
    writer = csv.DictWriter(text, _columns(rows), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def to_parquet(editions: Iterable[Edition]) -> bytes:
    """Write the rows of tables of one kind as Parquet; what is not told is null.

    Raises NoParquetError.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415  an extra, and a large one
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError as error:
        raise NoParquetError(NoParquetError.__doc__) from error
    rows = _rows(editions)
    types = {"count": pa.int64(), "edition": pa.int64()}
    types |= dict.fromkeys(FRACTIONS, pa.float64())
    schema = pa.schema([(name, types.get(name, pa.string())) for name in _columns(rows)])
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
