"""The pages: what they show, what they hide, and what they say when something is wrong."""

import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

import console
from console.words import CODES, ENGLISH, LANGUAGES, says
from sinks.store.audit import latest_audit
from sinks.store.rights import Role
from tests.console.zone import (
    NOW,
    PASSWORD,
    Zone,
    access,
    camera_state,
    hit,
    lock_transit,
    passage,
    transit,
)

FOLDER = Path(console.__file__).parent
GROUNDS = {"purpose": "judicial", "case_ref": "AN.1/26"}
SAID = re.compile(r"""\b_\(\s*"([^"]+)"\s*\)|\b_\(\s*'((?:[^'\\]|\\.)+)'\s*\)""")


def signed_in(zone: Zone, client: httpx.Client, *roles: Role) -> httpx.Client:
    zone.account("an", *roles, password=PASSWORD)
    answer = client.post("/login", data={"name": "an", "password": PASSWORD})
    assert answer.status_code == 303
    return client


def test_the_live_page_masks_plates_but_for_hits(zone: Zone, client: httpx.Client) -> None:
    wanted = passage("hit", "1STL666")
    zone.store([passage("a"), passage("b", None), wanted], [hit(wanted)])
    zone.raise_alert(hit(wanted))
    page = signed_in(zone, client, Role.DISPATCHER).get("/").text
    assert "1-STL-666" in page
    assert "ABC" not in page
    assert "onleesbaar" in page
    assert "gestolen" in page


def test_the_live_page_of_an_operator_shows_no_plate_at_all(
    zone: Zone, client: httpx.Client
) -> None:
    wanted = passage("hit", "1STL666")
    zone.store([wanted], [hit(wanted)])
    zone.raise_alert(hit(wanted))
    page = signed_in(zone, client, Role.OPERATOR).get("/").text
    assert "STL" not in page
    assert "Meldingen" not in page


def test_a_search_page_asks_for_grounds_and_keeps_what_was_typed(
    zone: Zone, client: httpx.Client
) -> None:
    answer = signed_in(zone, client, Role.INVESTIGATOR).post("/search", data={"plate": "1ABC123"})
    assert answer.status_code == 422
    assert "Kies waarvoor u zoekt." in answer.text
    assert "Geef het nummer van het dossier." in answer.text
    assert 'value="1ABC123"' in answer.text


def test_a_search_shows_passages_and_leads_to_their_pages(zone: Zone, client: httpx.Client) -> None:
    image = zone.images.put(b"\xff\xd8 picture")
    seen = passage(
        "a", images={"crop": image}, alternatives=[{"plate": "1A8C123", "confidence": 0.02}]
    )
    zone.store([seen], [access(seen)])
    signed_in(zone, client, Role.INVESTIGATOR)
    found = client.post("/search", data={**GROUNDS, "plate": "1-abc-123"})
    assert found.status_code == 200
    assert f'href="/passages/{seen.id}"' in found.text
    page = client.get(f"/passages/{seen.id}").text
    assert "1-ABC-123" in page
    assert "1A8C123" in page
    assert "97 %" in page
    source = re.search(r'<img class="crop" src="([^"]+)"', page)
    assert source is not None
    assert client.get(source[1]).content == b"\xff\xd8 picture"
    with zone.engine.connect() as connection:
        records = [(row.action, row.case_ref) for row in latest_audit(connection, 3)]
    assert records == [("image", "AN.1/26"), ("passage", "AN.1/26"), ("search", "AN.1/26")]


def test_local_times_of_the_form_are_those_of_the_site(zone: Zone, client: httpx.Client) -> None:
    zone.store([passage("a", at=NOW - timedelta(hours=2))])  # 10:00 in Brussels
    signed_in(zone, client, Role.INVESTIGATOR)
    asked = {**GROUNDS, "plate": "1ABC123", "to": "2026-06-15T10:30"}
    inside = client.post("/search", data={**asked, "from": "2026-06-15T10:00"})
    outside = client.post("/search", data={**asked, "from": "2026-06-15T10:00:01"})
    assert "1-ABC-123" in inside.text
    assert "Niets gevonden" in outside.text


