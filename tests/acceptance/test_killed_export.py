"""An export that is killed: the next one goes on, and every case goes out whole and once."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine

from anpr.sites import parse_site
from pipeline.wiring import IMAGES, KEYS, PACKAGES, SITE_COPY
from sinks.cases.deciding import Desk
from sinks.cases.ledger import find_cases, history_of
from sinks.cases.life import Act, State
from sinks.delivery.ledger import of_cases
from sinks.evidence.keys import KeyRing
from sinks.evidence.verify import verify
from sinks.images import FolderImages
from sinks.store.audit import verify_chain
from sinks.store.engine import open_store, writing
from sinks.store.people import add_account, issue_token
from sinks.store.rights import Role
from tests.acceptance.test_cases import OFFICER, SITE, run
from tests.sinks.build import T0
from tests.sinks.cases.office import NOW, several
from tests.sinks.evidence.cases import Pictures

CASES = 30
RECEIVER = '\n[receivers.traffic]\nto = "folder:/nowhere"\n'


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with accepted cases."""
    data = tmp_path / "data"
    data.mkdir()
    (data / SITE_COPY).write_text(SITE + RECEIVER)
    KeyRing(data / KEYS).create(T0)
    engine, pictures = open_store(f"sqlite:///{data}/store.db"), Pictures()
    with writing(engine) as connection:
        add_account(connection, "an", [Role.TRAFFIC_OFFICER], None, T0)
        monkeypatch.setenv(OFFICER, issue_token(connection, "an", T0))
    desk = Desk(engine, parse_site(SITE, SITE_COPY), pictures, lambda: NOW)
    several(desk, engine, pictures, CASES)
    folder = FolderImages(data / IMAGES)
    for image in pictures.kept.values():
        folder.put(image)
    engine.dispose()
    return data


def killed_after(lines: int, folder: Path) -> None:
    """Export in a process of its own, and kill it once it has told of so many cases."""
    told = [sys.executable, "-u", "-m", "pipeline.cli", "case", "export"]
    environ = {**os.environ, "ANPR_TOKEN": os.environ[OFFICER]}
    with subprocess.Popen(  # noqa: S603 - our own command
        [*told, "--data", "data", "--out", "out"], cwd=folder, env=environ,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        for _ in range(lines):
            assert process.stdout.readline()
        process.kill()


def exported(engine: Engine, data: Path, known: set[str]) -> set[str]:
    """Give the cases that are called exported; those not known yet are held to their packages."""
    trust = KeyRing(data / KEYS).trust
    with engine.connect() as connection:
        gone = {one.id for one in find_cases(connection, CASES + 1, states=[State.EXPORTED])}
        consigned = of_cases(connection, gone)
        for id_ in gone - known:
            steps = [one.act for one in history_of(connection, id_)]
            assert steps == [Act.AGREE, Act.ACCEPT, Act.EXPORT]
            (one,) = consigned[id_]
            for folder in (data / PACKAGES, data.parent / "out"):
                found = verify((folder / one.name).read_bytes(), trust)
                assert (found.problems, found.case) == ((), id_)
        assert verify_chain(connection).broken_at is None
    return gone


def test_an_export_that_is_killed_again_and_again_sends_every_case_whole_and_once(
    data: Path,
) -> None:
    engine = open_store(f"sqlite:///{data}/store.db")
    before: set[str] = set()
    for lines in (1, 3):
        killed_after(lines, data.parent)
        now = exported(engine, data, before)
        assert len(before) + lines <= len(now) < CASES
        assert before < now
        before = now
    assert run("case", "export", "--data", "data", "--out", "out", cwd=data.parent)[0] == 0
    assert len(exported(engine, data, before)) == CASES
    engine.dispose()
    for folder in (data / PACKAGES, data.parent / "out"):
        assert len([*folder.glob("case-*.zip")]) == CASES
        assert [*folder.glob(".*")] == [], "neither a half file nor a journal is left"
        (rows,) = folder.glob("batch-*.json")
        (table,) = folder.glob("batch-*.csv")
        told = [row["case"] for row in json.loads(rows.read_bytes())]
        assert (len(told), len(set(told))) == (CASES, CASES)
        with table.open(encoding="utf-8", newline="") as file:
            assert [row["case"] for row in csv.DictReader(file)] == told
