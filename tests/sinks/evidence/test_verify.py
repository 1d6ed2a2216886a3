"""Whatever is changed in a package is found, by our check and by the one that shares no code."""

import io
import json
import runpy
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sinks.evidence.algorithms import ALGORITHMS
from sinks.evidence.container import pack, unpack
from sinks.evidence.facts import Facts
from sinks.evidence.keys import KeyRing
from sinks.evidence.package import digest, package, signed, written
from sinks.evidence.verify import verify
from tests.sinks.build import T0
from tests.sinks.evidence.cases import Pictures
from tests.sinks.evidence.conftest import SIGNED_AT

INDEPENDENT_FILE = Path(__file__).parents[3] / "docs" / "verify_package.py"
INDEPENDENT = runpy.run_path(str(INDEPENDENT_FILE))
Check = Callable[[bytes], bool]


def by_ours(packed: bytes) -> bool:
    return verify(packed).holds


def by_independent(packed: bytes) -> bool:
    try:
        return not list(INDEPENDENT["problems"](packed))
    except Exception:  # noqa: BLE001 - as it does when it runs
        return False


CHECKS = [by_ours, by_independent]


def small(ring: KeyRing, trusted_time: Any = None) -> bytes:
    """A package of little files, so that each of its bytes can be tried."""
    files = {"facts.json": b"{}\n", "pictures/1-entry-crop.jpg": b"\xff\xd8picture\xff\xd9"}
    signer = ring.signer()
    key = ring.trust.active
    assert key is not None
    manifest = written(
        {
            "format": 1, "case": "c", "made_at": "2026-03-04T08:00:00.000000Z", "key_id": key.id,
            "trusted_time": trusted_time is not None,
            "files": {name: digest(one)
                      for name, one in files.items()},
        }
    )  # fmt: skip
    return pack({**files, "manifest.json": manifest, **signed(manifest, signer, trusted_time)})


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_change_of_any_single_byte_is_found(tmp_path: Path, check: Check, algorithm: str) -> None:
    """Every byte of the whole container, headers and directory among them."""
    ring = KeyRing(tmp_path)
    ring.create(T0, algorithm)
    packed = bytearray(small(ring))
    assert check(bytes(packed))
    for place in range(len(packed)):
        was = packed[place]
        packed[place] ^= 1 << place % 8
        assert not check(bytes(packed)), place
        packed[place] = was


@pytest.fixture
def whole(facts: Facts, pictures: Pictures, ring: KeyRing) -> bytes:
    return package(facts, pictures, ring.signer(), SIGNED_AT)


@pytest.mark.parametrize("check", CHECKS)
def test_a_change_of_a_byte_of_a_whole_case_is_found(whole: bytes, check: Check) -> None:
    @settings(max_examples=60)
    @given(place=st.integers(0, len(whole) - 1), bits=st.integers(1, 255))
    def tried(place: int, bits: int) -> None:
        changed = whole[:place] + bytes([whole[place] ^ bits]) + whole[place + 1 :]
        assert not check(changed)

    tried()


@pytest.mark.parametrize("check", CHECKS)
def test_bytes_taken_out_or_put_in_are_found(whole: bytes, check: Check) -> None:
    @settings(max_examples=40)
    @given(place=st.integers(0, len(whole) - 1), more=st.binary(min_size=1, max_size=40))
    def tried(place: int, more: bytes) -> None:
        assert not check(whole[:place] + more + whole[place:])
        assert not check(whole[:place])

    assert check(whole)
    tried()


def _deflated(packed: bytes) -> bytes:
    again = io.BytesIO()
    with ZipFile(again, "w", ZIP_DEFLATED) as archive:
        for name, content in unpack(packed).items():
            archive.writestr(name, content)
    return again.getvalue()


