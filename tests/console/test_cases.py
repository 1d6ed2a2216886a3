"""Cases by the API and the pages: what an officer decides, and what two of them cannot undo."""

import time
from collections.abc import Mapping
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from anpr.events import Images, LockTransit
from anpr.plates import display
from sinks.cases.ledger import Doer, case_by_id, change
from sinks.cases.life import Act
from sinks.cases.receipts import hear
from sinks.delivery.ledger import State as Consigned
from sinks.delivery.ledger import consign, of_cases, settle
from sinks.store.audit import latest_audit
from sinks.store.engine import writing
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
    assert "1 aanvaard dossier uitvoeren" in page


def ended(client: httpx.Client, who: Mapping[str, str]) -> Any:
    """Wait until the export that was begun has ended; give what it came to."""
    until = time.monotonic() + 30
    while (told := client.get("/api/cases/export", headers=who).json())["is_running"]:
        assert time.monotonic() < until, told
    return told


@pytest.fixture
def packing(zone: Zone, tmp_path: Path) -> Zone:
    """A zone with keys: to be asked for before its client."""
    zone.packs_in(tmp_path)
    return zone


def test_an_export_runs_in_the_background_and_says_what_could_not_be_packed(
    packing: Zone, client: httpx.Client, case: LockTransit
) -> None:
    an = officer(packing)
    assert ended(client, an)["total"] == 0, "nothing has run"
    post(client, f"/api/cases/{case.id}/reviews", an, seen=case.plate)
    post(client, f"/api/cases/{case.id}/decision", an, act="accept", version=1)
    begun = post(client, "/api/cases/export", an)
    assert (begun.status_code, begun.json()["total"]) == (202, 1)
    told = ended(client, an)
    assert (told["exported"], told["failure"], told["batches"]) == (0, "", [])
    assert "cannot be decoded" in told["problems"][0]["problem"]
    assert "bewijspakket kon niet" in client.get(f"/cases/{case.id}", headers=an).text.lower()


def picture() -> bytes:
    _, jpeg = cv2.imencode(".jpg", np.full((48, 160, 3), 128, np.uint8))
    return jpeg.tobytes()


def test_the_lists_of_an_export_are_downloaded_by_who_may_see_cases(
    packing: Zone, client: httpx.Client
) -> None:
    image = packing.images.put(picture())
    seen = [passage(name, camera=camera, images=Images(crop=image, overview=image))
            for name, camera in (("a", "noord"), ("b", "zuid"))]  # fmt: skip
    case = lock_transit(*seen)
    packing.store(seen, [case])
    an = officer(packing)
    post(client, f"/api/cases/{case.id}/reviews", an, seen=case.plate)
    post(client, f"/api/cases/{case.id}/decision", an, act="accept", version=1)
    post(client, "/api/cases/export", an)
    (batch,) = ended(client, an)["batches"]
    page = client.get("/cases/export", headers=an).text
    for kind in ("pdf", "csv", "json"):
        assert f"/cases/export/{batch}.{kind}" in page
        assert client.get(f"/cases/export/{batch}.{kind}", headers=an).status_code == 200
    for other in ("batch-1.pdf", f"{batch}.zip", "keys.json", ".batch.jsonl"):
        assert client.get(f"/cases/export/{other}", headers=an).status_code in {404, 422}
    nobody = {"Authorization": f"Bearer {packing.account('dp', Role.DISPATCHER)}"}
    assert client.get(f"/cases/export/{batch}.csv", headers=nobody).status_code == 403
    with packing.engine.connect() as connection:
        assert [one.action for one in latest_audit(connection, 3)] == ["case_batch"] * 3


def export(zone: Zone, client: httpx.Client, an: Mapping[str, str], case: LockTransit) -> None:
    post(client, f"/api/cases/{case.id}/reviews", an, seen=case.plate)
    post(client, f"/api/cases/{case.id}/decision", an, act="accept", version=1)
    with writing(zone.engine) as connection:
        found = case_by_id(connection, case.id)
        change(connection, found, Act.EXPORT, Doer("an", "traffic_officer", zone.clock()))


def test_what_a_receiver_was_sent_is_sent_again_from_the_case(
    zone: Zone, client: httpx.Client, case: LockTransit, tmp_path: Path
) -> None:
    an = officer(zone)
    export(zone, client, an, case)
    package = tmp_path / f"case-{case.id}-r1.zip"
    package.write_bytes(b"x")
    with writing(zone.engine) as connection:
        consign(connection, case.id, package, ["traffic"], zone.clock())
        (one,) = of_cases(connection, [case.id])[case.id]
        settle(connection, one, Consigned.FAILED, "HTTP 503", zone.clock())
        (failed,) = of_cases(connection, [case.id])[case.id]
        hear(connection, failed)
    page = client.get(f"/cases/{case.id}", headers=an).text
    assert "traffic, bewijspakket: mislukt. HTTP 503" in page
    assert "Opnieuw versturen" in page
    sent = client.post(f"/cases/{case.id}/resend/{one.id}", headers=an, follow_redirects=False)
    assert sent.status_code == 303
    told = client.get(f"/api/cases/{case.id}", headers=an).json()
    assert [(c["receiver"], c["kind"], c["state"]) for c in told["consignments"]] == [
        ("traffic", "package", "waiting")
    ]
    other = f"/api/cases/other/consignments/{one.id}/resend"
    assert client.post(other, headers=an).status_code == 404


