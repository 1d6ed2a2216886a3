"""Silences, precision, demoted lists, messages to networks, and what a patrol is not told."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from anpr.sites import Site
from anpr.time import to_us
from sinks.alerts.demotion import demote
from sinks.alerts.networks import plates_in
from sinks.alerts.words import DEMOTED
from sinks.store.audit import latest_audit
from sinks.store.engine import writing
from sinks.store.rights import Role
from sinks.store.schema import deliveries
from tests.console.server import serving
from tests.console.zone import NOW, SITE, Zone, hit, passage

UNTIL = (NOW + timedelta(hours=4)).isoformat()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def told(zone: Zone) -> list[str]:
    with zone.engine.connect() as connection:
        return [row.action for row in latest_audit(connection, 20)]


def dispatch_only(zone: Zone, name: str = "unsure", **changes: Any) -> int:
    seen = passage(name)
    event = hit(seen, match="equivalent", **changes)
    zone.store([seen], [event])
    return zone.raise_alert(event, dispatch_only=True)


def test_a_silence_is_set_shown_ended_and_recorded(zone: Zone, client: httpx.Client) -> None:
    me = bearer(zone.account("an", Role.OPERATOR))
    body = {"kind": "camera_state", "until": UNTIL, "reason": "works", "camera": "noord"}
    made = client.post("/api/silences", json=body, headers=me)
    assert made.status_code == 201
    (one,) = made.json()["silences"]
    assert (one["account"], one["reason"], one["camera"]) == ("an", "works", "noord")
    page = client.get("/silences", headers=me).text
    assert "works" in page
    assert client.delete(f"/api/silences/{one['id']}", headers=me).json() == {"silences": []}
    assert client.delete(f"/api/silences/{one['id']}", headers=me).status_code == 404
    assert {"silence", "silence_end"} <= set(told(zone))


@pytest.mark.parametrize(
    "wrong",
    [
        {"until": (NOW + timedelta(days=8)).isoformat()},
        {"until": NOW.isoformat()},
        {"reason": ""},
        {"kind": "everything"},
    ],
)
def test_a_silence_that_would_never_end_or_has_no_reason_is_refused(
    zone: Zone, client: httpx.Client, wrong: dict[str, Any]
) -> None:
    me = bearer(zone.account("an", Role.DISPATCHER))
    body = {"kind": "hit", "until": UNTIL, "reason": "a test drive", **wrong}
    answer = client.post("/api/silences", json=body, headers=me)
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert client.get("/api/silences", headers=me).json() == {"silences": []}


def test_a_page_sets_a_silence_and_says_what_is_missing(zone: Zone, client: httpx.Client) -> None:
    me = bearer(zone.account("an", Role.DISPATCHER))
    form = {"kind": "hit", "hours": "4", "reason": "a test drive", "list": "gestolen"}
    assert client.post("/silences", data=form, headers=me).status_code == 303
    assert "a test drive" in client.get("/silences", headers=me).text
    wrong = client.post("/silences", data={**form, "reason": " "}, headers=me)
    assert wrong.status_code == 422
    assert "een reden" in wrong.text


def test_a_patrol_is_not_told_of_what_must_be_looked_at_first(
    zone: Zone, client: httpx.Client
) -> None:
    number = dispatch_only(zone)
    patrol = bearer(zone.account("pa", Role.PATROL))
    dispatcher = bearer(zone.account("di", Role.DISPATCHER))
    both = bearer(zone.account("both", Role.PATROL, Role.DISPATCHER))
    for headers, seen in ((patrol, 0), (dispatcher, 1), (both, 1)):
        assert len(client.get("/api/alerts", headers=headers).json()["alerts"]) == seen
        status = client.get(f"/api/alerts/{number}", headers=headers).status_code
        assert status == (200 if seen else 404)
        answer = client.post(
            f"/api/alerts/{number}/feedback", json={"says": "acknowledged"}, headers=headers
        )
        assert answer.status_code == (200 if seen else 404)


def test_an_alert_shows_its_list_and_where_it_went(zone: Zone, client: httpx.Client) -> None:
    seen = passage("a", "1STL666")
    event = hit(seen, list_updated_at=NOW - timedelta(days=3))
    zone.store([seen], [event])
    number = zone.raise_alert(event)
    with writing(zone.engine) as connection:
        row = {"alert_id": number, "channel": "mail", "key": "k", "state": "failed", "attempts": 3}
        rest = {"created_us": to_us(NOW), "next_us": 0, "last_error": "SMTP 550", "body": "{}"}
        connection.execute(deliveries.insert().values(**row, **rest))
    me = bearer(zone.account("di", Role.DISPATCHER))
    page = client.get(f"/alerts/{number}", headers=me).text
    assert "laatst bijgewerkt" in page
    assert "12/06" in page
    assert "SMTP 550" in page
    answer = client.get(f"/api/alerts/{number}", headers=me)
    assert answer.status_code == 200, answer.text
    (sent,) = answer.json()["deliveries"]
    assert (sent["channel"], sent["state"], sent["attempts"]) == ("mail", "failed", 3)


def test_answers_make_a_precision_and_a_demoted_list_is_told_until_somebody_restores_it(
    zone: Zone, client: httpx.Client
) -> None:
    me = bearer(zone.account("di", Role.DISPATCHER))
    zone.site = SITE.model_copy(update={"lists": {}})
    for number in range(20):
        seen = passage(f"p{number}")
        zone.store([seen], [hit(seen)])
        alert = zone.raise_alert(hit(seen))
        says = "confirmed" if number < 9 else "outdated"
        client.post(f"/api/alerts/{alert}/feedback", json={"says": says}, headers=me)
    demote(zone.engine, zone.site, zone.clock())
    found = client.get("/api/precision", headers=me).json()
    (one,) = found["lists"]
    assert (one["right"], one["outdated"], one["share"], one["demoted"]) == (9, 11, 0.45, True)
    assert found["demoted"] == ["gestolen"]
    assert found["cameras"][0]["judged"] == 9, "an entry out of date says nothing of a camera"
    assert "enkel nog naar de dispatching" in client.get("/", headers=me).text
    why = client.post("/api/lists/gestolen/restore", json={"why": ""}, headers=me)
    assert why.status_code == 422
    client.post("/lists/gestolen/restore", data={"why": "cleaned"}, headers=me)
    assert client.get("/api/precision", headers=me).json()["demoted"] == []
    assert "list_restored" in told(zone)


NETWORK = {
    "channels": {"bin": {"type": "webhook", "url": "https://example.org", "secret": "env:S"}},
    "networks": {"boom": {"title": "BIN Boom", "channels": ["bin"]}},
}


@pytest.fixture
def writing_zone(zone: Zone) -> Zone:
    zone.site = Site.model_validate({**SITE.model_dump(by_alias=True), **NETWORK})
    return zone


def outbox(zone: Zone) -> list[str]:
    with zone.engine.connect() as connection:
        return list(connection.scalars(select(deliveries.c.body)))


def test_a_message_to_a_network_goes_out_by_a_colleagues_hand_and_once(
    writing_zone: Zone,
) -> None:
    zone = writing_zone
    first, other = (bearer(zone.account(name, Role.DISPATCHER)) for name in ("an", "bo"))
    with serving(zone.app(), zone.stop) as url, httpx.Client(base_url=url) as client:
        text = "Wit busje met dakkoffer, reed om 22u30 weg via de N177."
        body = {"network": "boom", "text": text}
        made = client.post("/api/networks/messages", json=body, headers=first)
        number = made.json()["messages"][0]["id"]
        decision = f"/api/networks/messages/{number}/decision"
        assert outbox(zone) == []
        assert client.post(decision, json={"send": True}, headers=first).status_code == 404
        assert outbox(zone) == [], "nobody sends their own"
        sent = client.post(decision, json={"send": True}, headers=other).json()["messages"][0]
        assert (sent["state"], sent["written_by"], sent["decided_by"]) == ("sent", "an", "bo")
        assert client.post(decision, json={"send": True}, headers=other).status_code == 404
        (body_,) = outbox(zone)
        assert text in body_
        assert {"network_write", "network_send"} <= set(told(zone))
        assert "BIN Boom" in client.get("/networks", headers=first).text


@pytest.mark.parametrize(
    "text", ["", "wit busje 1-ABC-234", "het is stl 6 6 6 dus 1 STL 666", "1.s.t.l.6.6.6"]
)
def test_a_message_that_holds_a_plate_or_nothing_is_refused(writing_zone: Zone, text: str) -> None:
    zone = writing_zone
    seen = passage("a", "1STL666")
    zone.raise_alert(hit(seen))
    me = bearer(zone.account("an", Role.DISPATCHER))
    with serving(zone.app(), zone.stop) as url, httpx.Client(base_url=url) as client:
        body = {"network": "boom", "text": text}
        answer = client.post("/api/networks/messages", json=body, headers=me)
        assert answer.status_code == 422
        assert "STL" not in answer.text.upper().replace("-", "")
        page = client.post("/networks", data=body, headers=me)
        assert page.status_code == 422
    assert outbox(zone) == []


@pytest.mark.parametrize(
    "text, found",
    [
        ("wit busje 1-ABC-234 gezien", 1),
        ("1 abc 123", 1),
        ("B MW 123", 1),
        ("AB-123-CD", 1),
        ("om 22u30 aan N177, E19 en A12, huisnummer 12B", 0),
        ("bel 03 888 12 34, Kerkstraat 12 bus 4, tot 31/12/2026", 0),
        ("zwarte VW T5 met dakkoffer in 2850 Boom", 0),
    ],
)
def test_what_reads_like_a_plate_is_told_from_hours_roads_and_numbers(
    text: str, found: int
) -> None:
    assert len(plates_in(text, "BE")) == found


def test_a_patrol_is_shown_the_hits_of_its_area(zone: Zone) -> None:
    areas = {"noord": {"title": "Noord", "lat": 51.09, "lon": 4.37, "radius_m": 500}}
    zone.site = Site.model_validate({**SITE.model_dump(by_alias=True), "areas": areas})
    for camera, plate in (("noord", "1STL666"), ("zuid", "1STL777")):
        seen = passage(camera, plate, camera=camera)
        zone.store([seen], [hit(seen)])
        zone.raise_alert(hit(seen))
    me = bearer(zone.account("pa", Role.PATROL))
    with serving(zone.app(), zone.stop) as url, httpx.Client(base_url=url, headers=me) as client:
        shown = {
            area: client.get("/patrol", params={"area": area}).text.count('id="h-')
            for area in ("", "noord", "nowhere")
        }
    assert shown == {"": 2, "noord": 1, "nowhere": 2}


def test_the_page_of_a_hit_silences_its_entry_for_who_may(zone: Zone, client: httpx.Client) -> None:
    seen = passage("seen")
    zone.store([seen], [event := hit(seen)])
    number = zone.raise_alert(event)
    officer = bearer(zone.account("officer", Role.TRAFFIC_OFFICER, Role.PATROL))
    assert "stil maken" not in client.get(f"/alerts/{number}", headers=officer).text
    me = bearer(zone.account("an", Role.DISPATCHER))
    page = client.get(f"/alerts/{number}", headers=me).text
    assert 'name="subject" value="gestolen/1"' in page
    form = {
        "kind": "hit", "list": "gestolen", "subject": "gestolen/1", "hours": "4", "reason": "test",
    }  # fmt: skip
    assert client.post("/silences", data=form, headers=me).status_code == 303
    (one,) = client.get("/api/silences", headers=me).json()["silences"]
    assert (one["list"], one["subject"], one["camera"]) == ("gestolen", "gestolen/1", None)
    assert "alleen regel gestolen/1" in client.get("/silences", headers=me).text


def test_a_patrol_sees_which_hit_was_recalled_and_why_and_is_asked_for_nothing_more(
    zone: Zone, client: httpx.Client
) -> None:
    seen = passage("seen", at=NOW - timedelta(minutes=1))
    zone.store([seen], [event := hit(seen)])
    number = zone.raise_alert(event)
    me = bearer(zone.account("piet", Role.PATROL))
    assert f'action="/patrol/{number}"' in client.get("/patrol", headers=me).text
    zone.recall(event)
    page = client.get("/patrol", headers=me).text
    assert "herroepen: wat deze melding opriep, klopt niet meer" in page
    assert f'action="/patrol/{number}"' not in page
    assert "action-stop" not in page


def test_a_card_says_an_alerts_words_in_the_language_of_the_page(
    zone: Zone, client: httpx.Client
) -> None:
    seen = passage("seen")
    zone.store([seen], [event := hit(seen)])
    zone.raise_alert(event, words=("not sent: silenced by an: works; all day", DEMOTED))
    me = bearer(zone.account("an", Role.DISPATCHER))
    dutch = client.get("/", headers=me).text
    assert "niet verzonden: stil gemaakt door an: works, all day" in dutch
    assert "de lijst bleek te vaak fout" in dutch
    english = client.get("/", headers={**me, "Cookie": "anpr-language=en"}).text
    assert "not sent: silenced by an: works, all day" in english
