"""Searching by the API: grounds are asked, the law is kept, every search is in the audit."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from anpr.events import Passage
from anpr.time import rfc3339
from sinks.store.audit import latest_audit, verify_chain
from sinks.store.rights import Role
from tests.console.zone import NOW, Zone, passage

DAY = timedelta(days=1)
GROUNDS = {"purpose": "judicial", "case_ref": "AN.10.L1.1/26"}


@pytest.fixture
def token(zone: Zone) -> str:
    return zone.account("an", Role.INVESTIGATOR)


def search(client: httpx.Client, token: str, **body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return client.post("/api/passages/search", json={**GROUNDS, **body}, headers=headers)


def plates(answer: httpx.Response) -> list[str | None]:
    assert answer.status_code == 200, answer.text
    return [one["plate"] for one in answer.json()["passages"]]


def fields(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {str(one["loc"][1]) for one in answer.json()["detail"]}


def audited(zone: Zone) -> dict[str, Any]:
    with zone.engine.connect() as connection:
        assert verify_chain(connection).broken_at is None
        newest = latest_audit(connection, 1)[0]
    return {**newest._mapping, "query": json.loads(newest.query)}


def test_a_plate_is_found_however_it_is_written(
    zone: Zone, client: httpx.Client, token: str
) -> None:
    wanted = passage("a", "1ABC123")
    zone.store([wanted, passage("b", "1ABC124")])
    answer = search(client, token, plate="1-abc-123")
    assert plates(answer) == ["1ABC123"]
    found = answer.json()["passages"][0]
    assert found["match"] == "exact"
    assert Passage.model_validate(found) == wanted


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("1AB?123", {"1ABC123", "1ABD123"}),
        ("1AB*", {"1ABC123", "1ABD123", "1AB8"}),
        ("*123", {"1ABC123", "1ABD123", "2NA123"}),
        ("?NA*", {"2NA123"}),
        ("1AB", set()),
    ],
)
def test_wildcards_stand_for_one_character_or_any_run(
    zone: Zone, client: httpx.Client, token: str, pattern: str, expected: set[str]
) -> None:
    stored = ["1ABC123", "1ABD123", "1AB8", "2NA123"]
    zone.store(passage(plate, plate) for plate in stored)
    answer = search(client, token, plate=pattern)
    assert set(plates(answer)) == expected
    assert {one["match"] for one in answer.json()["passages"]} <= {"wildcard"}


def test_look_alikes_are_found_when_asked_for_and_marked(
    zone: Zone, client: httpx.Client, token: str
) -> None:
    zone.store([passage("a", "1ABC128"), passage("b", "1A8C12B"), passage("c", "1ABC129")])
    assert plates(search(client, token, plate="1ABC128")) == ["1ABC128"]
    answer = search(client, token, plate="1ABC128", look_alikes=True)
    matches = {one["plate"]: one["match"] for one in answer.json()["passages"]}
    assert matches == {"1ABC128": "exact", "1A8C12B": "equivalent"}


def test_cameras_and_period_narrow_the_search(zone: Zone, client: httpx.Client, token: str) -> None:
    at = NOW - DAY
    zone.store(
        [
            passage("early", at=at - timedelta(microseconds=1)),
            passage("first", at=at),
            passage("other", at=at, camera="zuid"),
            passage("end", at=at + DAY / 2),
        ]
    )
    period = {"from": rfc3339(at), "to": rfc3339(at + DAY / 2)}
    answer = search(client, token, plate="1ABC123", cameras=["noord"], **period)
    assert [one["reads"] for one in answer.json()["passages"]] == [["read-first"]]


def test_an_unread_passage_is_found_by_camera_and_period(
    zone: Zone, client: httpx.Client, token: str
) -> None:
    zone.store([passage("a", None, at=NOW - DAY / 2)])
    period = {"from": rfc3339(NOW - DAY), "to": rfc3339(NOW)}
    answer = search(client, token, cameras=["noord"], **period)
    assert plates(answer) == [None]
    assert answer.json()["passages"][0]["match"] is None


def test_withdrawn_passages_are_not_found(zone: Zone, client: httpx.Client, token: str) -> None:
    zone.store([passage("a")])
    zone.store([passage("a", revision=2, withdrawn=True)])
    assert plates(search(client, token, plate="1ABC123")) == []


def test_pages_follow_each_other_without_gap_or_repeat(
    zone: Zone, client: httpx.Client, token: str
) -> None:
    same = NOW - DAY
    zone.store(passage(str(number), at=same - DAY * (number // 3)) for number in range(7))
    after, seen = None, []
    for _ in range(4):
        page = search(client, token, plate="1ABC123", limit=2, after=after).json()
        seen += [one["id"] for one in page["passages"]]
        after = page["next"]
    assert after is None
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize("field", ["purpose", "case_ref"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_purpose_and_case_are_asked(
    client: httpx.Client, token: str, field: str, value: str | None
) -> None:
    assert fields(search(client, token, plate="1ABC123", **{field: value})) == {field}


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("plate", {}),
        ("plate", {"plate": "-"}),
        ("plate", {"plate": "*"}),
        ("plate", {"plate": "1*"}),
        ("plate", {"plate": "A" * 17}),
        ("from", {"plate": "1ABC123", "from": "2026-06-01T00:00:00"}),
        ("to", {"plate": "1ABC123", "from": "2026-06-02T00:00:00Z", "to": "2026-06-02T00:00:00Z"}),
        ("cameras", {"plate": "1ABC123", "cameras": ["noord", "nergens"]}),
        ("limit", {"plate": "1ABC123", "limit": 501}),
        ("after", {"plate": "1ABC123", "after": "later"}),
        ("case_ref", {"plate": "1ABC123", "case_ref": "a\x00b"}),
        ("plaat", {"plate": "1ABC123", "plaat": "1ABC123"}),
    ],
)
def test_a_wrong_question_names_its_field(
    client: httpx.Client, token: str, field: str, body: dict[str, Any]
) -> None:
    assert fields(search(client, token, **body)) == {field}


def test_every_search_is_audited_with_its_grounds(
    zone: Zone, client: httpx.Client, token: str
) -> None:
    zone.store([passage("a")])
    search(client, token, plate="1-ABC-123", decision_ref="D.7")
    record = audited(zone)
    assert record["action"] == "search"
    assert (record["account"], record["role"]) == ("an", "investigator")
    grounds = record["purpose"], record["case_ref"], record["decision_ref"]
    assert grounds == ("judicial", "AN.10.L1.1/26", "D.7")
    assert record["query"] == {"plate": "1ABC123"}
    assert record["results"] == 1


def test_old_data_need_a_decision_and_the_refusal_is_audited(
    zone: Zone, client: httpx.Client, token: str
) -> None:
    zone.store([passage("old", at=NOW - 40 * DAY)])
    body = {"plate": "1ABC123", "from": rfc3339(NOW - 60 * DAY)}
    refused = search(client, token, **body)
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"
    told = refused.json()
    assert (told["reason"], told["field"]) == ("decision_needed", "decision_ref")
    assert told["earliest"] == rfc3339(NOW - 30 * DAY)
    assert audited(zone)["action"] == "search_refused"
    assert plates(search(client, token, **body, decision_ref="D.7")) == ["1ABC123"]


def test_the_administrative_police_stay_in_the_first_month(
    zone: Zone, client: httpx.Client, token: str
) -> None:
    zone.store([passage("old", at=NOW - 40 * DAY), passage("new", at=NOW - DAY)])
    asked = {"plate": "1ABC123", "purpose": "administrative", "decision_ref": "D.7"}
    refused = search(client, token, **asked, **{"from": rfc3339(NOW - 31 * DAY)})
    assert (refused.status_code, refused.json()["reason"]) == (403, "first_month_only")
    answer = search(client, token, **asked)
    assert [one["reads"] for one in answer.json()["passages"]] == [["read-new"]]
    assert answer.json()["from"] == answer.json()["earliest"]


def test_a_period_wholly_before_the_first_month_is_refused(
    client: httpx.Client, token: str
) -> None:
    answer = search(client, token, plate="1ABC123", to=rfc3339(NOW - 40 * DAY))
    assert answer.status_code == 403


def test_what_is_older_than_the_retention_is_not_given(
    zone: Zone, client: httpx.Client, token: str
) -> None:
    zone.store([passage("ancient", at=NOW - 366 * DAY)])
    body = {"plate": "1ABC123", "decision_ref": "D.7", "from": rfc3339(NOW - 400 * DAY)}
    assert plates(search(client, token, **body)) == []


def test_a_traffic_officer_searches_for_traffic_only(zone: Zone, client: httpx.Client) -> None:
    token = zone.account("tom", Role.TRAFFIC_OFFICER)
    zone.store([passage("a")])
    assert plates(search(client, token, plate="1ABC123", purpose="traffic")) == ["1ABC123"]
    assert search(client, token, plate="1ABC123").status_code == 403
    assert audited(zone)["query"]["reason"] == "purpose_not_of_role"


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.INVESTIGATOR, Role.TRAFFIC_OFFICER}))
def test_other_roles_do_not_search(zone: Zone, client: httpx.Client, role: Role) -> None:
    assert search(client, zone.account("x", role), plate="1ABC123").status_code == 403


@pytest.mark.parametrize("written", ["1ABC123" * 6, "\ud8001ABC123"])
def test_a_question_that_is_wrong_is_explained_without_repeating_it(
    client: httpx.Client, token: str, written: str
) -> None:
    answer = client.post(
        "/api/passages/search",
        content=json.dumps({"plate": written, "purpose": "judicial", "case_ref": written * 30}),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    assert answer.status_code == 422
    assert {tuple(one["loc"]) for one in answer.json()["detail"]} >= {("body", "case_ref")}
    assert "1ABC123" not in answer.text


def test_what_is_null_is_not_asked(zone: Zone, client: httpx.Client, token: str) -> None:
    zone.store([passage("a")])
    nothing = dict.fromkeys(("from", "to", "cameras", "decision_ref"))
    assert plates(search(client, token, plate="1ABC123", **nothing)) == ["1ABC123"]


def test_a_plate_never_travels_in_an_address(client: httpx.Client, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    answer = client.get("/api/passages/search", params={"plate": "1ABC123"}, headers=headers)
    assert answer.status_code == 404
    schema = client.get("/openapi.json").json()
    named = {
        parameter["name"]
        for path in schema["paths"].values()
        for verb in path.values()
        for parameter in verb.get("parameters", [])
    }
    assert named
    assert not {name for name in named if "plate" in name}
