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


def signed_headers(secret: str, moment: datetime, key: str, body: bytes) -> dict[str, str]:
    """Write the headers of a signed call; the timestamp counts whole seconds since 1970."""
    timestamp = str(int(moment.timestamp()))
    return {
        "Content-Type": "application/json",
        TIMESTAMP: timestamp,
        SIGNATURE: signature(secret, timestamp, body),
        IDEMPOTENCY_KEY: key,
    }
