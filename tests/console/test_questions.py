"""The investigators' questions by the API: behind the gate, in the audit, with what was dark."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from anpr.sites import Site
from anpr.time import rfc3339
from console.exports import MOST_PAGES
from sinks.store.audit import latest_audit
from sinks.store.engine import writing
from sinks.store.rights import Role
from sinks.store.writer import StoreWriter
from tests.console.zone import NOW, SITE, Zone, camera_state, passage

GROUNDS = {"purpose": "judicial", "case_ref": "AN.10.L1.1/26"}
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def zone(zone: Zone) -> Zone:
    """A zone where one person's word is enough: the second person has tests of its own."""
    zone.site = Site.model_validate(
        {**SITE.model_dump(by_alias=True), "inquiry": {"second_person": []}}
    )
    return zone


@pytest.fixture
def token(zone: Zone) -> str:
    return zone.account("an", Role.INVESTIGATOR)


def ask(client: httpx.Client, token: str, kind: str, **body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return client.post(f"/api/questions/{kind}", json={**GROUNDS, **body}, headers=headers)


def results(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def store(zone: Zone, *passages: Any) -> None:
    StoreWriter(zone.engine, zone.clock, zone.site.border).write(passages, [])


def audited(zone: Zone) -> dict[str, Any]:
    with zone.engine.connect() as connection:
        newest = latest_audit(connection, 1)[0]
    return {**newest._mapping, "query": json.loads(newest.query)}


VISITS = [
    passage(f"{day}{camera}", at=NOW - day * DAY + after * MINUTE, camera=camera)
    for day in (1, 2, 3)
    for camera, after in (("noord", 0), ("zuid", 6))
]


def test_a_trail_goes_from_camera_to_camera(zone: Zone, client: httpx.Client, token: str) -> None:
    zone.store(VISITS)
    first = results(ask(client, token, "trail", plate="1-ABC-123", limit=2))
    assert [(one["camera"], one["lat"], one["after_s"]) for one in first] == [
        ("noord", 51.09, None),
        ("zuid", 51.08, 360.0),
    ]
    assert audited(zone)["query"] == {"plate": "1ABC123", "kind": "trail"}


def test_couriers_are_found_with_their_visits(zone: Zone, client: httpx.Client, token: str) -> None:
    store(zone, *VISITS)
    (one,) = results(ask(client, token, "couriers", longest_min=15, times=3, days=3))
    assert (one["plates"], one["times"], len(one["visits"])) == (["1ABC123"], 3, 3)
    assert results(ask(client, token, "couriers", longest_min=15, times=4)) == []


def test_a_convoy_and_areas_and_habits_answer(zone: Zone, client: httpx.Client, token: str) -> None:
    beside = [
        one.model_copy(update={"id": f"b{one.id}", "plate": "1XYZ999", "at": one.at + MINUTE / 10})
        for one in VISITS
    ]
    zone.store([*VISITS, *beside])
    (companion,) = results(ask(client, token, "convoy", plate="1ABC123", at_cameras=2))
    assert (companion["plates"], companion["together"], companion["drives"]) == (["1XYZ999"], 3, 3)
    scenes = [
        {
            "cameras": [camera],
            "from": rfc3339(NOW - day * DAY - HOUR),
            "to": rfc3339(NOW - day * DAY + HOUR),
        }
        for day, camera in ((1, "noord"), (3, "zuid"))
    ]
    found = results(ask(client, token, "areas", scenes=scenes))
    assert [one["scenes"] for one in found] == [[0, 1], [0, 1]]
    (habits,) = results(ask(client, token, "habits", plate="1ABC123"))
    assert (habits["passages"], habits["days"]) == (6, 3)


def test_an_answer_names_the_cameras_that_were_dark(
    zone: Zone, client: httpx.Client, token: str
) -> None:
    down = NOW - 2 * DAY
    zone.store([], [camera_state("noord", "down", down)])
    answer = ask(client, token, "trail", plate="1ABC123").json()
    assert answer["results"] == []
    assert [(one["camera"], one["why"], one["since"]) for one in answer["dark"]] == [
        ("noord", "down", "2026-06-13T10:00:00Z")
    ]
    elsewhere = ask(client, token, "trail", plate="1ABC123", cameras=["zuid"]).json()
    assert elsewhere["dark"] == []


def test_a_question_after_the_first_month_needs_the_decision(
    zone: Zone, client: httpx.Client, token: str
) -> None:
    old = rfc3339(NOW - 60 * DAY)
    refused = ask(client, token, "habits", plate="1ABC123", **{"from": old})
    assert (refused.status_code, refused.json()["field"]) == (403, "decision_ref")
    assert audited(zone)["action"] == "search_refused"
    opened = ask(client, token, "habits", plate="1ABC123", decision_ref="P1", **{"from": old})
    assert opened.status_code == 200


def test_a_file_holds_what_was_found_and_has_its_own_record(
    zone: Zone, client: httpx.Client, token: str
) -> None:
    zone.store(VISITS)
    asked = {"kind": "passages", "question": {**GROUNDS, "plate": "1ABC123", "limit": 4}}
    headers = {"Authorization": f"Bearer {token}"}
    table = client.post("/api/questions/export", json=asked, headers=headers)
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert [row["plate"] for row in rows] == ["1ABC123"] * 6
    record = audited(zone)
    assert (record["action"], record["results"], record["query"]["format"]) == ("export", 6, "csv")

    places = client.post("/api/questions/export?format=geojson", json=asked, headers=headers)
    features = places.json()["features"]
    assert features[0]["geometry"] == {"type": "Point", "coordinates": [4.37, 51.08]}
    assert features[0]["properties"]["plate"] == "1ABC123"
    assert (table.headers["x-partial"], places.json()["partial"]) == ("false", False)


def test_a_file_that_holds_not_all_says_so(zone: Zone, client: httpx.Client, token: str) -> None:
    zone.store([passage(str(number), at=NOW - number * MINUTE) for number in range(MOST_PAGES + 2)])
    asked = {"kind": "passages", "question": {**GROUNDS, "plate": "1ABC123", "limit": 1}}
    headers = {"Authorization": f"Bearer {token}"}
    table = client.post("/api/questions/export", json=asked, headers=headers)
    assert len(list(csv.DictReader(io.StringIO(table.text)))) == MOST_PAGES
    assert table.headers["x-partial"] == "true"
    assert audited(zone)["query"]["is_partial"] is True


NONSENSE = pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("trail", {"plate": "1A?C123"}),
        ("convoy", {"plate": "1ABC123", "within_s": 0}),
        ("couriers", {"from_hour": 22, "to_hour": None}),
        ("areas", {"scenes": []}),
        ("habits", {}),
        ("trail", {"plate": "1ABC123", "cameras": ["nowhere"]}),
    ],
)


