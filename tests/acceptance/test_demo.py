"""The demo, as people run it: what it finds, and its cases reviewed and exported, in both ways."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import run
from sys import executable as python
from zipfile import ZipFile

import pytest
from fastapi import FastAPI
from playwright.sync_api import Page, expect

from anpr.lists import Lists
from anpr.sites import parse_site
from console.app import mount_console
from console.context import Console
from pipeline.clock import now
from pipeline.commands.demo import ACCOUNT
from pipeline.settings import Mode
from pipeline.wiring import IMAGES, KEYS, PACKAGES, SITE_COPY, VAULT, open_database, packer_of
from sinks.images import FolderImages
from sinks.store.vault import open_vault
from tests.acceptance.cases import packed
from tests.acceptance.test_cli import anpr
from tests.acceptance.test_evidence import INDEPENDENT
from tests.browser.chromium import chromium, executable
from tests.browser.look import DESK, faults_of, watched
from tests.console.server import serving

pytestmark = [pytest.mark.slow, pytest.mark.model]

TOLD = {
    "frames", "frames_lost", "passages", "plate_accuracy", "violations_expected",
    "violations_found", "lock_expected", "lock_found", "hits_expected", "hits_found",
    "alert_p95_s",
}  # fmt: skip
ROLES = {
    "operator", "dispatcher", "patrol", "investigator", "traffic_officer", "statistics", "dpo",
    "admin",
}  # fmt: skip
KINDS = ("section_transit", "lock_transit", "access")


@dataclass(frozen=True, slots=True)
class Ran:
    """A demo that has ended, with the data that it kept in `kept`."""

    folder: Path
    status: int
    out: str
    err: str

    def done(self, *arguments: str) -> str:
        """Run a verb on its data as its traffic officer; give what it prints."""
        tokens = json.loads((self.folder / "kept" / "tokens.json").read_text("utf-8"))
        status, out, err = anpr(
            *arguments, "--data", "kept", cwd=self.folder, ANPR_TOKEN=tokens["traffic_officer"]
        )
        assert status == 0, err
        return out

    def candidates(self) -> dict[str, list[dict[str, str]]]:
        """Give the cases that nobody has looked at and that can be packed, by their kind."""
        lines = self.done("case", "list", "--state", "candidate", "--json").splitlines()
        found = [json.loads(line) for line in lines]
        packable = {one.facts.event.id for one in packed(self.folder / "kept", self.folder / "x")}
        own = [one for one in found if one["id"] in packable]
        return {kind: [one for one in own if one["kind"] == kind] for kind in KINDS}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Run the demo once for all that is asked of it here."""
    folder = tmp_path_factory.mktemp("demo")
    return Ran(folder, *anpr("demo", "--seconds", "30", "--data", "kept", "--json", cwd=folder))


def test_the_demo_finds_what_was_planted(demo: Ran) -> None:
    summary = json.loads(demo.out)
    assert summary.keys() >= TOLD
    assert summary["frames_lost"] == 0, summary
    assert summary["plate_accuracy"] >= 0.9, summary
    assert summary["violations_found"] == summary["violations_expected"] > 0, summary
    assert summary["violations_unexpected"] == 0, summary
    assert summary["lock_found"] == summary["lock_expected"] > 0, summary
    assert summary["hits_found"] == summary["hits_expected"] > 0, summary
    assert demo.status == 0
    tokens = demo.folder / "kept" / "tokens.json"
    assert json.loads(tokens.read_text(encoding="utf-8")).keys() == ROLES
    assert tokens.stat().st_mode & 0o777 == 0o600
    assert "password" in demo.err


def test_every_case_of_the_demo_can_be_packed_and_its_package_holds(demo: Ran) -> None:
    exported = packed(demo.folder / "kept", demo.folder / "out")
    assert {one.facts.event.kind for one in exported} == set(KINDS)
    for one in exported:
        assert one.problem == ""
        assert one.facts.rule.as_judged
        assert all(seen.reads and not seen.reads_lost for seen in one.facts.passages)
        assert all(seen.clock_log and seen.box for seen in one.facts.passages)
    packages = [str(path) for path in (demo.folder / "out").iterdir()]
    assert demo.done("verify", *packages).count(": holds, signed by key") == len(exported)


