"""What the doctor says of a zone, well or ill."""

import os
import shutil
import socket
import subprocess
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from fastapi import FastAPI
from typer.testing import CliRunner

from anpr.errors import SecretError
from anpr.list_entries import Rows
from anpr.list_parts import parts_of
from console.health import mount_health
from pipeline.clock import now
from pipeline.commands import doctor, offline
from pipeline.controls import publish_list
from pipeline.doctor import Finding, Patient, Verdict, diagnose
from pipeline.doctor.interpreter import is_optimised
from pipeline.doctor.program import required
from pipeline.doctor.zone import references_of
from pipeline.logs.sqlite import SqliteLog
from pipeline.settings import Mode, RunSettings, Tls
from pipeline.topics import topics_of
from pipeline.wiring import KEYS, open_database
from sinks.evidence.keys import KeyRing
from tests.console.server import serving
from tests.sites import SITE_TOML, site

SECRETS = ("DISPATCH_SECRET", *(f"TOKEN_{camera}" for camera in "ABCDEFG"))


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    site_file = tmp_path / "site.toml"
    site_file.write_text(SITE_TOML, encoding="utf-8")
    (tmp_path / "data").mkdir()
    settings = RunSettings(tmp_path / "data", port=free_port())
    return Patient(site_file, settings, now, lambda reference: reference)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def found(patient: Patient, check: str) -> list[Finding]:
    return [finding for finding in diagnose(patient) if finding.check == check]


def verdicts(patient: Patient, check: str) -> set[Verdict]:
    return {finding.verdict for finding in found(patient, check)}


def told(patient: Patient, check: str) -> str:
    return " | ".join(f"{one.told} -> {one.remedy}" for one in found(patient, check))


def test_a_zone_that_was_never_started_is_well(patient: Patient) -> None:
    ill = [one for one in diagnose(patient) if one.verdict is Verdict.FAILURE]
    assert ill == []


def test_a_zone_that_has_run_is_well_and_nothing_of_it_is_changed(patient: Patient) -> None:
    data = patient.settings.data
    with closing(SqliteLog(data / "log", now)) as log:
        log.create(topics_of(site(), patient.settings))
    open_database(data, Mode()).dispose()
    before = sorted(path.name for path in data.rglob("*") if not path.name.endswith(("wal", "shm")))
    assert verdicts(patient, "store") == {Verdict.OK}
    assert "topics in order: 7" in told(patient, "log")
    after = sorted(path.name for path in data.rglob("*") if not path.name.endswith(("wal", "shm")))
    assert after == before


def test_a_site_file_that_would_change_topics_is_told_and_changes_none(patient: Patient) -> None:
    specs = topics_of(site(), patient.settings)
    with closing(SqliteLog(patient.settings.data / "log", now)) as log:
        log.create(specs)
    text = patient.site_file.read_text().replace("[site]", "[site]\nstall_s = 60")
    patient.site_file.write_text(text)
    for _ in range(2):
        assert Verdict.WARNING in verdicts(patient, "log")
        assert "the next start changes topics: reads: kept" in told(patient, "log")
    with closing(SqliteLog(patient.settings.data / "log", now)) as log:
        assert log.review(specs) == []


def test_an_interpreter_that_was_built_to_be_slow_is_a_warning(patient: Patient) -> None:
    is_slow = is_optimised() is False
    assert verdicts(patient, "python") == {Verdict.WARNING if is_slow else Verdict.OK}
    assert ("the container image" in told(patient, "python")) is is_slow


def test_every_problem_of_the_site_file_is_told(patient: Patient) -> None:
    patient.site_file.write_text(
        SITE_TOML.replace('timezone = "Europe/Brussels"', "").replace("length_m = 1240.0", ""),
        encoding="utf-8",
    )
    assert {one.verdict for one in found(patient, "site")} == {Verdict.FAILURE}
    assert len(found(patient, "site")) == 2


def test_a_site_file_that_is_missing_is_told_and_the_rest_is_checked(patient: Patient) -> None:
    patient.site_file.unlink()
    assert verdicts(patient, "site") == {Verdict.FAILURE}
    assert verdicts(patient, "weights") == {Verdict.OK}


def test_a_secret_that_leads_nowhere_is_named_and_no_secret_is_shown(patient: Patient) -> None:
    def secret(reference: str) -> str:
        if reference == "env:TOKEN_B":
            raise SecretError("the secret 'env:TOKEN_B' is empty or missing; set the variable")
        return "hush"

    patient.secret = secret
    (finding,) = found(patient, "secrets")
    assert (finding.verdict, finding.remedy) == (Verdict.FAILURE, "set the variable")
    assert "hush" not in str(diagnose(patient))


