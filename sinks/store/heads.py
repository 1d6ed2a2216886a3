"""Signed heads of the audit chain, kept outside the store: they show where its end was cut off.

A chain whose last records were taken away, and whose head was set back, is whole in itself. A line
that says how far it had come at a moment, in a place that whoever keeps the store cannot write,
is what it is held against.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Connection, Engine, select

from anpr.errors import StoreError
from anpr.time import rfc3339
from sinks.store.audit import audit, audit_head, start_of
from sinks.store.vault import key_file

EVERY = timedelta(hours=1)
SIGNED = ("at", "id", "digest")


@dataclass(frozen=True, slots=True)
class HeadsCheck:
    """How many heads the chain was held against, and the first that it does not bear out."""

    heads: int
    wrong: str | None


class Signer:
    """Signs heads for one zone."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @property
    def name(self) -> str:
        """The public key, in base64: whoever keeps the heads keeps it too."""
        return b64encode(self._key.public_key().public_bytes_raw()).decode()

    def line(self, connection: Connection, now: datetime) -> str:
        """Write how far the chain has come."""
        head = connection.execute(select(audit_head)).one()
        said = {"at": rfc3339(now), "id": head.id, "digest": head.digest}
        signature = b64encode(self._key.sign(_bytes(said))).decode()
        return json.dumps({**said, "by": self.name, "signature": signature})


def open_signer(path: Path) -> Signer:
    """Take the key out of a file, or make it there. Raises StoreError."""
    told = key_file(path, lambda: b64encode(Ed25519PrivateKey.generate().private_bytes_raw()))
    try:
        return Signer(Ed25519PrivateKey.from_private_bytes(b64decode(told, validate=True)))
    except ValueError as error:
        raise StoreError(f"{path} holds no key; put back the one that the zone made") from error


def write_head(connection: Connection, signer: Signer, heads: Path, now: datetime) -> None:
    """Append how far the chain has come to the file of heads."""
    heads.parent.mkdir(parents=True, exist_ok=True)
    with heads.open("a", encoding="utf-8") as file:
        file.write(signer.line(connection, now) + "\n")


class HourlyHeads:
    """Appends a head every hour of a clock, the first one at once."""

    def __init__(self, engine: Engine, key: Path, heads: Path, now: Callable[[], datetime]) -> None:
        self._engine, self._key, self._heads, self._now = engine, key, heads, now
        self._signed_at: datetime | None = None

    def look(self) -> None:
        """Append one if the last is an hour old, or younger than now: the clock was set back."""
        now = self._now()
        if self._signed_at and timedelta(0) <= now - self._signed_at < EVERY:
            return
        with self._engine.connect() as connection:
            write_head(connection, open_signer(self._key), self._heads, now)
        self._signed_at = now


def check_heads(connection: Connection, lines: Iterator[str], by: str) -> HeadsCheck:
    """Hold the chain against heads that a key signed; those before the last lawful cut are past.

    The chain itself is checked elsewhere (`verify_chain`).
    """
    start, _ = start_of(connection)
    count = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        head = _read(line, by)
        if head is None:
            return HeadsCheck(count, f"line {number} is not signed by this zone's key")
        count += 1
        kept = select(audit.c.digest).where(audit.c.id == head["id"])
        if int(str(head["id"])) > start and connection.scalar(kept) != head["digest"]:
            return HeadsCheck(
                count, f"record {head['id']}, the head at {head['at']}, is gone or another"
            )
    return HeadsCheck(count, None)


def _read(line: str, by: str) -> Mapping[str, object] | None:
    try:
        head = json.loads(line)
        said = {name: head[name] for name in SIGNED}
        key = Ed25519PublicKey.from_public_bytes(b64decode(by, validate=True))
        key.verify(b64decode(head["signature"], validate=True), _bytes(said))
        int(said["id"])
    except (InvalidSignature, KeyError, TypeError, ValueError):
        return None
    return said


def _bytes(said: Mapping[str, object]) -> bytes:
    return json.dumps([said[name] for name in SIGNED]).encode()
