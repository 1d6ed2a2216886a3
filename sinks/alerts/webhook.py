"""A channel that posts signed JSON to an address."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

import httpx

from anpr.errors import SecretError
from sinks.alerts.channel import Fate, Outcome
from sinks.signing import Secrets, headers_of

TIMEOUT = httpx.Timeout(5.0, connect=2.0)
"""Seconds: a receiver that takes longer is asked again rather than waited for."""

_RETRIED = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
"""Client errors that pass by themselves; any other means that asking again is of no use."""


class Webhook:
    """A `Channel` over HTTP: it follows no redirect, since a signature is for one receiver.

    `secret` is a reference, looked up for each call; without one the calls are not signed.
    """

    def __init__(
        self,
        url: str,
        secret: str | None,
        secrets: Secrets,
        now: Callable[[], datetime],
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self._url = url
        self._secret = secret
        self._secrets = secrets
        self._now = now
        self._client = httpx.Client(timeout=timeout, follow_redirects=False)

    def send(self, body: bytes, key: str) -> Outcome:
        """Post once. What may pass by itself is to be retried, a missing secret too."""
        try:
            secret = None if self._secret is None else self._secrets(self._secret)
            headers = headers_of(body, key, self._now(), secret)
            answer = self._client.post(self._url, content=body, headers=headers)
        except SecretError as error:
            return Outcome(Fate.RETRY, str(error))
        except httpx.InvalidURL as error:
            return Outcome(Fate.REFUSED, type(error).__name__)
        except httpx.HTTPError as error:  # its words may hold the address: only its name is kept
            return Outcome(Fate.RETRY, type(error).__name__)
        return judge(answer.status_code)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def judge(status: int) -> Outcome:
    """Say what an HTTP status means for a message."""
    detail = f"HTTP {status}"
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Outcome(Fate.SENT, detail)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _RETRIED:
        return Outcome(Fate.RETRY, detail)
    return Outcome(Fate.REFUSED, detail)
