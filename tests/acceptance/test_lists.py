"""The verbs of lists and statistics, as people use them."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from console.past import PastQuestion
from sinks.store.engine import open_store, writing
from sinks.store.people import add_account, issue_token, list_accounts
from sinks.store.requests import RequestState, add_request, decide_request
from sinks.store.rights import Purpose, Role
from sinks.store.schema import visits
from sinks.store.writer import StoreWriter
from tests.acceptance.test_cli import anpr
from tests.console.zone import NOW, passage
from tests.sites import SITE_TOML

IMPORT = ("hotlist", "import", "stolen.csv", "--list", "stolen")
SETTINGS = '\n[lists.watch]\nvisible_to = ["investigator"]\n[lists.stolen]\nstale_after_h = 48\n'

Token = Callable[[str], dict[str, str]]


@pytest.fixture(scope="module")
def zone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zone with two imports of a list, and one of a list that names its roles."""
    folder = tmp_path_factory.mktemp("zone")
    (folder / "data").mkdir()
    (folder / "data" / "site.toml").write_text(SITE_TOML + SETTINGS, encoding="utf-8")
    text = "plate_pattern,valid_to,action\n1-ABC-123,2099-01-01,stop\n1XYZ789,,discreet\n"
    (folder / "stolen.csv").write_text(text, encoding="utf-8")
    assert anpr(*IMPORT, cwd=folder)[0] == 0
    assert anpr("hotlist", "import", "stolen.csv", "--list", "watch", cwd=folder)[0] == 0
    return folder


@pytest.fixture(scope="module")
def token(zone: Path) -> Token:
    """Give the environment of an account with a role."""

    def of(role: str) -> dict[str, str]:
        with opened(zone) as engine, writing(engine) as connection:
            if role not in {one.name for one in list_accounts(connection)}:
                add_account(connection, role, [Role(role)], None, NOW)
            return {"ANPR_TOKEN": issue_token(connection, role, NOW)}

    return of


@contextmanager
def opened(zone: Path) -> Iterator[Engine]:
    engine = open_store(f"sqlite:///{zone}/data/store.db")
    try:
        yield engine
    finally:
        engine.dispose()


def test_an_import_says_its_checksum_and_which_entries_got_the_default_life(zone: Path) -> None:
    status, _, err = anpr(*IMPORT, "--dry-run", cwd=zone)
    assert status == 0
    assert "checksum " in err
    assert "1 entries came without valid_to: they hold 30 days" in err


def test_an_import_of_the_same_file_is_a_version_that_confirms_the_list(
    zone: Path, token: Token
) -> None:
    seen = token("investigator")
    show = ("hotlist", "show", "--list", "stolen", "--json")
    before = json.loads(anpr(*show, cwd=zone, **seen)[1])
    assert anpr(*IMPORT, cwd=zone)[0] == 0
    after = json.loads(anpr(*show, cwd=zone, **seen)[1])
    assert after["version"] == before["version"] + 1
    assert after["checksum"] == before["checksum"]
    assert after["holds_from"] > before["holds_from"]
    assert (after["entries"], after["stale"], after["false_alerts_per_day"]) == (2, False, None)


def test_who_may_not_know_of_a_list_or_an_entry_is_shown_neither(zone: Path, token: Token) -> None:
    dispatcher = token("dispatcher")
    shown = anpr("hotlist", "show", "--list", "stolen", "--json", cwd=zone, **dispatcher)[1]
    assert [one["plate_pattern"] for one in json.loads(shown)["content"]] == ["1ABC123"]
    status, out, err = anpr("hotlist", "show", "--list", "watch", cwd=zone, **dispatcher)
    assert (status, out) == (1, "")
    assert "visible_to" in err
    assert anpr("hotlist", "diff", "stolen.csv", "--list", "watch", cwd=zone, **dispatcher)[0] == 1


