"""An OpenID Connect service of one person, for tests: it signs what it is told to say of them."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import FastAPI, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.console.zone import NOW

CLIENT = "anpr-console"


@dataclass
class Provider:
    """What the service says; `changes` bends the claims of the next token."""

    url: str = ""
    groups: list[str] = field(default_factory=lambda: ["recherche"])
    name: str = "an"
    subject: str = "42"
    changes: dict[str, Any] = field(default_factory=dict)
    signs_with: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048))
    asked: dict[str, str] = field(default_factory=dict)

    def app(self) -> FastAPI:
        app = FastAPI()
        published = RSAKey.import_key(self.signs_with.as_dict(private=False))

        @app.get("/.well-known/openid-configuration")
        def configuration() -> dict[str, str]:
            return {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
            }

        @app.get("/keys")
        def keys() -> dict[str, Any]:
            return {"keys": [published.as_dict(private=False)]}

        @app.get("/authorize")
        def authorize(request: Request) -> Response:
            self.asked = dict(request.query_params)
            back = urlencode({"code": "code-1", "state": self.asked["state"]})
            return RedirectResponse(f"{self.asked['redirect_uri']}?{back}", 303)

        @app.post("/token")
        def token(code: Annotated[str, Form()], code_verifier: Annotated[str, Form()]) -> Response:
            digest = urlsafe_b64encode(sha256(code_verifier.encode()).digest()).decode()
            if code != "code-1" or digest.rstrip("=") != self.asked["code_challenge"]:
                return JSONResponse({"error": "invalid_grant"}, 400)
            claims = {
                "iss": self.url, "aud": CLIENT, "sub": self.subject, "nonce": self.asked["nonce"],
                "exp": int(NOW.timestamp()) + 300, "iat": int(NOW.timestamp()),
                "preferred_username": self.name, "groups": self.groups, **self.changes,
            }  # fmt: skip
            signed = jwt.encode({"alg": "RS256"}, claims, self.signs_with)
            return JSONResponse(
                {"access_token": "none", "token_type": "Bearer", "id_token": signed}
            )

        return app
