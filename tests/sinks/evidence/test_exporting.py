"""Many cases are exported in their order, each by itself, and the batch is told as a whole."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from anpr.errors import SigningKeyError
from anpr.sites import EvidenceSettings
from sinks.evidence.exporting import export, write_batch
from sinks.evidence.facts import Facts
from sinks.evidence.keys import KeyRing
from sinks.evidence.packing import Packer
from sinks.evidence.report.batch import row_of
from sinks.evidence.verify import verify
from tests.sinks.evidence.cases import Pictures, zone_site
from tests.sinks.evidence.conftest import SIGNED_AT


def many(facts: Facts, count: int) -> list[Facts]:
    event = facts.event
    return [
        facts.model_copy(
            update={
                "event": event.model_copy(
                    update={"id": f"case-{number}", "at": event.at + timedelta(seconds=number)}
                )
            }
        )
        for number in range(count)
    ]


@pytest.fixture
def packer(ring: KeyRing, tmp_path: Path) -> Packer:
    assert ring.trust.active
    return Packer(tmp_path / "keys", EvidenceSettings(), str)


def test_cases_come_in_their_order_and_every_package_holds(
    facts: Facts, pictures: Pictures, ring: KeyRing, packer: Packer, tmp_path: Path
) -> None:
    cases = many(facts, 25)
    found = list(export(cases, packer, pictures, tmp_path / "out", SIGNED_AT))
    assert [one.facts.event.id for one in found] == [one.event.id for one in cases]
    for one in found:
        assert one.path is not None
        checked = verify(one.path.read_bytes(), ring.trust)
        assert (checked.problems, checked.case) == ((), one.facts.event.id)


def test_any_number_of_workers_gives_the_same_bytes(
    facts: Facts, pictures: Pictures, packer: Packer, tmp_path: Path
) -> None:
    cases = many(facts, 12)
    folders = {workers: tmp_path / str(workers) for workers in (1, 2, 5)}
    for workers, folder in folders.items():
        list(export(cases, packer, pictures, folder, SIGNED_AT, workers))
    packed = [
        [path.read_bytes() for path in sorted(folder.iterdir())] for folder in folders.values()
    ]
    assert packed[0] == packed[1] == packed[2]


def test_a_case_that_cannot_be_packed_stops_no_other(
    facts: Facts, pictures: Pictures, packer: Packer, tmp_path: Path
) -> None:
    good, bad, last = many(facts, 3)
    lost = bad.model_copy(update={"passages_lost": ("gone",)})
    found = list(export([good, lost, last], packer, pictures, tmp_path / "out", SIGNED_AT))
    assert [one.path is not None for one in found] == [True, False, True]
    assert "missing: passage gone" in found[1].problem


def test_without_a_key_nothing_is_begun(facts: Facts, pictures: Pictures, tmp_path: Path) -> None:
    packer = Packer(tmp_path / "nowhere", EvidenceSettings(), str)
    with pytest.raises(SigningKeyError, match="anpr keys create"):
        list(export([facts], packer, pictures, tmp_path / "out", SIGNED_AT))
    assert not (tmp_path / "out").exists()


def test_a_batch_is_told_as_rows_and_on_paper(facts: Facts, tmp_path: Path) -> None:
    rows = [row_of(one) for one in many(facts, 3)]
    paths = list(write_batch(rows, tmp_path, zone_site().site, "nl", SIGNED_AT))
    assert [path.name for path in paths] == [
        f"batch-20260304T080000.000000Z.{kind}" for kind in ("csv", "json", "pdf")
    ]
    told = json.loads(paths[1].read_bytes())
    assert [row["case"] for row in told] == ["case-0", "case-1", "case-2"]
    assert paths[0].read_text().count("\n") == 4
