"""Two periods beside each other: each measure, of what is told alone, and as files."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine

from anpr.time import to_us
from sinks.analysis.figures import Drifts
from sinks.statistics.catalogue import FIGURES
from sinks.statistics.comparing import Change, Measure, compare_periods, days_from
from sinks.statistics.formats import Format, NoTableError, write_found
from sinks.store.engine import writing
from sinks.store.questions import Period
from sinks.store.schema import counts, travel_times
from sinks.store.traffic import compliance, flows, speeds, through
from tests.sinks.build import T0
from tests.sinks.statistics.test_flows import BORDER

DAY = timedelta(days=1)
FIRST = date(2026, 3, 2)
ZONE = BORDER.site.zone
BEFORE, AFTER = days_from(FIRST, 1, ZONE), days_from(FIRST + DAY, 1, ZONE)


def furnish(engine: Engine) -> None:
    """Two days, of which the second has half as many vehicles; one hour of it tells little."""
    with writing(engine) as connection:

        def fill(table: Any, at: int, **row: Any) -> None:
            connection.execute(table.insert(), {**row, "start_us": at})

        for day, n in ((to_us(T0), 40), (to_us(T0 + DAY), 20)):
            for kind, some in (("car", n), ("truck", n // 2)):
                fill(counts, day, camera="west-in", lane=1, direction="approaching",
                     count=some, **{"class": kind})  # fmt: skip
            fill(travel_times, day, section="n177", n=n, median_s=n + 60.0, p85_s=200, fuzzy=0)
            fill(speeds, day, kind="camera", subject="east", from_kmh=40, count=n, sum_kmh=45.0 * n)
            fill(through, day, day_us=day, entered=n, through=n // 4)
            for decision, some in (("allow", n), ("flag", n)):
                fill(compliance, day, zone="lez", gate="markt", decision=decision, count=some)
            fill(flows, day, day_us=day, origin="west-in", destination="east", count=n)
        fill(speeds, to_us(T0 + DAY) + 3_600_000_000, kind="camera", subject="east", from_kmh=40,
             count=4, sum_kmh=400.0)  # fmt: skip
        fill(flows, to_us(T0 + DAY) + 3_600_000_000, day_us=to_us(T0 + DAY), origin="west-in",
             destination="east", count=None)  # fmt: skip


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        (Measure.COUNTS, (("west-in",), 60, 30, -0.5, 0)),
        (Measure.TRAVEL_TIMES, (("n177",), 100, 80, -0.2, 0)),
        (Measure.SPEEDS, (("camera", "east"), 45, 45, 0, 1)),
        (Measure.FLOWS, (("west-in", "east"), 40, 20, None, 1)),
        (Measure.THROUGH, ((), 0.25, 0.25, 0, 0)),
        (Measure.TRUCKS, (("west-in",), 0.3333, 0.3333, 0, 0)),
        (Measure.COMPLIANCE, (("lez", "markt"), 0.5, 0.5, 0, 0)),
    ],
)
def test_a_measure_is_compared_by_what_is_told_of_both_periods(
    engine: Engine, measure: Measure, expected: tuple[Any, ...]
) -> None:
    furnish(engine)
    with engine.connect() as connection:
        (one,) = compare_periods(connection, BORDER, measure, BEFORE, AFTER)
    assert (one.subject, one.before, one.after, one.change, one.untold) == expected


def test_the_balance_is_compared_by_who_came_and_who_left(engine: Engine) -> None:
    furnish(engine)
    with engine.connect() as connection:
        changes = compare_periods(connection, BORDER, Measure.BALANCE, BEFORE, AFTER)
    assert [(one.subject, one.before, one.after) for one in changes] == [
        (("entering",), 60, 30), (("leaving",), 0, 0),
    ]  # fmt: skip


@pytest.mark.parametrize("measure", Measure)
def test_nothing_is_compared_where_there_is_nothing(engine: Engine, measure: Measure) -> None:
    with engine.connect() as connection:
        assert compare_periods(connection, BORDER, measure, BEFORE, AFTER) == []


def test_a_day_on_which_the_clock_is_changed_is_one_day() -> None:
    assert days_from(date(2026, 3, 29), 1, ZONE).until - days_from(
        date(2026, 3, 29), 1, ZONE
    ).since == timedelta(hours=23)


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_the_same_as_json_csv_and_parquet(engine: Engine, name: str) -> None:
    furnish(engine)
    of = FIGURES[name]
    with engine.connect() as connection:
        found = list(of.find(connection, BORDER, Period(T0 - DAY, T0 + 3 * DAY), T0 + 9 * DAY))

    text = list(csv.DictReader(io.StringIO(write_found(found, of.row, Format.CSV).decode())))
    table = pq.read_table(io.BytesIO(write_found(found, of.row, Format.PARQUET)))
    assert write_found(found, of.row, Format.JSON).count(b"\n") == len(found)
    assert len(text) == table.num_rows >= len(found)
    for row, same in zip(text, table.to_pylist(), strict=True):
        assert row == {key: "" if value is None else str(value) for key, value in same.items()}


def test_changes_are_written_as_rows() -> None:
    change = Change(measure=Measure.FLOWS, subject=("west-in", None), unit="per_day", before=1.5,
                    after=None, change=None, untold=2)  # fmt: skip
    assert write_found([change], Change, Format.CSV).decode().splitlines()[1] == (
        "flows,west-in/,per_day,1.5,,,2"
    )


def test_what_is_more_than_one_table_is_no_file_of_rows() -> None:
    drifts = Drifts(cameras=(), pairs=())
    with pytest.raises(NoTableError, match="take JSON"):
        write_found([drifts], Drifts, Format.CSV)
    assert write_found([drifts], Drifts, Format.JSON) == b'{"cameras":[],"pairs":[]}\n'
