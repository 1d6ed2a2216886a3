"""The verbs: what they print, and how they end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sites import SITE_TOML


def anpr(*arguments: str, cwd: Path, typed: str = "", **environ: str) -> tuple[int, str, str]:
    """Run a verb as people do; return its exit status, stdout and stderr."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("ANPR_")}
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "pipeline.cli", *arguments],
        cwd=cwd, input=typed, capture_output=True, text=True, timeout=110, check=False,
        env={**clean, "COLUMNS": "80", **environ},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def zone(tmp_path: Path) -> Path:
    """A folder with a site file, and a data folder that knows it."""
    (tmp_path / "site.toml").write_text(SITE_TOML, encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "site.toml").write_text(SITE_TOML, encoding="utf-8")
    return tmp_path


READS = [
    {"camera": "a", "captured_at": "2026-03-02T08:00:00+01:00", "plate": "1-ABC-123"},
    {"camera": "b", "captured_at": "2026-03-02T08:00:50+01:00", "plate": "1ABC123"},
    {"camera": "g", "captured_at": "2026-03-02T08:01:00+01:00", "plate": "1ABC123"},
]


def recording(folder: Path, *more: str) -> Path:
    lines = [json.dumps({**read, "confidence": 0.95}) for read in READS]
    path = folder / "reads.jsonl"
    path.write_text("\n".join([*lines, *more]) + "\n", encoding="utf-8")
    return path


def test_check_draws_a_good_site_and_warns(zone: Path) -> None:
    status, out, _ = anpr("check", "site.toml", cwd=zone)
    assert status == 0
    assert "Politiezone Rupel" in out
    assert max(map(len, out.splitlines())) <= 80


def test_check_lists_every_error_with_its_key(zone: Path) -> None:
    bad = SITE_TOML.replace("limit_kmh = 70", "limit_kmg = 70").replace('"bewoners"', '"Bewoners"')
    (zone / "bad.toml").write_text(bad, encoding="utf-8")
    status, out, err = anpr("check", "bad.toml", cwd=zone)
    assert (status, out) == (1, "")
    assert "limit_kmg" in err
    assert "limit_kmh" in err
    assert "zones[1] (centrum).permits" in err
    assert "Traceback" not in err


def test_wrong_usage_ends_with_two(zone: Path) -> None:
    assert anpr("check", cwd=zone)[0] == 2
    assert anpr("run", "site.toml", "--listen", "nowhere", cwd=zone)[0] == 2
    assert anpr("run", "site.toml", "--stage", "ocr,dance", cwd=zone)[0] == 2


def test_a_file_that_is_not_there_is_named(zone: Path) -> None:
    status, _, err = anpr("check", "nowhere.toml", cwd=zone)
    assert status == 1
    assert "nowhere.toml" in err
    assert "Traceback" not in err


def test_another_address_needs_tls(zone: Path) -> None:
    status, _, err = anpr("run", "site.toml", "--listen", "0.0.0.0:0", cwd=zone)
    assert status == 1
    assert "--tls-cert" in err


def test_replay_writes_events_sorted_and_byte_identical(zone: Path) -> None:
    reads = recording(zone)
    lists = zone / "lists"
    lists.mkdir()
    (lists / "stolen.csv").write_text("plate_pattern\n1-ABC-123\n", encoding="utf-8")
    first = anpr("replay", "site.toml", str(reads), "--lists", "lists", cwd=zone)
    assert first == anpr("replay", "site.toml", str(reads), "--lists", "lists", cwd=zone)
    status, out, _ = first
    events = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [(event["at"], event["id"]) for event in events] == sorted(
        (event["at"], event["id"]) for event in events
    )
    kinds = sorted(event["kind"] for event in events)
    assert kinds == ["access", "hit", "hit", "hit", "section_transit"]
    (transit,) = [event for event in events if event["kind"] == "section_transit"]
    # 3.6·1239/(50 + 0.04) = 89.1, floored and less 6.
    assert (transit["corrected_kmh"], transit["verdict"]) == (83, "violation")


def test_replay_names_the_lines_it_refuses_and_goes_on(zone: Path) -> None:
    reads = recording(zone, "{", '{"camera":"a","captured_at":"2026-03-02T08:00:00","plate":"X"}')
    status, out, err = anpr("replay", "site.toml", str(reads), cwd=zone)
    assert status == 0
    assert len(out.splitlines()) == 2
    assert "line 4" in err
    assert "line 5" in err
    assert "captured_at" in err


def test_replay_against_another_site_prints_what_it_would_change(zone: Path) -> None:
    (zone / "other.toml").write_text(
        SITE_TOML.replace("limit_kmh = 70", "limit_kmh = 90"), encoding="utf-8"
    )
    status, out, _ = anpr(
        "replay", "site.toml", str(recording(zone)), "--against", "other.toml", cwd=zone
    )
    (change,) = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert change["change"] == "changed"
    assert (change["before"]["verdict"], change["after"]["verdict"]) == ("violation", "ok")


def test_simulate_writes_a_recording_that_replays(zone: Path) -> None:
    status, _, err = anpr("simulate", "site.toml", "--reads", "300", cwd=zone)
    assert status == 0, err
    assert len((zone / "reads.jsonl").read_text().splitlines()) == 300
    assert (zone / "reads.truth.jsonl").exists()
    assert anpr("replay", "site.toml", "reads.jsonl", cwd=zone)[0] == 0


