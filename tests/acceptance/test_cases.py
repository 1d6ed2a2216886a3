"""`anpr case`, as a script calls it: with the same checks, roles and audit as the console."""

import json
import os
from pathlib import Path

import pytest

from pipeline.wiring import IMAGES, KEYS, SITE_COPY
from sinks.evidence.keys import KeyRing
from sinks.images import FolderImages
from sinks.store.engine import open_store, writing
from sinks.store.people import add_account, issue_token
from sinks.store.rights import Role
from sinks.store.writer import StoreWriter
from tests.acceptance.test_cli import anpr
from tests.sinks.build import T0
from tests.sinks.evidence.cases import PLATE, Pictures, entered, stored, truck_through

OFFICER, OTHER = "OFFICER_TOKEN", "OTHER_TOKEN"
"""The variables that hold a token of either."""

SITE = """
[site]
name = "Testdorp"
timezone = "Europe/Brussels"
country = "BE"

[[cameras]]
id = "north"
lat = 51.0
lon = 4.0
"""


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A data folder with a section's case, and a traffic officer who acts."""
    data = tmp_path / "data"
    data.mkdir()
    (data / SITE_COPY).write_text(SITE)
    KeyRing(data / KEYS).create(T0)
    engine, pictures = open_store(f"sqlite:///{data}/store.db"), Pictures()
    case = stored(engine, pictures, truck_through())
    folder = FolderImages(data / IMAGES)
    for image in pictures.kept.values():
        folder.put(image)
    with writing(engine) as connection:
        add_account(connection, "an", [Role.TRAFFIC_OFFICER], None, T0)
        add_account(connection, "dispatch", [Role.DISPATCHER], None, T0)
        monkeypatch.setenv(OFFICER, issue_token(connection, "an", T0))
        monkeypatch.setenv(OTHER, issue_token(connection, "dispatch", T0))
    StoreWriter(engine, lambda: T0).write([], [entered()])
    engine.dispose()
    return case.id


def run(*arguments: str, cwd: Path, token: str = OFFICER) -> tuple[int, str, str]:
    return anpr(*arguments, cwd=cwd, ANPR_TOKEN=os.environ[token])


def states(cwd: Path) -> dict[str, tuple[str, str]]:
    status, out, _ = run("case", "list", "--data", "data", "--json", cwd=cwd)
    assert status == 0
    told = [json.loads(line) for line in out.splitlines()]
    assert all(one["plate"] == PLATE for one in told)
    return {one["id"]: (one["state"], one["reason"]) for one in told}


def test_a_script_does_what_the_console_does(case: str, tmp_path: Path) -> None:
    gate = entered().id
    assert states(tmp_path) == {case: ("candidate", ""), gate: ("candidate", "")}
    status, _, err = run(
        "case", "accept", case, "--plate", "1XYZ999", "--data", "data", cwd=tmp_path
    )
    assert (status, "not the case's own" in err) == (1, True)
    assert states(tmp_path)[case] == ("rejected", "differs")
    assert (
        run("case", "accept", case, "--plate", "1-ABC-234", "--data", "data", cwd=tmp_path)[0] == 0
    )
    why = ("--reason", "priority vehicle on duty")
    told = run("case", "reject", gate, "--plate", PLATE, "--data", "data", *why, cwd=tmp_path)
    assert told[0] == 0
    assert states(tmp_path) == {
        case: ("accepted", ""), gate: ("rejected", "priority_vehicle"),
    }  # fmt: skip
    for exported in (1, 0):
        status, out, _ = run("case", "export", "--data", "data", "--out", "out", cwd=tmp_path)
        assert (status, len(out.splitlines())) == (0, exported)
    assert states(tmp_path)[case] == ("exported", "")
    packages = [str(one) for one in (tmp_path / "out").glob("*.zip")]
    assert run("verify", *packages, "--data", "data", cwd=tmp_path)[0] == 0
    assert run("case", "accept", "none", "--plate", PLATE, "--data", "data", cwd=tmp_path)[0] == 1


def test_who_has_no_right_to_cases_is_refused(case: str, tmp_path: Path) -> None:
    told = ("case", "list", "--data", "data")
    status, _, err = run(*told, cwd=tmp_path, token=OTHER)
    assert (status, "lacks the right" in err) == (1, True)
