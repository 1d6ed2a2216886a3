"""What people do in a shift, in a browser, from the first click to what the store keeps of it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Page, expect

from anpr.lists import Entry
from sinks.cases.ledger import touched
from sinks.cases.life import State
from sinks.evidence.keys import KeyRing
from sinks.evidence.verify import verify
from sinks.store.audit import latest_audit
from sinks.store.casework import corrections_of
from sinks.store.rights import Role
from tests.browser.look import PHONE, faults_of
from tests.browser.scene import FAST, WANTED, Scene
from tests.console.zone import NOW, PASSWORD, Zone, hit, passage

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Visit = Callable[..., Page]


def test_a_search_leads_from_grounds_to_a_passage_and_its_record(
    visit: Visit, zone: Zone, scene: Scene
) -> None:
    page = visit("an", Role.INVESTIGATOR)
    page.goto("/search")
    page.get_by_label("Plaat", exact=False).first.fill("1-STL-6?6")
    page.get_by_label("Doel").select_option("judicial")
    page.get_by_label("Dossiernummer").fill("AN.30.L1/26")
    page.get_by_role("button", name="Zoeken").click()
    page.get_by_role("link", name="Openen").first.click()
    expect(page.get_by_role("heading", name="Lezing")).to_be_visible()
    assert faults_of(page) == []
    with zone.engine.connect() as connection:
        did = [row.action for row in latest_audit(connection, 20)]
    assert {"search", "passage", "image"} <= set(did)


def test_a_live_alert_arrives_by_itself_and_is_answered_from_the_keyboard(
    visit: Visit, zone: Zone, scene: Scene
) -> None:
    page = visit("an", Role.DISPATCHER)
    expect(page.locator("#state.on")).to_be_visible()
    seen = passage("late", "1NEW111", at=NOW - timedelta(seconds=3))
    zone.store([seen], [hit(seen, entry_plate="1NEW111")])
    alert = zone.raise_alert(hit(seen, entry_plate="1NEW111"))
    card = page.locator(f"#a-{alert}")
    expect(card).to_contain_text("1-NEW-111")
    page.keyboard.press("j")
    expect(card).to_be_focused()
    page.keyboard.press("b")
    expect(card).to_contain_text("Bevestigd")
    assert faults_of(page) == []


def test_an_answer_reaches_the_other_screens(visit: Visit, scene: Scene) -> None:
    first, second = visit("an", Role.DISPATCHER), visit("bo", Role.DISPATCHER)
    card = second.locator(f"#a-{scene.alert}")
    expect(second.locator("#state.on")).to_be_visible()
    first.locator(f"#a-{scene.alert}").get_by_role("button", name="Opnemen").click()
    expect(card).to_contain_text("Opgenomen")
    expect(card).to_contain_text("an")


@pytest.mark.parametrize(("typed", "told"), [("666", "kloppen"), ("668", "niet staande houden")])
def test_a_patrol_confirms_by_what_it_reads_on_the_vehicle(
    visit: Visit, scene: Scene, typed: str, told: str
) -> None:
    page = visit("an", Role.PATROL, look=PHONE)
    page.goto("/patrol")
    sheet = page.locator(f"#h-{scene.alert}")
    sheet.get_by_label("Laatste drie tekens").fill(typed)
    sheet.get_by_role("button", name="Vergelijken").click()
    expect(sheet.get_by_role("status" if typed == "666" else "alert")).to_contain_text(told)


def test_a_review_goes_from_case_to_case_with_the_keyboard_alone_and_is_exported(
    visit: Visit, zone: Zone, scene: Scene, tmp_path: Path
) -> None:
    page = visit("an", Role.TRAFFIC_OFFICER)
    page.goto(f"/review/{scene.violation.id}")
    assert FAST not in page.locator("main").inner_text(), "the plate is hidden until one is typed"
    page.keyboard.type("1-fas-789")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Akkoord")
    assert faults_of(page) == []
    page.get_by_label("komt overeen").press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("aanvaard")
    page.goto(f"/review/{scene.review.id}")
    page.get_by_role("button", name="Geen vrachtwagen").click()
    page.goto("/cases")
    assert faults_of(page) == []
    page.get_by_role("button", name="uitvoeren").click()
    expect(page.get_by_role("status")).to_contain_text("1 dossier uitgevoerd")
    with page.expect_download() as got:
        page.get_by_role("link", name="CSV").click()
    assert FAST in got.value.path().read_text("utf-8")
    page.get_by_role("link", name="case-").click()
    expect(page.get_by_role("heading", name="Geschiedenis")).to_be_visible()
    assert faults_of(page) == []
    (package,) = (tmp_path / "packages").glob("*.zip")
    assert verify(package.read_bytes(), KeyRing(tmp_path / "keys").trust).holds
    with zone.engine.connect() as connection:
        found = touched(connection, [scene.violation.id, scene.review.id])
    assert {one.state for one in found.values()} == {State.EXPORTED, State.REJECTED}


def test_a_correction_stands_beside_what_the_camera_read(
    visit: Visit, zone: Zone, scene: Scene
) -> None:
    page = visit("an", Role.DISPATCHER)
    page.goto(f"/passages/{scene.wanted.id}")
    page.get_by_text("De plaat verbeteren").click()
    page.get_by_label("Wat de beelden tonen").fill("1-STL-668")
    page.get_by_role("button", name="Vastleggen").click()
    expect(page.get_by_role("status")).to_contain_text("1-STL-668")
    expect(page.get_by_role("status")).to_contain_text(WANTED)
    with zone.engine.connect() as connection:
        (correction,) = corrections_of(connection, scene.wanted.id)
    assert (correction.plate, correction.account) == ("1STL668", "an")


def test_a_small_change_of_a_list_is_shown_and_then_made(
    visit: Visit, zone: Zone, scene: Scene
) -> None:
    page = visit("an", Role.INVESTIGATOR)
    page.goto("/lists/gestolen/edit")
    page.get_by_label("De hele lijst").fill("plate_pattern,reason_code\n1STL666,\n1NEW111,stolen\n")
    page.get_by_role("button", name="Bekijk wat er verandert").click()
    expect(page.locator(".figures")).to_contain_text("1 bijgevoegd")
    page.get_by_role("button", name="Invoeren").click()
    page.wait_for_url("**/lists/gestolen")
    patterns = {one.plate_pattern for one in zone.lists.latest("gestolen").entries}
    assert patterns == {"1STL666", "1NEW111"}


def test_a_mass_change_waits_for_a_second_person(visit: Visit, zone: Zone, scene: Scene) -> None:
    page = visit("an", Role.INVESTIGATOR)
    page.goto("/lists/gestolen/edit")
    many = "\n".join(f"1MAS{number:03}" for number in range(40))
    page.get_by_label("De hele lijst").fill(f"plate_pattern\n1STL666\n{many}\n")
    page.get_by_role("button", name="Bekijk wat er verandert").click()
    page.get_by_role("button", name="Voorleggen aan een tweede persoon").click()
    page.get_by_role("link", name="Bekijken").click()
    expect(page.get_by_text("Een tweede persoon moet dit aanvaarden.")).to_be_visible()
    assert len(zone.lists.latest("gestolen").entries) == 1
    other = visit("bo", Role.DISPATCHER)
    other.goto("/lists")
    other.get_by_role("link", name="Bekijken").click()
    other.get_by_role("button", name="Aanvaarden en invoeren").click()
    other.wait_for_url("**/lists")
    entries: list[Entry] = list(zone.lists.latest("gestolen").entries)
    assert len(entries) == 41


def test_a_broken_list_says_which_line_and_changes_nothing(
    visit: Visit, zone: Zone, scene: Scene
) -> None:
    page = visit("an", Role.INVESTIGATOR)
    page.goto("/lists/gestolen/edit")
    page.get_by_label("De hele lijst").fill("plate_pattern,priority\n1STL666,999\n")
    page.get_by_role("button", name="Bekijk wat er verandert").click()
    expect(page.get_by_role("alert")).to_contain_text("line 2")
    assert zone.lists.latest("gestolen").version == 3


def test_roles_are_given_to_others_and_never_to_oneself(
    visit: Visit, zone: Zone, scene: Scene
) -> None:
    zone.account("bo", Role.PATROL)
    page = visit("an", Role.ADMIN)
    page.goto("/people")
    mine = page.get_by_role("region", name="an", exact=True)
    expect(mine.get_by_role("checkbox")).to_have_count(0)
    other = page.get_by_role("region", name="bo", exact=True)
    other.get_by_label("rechercheur").check()
    other.get_by_role("button", name="Rollen bewaren").click()
    expect(
        page.get_by_role("region", name="bo", exact=True).get_by_label("rechercheur")
    ).to_be_checked()


def test_a_phone_becomes_the_second_key(visit: Visit, zone: Zone, scene: Scene) -> None:
    page = visit("an", Role.PATROL)
    page.goto("/me")
    secret = page.locator("input[name=secret]").get_attribute("value")
    assert secret is not None
    code = page.locator("form[action='/me/phone']").get_by_label("Code van uw telefoon")
    code.fill(pyotp.TOTP(secret).at(zone.clock()))
    page.get_by_role("button", name="Gebruiken").click()
    expect(page.get_by_role("status")).to_contain_text("code van uw telefoon")
    page.get_by_role("button", name="Afmelden").click()
    zone.clock.pass_(timedelta(seconds=30))
    for code_given, is_in in (("", False), (pyotp.TOTP(secret).at(zone.clock()), True)):
        page.get_by_label("Naam").fill("an")
        page.get_by_label("Wachtwoord").fill(PASSWORD)
        page.get_by_label("Code van uw telefoon").fill(code_given)
        page.get_by_role("button", name="Aanmelden").click()
        expect(page.get_by_role("button", name="Afmelden")).to_have_count(int(is_in))


def test_the_audit_page_shows_the_chain_whole(visit: Visit, scene: Scene) -> None:
    page = visit("an", Role.DPO)
    page.goto("/audit")
    expect(page.get_by_role("heading", name="Logboek")).to_be_visible()
    page.get_by_role("link", name="Keten nakijken").click()
    expect(page.get_by_text("De keten klopt.")).to_be_visible()