def test_the_form_says_what_the_law_does_not_open(zone: Zone, client: httpx.Client) -> None:
    signed_in(zone, client, Role.INVESTIGATOR)
    asked = {**GROUNDS, "plate": "1ABC123", "from": "2026-04-01T00:00"}
    answer = client.post("/search", data=asked)
    assert answer.status_code == 403
    assert "16/05/2026 12:00" in answer.text
    offered = re.findall(r'<option value="(\w+)"', answer.text)
    assert offered == ["judicial", "traffic", "disappearance", "administrative"]


def test_older_passages_are_one_button_away(zone: Zone, client: httpx.Client) -> None:
    zone.store(passage(str(number), at=NOW - timedelta(minutes=number)) for number in range(120))
    signed_in(zone, client, Role.INVESTIGATOR)
    asked = {**GROUNDS, "plate": "1ABC123"}
    first = client.post("/search", data=asked).text
    button = re.search(r'name="after" value="([^"]+)"', first)
    assert button is not None
    second = client.post("/search", data={**asked, "after": button[1]}).text
    assert "100+ passages" in first
    assert "20 passages" in second


@pytest.mark.parametrize("tab", ["all", "nonsense"])
def test_all_cases_are_listed_with_their_states(zone: Zone, client: httpx.Client, tab: str) -> None:
    a, b = passage("a"), passage("b", camera="zuid")
    zone.store([a, b], [transit(a, b), lock_transit(a, b), access(b), access(a, decision="allow")])
    page = signed_in(zone, client, Role.TRAFFIC_OFFICER).get("/cases", params={"tab": tab}).text
    table = page[page.index("<table") :]
    assert table.count("kandidaat") == 3


@pytest.mark.parametrize(
    ("tab", "shown"),
    [
        ("violations", "onmiddellijke inning"),
        ("cancelled", "look-alike plaat"),
        ("locks", "doorgaand"),
        ("locks-other", "vrijgesteld"),
        ("accesses", "geweigerd"),
    ],
)
def test_cases_are_in_their_tabs(zone: Zone, client: httpx.Client, tab: str, shown: str) -> None:
    a, b, c = passage("a"), passage("b", camera="zuid"), passage("c", camera="zuid")
    zone.store(
        [a, b, c],
        [
            transit(a, b),
            transit(a, c, verdict="cancelled", reason="look_alike", case_class="none"),
            lock_transit(a, b),
            lock_transit(a, c, verdict="exempt", reason="permit"),
            access(b),
        ],
    )
    page = signed_in(zone, client, Role.TRAFFIC_OFFICER).get("/cases", params={"tab": tab}).text
    table = page[page.index("<table") :]
    assert shown in table
    assert table.count("<tr>") == 2


def test_a_lock_that_asks_too_often_says_so_and_holds_its_questions_back(
    zone: Zone, client: httpx.Client
) -> None:
    seen = [passage(str(number)) for number in range(4)]
    through = lock_transit(seen[0], seen[0])
    asked = [lock_transit(seen[0], one, verdict="review", reason="class_unsure") for one in seen]
    zone.store(seen, [through, *asked[1:]])
    page = signed_in(zone, client, Role.TRAFFIC_OFFICER).get("/cases", params={"tab": "locks"}).text
    assert "ongeschikt op" in page
    assert page[page.index("<table") :].count("<tr>") == 2


def test_violations_on_sections_in_a_row_say_which_leads(zone: Zone, client: httpx.Client) -> None:
    a, b, c = passage("a"), passage("b", camera="zuid"), passage("c", camera="zuid")
    zone.store([a, b, c], [transit(a, b), transit(b, c, section="n16", amount_eur=83)])
    officer = signed_in(zone, client, Role.TRAFFIC_OFFICER)
    page = officer.get("/cases", params={"tab": "violations"}).text
    assert "hoogste van 2" in page
    assert "hoort bij het dossier van n16" in page