def test_every_secret_of_a_site_is_found_wherever_it_stands() -> None:
    assert set(references_of(site())) == {f"env:{name}" for name in SECRETS}


def test_a_data_folder_that_is_missing_is_told(patient: Patient) -> None:
    patient.settings = replace(patient.settings, data=patient.settings.data / "none")
    assert verdicts(patient, "data") == {Verdict.FAILURE}


@pytest.mark.parametrize(
    "shown", [datetime(2025, 12, 31, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)]
)
def test_a_clock_before_the_program_or_before_its_files_is_wrong(
    patient: Patient, shown: datetime
) -> None:
    (patient.settings.data / "log").mkdir()
    patient.now = lambda: shown
    assert verdicts(patient, "clock") == {Verdict.FAILURE}


def test_a_port_that_is_taken_is_told(patient: Patient) -> None:
    with socket.create_server(("127.0.0.1", patient.settings.port)):
        assert verdicts(patient, "port") == {Verdict.FAILURE}
    assert verdicts(patient, "port") == {Verdict.OK}


@pytest.mark.parametrize(
    ("checks", "verdict", "word"),
    [
        ({"log": "ok"}, Verdict.OK, "all that it needs works"),
        ({"log": "ok", "disk": "full"}, Verdict.FAILURE, "disk: full"),
    ],
)
def test_a_zone_that_runs_at_the_port_is_asked_how_it_is(
    patient: Patient, checks: dict[str, str], verdict: Verdict, word: str
) -> None:
    app = FastAPI()
    mount_health(app, lambda: checks)
    with serving(app, lambda: None) as address:
        _, _, port = address.rpartition(":")
        patient.settings = replace(patient.settings, port=int(port))
        assert verdicts(patient, "port") == {verdict}
        assert word in told(patient, "port")


def test_a_broker_that_is_away_is_told(patient: Patient) -> None:
    mode = Mode(kafka=f"127.0.0.1:{free_port()}")
    patient.settings = replace(patient.settings, mode=mode)
    assert verdicts(patient, "topics") == {Verdict.FAILURE}


def test_a_database_that_is_away_is_told_without_its_password(patient: Patient) -> None:
    url = f"postgresql+psycopg://anpr:hush@127.0.0.1:{free_port()}/anpr"
    patient.settings = replace(patient.settings, mode=Mode(database=url))
    assert verdicts(patient, "store") == {Verdict.FAILURE}
    assert "hush" not in told(patient, "store")


@pytest.fixture
def certificate(tmp_path: Path) -> Tls:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on this machine")
    pair = Tls(tmp_path / "cert.pem", tmp_path / "key.pem")
    subprocess.run(  # noqa: S603 - our own arguments
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "90", "-subj", "/CN=zone",
         "-keyout", pair.key, "-out", pair.certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    return pair


@pytest.mark.parametrize(
    ("days_later", "verdict"), [(0, Verdict.OK), (68, Verdict.OK), (70, Verdict.WARNING)]
)
def test_a_certificate_that_expires_within_three_weeks_is_to_be_renewed(
    patient: Patient, certificate: Tls, days_later: int, verdict: Verdict
) -> None:
    patient.settings = replace(patient.settings, tls=certificate)
    patient.now = lambda: now() + timedelta(days=days_later)
    assert verdicts(patient, "tls") == {verdict}


def test_a_certificate_with_another_key_is_told(
    patient: Patient, certificate: Tls, tmp_path: Path
) -> None:
    (tmp_path / "key.pem").write_text("no key", encoding="utf-8")
    patient.settings = replace(patient.settings, tls=certificate)
    assert verdicts(patient, "tls") == {Verdict.FAILURE}


def test_the_packages_that_extras_need_are_not_required() -> None:
    assert "pydantic" in required()
    assert "pytest" not in required()


def test_the_verb_shows_a_table_and_says_by_its_exit_whether_the_zone_can_run(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = typer.Typer()
    for family in (doctor, offline):
        family.register(app)
    for name in SECRETS:
        monkeypatch.setenv(name, "secret")
    arguments = ["doctor", str(patient.site_file), "--data", str(patient.settings.data),
                 "--listen", f"127.0.0.1:{patient.settings.port}"]  # fmt: skip
    well = CliRunner().invoke(app, arguments)
    assert (well.exit_code, "weights" in well.output) == (0, True)
    monkeypatch.delenv(SECRETS[0])
    assert os.environ.get(SECRETS[0]) is None
    assert CliRunner().invoke(app, arguments).exit_code == 1


def on(patient: Patient, day: str) -> Patient:
    """The same zone at noon of another day."""
    return replace(patient, now=lambda: datetime.fromisoformat(f"{day}T11:00:00+00:00"))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2028-03-01", Verdict.OK), ("2028-03-02", Verdict.OK), ("2028-03-03", Verdict.WARNING),
        ("2028-05-01", Verdict.WARNING), ("2028-05-02", Verdict.FAILURE),
    ],
)  # fmt: skip
def test_a_certificate_is_missed_two_months_before_it_ends(
    patient: Patient, day: str, expected: Verdict
) -> None:
    assert verdicts(on(patient, day), "certificates") == {expected}


