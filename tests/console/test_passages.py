"""Opening a passage and its images: on the grounds of a task or of a search, always audited."""

from collections.abc import Mapping
from datetime import timedelta

import httpx
import pytest

from sinks.store.audit import latest_audit
from sinks.store.rights import Role
from tests.console.zone import (
    NOW,
    Zone,
    access,
    hit,
    lock_transit,
    passage,
    transit,
)

JPEG = b"\xff\xd8\xff\xe0 a picture"
PNG = b"\x89PNG\r\n\x1a\n a picture"
GROUNDS = {"purpose": "judicial", "case_ref": "AN.1/26"}


def get(
    zone: Zone,
    client: httpx.Client,
    path: str,
    role: Role,
    params: Mapping[str, str] | None = None,
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {zone.token(role)}"}
    return client.get(path, params=params, headers=headers)


def actions(zone: Zone) -> list[str]:
    with zone.engine.connect() as connection:
        return [row.action for row in latest_audit(connection, 100)]


def test_a_dispatcher_opens_the_passage_of_a_hit(zone: Zone, client: httpx.Client) -> None:
    seen = passage("a")
    zone.store([seen], [hit(seen)])
    answer = get(zone, client, f"/api/passages/{seen.id}", Role.DISPATCHER)
    assert answer.status_code == 200
    assert answer.json()["plate"] == "1ABC123"
    assert [event["kind"] for event in answer.json()["events"]] == ["hit"]
    assert actions(zone) == ["passage"]


def test_a_passage_without_a_hit_stays_closed_to_a_dispatcher(
    zone: Zone, client: httpx.Client
) -> None:
    seen = passage("a")
    zone.store([seen], [hit(seen, revision=2, withdrawn=True), access(seen)])
    assert get(zone, client, f"/api/passages/{seen.id}", Role.DISPATCHER).status_code == 403


def test_a_traffic_officer_opens_both_ends_of_a_case_that_was_reviewed(
    zone: Zone, client: httpx.Client
) -> None:
    entry, exit_ = passage("in"), passage("out", camera="zuid")
    case = transit(entry, exit_)
    zone.store([entry, exit_], [case])
    zone.review(case)
    for seen in (entry, exit_):
        answer = get(zone, client, f"/api/passages/{seen.id}", Role.TRAFFIC_OFFICER)
        assert answer.status_code == 200


def test_who_kept_to_the_limit_stays_closed_to_a_traffic_officer(
    zone: Zone, client: httpx.Client
) -> None:
    entry, exit_ = passage("in"), passage("out", camera="zuid")
    ok = transit(entry, exit_, verdict="ok", reason="within_limit", case_class="none")
    local = lock_transit(entry, exit_, verdict="local", reason="stayed")
    zone.store([entry, exit_], [ok, local, access(exit_, decision="allow", reason="permit")])
    answer = get(zone, client, f"/api/passages/{exit_.id}", Role.TRAFFIC_OFFICER)
    assert (answer.status_code, answer.json()["reason"]) == (403, "no_purpose")


def test_each_sees_only_the_events_of_the_own_task(zone: Zone, client: httpx.Client) -> None:
    entry, exit_ = passage("in"), passage("out", camera="zuid")
    case = transit(entry, exit_)
    zone.store([entry, exit_], [case, hit(exit_)])
    zone.review(case)
    path = f"/api/passages/{exit_.id}"
    kinds = {
        role: {event["kind"] for event in get(zone, client, path, role).json()["events"]}
        for role in (Role.PATROL, Role.TRAFFIC_OFFICER)
    }
    assert kinds == {Role.PATROL: {"hit"}, Role.TRAFFIC_OFFICER: {"section_transit"}}


def test_an_investigator_opens_what_a_search_of_the_last_hours_covers(
    zone: Zone, client: httpx.Client
) -> None:
    seen = passage("a")
    zone.store([seen])
    headers = {"Authorization": f"Bearer {zone.account('an', Role.INVESTIGATOR)}"}
    path = f"/api/passages/{seen.id}"
    assert client.get(path, headers=headers).json()["reason"] == "no_purpose"
    body = {**GROUNDS, "plate": "1ABC123"}
    client.post("/api/passages/search", json=body, headers=headers)
    assert client.get(path, headers=headers).status_code == 200
    zone.clock.pass_(timedelta(hours=12))
    assert client.get(path, headers=headers).status_code == 403


def test_grounds_may_come_with_the_request(zone: Zone, client: httpx.Client) -> None:
    seen = passage("a")
    zone.store([seen])
    path = f"/api/passages/{seen.id}"
    assert get(zone, client, path, Role.INVESTIGATOR, GROUNDS).status_code == 200
    with zone.engine.connect() as connection:
        newest = latest_audit(connection, 1)[0]
    assert (newest.purpose, newest.case_ref) == ("judicial", "AN.1/26")


def test_an_old_passage_needs_a_decision(zone: Zone, client: httpx.Client) -> None:
    seen = passage("a", at=NOW - timedelta(days=31))
    zone.store([seen])
    path = f"/api/passages/{seen.id}"
    refused = get(zone, client, path, Role.INVESTIGATOR, GROUNDS)
    assert refused.json()["reason"] == "decision_needed"
    decided = {**GROUNDS, "decision_ref": "D.7"}
    assert get(zone, client, f"{path}", Role.INVESTIGATOR, decided).status_code == 200


def test_a_traffic_officer_opens_nothing_for_another_purpose(
    zone: Zone, client: httpx.Client
) -> None:
    seen = passage("a")
    zone.store([seen])
    path = f"/api/passages/{seen.id}"
    assert get(zone, client, path, Role.TRAFFIC_OFFICER, GROUNDS).status_code == 403


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.STATISTICS, Role.DPO])
def test_other_roles_open_no_passage(zone: Zone, client: httpx.Client, role: Role) -> None:
    seen = passage("a")
    zone.store([seen], [hit(seen)])
    assert get(zone, client, f"/api/passages/{seen.id}", role).status_code == 403
    assert actions(zone) == []