@pytest.fixture
def officer(demo: Ran) -> Iterator[Page]:
    """The console on the demo's data, in a browser, signed in as the account it prints."""
    path = executable()
    if path is None:
        pytest.skip("no Chromium is installed (`apt install chromium`)")
    data = demo.folder / "kept"
    site = parse_site((data / SITE_COPY).read_text("utf-8"), SITE_COPY)
    engine = open_database(data, Mode())
    console = Console(
        engine=engine, images=FolderImages(data / IMAGES), site=site, lists=Lists, now=now,
        ready=dict, publish=lambda _: None, vault=open_vault(data / VAULT), secure_cookies=False,
        packer=packer_of(site, data, str), packages=data / PACKAGES,
    )  # fmt: skip
    app = FastAPI()
    mount_console(app, console)
    (password,) = re.findall(r"password (\S+)", demo.err)[:1]
    with serving(app, lambda: None) as url, chromium(path) as browser:
        page = watched(DESK.context(browser, url).new_page(), url)
        page.goto("/login")
        page.get_by_label("Naam").fill(ACCOUNT)
        page.get_by_label("Wachtwoord").fill(password)
        page.get_by_role("button", name="Aanmelden").click()
        yield page
    engine.dispose()


@pytest.mark.browser
def test_the_demo_s_cases_are_reviewed_and_exported_in_the_console(
    demo: Ran, officer: Page
) -> None:
    chosen = {kind: found[0] for kind, found in demo.candidates().items() if found}
    assert chosen
    for one in chosen.values():
        officer.goto(f"/review/{one['id']}")
        assert one["plate"] not in officer.content().replace("-", "")
        officer.keyboard.type(one["plate"].lower())
        officer.keyboard.press("Enter")
        expect(officer.get_by_role("status")).to_contain_text("Akkoord")
        officer.get_by_label("Nr. proces-verbaal").fill("AN.30.L1.000123/2026")
        officer.get_by_label("Stamnummer").fill("44-1234567-08")
        officer.get_by_role("button", name="Aanvaarden").click()
        expect(officer.get_by_role("status")).to_contain_text("aanvaard")
    officer.goto("/cases")
    officer.get_by_role("button", name="uitvoeren").click()
    expect(officer.get_by_role("status")).to_contain_text(
        re.compile(rf"{len(chosen)} dossiers? uitgevoerd")
    )
    names = {f"case-{one['id']}-" for one in chosen.values()}
    packages = [
        path for path in (demo.folder / "kept" / PACKAGES).glob("case-*.zip")
        if any(path.name.startswith(name) for name in names)
    ]  # fmt: skip
    assert len(packages) == len(chosen)
    assert faults_of(officer) == []
    told = demo.done("verify", *map(str, packages))
    assert told.count(": holds, signed by key") == len(chosen)
    trust = demo.folder / "kept" / KEYS / "keys.json"
    for package in packages:
        check = [python, str(INDEPENDENT), str(package), str(trust)]
        assert run(check, capture_output=True, check=False).returncode == 0  # noqa: S603
        with ZipFile(package) as archive:
            assert json.loads(archive.read("case.json"))["service_number"] == "44-1234567-08"


def test_a_script_does_with_the_demo_s_cases_what_the_console_does(demo: Ran) -> None:
    chosen = [found[0] for found in demo.candidates().values() if found]
    assert chosen
    for one in chosen:
        demo.done("case", "accept", one["id"], "--plate", one["plate"])
    packages = demo.done("case", "export", "--out", "mine").split()
    assert len(packages) == len(chosen)
    assert demo.done("verify", *packages).count(": holds, signed by key") == len(chosen)
    kept = demo.folder / "kept" / PACKAGES
    assert {Path(one).name for one in packages} <= {one.name for one in kept.glob("case-*.zip")}
    mine = [one.suffix for one in (demo.folder / "mine").glob("batch-*.*")]
    assert sorted(mine) == [".csv", ".json", ".pdf"]
