"""The pages of questions, of the second person, of reviews and of dossiers."""

from typing import Any

import httpx
import pytest

from console.pages_questions import KINDS
from console.words import LANGUAGES
from sinks.store.rights import Role
from tests.console.zone import NOW, Zone, passage

GROUNDS = {"purpose": "judicial", "case_ref": "AN.1/26"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def an(zone: Zone) -> dict[str, str]:
    zone.store([passage("a")])
    return bearer(zone.account("an", Role.INVESTIGATOR))


def send(
    client: httpx.Client, who: dict[str, str], kind: str, do: str = "ask", **fields: Any
) -> httpx.Response:
    data = {**GROUNDS, **fields, "do": do}
    return client.post(f"/questions/{kind}", data=data, headers=who)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_a_form(
    client: httpx.Client, an: dict[str, str], kind: str, language: str
) -> None:
    cookie = {**an, "Cookie": f"anpr-language={language}"}
    page = client.get(f"/questions/{kind}", headers=cookie)
    assert page.status_code == 200
    assert f'action="/questions/{kind}"' in page.text
    assert f'<html lang="{language}">' in page.text


def test_a_question_is_answered_on_its_page_and_as_a_file(
    client: httpx.Client, an: dict[str, str]
) -> None:
    page = send(client, an, "passages", plates="1-ABC-123\n1XYZ999", look_alikes="true")
    assert page.status_code == 200
    assert "1ABC123" in page.text.split("<tbody>")[1]
    table = send(client, an, "passages", "csv", plate="1ABC123")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert "1ABC123" in table.text


def test_what_is_wrong_is_marked_and_what_was_written_stays(
    client: httpx.Client, an: dict[str, str]
) -> None:
    page = send(client, an, "habits", plate="1?BC", case_ref="")
    assert page.status_code == 422
    assert 'value="1?BC"' in page.text
    assert page.text.count('aria-invalid="true"') == 2
    old = send(client, an, "habits", plate="1ABC123", **{"from": "2026-01-01T00:00"})
    assert old.status_code == 403
    assert 'id="wrong-decision_ref"' in old.text


def test_a_second_person_is_asked_and_approves_on_the_pages(
    zone: Zone, client: httpx.Client, an: dict[str, str]
) -> None:
    assert send(client, an, "trail", plate="1ABC123").status_code == 403
    assert send(client, an, "trail", "request", plate="1ABC123").status_code == 403  # no reason
    page = send(client, an, "trail", "request", plate="1ABC123", why="inbraak")
    number = page.text.split('name="request" value="')[1].split('"')[0]
    bo = bearer(zone.account("bo", Role.INVESTIGATOR))
    waiting = client.get("/requests", headers=bo)
    assert f'action="/requests/{number}"' in waiting.text
    assert f'action="/requests/{number}"' not in client.get("/requests", headers=an).text
    answer = client.post(f"/requests/{number}", data={"do": "approve"}, headers=bo)
    assert answer.status_code == 303
    found = send(client, an, "trail", plate="1ABC123", request=number)
    assert found.status_code == 200
    assert "N177 Noord" in found.text.split("<tbody>")[1]
    assert found.text.count('<svg viewBox="0 0 1000') == 2  # on the map, and in time


def test_scenes_of_the_form_are_those_of_the_question(
    zone: Zone, client: httpx.Client, an: dict[str, str]
) -> None:
    zone.store([passage("b", camera="zuid", at=NOW)])
    day = {"from": "2026-06-15T00:00", "to": "2026-06-15T23:00"}
    scenes = {
        f"scene{number}_{name}": value
        for number, camera in enumerate(("noord", "zuid"))
        for name, value in {"cameras": camera, **day}.items()
    }
    page = send(client, an, "areas", "urgent", why="nu", **scenes)
    number = page.text.split('name="request" value="')[1].split('"')[0]
    found = send(client, an, "areas", request=number, **scenes)
    assert found.status_code == 200, found.text
    assert found.text.split("<tbody>")[1].count("1ABC123") == 2

    dpo = bearer(zone.account("dirk", Role.DPO))
    page = client.get("/urgent", headers=dpo)
    assert f'action="/urgent/{number}"' in page.text
    answer = client.post(f"/urgent/{number}", data={"do": "lawful", "said": "ok"}, headers=dpo)
    assert answer.headers["location"] == "/urgent"


def test_a_kept_question_stands_in_its_dossier(client: httpx.Client, an: dict[str, str]) -> None:
    answer = send(client, an, "passages", "keep", plate="1ABC123", why="de buurman")
    url = answer.headers["location"]
    client.post(url, data={"do": "note", "text": "Nagekeken."}, headers=an)
    page = client.get(url, headers=an).text
    assert "de buurman" in page
    assert "Nagekeken." in page
    assert "AN.1/26" in client.get("/dossiers", headers=an).text


def test_the_pages_are_for_who_searches_or_reviews(zone: Zone, client: httpx.Client) -> None:
    patrol, dpo = bearer(zone.token(Role.PATROL)), bearer(zone.token(Role.DPO))
    for path in ("/questions/trail", "/requests", "/dossiers"):
        assert client.get(path, headers=patrol).status_code == 403
        assert client.get(path, headers=dpo).status_code == 403
    assert client.get("/urgent", headers=patrol).status_code == 403
