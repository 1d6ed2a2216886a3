"""Sign what we send, so that the receiver knows it is ours, whole, and not an old one repeated."""

import hmac
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

SIGNATURE = "X-Anpr-Signature"
TIMESTAMP = "X-Anpr-Timestamp"
IDEMPOTENCY_KEY = "Idempotency-Key"

Secrets = Callable[[str], str]
"""Gives the secret of a reference (`env:NAME`, `file:PATH`). Raises SecretError."""


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Compute `sha256=HEX`: HMAC-SHA256 over the timestamp, a full stop, and the body."""
    signed = timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), signed, sha256).hexdigest()


def headers_of(body: bytes, key: str, moment: datetime, secret: str | None) -> dict[str, str]:
    """Write the headers of a call, signed where there is a secret.

    The timestamp counts whole seconds since 1970.
    """
    timestamp = str(int(moment.timestamp()))
    headers = {"Content-Type": "application/json", IDEMPOTENCY_KEY: key, TIMESTAMP: timestamp}
    if secret is not None:
        headers[SIGNATURE] = signature(secret, timestamp, body)
    return headers
