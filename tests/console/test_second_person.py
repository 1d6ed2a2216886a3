"""Four eyes: who asks does not approve; what cannot wait is told to the DPO and reviewed."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from anpr.time import rfc3339
from sinks.store.audit import latest_audit
from sinks.store.rights import Role
from tests.console.zone import NOW, Zone, passage

GROUNDS = {"purpose": "judicial", "case_ref": "AN.10.L1.1/26"}
TRAIL = {**GROUNDS, "plate": "1ABC123"}
DAY = timedelta(days=1)


@pytest.fixture
def an(zone: Zone) -> dict[str, str]:
    zone.store([passage("a")])
    return bearer(zone.account("an", Role.INVESTIGATOR))


@pytest.fixture
def bo(zone: Zone) -> dict[str, str]:
    return bearer(zone.account("bo", Role.INVESTIGATOR))


@pytest.fixture
def dpo(zone: Zone) -> dict[str, str]:
    return bearer(zone.account("dirk", Role.DPO))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def request(
    client: httpx.Client, who: dict[str, str], question: dict[str, Any] = TRAIL, **more: Any
) -> int:
    body = {"asked": {"kind": "trail", "question": question}, "why": "inbraken Boom", **more}
    answer = client.post("/api/requests", json=body, headers=who)
    assert answer.status_code == 201, answer.text
    number: int = answer.json()["id"]
    return number


def trail(client: httpx.Client, who: dict[str, str], **body: Any) -> httpx.Response:
    return client.post("/api/questions/trail", json={**TRAIL, **body}, headers=who)


def decide(
    client: httpx.Client, who: dict[str, str], number: int, *, approve: bool = True
) -> httpx.Response:
    url = f"/api/requests/{number}/decision"
    return client.post(url, json={"approve": approve, "said": "ok"}, headers=who)


def actions(zone: Zone) -> list[str]:
    with zone.engine.connect() as connection:
        return [row.action for row in latest_audit(connection, 9)][::-1]


def test_a_trail_runs_once_another_has_approved_it(
    zone: Zone, client: httpx.Client, an: dict[str, str], bo: dict[str, str]
) -> None:
    refused = trail(client, an)
    assert (refused.status_code, refused.json()["reason"]) == (403, "second_person_needed")
    number = request(client, an)
    assert trail(client, an, request=number).status_code == 403
    (waiting,) = client.get("/api/requests", headers=bo).json()["requests"]
    assert (waiting["asked_by"], waiting["question"]["plate"]) == ("an", "1ABC123")
    assert decide(client, bo, number).json()["state"] == "approved"
    assert len(trail(client, an, request=number).json()["results"]) == 1
    assert trail(client, an, request=number, limit=5).status_code == 200  # another page of it
    assert actions(zone)[:5] == [
        "search_refused", "request", "search_refused", "request_decided", "search",
    ]  # fmt: skip


def test_nobody_approves_a_request_of_their_own_and_none_is_decided_twice(
    client: httpx.Client, an: dict[str, str], bo: dict[str, str]
) -> None:
    number = request(client, an)
    assert decide(client, an, number).status_code == 403
    assert decide(client, bo, number, approve=False).json()["state"] == "refused"
    assert decide(client, bo, number).status_code == 404
    assert trail(client, an, request=number).status_code == 403


@pytest.mark.parametrize(
    "other",
    [{"plate": "1XYZ999"}, {"look_alikes": False}, {"case_ref": "other"}, {"cameras": ["noord"]}],
)
def test_an_approval_opens_that_question_and_no_other(
    client: httpx.Client, an: dict[str, str], bo: dict[str, str], other: dict[str, Any]
) -> None:
    number = request(client, an)
    decide(client, bo, number)
    assert trail(client, an, request=number, **other).status_code == 403


def test_an_approval_is_for_who_asked_and_lasts_a_day(
    zone: Zone, client: httpx.Client, an: dict[str, str], bo: dict[str, str]
) -> None:
    number = request(client, an)
    decide(client, bo, number)
    assert trail(client, bo, request=number).status_code == 403
    zone.clock.pass_(DAY - timedelta(seconds=1))
    assert trail(client, an, request=number).status_code == 200
    zone.clock.pass_(timedelta(seconds=1))
    assert trail(client, an, request=number).status_code == 403


def test_who_does_not_share_the_purpose_neither_sees_nor_approves(
    zone: Zone, client: httpx.Client, an: dict[str, str]
) -> None:
    traffic = bearer(zone.token(Role.TRAFFIC_OFFICER))
    number = request(client, an)
    assert client.get("/api/requests", headers=traffic).json() == {"requests": []}
    assert decide(client, traffic, number).status_code == 404


def test_broken_glass_runs_at_once_and_the_dpo_is_told_without_the_plate(
    zone: Zone, client: httpx.Client, an: dict[str, str], dpo: dict[str, str]
) -> None:
    number = request(client, an, urgent=True)
    assert len(trail(client, an, request=number).json()["results"]) == 1
    answer = client.get("/api/requests", headers=dpo)
    (told,) = answer.json()["requests"]
    assert (told["why"], told["question"]) == ("inbraken Boom", None)
    assert told["review_by"] == "2026-06-18T10:00:00Z"
    assert "1ABC123" not in answer.text
    assert actions(zone)[0] == "break_glass"


@pytest.mark.parametrize(("hours", "expected"), [(72, False), (72.01, True)])
def test_a_review_is_overdue_after_72_hours(
    zone: Zone, client: httpx.Client, an: dict[str, str], hours: float, expected: bool
) -> None:
    request(client, an, urgent=True)
    zone.clock.pass_(timedelta(hours=hours))
    dpo = bearer(zone.account("dirk", Role.DPO))
    (told,) = client.get("/api/requests", headers=dpo).json()["requests"]
    assert told["is_overdue"] is expected


def test_what_the_dpo_finds_unlawful_runs_no_more(
    client: httpx.Client, an: dict[str, str], bo: dict[str, str], dpo: dict[str, str]
) -> None:
    number = request(client, an, urgent=True)
    assert decide(client, bo, number).status_code == 403
    url = f"/api/requests/{number}/review"
    review = {"lawful": False, "said": "kon wachten"}
    assert client.post(url, json=review, headers=bo).status_code == 403
    assert client.post(url, json=review, headers=dpo).json()["state"] == "unlawful"
    assert trail(client, an, request=number).status_code == 403


def test_the_dpo_sees_only_what_was_urgent(
    client: httpx.Client, an: dict[str, str], dpo: dict[str, str]
) -> None:
    number = request(client, an)
    assert client.get("/api/requests", headers=dpo).json() == {"requests": []}
    url = f"/api/requests/{number}/review"
    answer = client.post(url, json={"lawful": True, "said": "goed"}, headers=dpo)
    assert answer.status_code == 404


def test_urgency_goes_before_a_written_decision_but_never_before_the_law_of_a_purpose(
    client: httpx.Client, an: dict[str, str]
) -> None:
    old = {"from": rfc3339(NOW - 60 * DAY)}
    number = request(client, an, {**TRAIL, **old}, urgent=True)
    assert trail(client, an, request=number, **old).status_code == 200
    administrative = {**old, "purpose": "administrative"}
    number = request(client, an, {**TRAIL, **administrative}, urgent=True)
    assert trail(client, an, request=number, **administrative).status_code == 403


def test_other_roles_have_no_part_in_it(zone: Zone, client: httpx.Client) -> None:
    for role in (Role.OPERATOR, Role.DISPATCHER, Role.PATROL, Role.ADMIN, Role.STATISTICS):
        who = bearer(zone.token(role))
        assert client.get("/api/requests", headers=who).status_code == 403
