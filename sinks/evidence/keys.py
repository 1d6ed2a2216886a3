"""The keys that sign: made, rotated and revoked in a folder, never in the store.

`keys.json` is the trust list: every key there ever was, with its public half and what became of
it. The private half of a key lies beside it, in a file of its own, or wherever its reference says.
"""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import Field, ValidationError

from anpr.errors import SigningKeyError
from anpr.events import Wire
from anpr.time import Moment
from sinks.evidence.algorithms import (
    ALGORITHMS,
    DEFAULT,
    PrivateKey,
    Signer,
    algorithm_of,
    data_of,
    der,
    key_id,
    text,
)
from sinks.evidence.sealing import Recipient, new_identity

TRUST = "keys.json"
HOLDER, IDENTITY = "holder.pub", "holder.identity"
"""Whom originals are sealed for, and what opens them: the latter belongs in a safe, not here."""

Revocation = Literal["retired", "compromised"]


class TrustedKey(Wire):
    """A key and what became of it.

    `retired_at`: another one signs since. `revoked_at`: whatever it signs from then on is void; if
    it was compromised, so is what only itself says is older.
    """

    id: str
    algorithm: str
    public_key: str
    created_at: Moment
    retired_at: Moment | None = None
    revoked_at: Moment | None = None
    revoked_for: Revocation | None = None


class TrustList(Wire):
    """The keys of a zone, oldest first, and the time authorities that it believes (PEM)."""

    format: Literal[1] = 1
    keys: tuple[TrustedKey, ...] = ()
    time_authorities: tuple[str, ...] = Field(default=(), description="root certificates, PEM")

    def key(self, id_: str) -> TrustedKey | None:
        """Give a key by its id."""
        return next((key for key in self.keys if key.id == id_), None)

    @property
    def active(self) -> TrustedKey | None:
        """The key that signs now."""
        usable = [key for key in self.keys if key.retired_at is None and key.revoked_at is None]
        return usable[-1] if usable else None


class KeyFile:
    """A signer whose private key is at hand."""

    def __init__(self, key: PrivateKey) -> None:
        self._key = key
        self.algorithm = algorithm_of(key)
        self.public_key = der(key.public_key())

    def sign(self, data: bytes) -> bytes:
        """Sign bytes."""
        return ALGORITHMS[self.algorithm].sign(self._key, data)


def read_signer(pem: str) -> Signer:
    """Make a signer of a private key (PKCS #8, PEM). Raises SigningKeyError."""
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        msg = "that is no private key; give PKCS #8 in PEM, without a password"
        raise SigningKeyError(msg) from error
    algorithm_of(key)
    return KeyFile(key)  # type: ignore[arg-type] # one of ours: its algorithm is known


