"""The verbs of statistics, in this process: what they print, publish and make anew."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, delete, select
from typer.testing import CliRunner, Result

from anpr.events import RuleEvent
from pipeline.commands.statistics import app
from sinks.store.audit import audit
from sinks.store.engine import open_store, writing
from sinks.store.people import add_account, issue_token
from sinks.store.rights import Role
from sinks.store.schema import counts
from sinks.store.traffic import flows
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0, access, passage, seconds, transit

SITE = """
[site]
name = "Testdorp"
timezone = "Europe/Brussels"
country = "BE"
[[cameras]]
id = "west-in"
lat = 51.0
lon = 4.0
direction = "in"
[[cameras]]
id = "east"
lat = 51.0
lon = 4.1
direction = "in"
"""
SINCE, UNTIL = "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"

Anpr = Callable[..., Result]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A store with six vehicles from west to east; no roller has seen them yet."""
    (tmp_path / "site.toml").write_text(SITE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def engine(data: Path) -> Iterator[Engine]:
    engine = open_store(f"sqlite:///{data}/store.db")
    driven = [
        passage(f"{n}/{camera}", plate=f"1AAA00{n}", camera=camera, direction=direction,
                at=T0 + seconds(60 * n + after), speed_kmh=45.0,
                vehicle={"class": "truck" if n < 5 else "car"})
        for n in range(10)
        for camera, direction, after in (("west-in", "approaching", 0), ("east", "receding", 200))
    ]  # fmt: skip
    events: list[RuleEvent] = [
        *(transit(str(n)) for n in range(5)),
        *(access(str(n), decision="allow" if n < 5 else "flag") for n in range(10)),
    ]
    StoreWriter(engine, lambda: T0).write(driven, events)
    yield engine
    engine.dispose()


@pytest.fixture
def token(engine: Engine) -> str:
    with writing(engine) as connection:
        add_account(connection, "an", [Role.STATISTICS], None, T0)
        return issue_token(connection, "an", T0)


@pytest.fixture
def anpr(token: str, data: Path) -> Anpr:
    def run(verb: str, *words: str) -> Result:
        period = ("--from", SINCE, "--to", UNTIL, "--data", str(data))
        return CliRunner().invoke(app, [verb, *period, *words], env={"ANPR_TOKEN": token})

    return run


def told(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def rolled(anpr: Anpr) -> Anpr:
    assert anpr("recompute").exit_code == 0
    return anpr


def test_counts_are_whole_and_have_a_direction(rolled: Anpr) -> None:
    rows = told(rolled("counts", "--json"))
    assert [(row["camera"], row["class"], row["direction"], row["count"]) for row in rows] == [
        ("east", "car", "receding", 5), ("east", "truck", "receding", 5),
        ("west-in", "car", "approaching", 5), ("west-in", "truck", "approaching", 5),
    ]  # fmt: skip


def test_counts_come_in_windows_of_five_minutes_too(rolled: Anpr) -> None:
    rows = told(rolled("counts", "--window-s", "300"))
    assert len({row["start"] for row in rows}) == 3
    assert sum(row["count"] for row in rows) == 20
    assert rolled("counts", "--window-s", "400").exit_code == 2


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        ("flows", {"origin": "west-in", "destination": "east", "count": 10, "suppressed": False}),
        ("through", {"entered": 10, "through": 10, "share": 1.0}),
        ("balance", {"entering": 10, "leaving": 10, "balance": 0}),
        ("travel-times", {"section": "n177", "n": 5, "median_s": 60.0, "fuzzy_share": 0.0}),
        ("speeds", {"kind": "camera", "subject": "east", "n": 10, "mean_kmh": 45.0}),
        ("trucks", {"camera": "east", "n": 10, "trucks": 5, "share": 0.5}),
        ("compliance", {"zone": "centre", "gate": "markt", "n": 10, "allowed": 5, "share": 0.5}),
    ],
)
def test_each_verb_tells_its_figures(rolled: Anpr, verb: str, expected: dict[str, Any]) -> None:
    first = told(rolled(verb, "--json"))[0]
    assert expected.items() <= first.items()


def test_a_table_is_for_people(rolled: Anpr) -> None:
    assert "west-in" in rolled("flows", "--table").stdout


def test_figures_are_made_anew_where_they_were_lost(rolled: Anpr, engine: Engine) -> None:
    with writing(engine) as connection:
        for table in (counts, flows):
            connection.execute(delete(table))
    assert told(rolled("flows")) == []

    result = rolled("recompute")

    assert "computed anew" in result.output
    assert told(rolled("flows"))[0]["count"] == 10
    assert sum(row["count"] for row in told(rolled("counts"))) == 20


def test_publishing_needs_no_roll_before_and_is_audited(anpr: Anpr, engine: Engine) -> None:
    (edition,) = told(anpr("flows", "--publish"))

    assert edition["rows"] == [{"origin": "west-in", "destination": "east", "count": 10}]
    assert told(anpr("flows", "--publish")) == [edition]
    with engine.connect() as connection:
        actions = list(connection.scalars(select(audit.c.action)))
    assert actions.count("statistics_publish") == 2


def test_datex_is_made_of_published_tables(anpr: Anpr) -> None:
    data, sites = anpr("datex"), anpr("datex", "--sites")
    assert (data.exit_code, sites.exit_code) == (0, 0)
    assert "<com:vehicleFlowRate>10</com:vehicleFlowRate>" in data.stdout
    assert 'id="camera.west-in"' in sites.stdout


def test_published_tables_are_written_as_csv_and_parquet(anpr: Anpr, tmp_path: Path) -> None:
    text = anpr("counts", "--publish", "--format", "csv").stdout
    assert text.splitlines()[0] == "table,start,end,edition,camera,class,count"
    file = tmp_path / "counts.parquet"
    assert anpr("counts", "--publish", "--format", "parquet", "--out", str(file)).exit_code == 0
    assert pq.read_table(file).num_rows == len(text.splitlines()) - 1
    refused = anpr("counts", "--publish", "--format", "parquet")
    assert refused.exit_code == 2


def test_two_periods_are_compared(rolled: Anpr, token: str, data: Path) -> None:
    days = ("--before", "2026-03-01", "--after", "2026-03-02", "--days", "1")
    asked = ["compare", "counts", *days, "--data", str(data)]
    rows = told(CliRunner().invoke(app, asked, env={"ANPR_TOKEN": token}))
    assert rows[0] == {
        "measure": "counts", "subject": ["east"], "unit": "per_day", "before": None,
        "after": 10.0, "change": None, "untold": 0,
    }  # fmt: skip


def test_what_is_told_is_written_as_csv_and_parquet_too(rolled: Anpr, tmp_path: Path) -> None:
    text = rolled("trucks", "--format", "csv").stdout
    assert text.splitlines()[0] == "camera,start,n,trucks,share"
    file = tmp_path / "balance.parquet"
    assert rolled("balance", "--format", "parquet", "--out", str(file)).exit_code == 0
    assert pq.read_table(file).column_names == ["start", "entering", "leaving", "balance"]
    assert rolled("balance", "--format", "parquet").exit_code == 2
    assert rolled("clock-drift", "--format", "csv").exit_code == 1
