"""Signing in, tokens, roles, other sites, headers."""

from datetime import timedelta

import httpx
import pytest

from sinks.store.engine import writing
from sinks.store.people import revoke_tokens
from sinks.store.rights import Role
from tests.console.server import serving
from tests.console.zone import PASSWORD, Zone

SIGN_IN = {"name": "an", "password": PASSWORD}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def sign_in(client: httpx.Client, **headers: str) -> httpx.Response:
    return client.post("/login", data=SIGN_IN, headers=headers)


def test_the_right_password_opens_a_session(zone: Zone, client: httpx.Client) -> None:
    zone.account("an", Role.INVESTIGATOR, password=PASSWORD)
    answer = sign_in(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))
    assert client.get("/").status_code == 200
    assert client.get("/api/alerts").status_code == 200


def test_over_https_the_cookie_is_secure_and_browsers_keep_to_https(zone: Zone) -> None:
    zone.account("an", Role.INVESTIGATOR, password=PASSWORD)
    with serving(zone.app(secure=True), zone.stop) as url, httpx.Client(base_url=url) as client:
        answer = sign_in(client)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-")
    assert "Secure" in cookie.split("; ")
    assert answer.headers["strict-transport-security"]


@pytest.mark.parametrize(
    ("name", "password"), [("an", "wrong"), ("nobody", PASSWORD), ("", ""), ("an", "")]
)
def test_a_wrong_name_or_password_is_told_alike(
    zone: Zone, client: httpx.Client, name: str, password: str
) -> None:
    zone.account("an", Role.INVESTIGATOR, password=PASSWORD)
    answer = client.post("/login", data={"name": name, "password": password})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert "Naam, wachtwoord of code klopt niet." in answer.text


def test_guessing_has_to_wait(zone: Zone, client: httpx.Client) -> None:
    zone.account("an", Role.INVESTIGATOR, password=PASSWORD)
    codes = [
        client.post("/login", data={"name": "an", "password": "wrong"}).status_code
        for _ in range(5)
    ]
    assert codes == [401] * 4 + [429]
    answer = sign_in(client)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    zone.clock.pass_(timedelta(seconds=2))
    assert sign_in(client).status_code == 303


def test_signing_out_ends_the_session(zone: Zone, client: httpx.Client) -> None:
    zone.account("an", Role.INVESTIGATOR, password=PASSWORD)
    sign_in(client)
    kept = {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}
    assert client.get("/api/alerts", headers=kept).status_code == 200
    assert client.post("/logout").headers["location"] == "/login"
    assert client.get("/api/alerts", headers=kept).status_code == 401  # not only forgotten


def test_a_session_left_alone_ends(zone: Zone, client: httpx.Client) -> None:
    zone.account("an", Role.INVESTIGATOR, password=PASSWORD)
    sign_in(client)
    zone.clock.pass_(timedelta(hours=2))
    assert client.get("/").headers["location"] == "/login?next=/"


def test_a_visitor_is_led_to_the_page_that_was_asked(zone: Zone, client: httpx.Client) -> None:
    zone.account("an", Role.INVESTIGATOR, password=PASSWORD)
    assert client.get("/search").headers["location"] == "/login?next=/search"
    answer = client.post("/login", data={**SIGN_IN, "next": "/search"})
    assert answer.headers["location"] == "/search"


@pytest.mark.parametrize(
    "elsewhere", ["//evil.test", "https://evil.test", "/\\evil.test", "/\t/evil.test", "evil"]
)
def test_signing_in_never_leads_to_another_site(
    zone: Zone, client: httpx.Client, elsewhere: str
) -> None:
    zone.account("an", Role.INVESTIGATOR, password=PASSWORD)
    answer = client.post("/login", data={**SIGN_IN, "next": elsewhere})
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("headers", [{}, bearer("wrong"), {"Authorization": "Basic eDp5"}])
def test_without_a_good_token_the_api_answers_401(
    client: httpx.Client, headers: dict[str, str]
) -> None:
    answer = client.get("/api/alerts", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_revoked_token_answers_401(zone: Zone, client: httpx.Client) -> None:
    token = zone.account("an", Role.DISPATCHER)
    assert client.get("/api/alerts", headers=bearer(token)).status_code == 200
    with writing(zone.engine) as connection:
        revoke_tokens(connection, "an")
    assert client.get("/api/alerts", headers=bearer(token)).status_code == 401


@pytest.mark.parametrize(
    ("role", "home"), [(Role.DPO, "/urgent"), (Role.STATISTICS, "/statistics")]
)
def test_who_may_not_see_traffic_begins_elsewhere(
    zone: Zone, client: httpx.Client, role: Role, home: str
) -> None:
    token = zone.account("x", role)
    assert client.get("/", headers=bearer(token)).headers["location"] == home


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
    ],
)
def test_what_another_site_sends_along_is_refused(
    zone: Zone, client: httpx.Client, headers: dict[str, str]
) -> None:
    zone.account("an", Role.INVESTIGATOR, password=PASSWORD)
    assert sign_in(client, **headers).status_code == 403
    assert sign_in(client).status_code == 303
    search = client.post("/api/passages/search", json={}, headers=headers)
    assert search.status_code == 403
    assert client.post("/search", data={}, headers=headers).status_code == 403
    assert client.post("/logout", headers=headers).status_code == 403


def test_our_own_pages_may_send(zone: Zone, client: httpx.Client) -> None:
    zone.account("an", Role.INVESTIGATOR, password=PASSWORD)
    origin = str(client.base_url).rstrip("/")
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": origin}
    assert sign_in(client, **headers).status_code == 303


@pytest.mark.parametrize("path", ["/login", "/api/alerts", "/nowhere-at-all", "/healthz"])
def test_every_answer_carries_the_guarding_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'self';")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_a_form_that_is_too_big_is_refused(client: httpx.Client) -> None:
    answer = client.post("/login", data={"name": "x" * 10_000})
    assert answer.status_code == 413
