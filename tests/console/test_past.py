"""An entry against the past: what would have been a hit, by the gate and audit of a search."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from anpr.lists import Entry, Lists, PlateList
from anpr.sites import Site
from sinks.store.audit import latest_audit
from sinks.store.rights import Role
from tests.console.zone import NOW, SITE, Zone, passage

GROUNDS = {"purpose": "judicial", "case_ref": "AN.12"}


def listed(zone: Zone, pattern: str, **fields: Any) -> None:
    entry = Entry.model_validate({"id": "e", "plate_pattern": pattern, **fields})
    zone.lists = Lists([PlateList("gestolen", 1, None, [entry])])


def run(
    zone: Zone, client: httpx.Client, pattern: str, role: Role = Role.INVESTIGATOR, **asked: Any
) -> httpx.Response:
    return client.post(
        "/api/lists/gestolen/past",
        json={"plate_pattern": pattern, **GROUNDS, **asked},
        headers={"Authorization": f"Bearer {zone.token(role)}"},
    )


def plates(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {hit["passage"]["plate"]: hit["match"] for hit in answer.json()["hits"]}


@pytest.fixture
def zone(zone: Zone) -> Zone:
    seen = ["1ABC123", "1A8C123", "1A8CI23", "IA8CI23", "1ABC999", "2XYZ111"]
    zone.store([passage(plate, plate) for plate in seen])
    zone.site = Site.model_validate(
        {**SITE.model_dump(by_alias=True), "inquiry": {"second_person": []}}
    )
    return zone


@pytest.mark.parametrize(
    ("pattern", "mode", "expected"),
    [
        ("1ABC123", "exact", {"1ABC123": "exact"}),
        (
            "1ABC123", "equivalent",
            {"1ABC123": "exact", "1A8C123": "equivalent", "1A8CI23": "equivalent"},
        ),
        ("1ABC*", "wildcard", {"1ABC123": "wildcard", "1ABC999": "wildcard"}),
        ("1ABC123", "probable", {"1ABC123": "exact", "1A8C123": "probable"}),
    ],
)  # fmt: skip
def test_an_entry_finds_in_the_past_what_it_would_have_hit(
    zone: Zone, client: httpx.Client, pattern: str, mode: str, expected: dict[str, str]
) -> None:
    listed(zone, pattern, match_mode=mode)
    assert plates(run(zone, client, pattern)) == expected


def test_a_new_entry_is_run_over_the_time_before_it_held(zone: Zone, client: httpx.Client) -> None:
    listed(zone, "1ABC123", valid_from=NOW, valid_to=NOW + timedelta(days=1))
    answer = run(zone, client, "1ABC123")
    assert plates(answer) == {"1ABC123": "exact"}
    assert answer.json()["hits"][0]["entry"] == "e"


def test_a_run_is_in_the_audit_as_a_search_and_as_what_it_is(
    zone: Zone, client: httpx.Client
) -> None:
    listed(zone, "1ABC123")
    run(zone, client, "1ABC123")
    with zone.engine.connect() as connection:
        records = latest_audit(connection, 2)
    assert [one.action for one in records] == ["list_past", "search"]
    assert {(one.purpose, one.case_ref, one.results) for one in records} == {
        ("judicial", "AN.12", 1)
    }


@pytest.mark.parametrize(
    ("role", "asked", "status"),
    [
        (Role.DISPATCHER, {}, 403),
        (Role.TRAFFIC_OFFICER, {}, 403),
        (Role.INVESTIGATOR, {"from": "2026-01-01T00:00:00Z"}, 403),
        (Role.INVESTIGATOR, {"from": "2026-01-01T00:00:00Z", "decision_ref": "D1"}, 200),
        (Role.INVESTIGATOR, {"case_ref": ""}, 422),
    ],
)
def test_a_run_needs_what_a_search_needs(
    zone: Zone, client: httpx.Client, role: Role, asked: dict[str, str], status: int
) -> None:
    listed(zone, "1ABC123")
    assert run(zone, client, "1ABC123", role, **asked).status_code == status


def test_only_what_the_list_holds_can_be_run(zone: Zone, client: httpx.Client) -> None:
    listed(zone, "1ABC123")
    assert run(zone, client, "2XYZ111").status_code == 404
    assert run(zone, client, "1A8C123").status_code == 404


def test_a_discreet_entry_is_not_there_for_who_may_not_know_of_it(
    zone: Zone, client: httpx.Client
) -> None:
    listed(zone, "1ABC123", action="discreet")
    traffic = {"purpose": "traffic"}
    assert run(zone, client, "1ABC123", Role.TRAFFIC_OFFICER, **traffic).status_code == 404
    assert run(zone, client, "1ABC123").status_code == 200
