"""Trusted time: an authority outside says when a signature was there, believed or not."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from anpr.errors import EvidenceError
from anpr.sites import EvidenceSettings
from sinks.evidence.container import pack, unpack
from sinks.evidence.facts import Facts
from sinks.evidence.keys import KeyRing
from sinks.evidence.package import Terms, package
from sinks.evidence.packing import Packer
from sinks.evidence.timestamps import TimeAuthority
from sinks.evidence.verify import verify
from tests.sinks.build import T0
from tests.sinks.evidence.authority import Authority, authority
from tests.sinks.evidence.cases import Pictures
from tests.sinks.evidence.test_verify import by_independent, by_ours, small

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="no openssl: it is the time authority"
)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with authority(tmp_path_factory.mktemp("time") / "authority") as one:
        yield one


@pytest.fixture
def outside(standing: Authority) -> Authority:
    standing.instead, standing.status = None, 200
    return standing


def stamped(facts: Facts, pictures: Pictures, ring: KeyRing, outside: Authority) -> bytes:
    terms = Terms(trusted_time=TimeAuthority(outside.url))
    return package(facts, pictures, ring.signer(), datetime.now(UTC), terms)  # noqa: TID251


def test_an_authority_that_is_believed_bears_the_time_out(
    facts: Facts, pictures: Pictures, ring: KeyRing, outside: Authority
) -> None:
    ring.believe(outside.root)
    packed = stamped(facts, pictures, ring, outside)
    found = verify(packed, ring.trust)
    assert found.problems == ()
    assert "a time authority bears out that it was signed by" in found.notes[0]
    assert by_independent(packed)


def test_an_authority_that_nobody_believes_is_told_apart(
    facts: Facts, pictures: Pictures, ring: KeyRing, outside: Authority
) -> None:
    found = verify(stamped(facts, pictures, ring, outside), ring.trust)
    assert found.holds
    assert "by no authority of the trust list" in found.notes[0]


def test_trusted_time_carries_a_package_over_the_compromise_of_its_key(
    facts: Facts, pictures: Pictures, ring: KeyRing, outside: Authority
) -> None:
    packed = stamped(facts, pictures, ring, outside)
    key = ring.trust.active
    assert key is not None
    ring.revoke(key.id, "compromised", datetime.now(UTC) + timedelta(hours=1))  # noqa: TID251
    assert "no trusted time bears out" in verify(packed, ring.trust).problems[0]
    ring.believe(outside.root)
    assert verify(packed, ring.trust).holds


def test_every_byte_of_a_package_with_trusted_time_is_bound(
    tmp_path: Path, outside: Authority
) -> None:
    """Also those of the authority's answer that its own signature leaves free."""
    ring = KeyRing(tmp_path)
    ring.create(T0)
    packed = bytearray(small(ring, TimeAuthority(outside.url)))
    assert by_ours(bytes(packed))
    for place in range(len(packed)):
        was = packed[place]
        packed[place] ^= 1 << place % 8
        assert not by_ours(bytes(packed)), place
        packed[place] = was
    assert by_independent(bytes(packed))


def test_a_time_that_is_taken_out_or_of_another_package_is_told(
    facts: Facts, pictures: Pictures, ring: KeyRing, outside: Authority
) -> None:
    packed = stamped(facts, pictures, ring, outside)
    other = unpack(small(ring, TimeAuthority(outside.url)))
    files = dict(unpack(packed))
    bare = pack({name: one for name, one in files.items() if name != "timestamp.json"})
    assert "timestamp.json was taken out" in verify(bare).problems
    assert not by_independent(bare)
    files["timestamp.json"] = other["timestamp.json"]
    assert "is of another package" in verify(pack(files)).problems[0]


@pytest.mark.parametrize(
    "instead, status", [(b"", 200), (b"hello", 200), (None, 503)], ids=["empty", "text", "down"]
)
def test_an_authority_that_gives_no_time_stops_the_package_for_now(
    facts: Facts,
    pictures: Pictures,
    ring: KeyRing,
    outside: Authority,
    instead: bytes | None,
    status: int,
) -> None:
    outside.instead, outside.status = instead, status
    with pytest.raises(EvidenceError, match="export again later"):
        stamped(facts, pictures, ring, outside)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_withdrawal_bears_trusted_time_and_does_not_wait_for_it(
    ring: KeyRing, outside: Authority, tmp_path: Path, *, is_there: bool
) -> None:
    url = outside.url if is_there else "http://127.0.0.1:9/tsr"
    settings = EvidenceSettings(time_authority=url)
    packer = Packer(tmp_path / "keys", settings, str)
    now = datetime.now(UTC)  # noqa: TID251 - the authority's clock is the machine's
    packed = packer.withdraw("case-1", 4, "late permit", tmp_path, now).read_bytes()
    assert ("timestamp.json" in unpack(packed)) is is_there
    assert verify(packed, ring.trust).holds
    assert by_independent(packed)


def test_an_answer_to_another_question_is_refused(ring: KeyRing, outside: Authority) -> None:
    ask = TimeAuthority(outside.url)
    outside.instead = ask(b"one")
    with pytest.raises(EvidenceError, match="answered another question"):
        ask(b"two")


def test_an_authority_that_cannot_be_reached_stops_the_package_for_now(
    facts: Facts, pictures: Pictures, ring: KeyRing
) -> None:
    nowhere = Authority(Path(), "http://127.0.0.1:9/tsr")
    with pytest.raises(EvidenceError, match="ConnectError"):
        stamped(facts, pictures, ring, nowhere)