def test_a_violation_shows_how_it_was_reckoned_and_what_is_left_to_establish(
    zone: Zone, client: httpx.Client
) -> None:
    a, b = passage("a"), passage("b", camera="zuid")
    budget = {
        "length_m": 1240, "length_error_m": 1, "travel_s": 48.3, "entry_clock_ms": 20,
        "exit_clock_ms": 20, "formula": "3.6 * (1240 - 1) m / (48.3 + 0.02 + 0.02) s",
    }  # fmt: skip
    known = {"conditions": ["no_other_offence"], "consequences": ["driving_ban_mandatory"]}
    case = transit(a, b, error_budget=budget, amount_eur=113, **known)
    zone.store([a, b], [case])
    zone.review(case)
    page = signed_in(zone, client, Role.TRAFFIC_OFFICER).get(f"/passages/{b.id}").text
    for shown in (
        str(budget["formula"]),
        "113 €",
        "geen andere overtreding",
        "rijverbod verplicht",
    ):
        assert shown in page


def test_cameras_lists_and_figures_have_their_pages(zone: Zone, client: httpx.Client) -> None:
    zone.store([], [camera_state("noord", "clock_off", NOW, "420 ms")])
    signed_in(zone, client, Role.INVESTIGATOR, Role.STATISTICS)
    assert "klok wijkt af" in client.get("/cameras").text
    assert "gestolen" in client.get("/lists").text
    assert "1-STL-666" in client.get("/lists/gestolen").text
    assert client.get("/lists/nothing").status_code == 404
    assert "Nog geen cijfers" in client.get("/statistics").text


def test_the_audit_page_shows_who_did_what_and_checks_the_chain(
    zone: Zone, client: httpx.Client
) -> None:
    signed_in(zone, client, Role.DPO, Role.INVESTIGATOR)
    client.post("/search", data={**GROUNDS, "plate": "1ABC123"})
    page = client.get("/audit").text
    assert "gezocht" in page
    assert "1ABC123" in page
    assert "AN.1/26" in page
    assert "De keten klopt." in client.get("/audit", params={"check": 1}).text


def test_a_closed_passage_and_a_wrong_address_are_told_as_pages(
    zone: Zone, client: httpx.Client
) -> None:
    zone.store([passage("a")])
    signed_in(zone, client, Role.DISPATCHER)
    closed, nothing = client.get(f"/passages/{passage('a').id}"), client.get("/nothing")
    assert (closed.status_code, nothing.status_code) == (403, 404)
    assert "Dit mag u niet zien" in closed.text
    assert "Hier is niets" in nothing.text


def test_what_people_typed_is_shown_as_text(zone: Zone, client: httpx.Client) -> None:
    evil = '"><script>alert(1)</script>'
    answer = client.post("/login", data={"name": evil, "password": "x"})
    assert "<script>alert" not in answer.text
    zone.store([], [camera_state("noord", "down", NOW, evil)])
    page = signed_in(zone, client, Role.OPERATOR).get("/cameras").text
    assert "<script>alert" not in page


def test_a_language_is_chosen_once_and_kept(zone: Zone, client: httpx.Client) -> None:
    signed_in(zone, client, Role.INVESTIGATOR)
    answer = client.post("/language", data={"language": "en", "here": "/search"})
    assert answer.headers["location"] == "/search"
    page = client.get("/search").text
    assert '<html lang="en">' in page
    assert "On what grounds?" in page
    assert "Dossiernummer" not in page


def test_everything_the_templates_say_has_english_words() -> None:
    said = {
        (double or single).replace("\\'", "'")
        for path in FOLDER.glob("templates/*.html")
        for double, single in SAID.findall(path.read_text())
    }
    assert len(said) > 100
    assert said - set(ENGLISH) - set(CODES) == set()
    assert set(ENGLISH) - said - {"Live", "Zoeken", "Cijfers", "Camera's", "Logboek"} == set()


def test_a_code_without_words_is_still_readable() -> None:
    assert [says(language, "some_new_reason") for language in LANGUAGES] == ["some new reason"] * 2


def test_pages_hold_no_script_or_style_of_their_own() -> None:
    for path in FOLDER.glob("templates/*.html"):
        text = path.read_text()
        assert " style=" not in text
        assert "<style" not in text
        assert not re.search(r"\son\w+=", text)
        assert not re.search(r"<script(?! src=)", text)
        assert not re.search(r"""(src|href)=["']https?:""", text)
