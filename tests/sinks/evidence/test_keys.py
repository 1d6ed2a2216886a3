"""Keys are made, rotated, revoked and adopted; the private half never leaves its place."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from anpr.errors import SigningKeyError
from anpr.sites import EvidenceSettings
from sinks.evidence.algorithms import ALGORITHMS, is_signed, key_id
from sinks.evidence.facts import Facts
from sinks.evidence.keys import TRUST, KeyRing, read_signer, read_trust
from sinks.evidence.packing import Packer
from sinks.evidence.verify import verify
from tests.sinks.build import T0, seconds
from tests.sinks.evidence.cases import Pictures
from tests.sinks.evidence.conftest import SIGNED_AT

SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_of_every_algorithm_signs(tmp_path: Path, algorithm: str) -> None:
    ring = KeyRing(tmp_path)
    key = ring.create(T0, algorithm)
    signer = ring.signer()
    assert key.id == key_id(signer.public_key)
    assert is_signed(algorithm, signer.public_key, signer.sign(b"x"), b"x")
    assert not is_signed(algorithm, signer.public_key, signer.sign(b"x"), b"y")


def test_an_unknown_algorithm_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(SigningKeyError, match="choose from ed25519"):
        KeyRing(tmp_path).create(T0, "rot13")


def test_a_second_key_is_made_by_rotating_only(ring: KeyRing) -> None:
    with pytest.raises(SigningKeyError, match="anpr keys rotate"):
        ring.create(T0)
    old, new = ring.trust.active, ring.rotate(T0 + seconds(1))
    assert old is not None
    assert ring.trust.active == new
    retired = ring.trust.key(old.id)
    assert retired is not None
    assert retired.retired_at == T0 + seconds(1)


def test_a_revoked_key_signs_no_more(ring: KeyRing) -> None:
    key = ring.trust.active
    assert key is not None
    ring.revoke(key.id, "compromised", T0)
    with pytest.raises(SigningKeyError, match="no key signs"):
        ring.signer()


def test_a_compromise_that_shows_later_keeps_the_first_moment(ring: KeyRing) -> None:
    key = ring.trust.active
    assert key is not None
    ring.revoke(key.id, "retired", T0)
    worse = ring.revoke(key.id, "compromised", T0 + seconds(9))
    assert (worse.revoked_at, worse.revoked_for) == (T0, "compromised")
    assert ring.revoke(key.id, "retired", T0 + seconds(10)) == worse


def test_a_key_that_is_not_known_cannot_be_revoked(ring: KeyRing) -> None:
    with pytest.raises(SigningKeyError, match="no key 'x' is known"):
        ring.revoke("x", "retired", T0)


def test_the_trust_list_tells_no_private_key(ring: KeyRing, tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    assert "PRIVATE" not in (folder / TRUST).read_text()
    (pem,) = folder.glob("*.pem")
    assert pem.stat().st_mode & 0o077 == 0


def test_a_trust_list_whose_key_bears_another_id_is_refused(ring: KeyRing, tmp_path: Path) -> None:
    path = tmp_path / "keys" / TRUST
    told = json.loads(path.read_text())
    told["keys"][0]["id"] = "0" * 16
    path.write_text(json.dumps(told))
    with pytest.raises(SigningKeyError, match="does not bear its own id"):
        read_trust(path)


@pytest.mark.parametrize("told", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAA==\n-----END"])
def test_what_is_no_key_is_refused(told: str) -> None:
    with pytest.raises(SigningKeyError):
        read_signer(told)


def test_a_lost_private_key_is_told(ring: KeyRing, tmp_path: Path) -> None:
    for pem in (tmp_path / "keys").glob("*.pem"):
        pem.unlink()
    with pytest.raises(SigningKeyError, match="cannot be read"):
        ring.signer()


def test_a_key_by_reference_signs_once_it_is_adopted(
    facts: Facts, pictures: Pictures, ring: KeyRing, tmp_path: Path
) -> None:
    elsewhere = KeyRing(tmp_path / "elsewhere")
    key = elsewhere.create(T0)
    pem = (tmp_path / "elsewhere" / f"{key.id}.pem").read_text()
    packer = Packer(
        tmp_path / "keys", EvidenceSettings(key="env:KEY"), {"env:KEY": pem}.__getitem__
    )
    with pytest.raises(SigningKeyError, match="anpr keys adopt"):
        packer.write(facts, pictures, tmp_path / "out", SIGNED_AT)
    ring.adopt(read_signer(pem), T0)
    path = packer.write(facts, pictures, tmp_path / "out", SIGNED_AT)
    assert verify(path.read_bytes(), ring.trust).signed_by == key.id
    ring.rotate(T0)
    packer = Packer(
        tmp_path / "keys", EvidenceSettings(key="env:KEY"), {"env:KEY": pem}.__getitem__
    )
    with pytest.raises(SigningKeyError, match="rotated or revoked"):
        packer.write(facts, pictures, tmp_path / "out", SIGNED_AT)


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A PKCS #11 token of SoftHSM's with nothing in it; its PIN is 1234."""
    if not SOFTHSM.exists():
        pytest.skip("SoftHSM is not here: apt install softhsm2")
    conf, store = tmp_path / "softhsm2.conf", tmp_path / "tokens"
    store.mkdir()
    conf.write_text(f"directories.tokendir = {store}\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(conf))
    made = [
        "softhsm2-util", "--init-token", "--free", "--label", "zone", "--pin", "1234",
        "--so-pin", "1234",
    ]  # fmt: skip
    subprocess.run(made, check=True, capture_output=True, env={**os.environ})  # noqa: S603
    return f"pkcs11:token=zone;object=evidence?module-path={SOFTHSM}"


KEYGEN = """
import sys, pkcs11
from asn1crypto.core import ObjectIdentifier
from pkcs11.util.ec import encode_named_curve_parameters
token = pkcs11.lib(sys.argv[1]).get_token(token_label="zone")
with token.open(rw=True, user_pin="1234") as session:
    if sys.argv[2] == "ed25519":
        kind, curve = pkcs11.KeyType.EC_EDWARDS, ObjectIdentifier("1.3.101.112").dump()
    else:
        kind, curve = pkcs11.KeyType.EC, encode_named_curve_parameters("secp256r1")
    given = {pkcs11.Attribute.EC_PARAMS: curve}
    parameters = session.create_domain_parameters(kind, given, local=True)
    parameters.generate_keypair(store=True, label="evidence")
"""

SIGN = """
import sys
from sinks.evidence.pkcs11 import Pkcs11Signer
signer = Pkcs11Signer(sys.argv[1], lambda: sys.argv[2])
print(signer.algorithm, signer.public_key.hex(), signer.sign(b"zone").hex())
"""


def _python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code apart: a PKCS #11 library keeps the token that it saw first."""
    import sys  # noqa: PLC0415 - beside its one use

    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


@pytest.mark.parametrize("algorithm", ["ecdsa-p256-sha256", "ed25519"])
def test_a_key_in_a_pkcs11_device_signs_without_leaving_it(token: str, algorithm: str) -> None:
    made = _python(KEYGEN, str(SOFTHSM), algorithm)
    assert made.returncode == 0, made.stderr
    signed = _python(SIGN, token, "1234")
    assert signed.returncode == 0, signed.stderr
    name, public, signature = signed.stdout.split()
    assert name == algorithm
    assert is_signed(name, bytes.fromhex(public), bytes.fromhex(signature), b"zone")


def test_a_pkcs11_device_that_gives_no_key_is_told_in_words(token: str) -> None:
    for uri, pin, words in (
        (token, "1234", "gives no key 'evidence'"),
        (token, "9999", "look at its module, token, label and PIN"),
        ("pkcs11:token=zone", "1234", "the key's URI is not whole"),
    ):
        assert words in _python(SIGN, uri, pin).stderr
