"""The signatures that a package may carry, by name: another one is another row of the table."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import Protocol, cast

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from anpr.errors import SigningKeyError

PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey
PublicKey = Ed25519PublicKey | EllipticCurvePublicKey

DEFAULT = "ed25519"


class Signer(Protocol):
    """Signs with one key, wherever that is kept."""

    @property
    def algorithm(self) -> str:
        """The algorithm's name, as packages write it."""
        ...

    @property
    def public_key(self) -> bytes:
        """The public key (SubjectPublicKeyInfo, DER)."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Sign bytes. Raises SigningKeyError."""
        ...


@dataclass(frozen=True, slots=True)
class Algorithm:
    """How keys of an algorithm are made, and how they sign and check."""

    fits: Callable[[object], bool]
    generate: Callable[[], PrivateKey]
    sign: Callable[[PrivateKey, bytes], bytes]
    check: Callable[[PublicKey, bytes, bytes], None]


_ECDSA = ECDSA(hashes.SHA256(), deterministic_signing=True)

ALGORITHMS: Mapping[str, Algorithm] = MappingProxyType(
    {
        "ed25519": Algorithm(
            fits=lambda key: isinstance(key, Ed25519PrivateKey | Ed25519PublicKey),
            generate=Ed25519PrivateKey.generate,
            sign=lambda key, data: cast("Ed25519PrivateKey", key).sign(data),
            check=lambda key, signature, data: cast("Ed25519PublicKey", key).verify(
                signature, data
            ),
        ),
        "ecdsa-p256-sha256": Algorithm(
            fits=lambda key: (
                isinstance(key, EllipticCurvePrivateKey | EllipticCurvePublicKey)
                and isinstance(key.curve, SECP256R1)
            ),
            generate=lambda: generate_private_key(SECP256R1()),
            sign=lambda key, data: cast("EllipticCurvePrivateKey", key).sign(data, _ECDSA),
            check=lambda key, signature, data: cast("EllipticCurvePublicKey", key).verify(
                signature, data, _ECDSA
            ),
        ),
    }
)


def algorithm_of(key: object) -> str:
    """Name the algorithm that a key is for. Raises SigningKeyError."""
    for name, algorithm in ALGORITHMS.items():
        if algorithm.fits(key):
            return name
    msg = f"the key is for none of {', '.join(ALGORITHMS)}; make one with `anpr keys create`"
    raise SigningKeyError(msg)


def key_id(public_key: bytes) -> str:
    """Name a public key (DER): the first 16 digits of its SHA-256."""
    return sha256(public_key).hexdigest()[:16]


def der(key: PublicKey) -> bytes:
    """Write a public key as DER."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def is_signed(algorithm: str, public_key: bytes, signature: bytes, data: bytes) -> bool:
    """Say whether a key signed these bytes by an algorithm that is known."""
    known = ALGORITHMS.get(algorithm)
    try:
        key = load_der_public_key(public_key)
        if known is None or not known.fits(key):
            return False
        known.check(cast("PublicKey", key), signature, data)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def text(data: bytes) -> str:
    """Write bytes in base64."""
    return b64encode(data).decode()


def data_of(told: str) -> bytes:
    """Read base64. Raises ValueError."""
    return b64decode(told, validate=True)
