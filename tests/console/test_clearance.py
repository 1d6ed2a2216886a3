"""A list that names its roles, and a discreet hit, are for nobody else there: on every way out."""

from collections.abc import Iterator

import httpx
import pytest

from anpr.events import Hit
from anpr.lists import Entry, Lists, PlateList
from anpr.sites import Site
from sinks.store.clearance import Clearance
from sinks.store.questions import Period, find_alerts, find_events
from sinks.store.rights import Role
from tests.console.server import serving
from tests.console.test_streams import listening
from tests.console.zone import NOW, SITE, Zone, hit, passage

LISTS = {
    "observatie": {"visible_to": ["investigator", "patrol"]},
    "intern": {"visible_to": ["admin"]},
}

SECRET_PLATE = "1DSC777"  # noqa: S105 a plate


@pytest.fixture
def zone(zone: Zone) -> Zone:
    zone.site = Site.model_validate({**SITE.model_dump(by_alias=True), "lists": LISTS})
    zone.lists = Lists(
        [
            PlateList("gestolen", 1, None, [entry("1"), entry("2", action="discreet")]),
            PlateList("intern", 1, None, [entry("3")]),
        ]
    )
    return zone


@pytest.fixture
def client(zone: Zone) -> Iterator[httpx.Client]:
    with serving(zone.app(), zone.stop) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield client


def entry(name: str, **fields: str) -> Entry:
    return Entry.model_validate({"id": name, "plate_pattern": f"1AAA00{name}", **fields})


def as_(zone: Zone, role: Role) -> dict[str, str]:
    return {"Authorization": f"Bearer {zone.token(role)}"}


def told(list_: str, action: str) -> Hit:
    return hit(passage(f"{list_}/{action}"), list=list_, action=action)


ORDINARY, DISCREET = told("gestolen", "stop"), told("gestolen", "discreet")
WATCHED, WATCHED_DISCREET = told("observatie", "observe"), told("observatie", "discreet")
INTERNAL = told("intern", "inform")
ALL = [ORDINARY, DISCREET, WATCHED, WATCHED_DISCREET, INTERNAL]

KNOWN = {
    Role.DISPATCHER: {ORDINARY.id},
    Role.PATROL: {ORDINARY.id, WATCHED.id, WATCHED_DISCREET.id},
    Role.INVESTIGATOR: {ORDINARY.id, DISCREET.id, WATCHED.id, WATCHED_DISCREET.id},
    Role.ADMIN: {ORDINARY.id, INTERNAL.id},
}


@pytest.mark.parametrize("role", Role)
def test_the_store_gives_what_the_rule_says(zone: Zone, role: Role) -> None:
    zone.store([], ALL)
    for one in ALL:
        zone.raise_alert(one)
    clearance = Clearance(frozenset({role}), zone.site.lists)
    expected = {one.id for one in ALL if clearance.covers_event(one)}
    with zone.engine.connect() as connection:
        events = find_events(connection, "hit", Period(NOW.replace(year=2000), NOW), 99, clearance)
        alerts = find_alerts(connection, 99, clearance)
    assert {one.id for one in events} == {one.event.id for one in alerts} == expected
    assert expected == KNOWN.get(role, {ORDINARY.id})


@pytest.mark.parametrize("role", [role for role in KNOWN if role is not Role.ADMIN])
def test_hits_and_alerts_are_only_those_that_may_be_known(
    zone: Zone, client: httpx.Client, role: Role
) -> None:
    zone.store([], ALL)
    for one in ALL:
        zone.raise_alert(one)
    headers = as_(zone, role)
    hits = client.get("/api/hits", headers=headers).json()["hits"]
    alerts = client.get("/api/alerts", headers=headers).json()["alerts"]
    assert {one["id"] for one in hits} == KNOWN[role]
    assert {one["event"]["id"] for one in alerts} == KNOWN[role]


def test_a_reason_that_speaks_of_discreet_hides_no_hit(zone: Zone, client: httpx.Client) -> None:
    odd = hit(passage("odd"), reason_code='"action":"discreet"')
    zone.store([], [odd])
    (only,) = client.get("/api/hits", headers=as_(zone, Role.PATROL)).json()["hits"]
    assert only["id"] == odd.id


def test_the_alert_stream_carries_only_what_may_be_known(zone: Zone, client: httpx.Client) -> None:
    token = zone.token(Role.DISPATCHER)
    with listening(client, "/api/alerts/stream", token) as stream:
        for one in (DISCREET, WATCHED, INTERNAL, ORDINARY):
            zone.raise_alert(one)
        zone.recall(DISCREET)
        assert ORDINARY.id in next(stream).data
        zone.recall(ORDINARY)
        assert next(stream).name == "recall"


def test_the_live_page_unmasks_no_plate_of_a_hit_that_may_not_be_known(
    zone: Zone, client: httpx.Client
) -> None:
    seen = passage("seen", SECRET_PLATE)
    zone.store([seen], [hit(seen, action="discreet")])
    zone.raise_alert(hit(seen, action="discreet"))
    plain = client.get("/", headers=as_(zone, Role.PATROL)).text
    assert "DSC-777" not in plain
    assert 'class="hit"' not in plain
    assert "DSC-777" in client.get("/", headers=as_(zone, Role.INVESTIGATOR)).text
    with listening(client, "/live/stream", zone.token(Role.PATROL)) as stream:
        assert "DSC" not in next(stream).data


def test_a_passage_is_not_opened_on_a_hit_that_may_not_be_known(
    zone: Zone, client: httpx.Client
) -> None:
    seen = passage("seen", SECRET_PLATE)
    zone.store([seen], [hit(seen, action="discreet")])
    for path in (f"/api/passages/{seen.id}", f"/passages/{seen.id}"):
        assert client.get(path, headers=as_(zone, Role.PATROL)).status_code == 403
        assert client.get(path, headers=as_(zone, Role.INVESTIGATOR)).status_code == 200


def test_a_passage_opened_for_another_hit_tells_nothing_of_the_discreet_one(
    zone: Zone, client: httpx.Client
) -> None:
    seen = passage("seen")
    discreet = hit(seen, id="other", action="discreet")
    zone.store([seen], [hit(seen), discreet])
    answer = client.get(f"/api/passages/{seen.id}", headers=as_(zone, Role.PATROL))
    assert [one["id"] for one in answer.json()["events"]] == [hit(seen).id]


def test_lists_and_their_counts_show_only_what_may_be_known(
    zone: Zone, client: httpx.Client
) -> None:
    dispatcher, investigator = as_(zone, Role.DISPATCHER), as_(zone, Role.INVESTIGATOR)
    assert counted(client, dispatcher) == {"gestolen": 1}
    assert counted(client, investigator) == {"gestolen": 2}
    assert counted(client, as_(zone, Role.ADMIN)) == {"gestolen": 1, "intern": 1}
    one = client.get("/api/lists/gestolen", headers=dispatcher).json()
    assert [entry["plate_pattern"] for entry in one["content"]] == ["1AAA001"]
    assert client.get("/api/lists/intern", headers=dispatcher).status_code == 404
    assert client.get("/lists/intern", headers=dispatcher).status_code == 404
    assert "intern" not in client.get("/lists", headers=dispatcher).text
    page = client.get("/lists/gestolen", headers=dispatcher).text
    assert "AAA-001" in page
    assert "AAA-002" not in page


def counted(client: httpx.Client, headers: dict[str, str]) -> dict[str, int]:
    lists = client.get("/api/lists", headers=headers).json()["lists"]
    return {one["name"]: one["entries"] for one in lists}
