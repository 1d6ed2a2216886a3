"""A signing key in a PKCS #11 device: it never leaves it. Needs the extra `hsm`."""

import importlib
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, unquote

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from anpr.errors import SigningKeyError
from sinks.evidence.algorithms import algorithm_of, der

FORM = "pkcs11:token=TOKEN;object=LABEL?module-path=/usr/lib/softhsm/libsofthsm2.so"
POINT = 65
"""Bytes of an uncompressed point of P-256."""


class Pkcs11Signer:
    """Signs by the key that an RFC 7512 URI names; `pin` gives the PIN."""

    def __init__(self, uri: str, pin: Callable[[], str] | None) -> None:
        path, _, query = uri.removeprefix("pkcs11:").partition("?")
        named = dict(one.partition("=")[::2] for one in path.split(";"))
        module = parse_qs(query).get("module-path", [""])[0]
        if not module or not {"token", "object"} <= named.keys():
            raise SigningKeyError(f"the key's URI is not whole; write it as {FORM}")
        try:
            self._pkcs11: Any = importlib.import_module("pkcs11")
        except ImportError as error:
            msg = "PKCS #11 needs more: pip install 'zone-anpr[hsm]'"
            raise SigningKeyError(msg) from error
        label = unquote(named["object"])
        try:
            token = self._pkcs11.lib(module).get_token(token_label=unquote(named["token"]))
            session = token.open(user_pin=pin() if pin else None)
            classes = self._pkcs11.ObjectClass
            self._key = session.get_key(object_class=classes.PRIVATE_KEY, label=label)
            public = session.get_key(object_class=classes.PUBLIC_KEY, label=label)
            point = bytes(public[self._pkcs11.Attribute.EC_POINT])
        except (self._pkcs11.PKCS11Error, OSError, RuntimeError) as error:
            msg = f"the PKCS #11 device gives no key {label!r} ({type(error).__name__})"
            raise SigningKeyError(f"{msg}; look at its module, token, label and PIN") from error
        self._session = session
        key = _public(point)
        self.algorithm = algorithm_of(key)
        self.public_key = der(key)

    def sign(self, data: bytes) -> bytes:
        """Sign bytes in the device. Raises SigningKeyError."""
        mechanisms = self._pkcs11.Mechanism
        is_ecdsa = self.algorithm != "ed25519"
        mechanism = mechanisms.ECDSA if is_ecdsa else mechanisms.EDDSA
        given = sha256(data).digest() if is_ecdsa else data  # not every device hashes
        try:
            raw = bytes(self._key.sign(given, mechanism=mechanism))
        except self._pkcs11.PKCS11Error as error:
            msg = f"the PKCS #11 device does not sign ({type(error).__name__}); is it connected?"
            raise SigningKeyError(msg) from error
        if not is_ecdsa:
            return raw
        half = len(raw) // 2
        r, s = (int.from_bytes(part) for part in (raw[:half], raw[half:]))
        return encode_dss_signature(r, s)


def _public(point: bytes) -> Any:
    """Read a public key as devices tell it: the point, most of them in an OCTET STRING."""
    bare = point[2:] if len(point) in (34, POINT + 2) else point
    if len(bare) == POINT:
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), bare)
    return Ed25519PublicKey.from_public_bytes(bare)