def _twice(packed: bytes) -> bytes:
    again = io.BytesIO(packed)
    with ZipFile(again, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("facts.json", b"{}")
    return again.getvalue()


def _commented(packed: bytes) -> bytes:
    again = io.BytesIO(packed)
    with ZipFile(again, "a") as archive:
        archive.comment = b"hello"
    return again.getvalue()


def _reordered(packed: bytes) -> bytes:
    again = io.BytesIO()
    with ZipFile(again, "w") as archive:
        for name, content in reversed([*unpack(packed).items()]):
            archive.writestr(name, content)
    return again.getvalue()


def _with(**files: bytes) -> Callable[[bytes], bytes]:
    return lambda packed: pack(
        {**unpack(packed), **{n.replace("_", "."): f for n, f in files.items()}}
    )


def _without(name: str) -> Callable[[bytes], bytes]:
    return lambda packed: pack({n: f for n, f in unpack(packed).items() if n != name})


@pytest.mark.parametrize(
    "tampered, words",
    [
        (_deflated, "packed again by another program"),
        (_twice, "facts.json is in the ZIP twice"),
        (_commented, "the ZIP itself was changed"),
        (_reordered, "the ZIP itself was changed"),
        (lambda packed: packed + b"x", "the ZIP itself was changed"),
        (lambda packed: packed[:-9], "no whole ZIP"),
        (lambda _: b"", "it is no whole ZIP"),
        (_with(more_txt=b"x"), "more.txt was added"),
        (_with(facts_json=b"{}\n"), "facts.json was changed"),
        (_without("facts.json"), "facts.json was taken out"),
        (_without("signature.json"), "signature.json is missing"),
        (_without("manifest.json"), "manifest.json is missing"),
        (_with(timestamp_json=b"{}\n"), "timestamp.json was added"),
        (_with(manifest_json=b"[]\n"), "manifest.json is missing, or not what we write"),
        (_with(manifest_json=b'{\n "files": {},\n "format": 2\n}\n'), "format that this program"),
    ],
)  # fmt: skip
def test_it_is_said_in_words_what_was_tampered_with(
    whole: bytes, tampered: Callable[[bytes], bytes], words: str
) -> None:
    changed = tampered(whole)
    assert words in "; ".join(verify(changed).problems)
    assert not by_independent(changed)


@pytest.mark.parametrize(
    "name, value, words",
    [
        (
            "signature",
            lambda told: b64encode(bytes([b64decode(told)[0] ^ 1]) + b64decode(told)[1:]).decode(),
            "does not fit",
        ),
        ("key_id", lambda _: "0" * 16, "names another key"),
        ("algorithm", lambda _: "rot13", "not known here"),
        ("algorithm", lambda _: "ecdsa-p256-sha256", "does not fit"),
        ("signature", lambda _: "!", "missing, or was changed"),
    ],
)
def test_a_tampered_signature_is_told(
    whole: bytes, name: str, value: Callable[[str], str], words: str
) -> None:
    files = unpack(whole)
    told = json.loads(files["signature.json"])
    changed = pack({**files, "signature.json": written({**told, name: value(told[name])})})
    assert words in "; ".join(verify(changed).problems)
    assert not by_independent(changed)


def test_a_package_signed_by_somebody_else_is_not_believed(
    facts: Facts, pictures: Pictures, ring: KeyRing, tmp_path: Path
) -> None:
    forger = KeyRing(tmp_path / "forger")
    forger.create(T0)
    forged = package(facts, pictures, forger.signer(), SIGNED_AT)
    assert verify(forged).holds
    assert "somebody else signed it" in verify(forged, ring.trust).problems[0]
    trusted = json.loads(ring.trust.model_dump_json())
    assert "is not trusted" in "; ".join(INDEPENDENT["problems"](forged, trusted))


def test_without_a_trust_list_it_is_said_that_belief_is_open(whole: bytes) -> None:
    assert "give --keys" in verify(whole).notes[0]


def test_old_packages_hold_after_rotation_and_name_the_old_key(
    whole: bytes, facts: Facts, pictures: Pictures, ring: KeyRing
) -> None:
    old = ring.trust.active
    ring.rotate(SIGNED_AT + timedelta(days=1), "ecdsa-p256-sha256")
    found = verify(whole, ring.trust)
    assert found.holds
    assert old is not None
    assert found.signed_by == old.id
    fresh = package(facts, pictures, ring.signer(), SIGNED_AT + timedelta(days=2))
    assert verify(fresh, ring.trust).holds
    assert by_independent(fresh)


@pytest.mark.parametrize("revoked_after, holds", [(-1, False), (0, False), (1, True)])
def test_what_was_signed_from_the_revocation_on_is_void(
    whole: bytes, ring: KeyRing, revoked_after: int, holds: bool
) -> None:
    key = ring.trust.active
    assert key is not None
    ring.revoke(key.id, "retired", SIGNED_AT + timedelta(seconds=revoked_after))
    found = verify(whole, ring.trust)
    assert found.holds is holds
    assert holds or "was signed after key" in found.problems[0]
    trusted = json.loads(ring.trust.model_dump_json())
    assert (not list(INDEPENDENT["problems"](whole, trusted))) is holds


def test_a_rotated_key_that_is_revoked_later_has_signed_nothing_in_between(
    facts: Facts, pictures: Pictures, ring: KeyRing
) -> None:
    signer, key = ring.signer(), ring.trust.active
    assert key is not None
    ring.rotate(SIGNED_AT)
    ring.revoke(key.id, "retired", SIGNED_AT + timedelta(days=2))
    trusted = json.loads(ring.trust.model_dump_json())
    for days, holds in ((-1, True), (1, False), (3, False)):
        packed = package(facts, pictures, signer, SIGNED_AT + timedelta(days=days))
        found = verify(packed, ring.trust)
        assert found.holds is holds
        assert (not list(INDEPENDENT["problems"](packed, trusted))) is holds
        told = found.notes if holds else found.problems
        assert ("has been revoked since" if holds else "was signed after key") in told[0]


def test_what_only_itself_says_is_older_falls_with_a_compromised_key(
    whole: bytes, ring: KeyRing
) -> None:
    key = ring.trust.active
    assert key is not None
    ring.revoke(key.id, "compromised", SIGNED_AT + timedelta(days=1))
    assert "no trusted time bears out" in verify(whole, ring.trust).problems[0]
    trusted = json.loads(ring.trust.model_dump_json())
    assert "was compromised" in "; ".join(INDEPENDENT["problems"](whole, trusted))


def test_the_independent_verifier_fits_on_a_page_or_two() -> None:
    assert len(INDEPENDENT_FILE.read_text("utf-8").splitlines()) <= 100