def test_an_entry_is_run_against_the_past_on_grounds_only(zone: Path, token: Token) -> None:
    now = datetime.now(UTC)  # noqa: TID251 - the zone's clock is the machine's
    seen = passage("seen", camera="a", at=now - timedelta(hours=1), received_at=now)
    with opened(zone) as engine:
        StoreWriter(engine, lambda: now).write([seen], [])
    past = ("hotlist", "past", "1ABC123", "--list", "stolen", "--purpose", "judicial")
    investigator = token("investigator")
    assert anpr(*past, cwd=zone, **investigator)[0] == 2
    status, _, err = anpr(*past, "--case-ref", "AN.1", cwd=zone, **investigator)
    assert status == 1
    assert "--request" in err
    number = approved(zone, "investigator")
    status, out, err = anpr(
        *past, "--case-ref", "AN.1", "--request", number, cwd=zone, **investigator
    )
    assert status == 0, err
    (hit,) = map(json.loads, out.splitlines())
    assert (hit["match"], hit["passage"]["id"]) == ("exact", seen.id)
    old = "2020-01-01T00:00:00Z"
    number = approved(zone, "investigator", from_=datetime.fromisoformat(old))
    status, _, err = anpr(
        *past, "--case-ref", "AN.1", "--from", old, "--request", number, cwd=zone, **investigator
    )
    assert status == 1
    assert "decision_ref" in err
    assert anpr(*past, "--case-ref", "AN.1", cwd=zone, **token("dispatcher"))[0] == 1


def approved(zone: Path, name: str, **asked: Any) -> str:
    """Let a second person approve the run of an entry; give the number of the request."""
    question = PastQuestion(
        plate_pattern="1ABC123", list_="stolen", purpose=Purpose.JUDICIAL, case_ref="AN.1", **asked
    )
    now = datetime.now(UTC)  # noqa: TID251 - the zone's clock is the machine's
    with opened(zone) as engine, writing(engine) as connection:
        request = add_request(
            connection, "past", name, question.grounds, question.text, "why", now, is_urgent=False
        )
        decide_request(connection, request.id, "chief", RequestState.APPROVED, "", now)
    return str(request.id)


@pytest.mark.parametrize("verb", ["counts", "flows", "dark"])
def test_statistics_are_json_lines_for_who_may_see_them(
    zone: Path, token: Token, verb: str
) -> None:
    status, out, err = anpr("statistics", verb, cwd=zone, **token("statistics"))
    assert status == 0, err
    assert all(isinstance(json.loads(line), dict) for line in out.splitlines())
    assert anpr("statistics", verb, cwd=zone, **token("patrol"))[0] == 1


def test_overtaking_is_for_who_works_on_cases(zone: Path, token: Token) -> None:
    assert anpr("statistics", "overtaking", cwd=zone, **token("traffic_officer"))[0] == 0
    assert anpr("statistics", "overtaking", cwd=zone, **token("statistics"))[0] == 1


def test_a_period_without_an_offset_is_wrong_usage(zone: Path, token: Token) -> None:
    told = anpr("statistics", "dark", "--from", "2026-01-01", cwd=zone, **token("statistics"))
    assert told[0] == 2


def test_visits_are_paired_anew_from_what_is_stored(zone: Path) -> None:
    now = datetime.now(UTC)  # noqa: TID251 - the zone's clock is the machine's
    seen = [
        passage(name, "1VIS111", camera="a", direction=direction, at=now - ago, received_at=now)
        for name, direction, ago in (
            ("came", "approaching", timedelta(hours=2)),
            ("left", "receding", timedelta(hours=1)),
        )
    ]
    with opened(zone) as engine:
        StoreWriter(engine, lambda: now).write(seen, [])  # a store of before there were visits
    status, _, err = anpr("visits", cwd=zone)
    assert status == 0, err
    with opened(zone) as engine, engine.connect() as connection:
        paired = connection.execute(select(visits.c.entry_id, visits.c.exit_id)).all()
    assert (seen[0].id, seen[1].id) in {tuple(row) for row in paired}
