"""The self-audit page, and what the audit keeps of a review."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine

from anpr.sites.console import AuditSettings
from console.watching import is_in_service
from sinks.store.audit import latest_audit, record_audit
from sinks.store.engine import writing
from sinks.store.own_plates import own_plates
from sinks.store.people import Account, add_account
from sinks.store.rights import Role
from sinks.store.sealing import who_asked, with_vault
from sinks.store.vault import Vault
from tests.console.zone import NOW, PASSWORD, SITE, Zone, passage, transit

OF_INGE = "1ING333"
GROUNDS = {"purpose": "judicial", "case_ref": "AN.1/26"}


@pytest.fixture
def zone(engine: Engine) -> Zone:
    """A zone as it runs: what its audit says of plates is sealed."""
    vault = Vault(Fernet.generate_key())
    return Zone(with_vault(engine, vault), vault=vault)


def signed_in(zone: Zone, client: httpx.Client, name: str, *roles: Role) -> None:
    zone.account(name, *roles, password=PASSWORD)
    assert client.post("/login", data={"name": name, "password": PASSWORD}).status_code == 303


def names(zone: Zone) -> dict[str, frozenset[str]]:
    with zone.engine.connect() as connection:
        return dict(own_plates(connection, zone.vault))


def did(zone: Zone) -> list[str]:
    with zone.engine.connect() as connection:
        return [row.action for row in latest_audit(connection, 2)]


def test_a_vault_whose_key_is_gone_is_said_and_breaks_nothing(
    zone: Zone, client: httpx.Client
) -> None:
    signed_in(zone, client, "an", Role.DPO, Role.INVESTIGATOR)
    sealed_before = with_vault(zone.engine, Vault(Fernet.generate_key()))
    account = Account("an", frozenset({Role.DPO}))
    record_audit(sealed_before, account, "search", NOW, query={"plate": OF_INGE})
    for path in ("/audit", "/audit/report"):
        page = client.get(path)
        assert page.status_code == 503
        assert OF_INGE not in page.text


def test_the_report_shows_who_looked_up_a_colleague_and_no_plate(
    zone: Zone, client: httpx.Client
) -> None:
    with writing(zone.engine) as connection:
        add_account(connection, "inge", [Role.PATROL], None, NOW)
    signed_in(zone, client, "an", Role.DPO, Role.INVESTIGATOR)
    named = client.post("/audit/plates", data={"name": "inge", "own": "1-ING-333"})
    assert named.status_code == 303
    assert names(zone) == {"inge": frozenset({OF_INGE})}

    client.post("/search", data={**GROUNDS, "plate": OF_INGE})
    page = client.get("/audit/report").text
    assert "plaat van een collega" in page
    assert "AN.1/26" in page
    assert "ING333" not in page
    assert "ING-333" not in page
    assert did(zone)[0] == "audit_report"


def test_the_report_is_of_the_days_that_are_asked(zone: Zone, client: httpx.Client) -> None:
    with writing(zone.engine) as connection:
        add_account(connection, "inge", [Role.PATROL], None, NOW)
    signed_in(zone, client, "an", Role.DPO, Role.INVESTIGATOR)
    client.post("/audit/plates", data={"name": "inge", "own": OF_INGE})
    client.post("/search", data={**GROUNDS, "plate": OF_INGE})
    for since, to, is_told in [
        ("2026-06-15", "2026-06-15", True),
        ("2026-06-01", "2026-06-14", False),
        ("2026-06-16", "", False),
        ("", "", True),
    ]:
        page = client.get("/audit/report", params={"from": since, "to": to}).text
        assert ("plaat van een collega" in page) is is_told, (since, to)
    assert client.get("/audit/report", params={"from": "0001-01-01"}).status_code == 422


def test_nobody_names_their_own_plates(zone: Zone, client: httpx.Client) -> None:
    signed_in(zone, client, "an", Role.DPO)
    refused = client.post("/audit/plates", data={"name": "an", "own": OF_INGE})
    assert refused.status_code == 403
    assert "Niemand geeft de eigen platen op" in refused.text
    assert client.post("/audit/plates", data={"name": "nobody", "own": ""}).status_code == 404
    assert names(zone) == {}


HOURS = [
    {"days": ["mon", "tue"], "from": "08:00", "to": "18:00"},
    {"days": ["sat"], "from": "22:00", "to": "02:00"},
]
SERVICE = SITE.model_copy(update={"audit": AuditSettings.model_validate({"service_hours": HOURS})})


@pytest.mark.parametrize(
    ("local", "is_in"),
    [
        ("2026-06-15T07:59:59", False),
        ("2026-06-15T08:00:00", True),
        ("2026-06-15T17:59:59", True),
        ("2026-06-15T18:00:00", False),
        ("2026-06-17T12:00:00", False),
        ("2026-06-21T01:59:59", True),  # the night of saturday
        ("2026-06-21T02:00:00", False),
    ],
)
def test_service_hours_are_local_and_run_over_midnight(local: str, *, is_in: bool) -> None:
    moment = datetime.fromisoformat(local).replace(tzinfo=SITE.site.zone).astimezone(UTC)
    assert is_in_service(SERVICE, moment) is is_in
    assert is_in_service(SITE, moment), "without any hours every hour is one of service"


def test_a_review_leaves_both_plates_sealed_in_the_audit(zone: Zone, client: httpx.Client) -> None:
    entry, leave = passage("a"), passage("b", camera="zuid")
    case = transit(entry, leave)
    zone.store([entry, leave], [case])
    officer = {"Authorization": f"Bearer {zone.account('bo', Role.TRAFFIC_OFFICER)}"}
    answer = client.post(
        f"/api/cases/{case.id}/reviews", json={"seen": "1-XYZ-999"}, headers=officer
    )
    assert answer.status_code == 201, answer.text
    with zone.engine.connect() as connection:
        (row,) = latest_audit(connection, 1)
        assert row.action == "review"
        for plate in ("1XYZ999", case.plate):
            assert plate not in row.query
            asked = who_asked(connection, zone.vault, plate, NOW - timedelta(days=1))
            assert [found.id for found, _ in asked] == [row.id]


def test_opening_a_case_to_review_it_is_in_the_audit(zone: Zone, client: httpx.Client) -> None:
    entry, leave = passage("a"), passage("b", camera="zuid")
    case = transit(entry, leave)
    zone.store([entry, leave], [case])
    signed_in(zone, client, "bo", Role.TRAFFIC_OFFICER)
    assert client.get(f"/review/{case.id}").status_code == 200
    client.get("/review")
    assert did(zone) == ["review_queue", "review_open"]
    with zone.engine.connect() as connection:
        asked = who_asked(connection, zone.vault, case.plate, NOW - timedelta(days=1))
        assert [row.action for row, _ in asked] == ["review_open", "review_queue"]


def test_the_review_of_somebody_else_is_not_shown_with_the_next_case(
    zone: Zone, client: httpx.Client
) -> None:
    entry, leave = passage("a"), passage("b", camera="zuid")
    case = transit(entry, leave)
    zone.store([entry, leave], [case])
    officer = {"Authorization": f"Bearer {zone.account('bo', Role.TRAFFIC_OFFICER)}"}
    client.post(f"/api/cases/{case.id}/reviews", json={"seen": "1XYZ999"}, headers=officer)
    own = client.get("/review", params={"before": case.id}, headers=officer).text
    signed_in(zone, client, "an", Role.TRAFFIC_OFFICER)
    others = client.get("/review", params={"before": case.id}).text
    assert "1XYZ999" in own
    assert "1XYZ999" not in others
