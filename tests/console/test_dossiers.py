"""Dossiers: what was asked and found stays under its case, and goes out as an annex in Dutch."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from sinks.store.audit import latest_audit
from sinks.store.rights import Role
from tests.console.zone import NOW, Zone, camera_state, passage

GROUNDS = {"purpose": "judicial", "case_ref": "AN.10.L1.1/26"}


@pytest.fixture
def an(zone: Zone) -> dict[str, str]:
    zone.store([passage("a")], [camera_state("zuid", "down", NOW - timedelta(hours=2))])
    return {"Authorization": f"Bearer {zone.account('an', Role.INVESTIGATOR)}"}


def keep(client: httpx.Client, who: dict[str, str], plate: str, **more: Any) -> dict[str, int]:
    asked = {"kind": "passages", "question": {**GROUNDS, "plate": plate}}
    answer = client.post("/api/dossiers/keep", json={"asked": asked, **more}, headers=who)
    assert answer.status_code == 201, answer.text
    kept: dict[str, int] = answer.json()
    return kept


def test_a_case_has_one_dossier_with_its_questions_answers_and_notes_in_order(
    zone: Zone, client: httpx.Client, an: dict[str, str]
) -> None:
    first, second = keep(client, an, "1ABC123", note="<b>gezien</b>"), keep(client, an, "1XYZ*")
    assert (first["dossier"], first["rows"], second["rows"]) == (second["dossier"], 1, 0)
    url = f"/api/dossiers/{first['dossier']}"
    note = client.post(f"{url}/notes", json={"text": "Bewoner bevestigt."}, headers=an)
    assert note.status_code == 201
    opened = client.get(url, headers=an).json()
    assert [one["kind"] for one in opened["items"]] == ["passages", "passages", "note"]
    assert opened["items"][0]["question"] == {**GROUNDS, "plate": "1ABC123"}
    assert opened["items"][0]["rows"][0]["plate"] == "1ABC123"
    assert opened["items"][0]["dark"][0]["camera"] == "zuid"
    (listed,) = client.get("/api/dossiers", headers=an).json()["dossiers"]
    assert listed["case_ref"] == GROUNDS["case_ref"]
    with zone.engine.connect() as connection:
        actions = [row.action for row in latest_audit(connection, 7)][::-1]
    assert actions == [
        "search", "dossier_keep", "search", "dossier_keep", "dossier_note", "dossier", "dossiers",
    ]  # fmt: skip


def test_what_a_dossier_keeps_does_not_change_with_the_store(
    zone: Zone, client: httpx.Client, an: dict[str, str]
) -> None:
    number = keep(client, an, "1ABC123")["dossier"]
    zone.store([passage("a", revision=2, withdrawn=True)])
    (one,) = client.get(f"/api/dossiers/{number}", headers=an).json()["items"]
    assert [row["plate"] for row in one["rows"]] == ["1ABC123"]


def test_the_annex_tells_in_dutch_what_was_asked_when_by_whom_and_what_was_dark(
    client: httpx.Client, an: dict[str, str]
) -> None:
    number = keep(client, an, "1ABC123", note="<b>gezien</b>")["dossier"]
    keep(client, an, "1XYZ*")
    annex = client.get(f"/api/dossiers/{number}/annex", headers=an)
    assert annex.headers["content-type"] == "text/html; charset=utf-8"
    for said in (
        "Bijlage bij dossier AN.10.L1.1/26", "15/06/2026 om 12:00:00", "<dd>an</dd>", "1ABC123",
        "gerechtelijk", "Niets gevonden.", "N177 Zuid", "uitgevallen", "&lt;b&gt;gezien&lt;/b&gt;",
    ):  # fmt: skip
        assert said in annex.text
    assert "<b>gezien" not in annex.text


def test_a_dossier_is_closed_and_opened_again(client: httpx.Client, an: dict[str, str]) -> None:
    url = f"/api/dossiers/{keep(client, an, '1ABC123')['dossier']}/closed"
    assert client.put(url, json={"closed": True}, headers=an).json()["closed_at"] is not None
    assert client.put(url, json={"closed": False}, headers=an).json()["closed_at"] is None


def test_dossiers_are_for_who_searches(zone: Zone, client: httpx.Client) -> None:
    for role in (Role.DPO, Role.ADMIN, Role.PATROL, Role.OPERATOR):
        who = {"Authorization": f"Bearer {zone.token(role)}"}
        assert client.get("/api/dossiers", headers=who).status_code == 403
    an = {"Authorization": f"Bearer {zone.token(Role.INVESTIGATOR)}"}
    assert client.get("/api/dossiers/99", headers=an).status_code == 404