def test_a_case_is_withdrawn_and_answered_by_hand_on_its_page(
    zone: Zone, client: httpx.Client, case: LockTransit
) -> None:
    an = officer(zone)
    export(zone, client, an, case)
    for version, act, state in ((3, "refuse", "refused"), (4, "receive", "received"),
                                (5, "withdraw", "withdrawn")):  # fmt: skip
        page = client.get(f"/cases/{case.id}", headers=an).text
        assert f"/cases/{case.id}/{act}" in page
        said = {"version": str(version), "note": "by telephone"}
        client.post(f"/cases/{case.id}/{act}", data=said, headers=an)
        told = client.get(f"/api/cases/{case.id}", headers=an).json()
        assert (told["case"]["state"], told["history"][-1]["note"]) == (state, "by telephone")
    assert "nog niet verwittigd" in client.get(f"/cases/{case.id}", headers=an).text


@pytest.mark.parametrize("where", ["/cases", "/cases?tab=locks", "/review", "/review/{}",
                                   "/cases/{}", "/api/cases", "/api/cases/{}"])  # fmt: skip
def test_the_plate_of_a_candidate_is_hidden_until_an_officer_has_typed_it(
    zone: Zone, client: httpx.Client, case: LockTransit, where: str
) -> None:
    an = officer(zone)
    shown = (case.plate, display(case.plate, "BE"))
    before = client.get(where.format(case.id), headers=an).text
    assert not any(one in before for one in shown)
    post(client, f"/api/cases/{case.id}/reviews", an, seen=case.plate)
    after = client.get(where.format(case.id), headers=an).text
    assert any(one in after for one in shown)


@pytest.mark.parametrize("where", ["/cases", "/cases?tab=locks", "/review?before={}", "/review/{}",
                                   "/cases/{}", "/api/cases", "/api/cases/{}"])  # fmt: skip
def test_another_plate_than_the_case_s_own_leaves_the_second_look_as_blind_as_the_first(
    zone: Zone, client: httpx.Client, case: LockTransit, where: str
) -> None:
    an = officer(zone)
    answer = post(client, f"/api/cases/{case.id}/reviews", an, seen="1XYZ999")
    assert (answer.status_code, answer.json()["outcome"]) == (201, "differs")
    told = answer.text + client.get(where.format(case.id), headers=an).text
    assert not any(one in told for one in (case.plate, display(case.plate, "BE")))
    again = post(client, f"/api/cases/{case.id}/reviews", an, seen=case.plate, version=1)
    assert again.json()["outcome"] == "agreed"


def test_a_passage_shows_its_pictures_alone_until_its_case_is_reviewed(
    zone: Zone, client: httpx.Client, case: LockTransit
) -> None:
    an, passage = officer(zone), case.passages[0]
    page, api = f"/passages/{passage}", f"/api/passages/{passage}"
    assert page not in client.get("/cases?tab=locks", headers=an).text
    led = client.get(page, headers=an, follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (303, f"/review/{case.id}")
    refused = client.get(api, headers=an)
    assert (refused.status_code, case.id in refused.json()["detail"]) == (409, True)
    assert case.plate not in refused.text
    review = client.get(f"/review/{case.id}", headers=an).text
    pictures = {unescape(one) for one in review.split('"') if one.startswith("/api/images/")}
    assert [client.get(one, headers=an).status_code for one in pictures] == [200] * 4
    searched = {"purpose": "traffic", "case_ref": "PV 7"}
    assert client.get(api, params=searched, headers=an).json()["plate"] == case.plate
    post(client, f"/api/cases/{case.id}/reviews", an, seen=case.plate)
    assert page in client.get("/cases?tab=locks", headers=an).text
    assert client.get(api, headers=an).json()["plate"] == case.plate


@pytest.mark.parametrize(("days", "shown"), [(0, "14 dagen"), (12, "dicht bij"), (15, "over hun")])
def test_deadlines_are_shown_with_the_cases(
    zone: Zone, client: httpx.Client, case: LockTransit, days: int, shown: str
) -> None:
    an = officer(zone)
    zone.clock.pass_(timedelta(days=days))
    assert shown in client.get("/cases", headers=an).text