@pytest.fixture
def started(patient: Patient) -> Patient:
    """The zone with its topics made."""
    with closing(SqliteLog(patient.settings.data / "log", now)) as log:
        log.create(topics_of(site(), patient.settings))
    return patient


def imported(patient: Patient, *names: str) -> None:
    with closing(SqliteLog(patient.settings.data / "log", now)) as log:
        for name in names:
            publish_list(log, parts_of(name, 1, now(), Rows(name)))


def test_a_list_that_the_site_names_and_nobody_imported_is_told(started: Patient) -> None:
    imported(started, "bewoners")
    (finding,) = found(started, "lists")
    assert finding.verdict is Verdict.WARNING
    assert "'relst-permits' was never imported: lock relst asks a person" in finding.told
    assert "--list relst-permits" in finding.remedy


def test_a_hotlist_that_is_named_and_not_there_gives_no_hits(started: Patient) -> None:
    text = SITE_TOML + "\n[lists.stolne]\nstale_after_h = 48\n"
    started.site_file.write_text(text, encoding="utf-8")
    imported(started, "bewoners", "relst-permits", "stolen")
    (finding,) = found(started, "lists")
    assert finding.told == "'stolne' was never imported: it gives no hits"


def test_a_list_that_was_imported_empty_is_there(started: Patient) -> None:
    imported(started, "bewoners", "relst-permits")
    assert verdicts(started, "lists") == {Verdict.OK}


def test_before_the_first_start_every_list_is_still_to_come(patient: Patient) -> None:
    assert verdicts(patient, "lists") == {Verdict.WARNING}
    assert "does as its fail = " in told(patient, "lists")


def test_a_zones_calendar_is_missed_too(patient: Patient) -> None:
    named = SITE_TOML.replace("[[zones]]", "[[zones]]\nexcept_holidays = 'belgian-public'")
    patient.site_file.write_text(named, encoding="utf-8")
    assert "belgian-public" in told(on(patient, "2028-11-02"), "calendars")


def test_a_certificate_that_is_not_valid_yet_is_told(patient: Patient) -> None:
    later = SITE_TOML.replace("verified_until", "verified_from = 2026-05-02, verified_until")
    patient.site_file.write_text(later, encoding="utf-8")
    assert verdicts(on(patient, "2026-05-01"), "certificates") == {Verdict.WARNING}
    assert verdicts(on(patient, "2026-05-02"), "certificates") == {Verdict.OK}


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2028-11-01", Verdict.OK), ("2028-11-02", Verdict.WARNING),
        ("2028-12-31", Verdict.WARNING), ("2029-01-01", Verdict.FAILURE),
    ],
)  # fmt: skip
def test_a_calendar_is_missed_before_it_ends(patient: Patient, day: str, expected: Verdict) -> None:
    named = SITE_TOML.replace(
        'permits = "relst-permits"', 'permits = "relst-permits"\nexcept_holidays = "belgian-public"'
    )
    patient.site_file.write_text(named, encoding="utf-8")
    assert verdicts(on(patient, day), "calendars") == {expected}
    assert "belgian-public" in told(on(patient, day), "calendars")


def test_a_zone_without_a_key_for_its_evidence_is_told_what_to_do(patient: Patient) -> None:
    assert "anpr keys create" in told(patient, "signing")
    ring = KeyRing(patient.settings.data / KEYS)
    ring.prepare(patient.now())
    assert "signs (ed25519)" in told(patient, "signing")
    assert "Move it to a safe" in told(patient, "signing")
    key = ring.trust.active
    assert key is not None
    (patient.settings.data / KEYS / f"{key.id}.pem").unlink()
    assert verdicts(patient, "signing") == {Verdict.FAILURE}
