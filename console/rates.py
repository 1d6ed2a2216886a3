"""How much one sender may ask at once: buckets that refill, of addresses and of credentials."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from math import ceil

from prometheus_client import Counter
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from console.problems import problem

LIMITED = Counter("anpr_console_limited", "Requests that came too fast.", ["kind"])

FREE = ("/v1/", "/static/", "/healthz", "/readyz", "/metrics")
"""What is not counted: cameras have limits of their own, and the rest is nobody's data."""

MOST_SENDERS = 10_000
"""So many are remembered, the last ones; an older one begins anew."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many at once, and so many a second from then on."""

    burst: int
    per_s: float


LIMITS = {
    "login": Limit(30, 0.5),
    "credential": Limit(300, 20),
    "address": Limit(1000, 60),
}
"""Of one address: logins, and all requests; of one session or token: its requests."""


class Buckets:
    """Counts what each sender asks. A bucket is what is left of its burst, and since when."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._left: OrderedDict[tuple[str, str], tuple[float, datetime]] = OrderedDict()

    def take(self, kind: str, sender: str) -> float:
        """Take one; give 0, or the seconds after which there will be one to take."""
        limit, now = LIMITS[kind], self._now()
        left, since = self._left.pop((kind, sender), (float(limit.burst), now))
        passed_s = max(0.0, (now - since).total_seconds())
        left = min(float(limit.burst), left + passed_s * limit.per_s)
        is_there = left >= 1
        self._left[kind, sender] = (left - 1 if is_there else left), now
        while len(self._left) > MOST_SENDERS:
            self._left.popitem(last=False)
        return 0.0 if is_there else (1 - left) / limit.per_s


class RateLimits:
    """Answers 429 to whoever asks faster than people and well-behaved systems do."""

    def __init__(self, app: ASGIApp, now: Callable[[], datetime]) -> None:
        self._app = app
        self._buckets = Buckets(now)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it."""
        if scope["type"] != "http" or scope["path"].startswith(FREE):
            await self._app(scope, receive, send)
            return
        for kind, sender in _senders(scope):
            wait_s = self._buckets.take(kind, sender)
            if wait_s:
                LIMITED.labels(kind).inc()
                headers = {"Retry-After": str(ceil(wait_s))}
                answer = problem(
                    HTTPStatus.TOO_MANY_REQUESTS, "Too many requests. Wait a little.", None, headers
                )
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _senders(scope: Scope) -> list[tuple[str, str]]:
    """Say under what a request counts; a credential only by its digest."""
    address = scope["client"][0] if scope.get("client") else ""
    senders = [("address", address)]
    if scope["path"] == "/login" and scope["method"] == "POST":
        senders.append(("login", address))
    headers = Headers(scope=scope)
    credential = headers.get("authorization") or headers.get("cookie")
    if credential:
        senders.append(("credential", sha256(credential.encode()).hexdigest()))
    return senders
