"""A receiver over HTTPS: each package is put under its name, and the answer is the receipt."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

import httpx

from anpr.errors import SecretError
from sinks.alerts.channel import Fate
from sinks.alerts.webhook import judge
from sinks.delivery.ledger import State
from sinks.delivery.way import Outcome, receipt_in
from sinks.signing import Secrets, headers_of

TIMEOUT = httpx.Timeout(60.0, connect=5.0)


class HttpsWay:
    """A `Way` that PUTs to ADDRESS/NAME, signed where there is a secret.

    2xx: received, and what the answer says is the receipt; 202: taken in, and asked for later by
    GET of ADDRESS/NAME.receipt.json. 4xx: refused, unless it passes by itself.
    """

    def __init__(
        self,
        url: str,
        secret: str | None,
        secrets: Secrets,
        now: Callable[[], datetime],
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self._url = url.rstrip("/")
        self._secret = secret
        self._secrets = secrets
        self._now = now
        self._client = httpx.Client(timeout=timeout, follow_redirects=False)

    def send(self, name: str, content: bytes, key: str) -> Outcome:
        """Put once."""
        answer = self._asked("PUT", name, content, key)
        if isinstance(answer, Outcome):
            return answer
        fate = judge(answer.status_code)
        if fate.fate is Fate.RETRY:
            return Outcome(None, fate.detail)
        said = f"{fate.detail} {answer.text[:500]}".strip()
        if fate.fate is Fate.REFUSED:
            return Outcome(State.REFUSED, said)
        is_done = answer.status_code != HTTPStatus.ACCEPTED
        return Outcome(State.RECEIVED if is_done else State.SENT, said)

    def answer(self, name: str) -> Outcome:
        """Ask for the receipt of what was only taken in."""
        answer = self._asked("GET", f"{name}.receipt.json", b"", name)
        if isinstance(answer, Outcome):
            return answer
        is_told = answer.status_code == HTTPStatus.OK
        return receipt_in(answer.content) if is_told else Outcome(None)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _asked(self, method: str, name: str, content: bytes, key: str) -> httpx.Response | Outcome:
        try:
            secret = None if self._secret is None else self._secrets(self._secret)
            headers = headers_of(content, key, self._now(), secret)
            headers["Content-Type"] = "application/octet-stream"
            return self._client.request(
                method, f"{self._url}/{name}", content=content, headers=headers
            )
        except SecretError as error:
            return Outcome(None, str(error))
        except httpx.HTTPError as error:  # its words may hold the address: only its name is kept
            return Outcome(None, type(error).__name__)
