"""`anpr audit`: whether the chain is whole, who asked for a plate, and what must be explained."""

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.acceptance.test_cli import anpr
from tests.sites import SITE_TOML

PLATE, OTHER = "1XYZ999", "1ABC234"
ENTRIES = f"plate_pattern\n{PLATE}\n{OTHER}\n"


@dataclass(frozen=True, slots=True)
class Zone:
    """A folder with a zone's data in it, and the tokens of an investigator and of the DPO."""

    folder: Path
    inge: str
    dirk: str

    def does(self, *arguments: str, by: str = "", typed: str = "") -> tuple[int, str, str]:
        """Run a verb as somebody; return its exit status, stdout and stderr."""
        told = {"COLUMNS": "160", "ANPR_TOKEN": by}
        return anpr(*arguments, cwd=self.folder, typed=typed, **told)

    def did(self, *arguments: str, by: str = "", typed: str = "") -> tuple[str, str]:
        """Run a verb that must succeed; return its stdout and stderr."""
        status, out, err = self.does(*arguments, by=by, typed=typed)
        assert status == 0, err
        return out, err

    def asks_for(self, plate: str) -> None:
        """Let the investigator run an entry against the past: a search like any other."""
        grounds = ("--list", "stolen", "--purpose", "judicial", "--case-ref", "AN.1/26")
        self.did("hotlist", "past", plate, *grounds, by=self.inge)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Zone:
    """Make a zone once: each verb is a process of its own."""
    folder = tmp_path_factory.mktemp("made")
    alone = f"{SITE_TOML}\n[inquiry]\nsecond_person = []\n"
    (folder / "data").mkdir()
    (folder / "data" / "site.toml").write_text(alone, encoding="utf-8")
    (folder / "list.csv").write_text(ENTRIES, encoding="utf-8")
    zone = Zone(folder, "", "")
    zone.did("hotlist", "import", "list.csv", "--list", "stolen")
    tokens = {}
    for name, role in (("inge", "investigator"), ("dirk", "dpo")):
        zone.did("user", "add", name, "--role", role, typed="long enough!")
        tokens[name] = zone.did("user", "token", name)[0].strip()
    return Zone(folder, tokens["inge"], tokens["dirk"])


@pytest.fixture
def zone(made: Zone, tmp_path: Path) -> Zone:
    """Give each test a copy."""
    return replace(made, folder=shutil.copytree(made.folder, tmp_path / "zone"))


def cells(out: str) -> list[list[str]]:
    """Take the rows out of a table."""
    return [
        [cell.strip() for cell in line.strip("│").split("│")]
        for line in out.splitlines()
        if line.startswith("│")
    ]


def records_of(zone: Zone) -> int:
    """Tell how long the audit's chain is."""
    return int(zone.did("audit", "verify")[0].split()[0])


def test_who_tells_the_officer_who_asked_for_a_plate_and_nobody_else(zone: Zone) -> None:
    zone.asks_for(PLATE)
    zone.asks_for(OTHER)
    asked, _ = zone.did("audit", "who", "--plate", "1-XYZ-999", by=zone.dirk)
    mine = [row[2:6] for row in cells(asked)]
    assert ["inge", "search", "judicial", "AN.1/26"] in mine
    assert ["dirk", "audit_who", "", ""] in mine, "whoever asks who asked, asked too"
    assert len([row for row in mine if row[1] == "search"]) == 1
    typed, _ = zone.did("audit", "who", by=zone.dirk, typed=f"{PLATE}\n")
    assert len(cells(typed)) == len(cells(asked)) + 1

    assert zone.does("audit", "who", "--plate", PLATE)[0] == 1
    assert zone.does("audit", "who", "--plate", PLATE, by=zone.inge)[0] == 1


def test_no_plate_that_was_asked_for_stands_in_the_store(zone: Zone) -> None:
    zone.asks_for(PLATE)
    kept = b"".join(path.read_bytes() for path in (zone.folder / "data").glob("store.db*"))
    assert b"AN.1/26" in kept
    assert PLATE.encode() not in kept


def test_a_head_that_was_kept_finds_a_chain_that_was_cut_at_its_end(zone: Zone) -> None:
    head, said = zone.did("audit", "head")
    key = said.split("signed by ")[1].strip()
    (zone.folder / "heads.jsonl").write_text(head, encoding="utf-8")
    verify = ("audit", "verify", "--heads", "heads.jsonl")
    out, said = zone.did(*verify)
    assert out.startswith("1 records, unbroken")
    assert "1 signed heads bear it out" in said
    zone.did(*verify, "--key", key)

    zone.asks_for(PLATE)
    (zone.folder / "heads.jsonl").write_text(head + zone.did("audit", "head")[0], encoding="utf-8")
    assert "2 signed heads" in zone.did(*verify)[1]

    for path in (zone.folder / "data").glob("store.db*"):
        path.unlink()
    zone.did("audit", "verify")  # an empty chain is whole in itself
    status, _, said = zone.does(*verify)
    assert (status, "is gone or another" in said) == (1, True)


def test_heads_of_another_zone_and_changed_ones_are_refused(zone: Zone) -> None:
    head, _ = zone.did("audit", "head")
    changed = {**json.loads(head), "id": 7}
    (zone.folder / "heads.jsonl").write_text(json.dumps(changed), encoding="utf-8")
    status, _, said = zone.does("audit", "verify", "--heads", "heads.jsonl")
    assert (status, "line 1 is not signed" in said) == (1, True)
    (zone.folder / "heads.jsonl").write_text(head, encoding="utf-8")
    other = ("--key", "A" * 43 + "=")
    assert zone.does("audit", "verify", "--heads", "heads.jsonl", *other)[0] == 1
    assert zone.does("audit", "verify", "--heads", "nowhere.jsonl")[0] == 1


def test_the_report_tells_who_looked_up_an_own_plate_and_is_in_the_audit_itself(
    zone: Zone,
) -> None:
    _, said = zone.did("audit", "plates", "inge", by=zone.dirk, typed="1-XYZ-999\n")
    assert said.endswith("1 plates are inge's own\n")
    zone.asks_for(OTHER)
    assert len(cells(zone.did("audit", "report", by=zone.dirk)[0])) == 0
    zone.asks_for(PLATE)
    before = records_of(zone)
    out, _ = zone.did("audit", "report", by=zone.dirk)
    assert records_of(zone) == before + 1
    (finding,) = cells(out)
    assert finding[:4] == ["own", "inge", "inge", "AN.1/26"]
    assert PLATE not in out

    past = ("--from", "2026-01-01T00:00:00Z", "--to", "2026-01-02T00:00:00Z")
    assert cells(zone.did("audit", "report", *past, by=zone.dirk)[0]) == []
    assert zone.does("audit", "report", *past[2:], *("--from", past[3]), by=zone.dirk)[0] == 2
    assert zone.does("audit", "report", by=zone.inge)[0] == 1
    assert zone.does("audit", "plates", "dirk", by=zone.dirk, typed=f"{PLATE}\n")[0] == 1
