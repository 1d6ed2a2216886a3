"""Replay: recorded reads in, the last revision of each event that stands out."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from anpr.errors import ListError
from anpr.events import Hit, RuleEvent, SectionTransit
from anpr.lists import Entry, Lists, PlateList
from pipeline.cli import app
from pipeline.replay import read_lists, recorded_reads, replay
from tests.sites import SITE_TOML, site

SITE = site()
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STOLEN = Lists([PlateList("stolen", 1, None, [Entry(id="s", plate_pattern="1ABC123")])])


def line(camera: str, second: float, plate: str | None = "1ABC123", **known: object) -> str:
    at = (NOON + timedelta(seconds=second)).isoformat()
    read = {"camera": camera, "captured_at": at, "plate": plate, "confidence": 0.95}
    return json.dumps({**read, **known})


def events(lines: Sequence[str], lists: Lists = STOLEN) -> tuple[RuleEvent, ...]:
    return replay(SITE, lists, recorded_reads(lines)).events


def test_events_come_by_time_and_id() -> None:
    given = events([line("a", 90), line("a", 0), line("b", 60)])
    assert len(given) == 4
    assert list(given) == sorted(given, key=lambda event: (event.at, event.id))


def test_a_missing_time_of_receipt_is_the_greatest_capture_so_far() -> None:
    reads = recorded_reads([line("a", 0), line("a", 500), line("a", 100), line("a", 600)])
    received = [read.read.received_at for read in reads if read.read]
    assert received == [NOON + timedelta(seconds=second) for second in (0, 500, 500, 600)]


def test_only_the_last_revision_of_an_event_is_given() -> None:
    (hit,) = events([line("a", 0), line("a", 1, confidence=0.99), line("a", 2)])
    assert isinstance(hit, Hit)
    assert (hit.at, hit.revision) == (NOON + timedelta(seconds=1), 3 + 1)


def test_what_was_withdrawn_is_left_out() -> None:
    misread = line("a", 0, track="7")
    better = line("a", 0.2, "2XYZ999", confidence=0.99, track="7")
    assert len(events([misread])) == 1
    assert events([misread, better]) == ()


def test_a_line_that_is_no_read_is_named_and_skipped() -> None:
    lines = ["{", line("a", 0), "", line("elsewhere", 1), line("a", 2, confidence=7)]
    replayed = replay(SITE, STOLEN, recorded_reads(lines))
    assert len(replayed.events) == 1
    assert {problem.where for problem in replayed.problems} == {"line 1", "line 4", "line 5"}
    (wrong,) = (problem for problem in replayed.problems if problem.where == "line 5")
    assert wrong.what.startswith("PlateRead: not valid in confidence;")


def test_a_byte_order_mark_costs_no_read() -> None:
    (read,) = recorded_reads([b"\xef\xbb\xbf" + line("a", 0).encode()])
    assert read.problem is None


def test_a_list_is_named_after_its_file(tmp_path: Path) -> None:
    (tmp_path / "stolen.csv").write_text("\ufeffplate_pattern\n1-ABC-123\n", encoding="utf-8")
    lists = read_lists(tmp_path, SITE)
    assert lists.latest("stolen").version == 1
    assert {*lists.names()} == {"stolen", *SITE.permit_lists}


def test_every_list_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"plate_pattern\n,\n\n*\n")
    (tmp_path / "latin.csv").write_bytes(b"plate_pattern,notes\n1ABC123,\xe9\xe9n\n")
    with pytest.raises(ListError, match=r"empty.csv, line 4, plate_pattern: .*") as refused:
        read_lists(tmp_path, SITE)
    assert [problem.where for problem in refused.value.problems][-1] == "latin.csv"


def test_a_folder_of_lists_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ListError, match="no folder"):
        read_lists(tmp_path / "lits", SITE)


def test_the_verb_writes_the_same_bytes_from_run_to_run(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(SITE_TOML, encoding="utf-8")
    (tmp_path / "stolen.csv").write_text("plate_pattern\n1ABC123\n", encoding="utf-8")
    recording = tmp_path / "reads.jsonl"
    recording.write_text("\n".join([line("a", 0), line("b", 60), "{"]), encoding="utf-8")
    verb = ["replay", str(tmp_path / "site.toml"), str(recording), "--lists", str(tmp_path)]
    first, second = (CliRunner().invoke(app, verb) for _ in range(2))
    assert (first.exit_code, first.stdout_bytes) == (0, second.stdout_bytes)
    kinds = [json.loads(event)["kind"] for event in first.stdout.splitlines()]
    assert sorted(kinds) == ["hit", "hit", "section_transit"]
    assert "line 3" in first.stderr


def test_a_transit_of_the_recording_is_judged() -> None:
    (transit,) = events([line("a", 0), line("b", 60)], Lists())
    assert isinstance(transit, SectionTransit)
    assert transit.duration_s == 60


def test_a_list_of_permits_that_a_recording_lacks_is_an_empty_one(tmp_path: Path) -> None:
    for lists in (read_lists(None, SITE), read_lists(tmp_path, SITE)):
        assert SITE.permit_lists
        assert all(map(lists.is_loaded, SITE.permit_lists))
        assert not any(lists.latest(name).entries for name in SITE.permit_lists)