def test_an_unknown_or_withdrawn_passage_is_not_there(zone: Zone, client: httpx.Client) -> None:
    zone.store([passage("a", withdrawn=True)])
    for name in (passage("a").id, passage("b").id, "nothing"):
        answer = get(zone, client, f"/api/passages/{name}", Role.INVESTIGATOR, GROUNDS)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("image", "kind"), [(JPEG, "image/jpeg"), (PNG, "image/png")])
def test_an_image_is_shown_to_who_may_open_its_passage_and_audited(
    zone: Zone, client: httpx.Client, image: bytes, kind: str
) -> None:
    seen = passage("a", images={"crop": zone.images.put(image)})
    zone.store([seen], [hit(seen)])
    opened = get(zone, client, f"/api/passages/{seen.id}", Role.PATROL)
    urls = opened.json()["image_urls"]
    assert set(urls) == {"crop"}
    answer = get(zone, client, urls["crop"], Role.PATROL)
    assert (answer.status_code, answer.content) == (200, image)
    assert answer.headers["content-type"] == kind
    assert answer.headers["cache-control"] == "no-store"
    assert actions(zone) == ["image", "passage"]
    assert get(zone, client, urls["crop"], Role.TRAFFIC_OFFICER).status_code == 403
    assert client.get(urls["crop"]).status_code == 401


def test_an_image_of_another_passage_is_not_shown(zone: Zone, client: httpx.Client) -> None:
    wanted = zone.images.put(JPEG)
    mine, theirs = passage("a"), passage("b", "2XYZ999", images={"crop": wanted})
    zone.store([mine, theirs], [hit(mine)])
    path = f"/api/images/{wanted.removeprefix('sha256:')}"
    answer = get(zone, client, path, Role.PATROL, {"passage": mine.id})
    assert answer.status_code == 404


def test_an_erased_image_is_not_there(zone: Zone, client: httpx.Client) -> None:
    seen = passage("a", images={"overview": f"sha256:{'0' * 64}"})
    zone.store([seen], [hit(seen)])
    path = f"/api/images/{'0' * 64}"
    answer = get(zone, client, path, Role.PATROL, {"passage": seen.id})
    assert answer.status_code == 404
    assert actions(zone) == []
