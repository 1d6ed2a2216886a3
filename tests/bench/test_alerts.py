"""How soon an alert comes is counted from its capture, and what never came is told."""

import json
from datetime import datetime, timedelta
from queue import Queue

import pytest
from rich.console import Console

from bench.alerts import WANTED_EVERY, Measured, delays, main, plate_of, table_of
from bench.zones.feed import Feed
from pipeline.clock import now
from tests.sinks.build import T0


def shown(measured: dict[str, Measured]) -> list[list[str]]:
    """The cells of the table, as it is printed."""
    console = Console(width=110, force_terminal=False)
    with console.capture() as capture:
        console.print(table_of(measured, "title"))
    return cells(capture.get())


def cells(text: str) -> list[list[str]]:
    """The cells of a printed table."""
    lines = [line.strip("│") for line in text.splitlines() if "│" in line]
    return [[cell.strip() for cell in line.split("│")] for line in lines]


def test_a_delay_is_from_the_capture_to_the_call() -> None:
    calls: Queue[tuple[bytes, datetime]] = Queue()
    body = json.dumps({"event": {"at": T0.isoformat()}}).encode()
    for spent_ms in (10, 250):
        calls.put((body, T0 + timedelta(milliseconds=spent_ms)))
    assert delays(calls, 2) == ([10.0, 250.0], 0)


def test_what_never_came_is_counted() -> None:
    calls: Queue[tuple[bytes, datetime]] = Queue()
    calls.put((json.dumps({"event": {"at": T0.isoformat()}}).encode(), T0))
    assert delays(calls, 3, patience_s=0.01) == ([0.0], 2)


def test_every_tenth_plate_is_listed_and_each_is_another_one() -> None:
    plates = [plate_of(number) for number in range(7000)]
    listed = [plate for plate in plates if "WTD" in plate]
    assert len(set(listed)) == len(listed) == len(plates) / WANTED_EVERY


def test_a_listener_notes_the_first_time_that_an_event_is_told() -> None:
    feed = Feed()
    line = "data:" + json.dumps({"event": {"id": "a", "at": (now() - timedelta(1)).isoformat()}})
    for one in (": still here", "", line):
        feed.hear(one)
    first = feed.delays["a"]
    feed.hear(line)
    assert feed.delays == {"a": first}
    assert first == pytest.approx(86400, abs=60)


def test_the_table_sets_each_percentile_beside_its_budget() -> None:
    spans = [float(number) for number in range(101)]
    (row,) = shown({"webhook": (spans, 3)})
    assert row == ["webhook", "101", "50.0", "95.0", "0.095", "99.0", "0.050", "3"]


@pytest.mark.parametrize("spans", [[], [5.0]])
def test_of_fewer_than_two_alerts_no_percentile_is_told(spans: list[float]) -> None:
    (row,) = shown({"webhook": (spans, 20)})
    assert row == ["webhook", str(len(spans)), "-", "-", "-", "-", "-", "20"]


@pytest.mark.slow
def test_a_small_run_tells_of_the_zone_beside_the_bare_calls(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(reads=20, per_s=40, kafka_per_s=[0])
    told = {what: (count, missing) for what, count, *_, missing in cells(capsys.readouterr().out)}
    assert told == {
        "embedded, webhook": ("2", "0"),
        "embedded, console": ("2", "0"),
        "bare calls": ("2", "0"),
    }
