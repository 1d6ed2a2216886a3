"""Signing in at the organisation's OpenID Connect service."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from joserfc.jwk import RSAKey

from anpr.sites import OidcSettings
from console.oidc import Elsewhere
from sinks.store.engine import writing
from sinks.store.people import disable_account, list_accounts
from sinks.store.rights import Role
from tests.console.provider import CLIENT, Provider
from tests.console.server import serving
from tests.console.zone import Zone


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    with serving(provider.app(), lambda: None) as url:
        provider.url = url
        yield provider


@pytest.fixture
def zone(zone: Zone, provider: Provider) -> Zone:
    settings = OidcSettings(
        issuer=provider.url, client_id=CLIENT, claim="groups", title="Politie",
        roles={"recherche": ("investigator",), "wacht": ("dispatcher", "patrol")},
    )  # fmt: skip
    zone.elsewhere = Elsewhere(settings, lambda _: "secret", zone.clock)
    return zone


def sign_in(client: httpx.Client, next_: str = "") -> httpx.Response:
    return client.get("/login/elsewhere", params={"next": next_}, follow_redirects=True)


def roles(zone: Zone) -> dict[str, set[str]]:
    with zone.engine.connect() as connection:
        return {one.name: set(one.roles) for one in list_accounts(connection)}


def test_somebody_signs_in_there_and_has_the_roles_of_their_groups(
    zone: Zone, client: httpx.Client
) -> None:
    page = sign_in(client, "/search")
    assert page.status_code == 200
    assert 'content="0; url=/search"' in page.text
    assert client.get("/search").status_code == 200
    assert roles(zone) == {"an": {Role.INVESTIGATOR}}


def test_roles_follow_the_groups_at_every_login(
    zone: Zone, client: httpx.Client, provider: Provider
) -> None:
    sign_in(client)
    provider.groups = ["wacht", "unknown"]
    client.cookies.clear()
    sign_in(client)
    assert roles(zone) == {"an": {Role.DISPATCHER, Role.PATROL}}


def test_who_has_no_role_here_does_not_come_in(
    zone: Zone, client: httpx.Client, provider: Provider
) -> None:
    provider.groups = ["brandweer"]
    page = sign_in(client)
    assert page.status_code == 401
    assert "geeft u hier geen rol" in page.text
    assert roles(zone) == {}


def test_a_name_from_there_never_takes_over_an_account_of_here(
    zone: Zone, client: httpx.Client
) -> None:
    zone.account("an", Role.DPO)
    sign_in(client)
    assert roles(zone) == {"an": {Role.DPO}, "an 2": {Role.INVESTIGATOR}}


def test_a_disabled_account_stays_out(zone: Zone, client: httpx.Client) -> None:
    sign_in(client)
    with writing(zone.engine) as connection:
        disable_account(connection, "an")
    client.cookies.clear()
    assert sign_in(client).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another"}, {"iss": "https://evil.test"}, {"nonce": "another"},
        {"exp": 1_000_000_000}, {"sub": None},
    ],
)  # fmt: skip
def test_a_token_that_was_not_made_for_this_login_is_refused(
    zone: Zone, client: httpx.Client, provider: Provider, changes: dict[str, object]
) -> None:
    provider.changes = changes
    assert sign_in(client).status_code == 401
    assert roles(zone) == {}


def test_a_token_of_another_key_is_refused(
    zone: Zone, client: httpx.Client, provider: Provider
) -> None:
    provider.signs_with = RSAKey.generate_key(2048)
    assert sign_in(client).status_code == 401


def test_who_was_never_sent_there_does_not_come_back(zone: Zone, client: httpx.Client) -> None:
    assert client.get("/login/back", params={"code": "code-1", "state": "x"}).status_code == 401


def test_a_state_that_is_not_ours_and_one_that_is_too_old_are_refused(
    zone: Zone, client: httpx.Client
) -> None:
    client.get("/login/elsewhere")
    back = {"code": "code-1", "state": "not-ours"}
    assert client.get("/login/back", params=back).status_code == 401
    left = client.get("/login/elsewhere").headers["location"]
    returned = httpx.get(left).headers["location"]
    zone.clock.pass_(timedelta(minutes=11))
    assert client.get(returned).status_code == 401


def test_a_service_that_does_not_answer_is_said(zone: Zone, client: httpx.Client) -> None:
    settings = OidcSettings(issuer="http://127.0.0.1:9", client_id=CLIENT, roles={"x": ("patrol",)})
    assert zone.elsewhere is not None
    zone.elsewhere._settings = settings
    assert client.get("/login/elsewhere").status_code == 502


def test_the_login_page_offers_the_service_by_its_name(zone: Zone, client: httpx.Client) -> None:
    assert "Aanmelden met Politie" in client.get("/login").text