def test_a_replay_tells_what_it_found_of_the_truth(zone: Path) -> None:
    anpr("simulate", "site.toml", "--reads", "300", cwd=zone)
    known = ("site.toml", "reads.jsonl", "--lists", "reads.lists")
    status, out, err = anpr("replay", *known, "--truth", "reads.truth.jsonl", cwd=zone)
    assert (status, out) == (0, anpr("replay", *known, cwd=zone)[1])
    assert "precision" in err
    assert anpr("replay", *known, "--truth", "nowhere.jsonl", cwd=zone)[0] == 1


def test_a_list_is_imported_shown_and_counted(zone: Path) -> None:
    (zone / "stolen.csv").write_text(
        "plate_pattern,priority\n1-ABC-123,80\n2XYZ987,60\n", encoding="utf-8"
    )
    command = ("hotlist", "import", "stolen.csv", "--list", "stolen")
    status, out, err = anpr(*command, "--dry-run", cwd=zone)
    assert (status, "dry run" in err) == (0, True)
    assert anpr(*command, cwd=zone)[0] == 0
    (zone / "stolen.csv").write_text("plate_pattern,priority\n1-ABC-123,90\n", encoding="utf-8")
    status, out, _ = anpr(*command, cwd=zone)
    row = [cell.strip() for cell in out.splitlines()[3].strip("│").split("│")]
    assert (status, row) == (0, ["stolen", "2", "0", "1", "1", "0"])


def test_a_bad_list_row_is_named_by_its_line_and_nothing_is_imported(zone: Path) -> None:
    (zone / "bad.csv").write_text(
        "plate_pattern,priority\n1ABC123,80\n,50\n2XYZ987,high\n", encoding="utf-8"
    )
    status, _, err = anpr("hotlist", "import", "bad.csv", "--list", "stolen", cwd=zone)
    assert status == 1
    assert "line 3" in err
    assert "line 4" in err


def test_whoever_looks_at_a_list_needs_a_token_and_is_audited(zone: Path) -> None:
    assert anpr("hotlist", "show", "--list", "stolen", cwd=zone)[0] == 1
    assert (
        anpr("user", "add", "inge", "--role", "investigator", cwd=zone, typed="long enough!")[0]
        == 0
    )
    token = anpr("user", "token", "inge", cwd=zone)[1].strip()
    status, _, err = anpr("hotlist", "show", "--list", "stolen", cwd=zone, ANPR_TOKEN=token)
    assert status == 0, err
    status, out, _ = anpr("audit", "verify", cwd=zone)
    assert status == 0
    assert out.startswith("1 records, unbroken")


def test_only_a_permit_list_reaches_back(zone: Path) -> None:
    (zone / "list.csv").write_text("plate_pattern\n1ABC123\n", encoding="utf-8")
    since = ("--holds-from", "2026-03-01T00:00:00+01:00")
    command = ("hotlist", "import", "list.csv", "--list")
    assert anpr(*command, "relst-permits", *since, cwd=zone)[0] == 0
    assert anpr(*command, "stolen", *since, cwd=zone)[0] == 2
    assert anpr(*command, "relst-permits", "--holds-from", "yesterday", cwd=zone)[0] == 2


def test_what_signs_displayed_is_said_by_hand_and_shown(zone: Path) -> None:
    at = ("--from", "2026-03-02T07:00:00+01:00")
    assert anpr("limit", "set", "n177", "--kmh", "50", *at, cwd=zone)[0] == 0
    status, out, _ = anpr("limit", "show", "n177", cwd=zone)
    assert status == 0
    assert ["2026-03-02 07:00:00+0100", "50", "1"] in [
        [cell.strip() for cell in line.strip("│").split("│")] for line in out.splitlines()
    ]
    assert anpr("limit", "set", "n177", "--kmh", "50", "--dark", cwd=zone)[0] == 2
    assert anpr("limit", "set", "n99", "--kmh", "50", cwd=zone)[0] == 2


def test_a_replay_takes_the_limit_that_was_displayed(zone: Path) -> None:
    recording(zone)
    limit = {"section": "n177", "holds_from": "2026-03-02T07:00:00+01:00", "limit_kmh": 110}
    (zone / "shown.jsonl").write_text(json.dumps(limit), encoding="utf-8")
    command = ("replay", "site.toml", "reads.jsonl")

    def limits(*more: str) -> list[int]:
        out = anpr(*command, *more, cwd=zone)[1]
        events = map(json.loads, out.splitlines())
        return [one["limit_kmh"] for one in events if one["kind"] == "section_transit"]

    assert limits() == [70]
    assert limits("--limits", "shown.jsonl") == [110]
    (zone / "shown.jsonl").write_text('{"section": "n177"}', encoding="utf-8")
    status, _, err = anpr(*command, "--limits", "shown.jsonl", cwd=zone)
    assert status == 1
    assert "line 1" in err


def test_init_writes_a_zone_that_checks(tmp_path: Path) -> None:
    answers = "\n".join(  # noqa: FLY002 - one answer a line
        ["Zone Test", "", "", "cam-1", "", "", "chief", "a long password", "a long password", ""]
    )
    status, _, err = anpr("init", cwd=tmp_path, typed=answers)
    assert status == 0, err
    assert anpr("check", "site.toml", cwd=tmp_path)[0] == 0
    secret = tmp_path / "data" / "secrets" / "cam-1.token"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert secret.read_text(encoding="utf-8") not in (tmp_path / "site.toml").read_text()


def test_reading_what_is_no_image_fails_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "note.jpg").write_text("not an image", encoding="utf-8")
    status, out, _ = anpr("read", "note.jpg", "--json", cwd=tmp_path)
    assert status == 1
    assert json.loads(out)["plates"] == []


def test_a_benchmark_of_servers_is_found_from_any_folder(tmp_path: Path) -> None:
    status, told, _ = anpr("bench", "cluster", "--help", cwd=tmp_path)
    assert status == 0
    assert "--help" in told
