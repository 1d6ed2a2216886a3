"""`anpr patrol`: keys, an export, a shift without a connection, and the passages afterwards."""

import json
from pathlib import Path

import pytest

from sinks.store.audit import latest_audit
from sinks.store.engine import open_store, writing
from sinks.store.people import add_account, issue_token
from sinks.store.rights import Role
from tests.acceptance.test_cli import anpr
from tests.console.zone import NOW
from tests.sinks.receiver import receiving
from tests.sites import SITE_TOML

pytestmark = pytest.mark.slow


def reads(count: int) -> str:
    return "".join(
        json.dumps({"camera": "a", "captured_at": f"2026-03-02T08:{n // 60:02}:{n % 60:02}Z",
                    "plate": "1ABC123" if n == 7 else f"9ZZZ{n:03}"}) + "\n"
        for n in range(count)
    )  # fmt: skip


@pytest.fixture
def zone(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "site.toml").write_text(SITE_TOML, encoding="utf-8")
    (tmp_path / "stolen.csv").write_text("plate_pattern,action\n1-ABC-123,stop\n")
    (tmp_path / "shift.jsonl").write_text(reads(150))
    assert anpr("hotlist", "import", "stolen.csv", "--list", "stolen", cwd=tmp_path)[0] == 0
    return tmp_path


def token(zone: Path, role: Role) -> dict[str, str]:
    engine = open_store(f"sqlite:///{zone}/data/store.db")
    with writing(engine) as connection:
        add_account(connection, role.value, [role], None, NOW)
        issued = issue_token(connection, role.value, NOW)
    engine.dispose()
    return {"ANPR_TOKEN": issued}


def test_a_shift_without_a_connection(zone: Path) -> None:
    unit = anpr("patrol", "keys", "unit", "unit.key", cwd=zone)[1].strip()
    public = anpr("patrol", "keys", "zone", "zone.key", cwd=zone)[1].strip()
    assert (zone / "unit.key").stat().st_mode & 0o077 == 0
    assert anpr("patrol", "keys", "zone", "zone.key", cwd=zone)[0] == 1, "no key is overwritten"
    export = ("patrol", "export", "out.age", "--list", "stolen", "--unit", unit,
              "--sign", "file:zone.key")  # fmt: skip
    assert anpr(*export, cwd=zone, **token(zone, Role.OPERATOR))[0] == 1
    assert anpr(*export, cwd=zone, **token(zone, Role.DISPATCHER))[0] == 0
    engine = open_store(f"sqlite:///{zone}/data/store.db")
    with engine.connect() as connection:
        assert latest_audit(connection, 1)[0].action == "patrol_export"
    engine.dispose()
    opened = anpr("patrol", "open", "out.age", "--key", "file:unit.key", "--zone-key", public,
                  "--reads", "shift.jsonl", cwd=zone)  # fmt: skip
    (hit,) = map(json.loads, opened[1].splitlines())
    assert (hit["plate"], hit["action"], hit["match"]) == ("1ABC123", "stop", "exact")


def test_a_sync_that_breaks_off_goes_on_where_it_was(zone: Path) -> None:
    with receiving() as receiver:
        receiver.statuses = [202, 503, 202]
        sync = ("patrol", "sync", "shift.jsonl", "--url", receiver.url.removesuffix("/hook"),
                "--camera", "a", "--token", "env:UNIT")  # fmt: skip
        codes = [anpr(*sync, cwd=zone, UNIT="x")[0] for _ in range(3)]
        assert codes == [1, 0, 0]
        taken = [json.loads(call.body) for call in receiver.calls]
    assert [len(one) for one in taken] == [100, 50, 50]
    assert receiver.calls[0].path == "/v1/cameras/a/reads"
    assert receiver.calls[0].headers["Authorization"] == "Bearer x"
    assert len({read["captured_at"] for read in taken[0] + taken[2]}) == 150
