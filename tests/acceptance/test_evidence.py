"""`anpr keys` and `anpr verify`, as people call them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sinks.evidence.keys import KeyRing
from sinks.evidence.package import Terms, write_package
from sinks.store.engine import open_store
from tests.acceptance.test_cli import anpr
from tests.sinks.evidence.cases import Pictures, facts_of
from tests.sinks.evidence.conftest import SIGNED_AT

INDEPENDENT = Path(__file__).parents[2] / "docs" / "verify_package.py"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a zone's keys, and a package made with them."""
    folder = tmp_path_factory.mktemp("zone")
    assert anpr("keys", "create", cwd=folder)[0] == 0
    engine = open_store(f"sqlite:///{folder}/store.db")
    pictures = Pictures()
    ring = KeyRing(folder / "data" / "keys")
    facts, terms = facts_of(engine, pictures), Terms(holder=ring.holder)
    path = write_package(facts, pictures, ring.signer(), folder, SIGNED_AT, terms)
    path.rename(folder / "case.zip")
    engine.dispose()
    return folder


@pytest.fixture
def zone(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_a_package_is_checked_offline_and_a_changed_one_told_in_words(zone: Path) -> None:
    status, out, _ = anpr("verify", "case.zip", cwd=zone)
    assert (status, "case.zip: holds, signed by key" in out) == (0, True)
    packed = bytearray((zone / "case.zip").read_bytes())
    packed[len(packed) // 2] ^= 1
    (zone / "bad.zip").write_bytes(packed)
    status, out, _ = anpr("verify", "case.zip", "bad.zip", cwd=zone)
    assert status == 1
    assert "bad.zip: DOES NOT HOLD" in out
    assert "was changed" in out


def test_a_trust_list_goes_elsewhere_and_judges_there(zone: Path) -> None:
    assert anpr("keys", "export", "--out", "trust.json", cwd=zone)[0] == 0
    assert anpr("keys", "rotate", "--algorithm", "ecdsa-p256-sha256", cwd=zone)[0] == 0
    status, out, _ = anpr("keys", "list", cwd=zone)
    assert (status, "retired" in out, "signs" in out) == (0, True, True)
    assert anpr("verify", "case.zip", "--keys", "trust.json", cwd=zone)[0] == 0
    told = [sys.executable, str(INDEPENDENT), "case.zip", "trust.json"]
    done = subprocess.run(told, cwd=zone, capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.returncode, "The package holds" in done.stdout) == (0, True)


def test_a_compromised_key_takes_its_packages_with_it(zone: Path) -> None:
    active = KeyRing(zone / "data" / "keys").trust.active
    assert active is not None
    assert anpr("keys", "revoke", active.id, cwd=zone)[0] == 0
    status, out, _ = anpr("verify", "case.zip", cwd=zone)
    assert (status, "no trusted time bears out" in out) == (1, True)


def test_the_holder_opens_the_sealed_originals(zone: Path) -> None:
    identity = str(zone / "data" / "keys" / "holder.identity")
    status, _, err = anpr(
        "keys", "open", "case.zip", "--identity", identity, "--out", "opened", cwd=zone
    )
    assert (status, "4 originals" in err) == (0, True)
    assert len([*(zone / "opened").iterdir()]) == 4


def test_what_is_no_package_is_told(zone: Path) -> None:
    (zone / "no.zip").write_bytes(b"hello")
    status, out, _ = anpr("verify", "no.zip", cwd=zone)
    assert (status, "no whole ZIP" in out) == (1, True)