@NONSENSE
def test_a_question_that_makes_no_sense_is_told_so(
    zone: Zone, client: httpx.Client, token: str, kind: str, body: dict[str, Any]
) -> None:
    assert ask(client, token, kind, **body).status_code == 422


@pytest.mark.parametrize("kind", ["trail", "habits", "couriers", "convoy", "areas", "export"])
def test_nobody_asks_without_the_right(zone: Zone, client: httpx.Client, kind: str) -> None:
    for role in (Role.OPERATOR, Role.DPO, Role.ADMIN, Role.PATROL):
        assert ask(client, zone.token(role), kind).status_code in {403, 422}
    assert ask(client, "nobody", kind).status_code in {401, 422}


def test_without_an_audit_there_is_no_answer(zone: Zone, client: httpx.Client, token: str) -> None:
    zone.store(VISITS)
    with writing(zone.engine) as connection:
        connection.execute(text("ALTER TABLE audit RENAME TO audit_away"))
    try:
        answer = ask(client, token, "habits", plate="1ABC123")
        found = client.post(
            "/api/passages/search",
            json={**GROUNDS, "plate": "1ABC123"},
            headers={"Authorization": f"Bearer {token}"},
        )
    finally:
        with writing(zone.engine) as connection:
            connection.execute(text("ALTER TABLE audit_away RENAME TO audit"))
    assert answer.status_code == found.status_code == 503
    assert "1ABC123" not in answer.text + found.text
