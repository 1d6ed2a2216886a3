"""A package holds all that a case rests on, and is the same for the same case."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from anpr.errors import EvidenceError
from sinks.evidence.container import unpack
from sinks.evidence.facts import CaseEvent, Facts
from sinks.evidence.keys import KeyRing
from sinks.evidence.package import Terms, name_of, package, write_package, write_withdrawal
from sinks.evidence.sealing import new_identity, unseal
from sinks.evidence.verify import verify
from tests.sinks.evidence.cases import PLATE, Pictures, entered, facts_of, speeding, truck_through
from tests.sinks.evidence.conftest import SIGNED_AT


@pytest.mark.parametrize(
    "event, ends",
    [(speeding(), 2), (truck_through(), 2), (entered(), 1)],
    ids=["section", "lock", "zone"],
)
def test_every_kind_of_case_makes_a_package_that_holds(
    engine: Engine, pictures: Pictures, ring: KeyRing, event: CaseEvent, ends: int
) -> None:
    packed = package(facts_of(engine, pictures, event), pictures, ring.signer(), SIGNED_AT)
    found = verify(packed, ring.trust)
    assert found.problems == ()
    assert found.case == event.id
    shown = [name for name in unpack(packed) if name.startswith("pictures/")]
    assert len(shown) == 2 * ends


def test_the_same_case_gives_the_same_bytes(
    facts: Facts, pictures: Pictures, ring: KeyRing
) -> None:
    one, two = (package(facts, pictures, ring.signer(), SIGNED_AT) for _ in range(2))
    assert one == two


def test_a_package_is_named_without_a_plate_and_replaces_itself_whole(
    facts: Facts, pictures: Pictures, ring: KeyRing, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    path, _ = (write_package(facts, pictures, ring.signer(), out, SIGNED_AT) for _ in range(2))
    assert [one.name for one in out.iterdir()] == [name_of(facts)]
    assert PLATE not in path.name
    assert verify(path.read_bytes(), ring.trust).holds


def test_the_facts_in_a_package_are_the_frozen_ones(
    facts: Facts, pictures: Pictures, ring: KeyRing
) -> None:
    files = unpack(package(facts, pictures, ring.signer(), SIGNED_AT))
    assert Facts.model_validate_json(files["facts.json"]) == facts


def test_originals_are_sealed_for_the_holder_alone(
    facts: Facts, pictures: Pictures, ring: KeyRing, tmp_path: Path
) -> None:
    identity, other = tmp_path / "holder.age", tmp_path / "other.age"
    holder, _ = new_identity(identity), new_identity(other)
    files = unpack(package(facts, pictures, ring.signer(), SIGNED_AT, Terms(holder=holder)))
    sealed = files["originals/1-entry-overview.jpg.age"]
    overview = facts.passages[0].pictures.overview
    assert overview is not None
    assert unseal(sealed, identity.read_text()) == pictures.get(overview)
    assert files["pictures/1-entry-overview.jpg"] != pictures.get(overview)
    with pytest.raises(EvidenceError, match="not sealed for this identity"):
        unseal(sealed, other.read_text())


def test_without_a_holder_an_original_is_named_by_its_hash(
    facts: Facts, pictures: Pictures, ring: KeyRing
) -> None:
    files = unpack(package(facts, pictures, ring.signer(), SIGNED_AT))
    named = json.loads(files["manifest.json"])["originals"]
    assert f"sha256:{named['1-entry-overview.jpg']['sha256']}" in pictures.kept
    assert not [name for name in files if name.startswith("originals/")]


def test_a_missing_picture_is_named_and_stops_the_package(
    facts: Facts, pictures: Pictures, ring: KeyRing
) -> None:
    overview = facts.passages[0].pictures.overview
    assert overview is not None
    del pictures.kept[overview]
    with pytest.raises(EvidenceError, match="the overview of the entry"):
        package(facts, pictures, ring.signer(), SIGNED_AT)
    packed = package(facts, pictures, ring.signer(), SIGNED_AT, Terms(allow_missing=True))
    manifest = json.loads(unpack(packed)["manifest.json"])
    assert manifest["missing"] == ["the overview of the entry"]


@pytest.mark.parametrize("kind", ["overview", "crop"])
def test_a_picture_that_cannot_be_decoded_stops_the_package(
    facts: Facts, pictures: Pictures, ring: KeyRing, kind: str
) -> None:
    pictures.kept[getattr(facts.passages[0].pictures, kind)] = b"no picture"
    with pytest.raises(EvidenceError, match="cannot be decoded"):
        package(facts, pictures, ring.signer(), SIGNED_AT)


def test_a_later_signature_is_another_package_of_the_same_files(
    facts: Facts, pictures: Pictures, ring: KeyRing
) -> None:
    one = unpack(package(facts, pictures, ring.signer(), SIGNED_AT))
    two = unpack(package(facts, pictures, ring.signer(), SIGNED_AT + timedelta(days=1)))
    assert {name for name in one if one[name] != two[name]} == {"manifest.json", "signature.json"}


def test_a_withdrawal_is_signed_and_checked_like_a_package(ring: KeyRing, tmp_path: Path) -> None:
    path = write_withdrawal("case-1", 4, "late permit", ring.signer(), tmp_path, SIGNED_AT)
    found = verify(path.read_bytes(), ring.trust)
    assert (found.problems, found.case) == ((), "case-1")
    assert json.loads(unpack(path.read_bytes())["withdrawal.json"])["reason"] == "late permit"