class KeyRing:
    """The keys of a zone, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def trust(self) -> TrustList:
        """The trust list. Raises SigningKeyError."""
        path = self._folder / TRUST
        if not path.exists():
            return TrustList()
        return read_trust(path)

    def create(self, now: datetime, algorithm: str = DEFAULT) -> TrustedKey:
        """Make the first key. Raises SigningKeyError where one signs already."""
        trust = self.trust
        if trust.active is not None:
            msg = (
                f"key {trust.active.id} signs already; `anpr keys rotate` puts another in its place"
            )
            raise SigningKeyError(msg)
        return self._add(trust, self._generated(algorithm), now)

    def prepare(self, now: datetime) -> None:
        """Make what a new zone needs and does not have: a key, and who opens originals."""
        if self.trust.active is None:
            self.create(now)
        self.make_holder()

    def rotate(self, now: datetime, algorithm: str = DEFAULT) -> TrustedKey:
        """Make another key that signs from now on; what the old ones signed stays good."""
        return self._add(self.trust, self._generated(algorithm), now)

    def adopt(self, signer: Signer, now: datetime) -> TrustedKey:
        """Let a key that is kept elsewhere sign from now on; one that is known stays as it is."""
        trust = self.trust
        known = trust.key(key_id(signer.public_key))
        return known or self._add(trust, signer, now)

    def revoke(self, id_: str, reason: Revocation, now: datetime) -> TrustedKey:
        """Say that a key must not be believed from now on. Raises SigningKeyError."""
        trust = self.trust
        key = trust.key(id_)
        if key is None:
            known = ", ".join(one.id for one in trust.keys) or "none"
            raise SigningKeyError(f"no key {id_!r} is known; there are: {known}")
        if key.revoked_at is not None and key.revoked_for == "compromised":
            return key
        revoked = key.model_copy(
            update={"revoked_at": key.revoked_at or now, "revoked_for": reason}
        )
        self._write(trust, [revoked if one is key else one for one in trust.keys])
        return revoked

    def believe(self, authority: str) -> None:
        """Add the root certificate (PEM) of a time authority to the trust list."""
        trust = self.trust
        authorities = tuple(dict.fromkeys((*trust.time_authorities, authority)))
        self._write(trust.model_copy(update={"time_authorities": authorities}), trust.keys)

    def make_holder(self) -> Recipient:
        """Make the identity that opens the originals, where there is none; give its public half."""
        known = self.holder
        if known is not None:
            return known
        holder = new_identity(self._folder / IDENTITY)
        _write_whole(self._folder / HOLDER, f"{holder.name}\n".encode())
        return holder

    @property
    def holder(self) -> Recipient | None:
        """Whom the originals are sealed for; None where nobody was named. Raises EvidenceError."""
        path = self._folder / HOLDER
        return Recipient(path.read_text("ascii").strip()) if path.exists() else None

    def signer(self) -> Signer:
        """Give what signs now. Raises SigningKeyError."""
        key = self.trust.active
        if key is None:
            raise SigningKeyError("no key signs; make one with `anpr keys create`")
        path = self._folder / f"{key.id}.pem"
        try:
            return read_signer(path.read_text("ascii"))
        except (OSError, UnicodeDecodeError) as error:
            msg = f"the private key {path} cannot be read; put it back, or `anpr keys rotate`"
            raise SigningKeyError(msg) from error

    def may_sign(self, signer: Signer) -> Signer:
        """Give a signer that is kept elsewhere back, if it was adopted. Raises SigningKeyError."""
        id_ = key_id(signer.public_key)
        known = self.trust.key(id_)
        if known is None:
            raise SigningKeyError(f"key {id_} is in no trust list; `anpr keys adopt` it first")
        if known.retired_at is not None or known.revoked_at is not None:
            raise SigningKeyError(f"key {id_} was rotated or revoked; adopt another one")
        return signer

    def _generated(self, algorithm: str) -> Signer:
        known = ALGORITHMS.get(algorithm)
        if known is None:
            msg = f"no algorithm {algorithm!r} is known; choose from {', '.join(ALGORITHMS)}"
            raise SigningKeyError(msg)
        key = known.generate()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        signer = KeyFile(key)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_whole(self._folder / f"{key_id(signer.public_key)}.pem", pem)
        return signer

    def _add(self, trust: TrustList, signer: Signer, now: datetime) -> TrustedKey:
        key = TrustedKey(
            id=key_id(signer.public_key),
            algorithm=signer.algorithm,
            public_key=text(signer.public_key),
            created_at=now,
        )
        retired = [
            one if one.retired_at else one.model_copy(update={"retired_at": now})
            for one in trust.keys
        ]
        self._write(trust, [*retired, key])
        return key

    def _write(self, trust: TrustList, keys: Sequence[TrustedKey]) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = trust.model_copy(update={"keys": tuple(keys)})
        _write_whole(self._folder / TRUST, made.model_dump_json(indent=1).encode() + b"\n")


def read_trust(path: Path) -> TrustList:
    """Read a trust list. Raises SigningKeyError."""
    try:
        trust = TrustList.model_validate_json(path.read_bytes())
        wrong = [key.id for key in trust.keys if key_id(data_of(key.public_key)) != key.id]
    except (OSError, ValidationError, ValueError) as error:
        msg = f"{path} is no list of keys; give what `anpr keys export` wrote"
        raise SigningKeyError(msg) from error
    if wrong:
        raise SigningKeyError(f"{path}: key {wrong[0]} does not bear its own id; export it again")
    return trust


def _write_whole(path: Path, content: bytes) -> None:
    """Write beside, sync, then rename: a crash leaves the old file or the new one."""
    beside = path.with_name(f".{path.name}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
