"""`anpr delivery`, as people call it."""

import json
from datetime import UTC, datetime
from pathlib import Path

from pipeline.settings import Mode
from pipeline.wiring import open_database
from sinks.delivery.ledger import State, by_id, consign, of_cases, settle
from sinks.store.engine import writing
from sinks.store.people import add_account, issue_token
from sinks.store.rights import Role
from tests.acceptance.test_cli import anpr

NOW = datetime.now(UTC)  # noqa: TID251 - the verbs look back from today


def test_what_is_missing_is_told_and_sent_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    package = tmp_path / "case-1.zip"
    package.write_bytes(b"x")
    engine = open_database(data, Mode())
    with writing(engine) as connection:
        consign(connection, "case-1", package, ["traffic", "court"], NOW)
        _, second = of_cases(connection, ["case-1"])["case-1"]
        settle(connection, second, State.FAILED, "HTTP 503", NOW)
        add_account(connection, "officer", [Role.TRAFFIC_OFFICER], None, NOW)
        token = issue_token(connection, "officer", NOW)
    status, out, err = anpr("delivery", "report", cwd=tmp_path, ANPR_TOKEN=token)
    assert (status, "traffic" in out, "court" in out) == (1, True, True)
    assert "missing: court case-1.zip (failed) HTTP 503" in err
    assert anpr("delivery", "resend", str(second.id), cwd=tmp_path, ANPR_TOKEN=token)[0] == 0
    with engine.connect() as connection:
        assert by_id(connection, second.id).state is State.WAITING
    engine.dispose()
    status, out, _ = anpr("delivery", "list", "--json", cwd=tmp_path, ANPR_TOKEN=token)
    told = [json.loads(line) for line in out.splitlines()]
    assert (status, [one["state"] for one in told]) == (0, ["waiting", "waiting"])
    assert anpr("delivery", "list", cwd=tmp_path)[0] == 1, "nobody without a token"
