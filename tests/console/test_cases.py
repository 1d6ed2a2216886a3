"""Cases by the API and the pages: what an officer decides, and what two of them cannot undo."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest

from anpr.events import Images, LockTransit
from sinks.store.rights import Role
from tests.console.zone import Zone, lock_transit, passage, transit


@pytest.fixture
def case(zone: Zone) -> LockTransit:
    seen = [
        passage(name, camera=camera, images=Images(crop=zone.images.put(name.encode()),
                                                   overview=zone.images.put(name.encode() * 2)))
        for name, camera in (("a", "noord"), ("b", "zuid"))
    ]  # fmt: skip
    found = lock_transit(*seen)
    zone.store(seen, [found])
    return found


def officer(zone: Zone, name: str = "an") -> Mapping[str, str]:
    return {"Authorization": f"Bearer {zone.account(name, Role.TRAFFIC_OFFICER)}"}


def post(client: httpx.Client, path: str, who: Mapping[str, str], **body: Any) -> httpx.Response:
    return client.post(path, json=body, headers=who)


def test_a_case_goes_its_way_by_the_api(
    zone: Zone, client: httpx.Client, case: LockTransit
) -> None:
    an = officer(zone)
    (found,) = client.get("/api/cases", headers=an).json()["cases"]
    assert (found["id"], found["state"], found["version"]) == (case.id, "candidate", 0)
    assert post(client, f"/api/cases/{case.id}/reviews", an, seen=case.plate).status_code == 201
    accepted = post(client, f"/api/cases/{case.id}/decision", an, act="accept", version=1)
    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")
    told = client.get(f"/api/cases/{case.id}", headers=an).json()
    assert [(one["account"], one["act"]) for one in told["history"]] == [
        ("an", "agree"), ("an", "accept"),
    ]  # fmt: skip
    listed = client.get("/api/cases", params={"state": "candidate"}, headers=an).json()
    assert listed["cases"] == []


def test_two_officers_never_overwrite_each_other_unseen(
    zone: Zone, client: httpx.Client, case: LockTransit
) -> None:
    an, bo = officer(zone), officer(zone, "bo")
    post(client, f"/api/cases/{case.id}/reviews", bo, seen=case.plate)
    late = post(client, f"/api/cases/{case.id}/reviews", an, seen=case.plate)
    assert late.status_code == 409
    assert "bo changed the case" in late.json()["detail"]
    page = client.post(f"/review/{case.id}", data={"seen": "1XYZ999", "version": "0"}, headers=an)
    assert page.status_code == 409
    assert "bo" in page.text
    assert case.plate not in late.text


def test_a_section_without_a_certificate_says_so_where_it_would_be_accepted(
    zone: Zone, client: httpx.Client
) -> None:
    entry, leave = passage("a"), passage("b", camera="zuid")
    found = transit(entry, leave)
    zone.store([entry, leave], [found])
    an = officer(zone)
    post(client, f"/api/cases/{found.id}/reviews", an, seen=found.plate)
    refused = post(client, f"/api/cases/{found.id}/decision", an, act="accept", version=1)
    assert refused.status_code == 409
    assert "no_certificate" in refused.json()["detail"]
    page = client.get(f"/review/{found.id}", headers=an).text
    assert "geen ijkcertificaat" in page
    assert "Nr. proces-verbaal" not in page, "there is nothing to accept"


def test_what_is_accepted_waits_for_a_process_that_exports(
    zone: Zone, client: httpx.Client, case: LockTransit
) -> None:
    an = officer(zone)
    assert post(client, "/api/cases/export", an).status_code == 404, "this process packs nothing"
    post(client, f"/api/cases/{case.id}/reviews", an, seen=case.plate)
    post(client, f"/api/cases/{case.id}/decision", an, act="accept", version=1)
    page = client.get("/cases", headers=an).text
    assert "1 aanvaarde dossiers uitvoeren" in page


@pytest.mark.parametrize(("days", "shown"), [(0, "14 dagen"), (12, "dicht bij"), (15, "over hun")])
def test_deadlines_are_shown_with_the_cases(
    zone: Zone, client: httpx.Client, case: LockTransit, days: int, shown: str
) -> None:
    an = officer(zone)
    zone.clock.pass_(timedelta(days=days))
    assert shown in client.get("/cases", headers=an).text
