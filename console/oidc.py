"""Signing in elsewhere: OpenID Connect, by code with PKCE, at the organisation's own service."""

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from anpr.errors import AnprError, StoreError
from anpr.sites import OidcSettings
from sinks.store.rights import Role
from sinks.store.vault import Vault

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
"""Signatures with a key pair: none that our own secret could make."""

SCOPE = "openid profile"
PATIENCE_S = 10
LEEWAY_S = 60
KEPT = timedelta(hours=1)
"""So long the service's addresses and keys are taken as known."""
UNDERWAY = timedelta(minutes=10)
"""Within this somebody who was sent there comes back."""


class ElsewhereError(AnprError):
    """Signing in at the organisation's service did not work. Try again, or ask who runs it."""


@dataclass(frozen=True, slots=True)
class Journey:
    """What must come back with somebody who was sent there; a cookie keeps it, sealed."""

    state: str
    nonce: str
    verifier: str
    next: str
    left_at: float

    @property
    def challenge(self) -> str:
        """What the service is shown of the verifier (RFC 7636)."""
        digest = sha256(self.verifier.encode()).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()

    def sealed(self, vault: Vault) -> str:
        """Seal it for the cookie."""
        return vault.seal(json.dumps(asdict(self)))

    @classmethod
    def opened(cls, sealed: str, vault: Vault, now: datetime) -> Self:
        """Read it back. Raises ElsewhereError where it is not ours, or too old."""
        try:
            journey = cls(**json.loads(vault.open(sealed)))
        except (StoreError, ValueError, TypeError) as error:
            raise ElsewhereError from error
        if not 0 <= now.timestamp() - journey.left_at <= UNDERWAY.total_seconds():
            raise ElsewhereError
        return journey


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is to the service, and the roles that follow from what it says of them."""

    subject: str
    name: str
    roles: frozenset[Role]


class Elsewhere:
    """The organisation's service, as its settings name it."""

    def __init__(
        self, settings: OidcSettings, secret: Callable[[str], str], now: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._secret = secret
        self._now = now
        self._known: tuple[datetime, Mapping[str, Any], KeySet] | None = None

    @property
    def title(self) -> str:
        """What the button to it says."""
        return self._settings.title or (urlsplit(self._settings.issuer).hostname or "")

    def leave(self, back: str, next_: str) -> tuple[str, Journey]:
        """Give where to send somebody, and what must come back with them. Raises ElsewhereError."""
        journey = Journey(
            secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), next_,
            self._now().timestamp(),
        )  # fmt: skip
        endpoints, _ = self._service()
        asked = {
            "response_type": "code", "client_id": self._settings.client_id, "redirect_uri": back,
            "scope": SCOPE, "state": journey.state, "nonce": journey.nonce,
            "code_challenge": journey.challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        return str(httpx.URL(endpoints["authorization_endpoint"], params=asked)), journey

    def arrive(self, back: str, code: str, state: str, journey: Journey) -> Person:
        """Tell who came back. Raises ElsewhereError."""
        if not secrets.compare_digest(state.encode(), journey.state.encode()):
            raise ElsewhereError
        endpoints, keys = self._service()
        try:
            token = self._token(endpoints["token_endpoint"], back, code, journey.verifier)
            claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
            self._registry(journey).validate(claims)
        except (JoseError, httpx.HTTPError, KeyError, ValueError) as error:
            raise ElsewhereError from error
        return self._person(claims)

    def _person(self, claims: Mapping[str, Any]) -> Person:
        settings = self._settings
        told = claims.get(settings.claim) or []
        groups = [told] if isinstance(told, str) else [one for one in told if isinstance(one, str)]
        roles = frozenset(Role(role) for one in groups for role in settings.roles.get(one, ()))
        subject = str(claims["sub"])
        return Person(
            f"{settings.issuer}|{subject}", str(claims.get(settings.name_claim) or subject), roles
        )

    def _registry(self, journey: Journey) -> jwt.JWTClaimsRegistry:
        settings = self._settings
        return jwt.JWTClaimsRegistry(
            now=int(self._now().timestamp()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": settings.issuer},
            aud={"essential": True, "value": settings.client_id},
            exp={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": journey.nonce},
        )

    def _token(self, address: str, back: str, code: str, verifier: str) -> str:
        """Exchange a code for the token that says who somebody is."""
        settings = self._settings
        given = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": back,
            "code_verifier": verifier, "client_id": settings.client_id,
        }  # fmt: skip
        reference = settings.client_secret
        auth = None if reference is None else (settings.client_id, self._secret(reference))
        answer = httpx.post(address, data=given, auth=auth, timeout=PATIENCE_S)
        answer.raise_for_status()
        return str(answer.json()["id_token"])

    def _service(self) -> tuple[Mapping[str, Any], KeySet]:
        """Ask where the service's parts are, and for its keys. Raises ElsewhereError."""
        now = self._now()
        if self._known is not None and now - self._known[0] < KEPT:
            return self._known[1], self._known[2]
        address = f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            endpoints = _json(address)
            if endpoints["issuer"] != self._settings.issuer:
                raise ElsewhereError
            keys = KeySet.import_key_set(_json(endpoints["jwks_uri"]))  # type: ignore[arg-type]  # as the service wrote it
        except (httpx.HTTPError, JoseError, KeyError, ValueError) as error:
            raise ElsewhereError from error
        self._known = now, endpoints, keys
        return endpoints, keys


def _json(address: str) -> Mapping[str, Any]:
    answer = httpx.get(address, timeout=PATIENCE_S)
    answer.raise_for_status()
    found = answer.json()
    if not isinstance(found, dict):
        raise ElsewhereError
    return found
