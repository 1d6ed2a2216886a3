"""What earlier versions wrote is understood, and judged as it was then.

Each folder `vN` was written by the version that made the contracts' form N and is never changed:
`wire.jsonl` holds single messages, the others one recording with what was made of it.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from anpr.events import Passage, PlateRead, Wire, parse_event
from anpr.frames import HEADER, FrameMeta
from anpr.lists import ListPart
from anpr.ports import Record
from anpr.signs import DisplayedLimit
from anpr.sites import parse_site
from anpr.topics import CONTROLS, EVENTS, FRAMES, PASSAGES, READS
from pipeline.replay import read_limits, read_lists, recorded_reads, replay
from rules.folds import PassageFold

HERE = Path(__file__).parent
VERSIONS = sorted(path for path in HERE.glob("v*") if path.is_dir())

CONTRACTS: Mapping[str, type[Wire]] = {READS: PlateRead, PASSAGES: Passage, CONTROLS: ListPart}

Json = Mapping[str, Any]


def lines(path: Path) -> list[Json]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def messages() -> Iterator[Any]:
    for version in VERSIONS:
        for line in lines(version / "wire.jsonl"):
            yield pytest.param(line["topic"], line["value"], id=f"{version.name}: {line['name']}")


def understood(topic: str, wire: bytes) -> Json:
    """Read a message as its consumers do; give it as this version would write it."""
    if topic == FRAMES:
        text = FrameMeta.of(Record("a", b"jpeg", {HEADER: wire.decode()})).model_dump_json()
        return dict(json.loads(text))
    if topic == EVENTS:
        return dict(json.loads(parse_event(wire).to_json()))
    contract = DisplayedLimit if topic == CONTROLS and b'"section"' in wire else CONTRACTS[topic]
    return dict(json.loads(contract.model_validate_json(wire).model_dump_json()))


def is_kept(written: Any, now: Any) -> bool:
    """Whether what was written is still said, as far as this version knows the field."""
    if isinstance(written, dict) and isinstance(now, dict):
        return all(is_kept(value, now[name]) for name, value in written.items() if name in now)
    if isinstance(written, list) and isinstance(now, list):
        pairs = zip(written, now, strict=False)
        return len(written) == len(now) and all(is_kept(old, new) for old, new in pairs)
    return bool(written == now)


@pytest.mark.parametrize(("topic", "wire"), list(messages()))
def test_a_message_of_any_version_is_understood(topic: str, wire: Json) -> None:
    now = understood(topic, json.dumps(wire).encode())
    normalised = {"captured_at", "plate", "raw"}
    kept = {name: value for name, value in wire.items() if name not in normalised}
    assert is_kept(kept, now), now
    assert json.loads(json.dumps(understood(topic, json.dumps(now).encode()))) == now


@pytest.mark.parametrize(("topic", "wire"), list(messages()))
def test_no_field_of_an_earlier_version_is_forgotten(topic: str, wire: Json) -> None:
    later = {"colour_of_plate", "occupants", "reviewed_by", "source", "exposure_us"}
    now = understood(topic, json.dumps(wire).encode())
    assert set(wire) - later <= set(now)


@pytest.mark.parametrize("version", VERSIONS, ids=lambda path: path.name)
def test_every_contract_is_recorded_whole_and_bare(version: Path) -> None:
    names = [line["name"] for line in lines(version / "wire.jsonl")]
    for contract in (
        "PlateRead", "Passage", "ListPart", "FrameMeta",
        "hit", "section_transit", "lock_transit", "access", "clone_suspect",
    ):  # fmt: skip
        assert sum(name.startswith(contract) for name in names) >= 3, contract
    assert sum(name.startswith("camera_state") for name in names) == 4


@pytest.mark.parametrize("version", VERSIONS, ids=lambda path: path.name)
def test_recorded_reads_give_the_events_of_then(version: Path) -> None:
    site = parse_site((version / "site.toml").read_text("utf-8"), "site.toml")
    reads = recorded_reads((version / "reads.jsonl").read_text("utf-8").splitlines())
    lists = read_lists(version / "lists", site)
    displayed = version / "limits.jsonl"
    lists.signs = read_limits(displayed if displayed.exists() else None)
    replayed = replay(site, lists, reads)
    assert not replayed.problems
    now = [json.loads(event.to_json()) for event in replayed.events]
    then = lines(version / "events.jsonl")
    assert [event["id"] for event in now] == [event["id"] for event in then]
    for old, new in zip(then, now, strict=True):
        assert is_kept(_judged(old), _judged(new)), new
        assert set(old) <= set(new)


@pytest.mark.parametrize("version", VERSIONS, ids=lambda path: path.name)
def test_recorded_reads_give_the_passages_of_then(version: Path) -> None:
    site = parse_site((version / "site.toml").read_text("utf-8"), "site.toml")
    fold = PassageFold(site)
    standing: dict[str, Passage] = {}
    text = (version / "reads.jsonl").read_text("utf-8")
    for offset, recorded in enumerate(recorded_reads(text.splitlines())):
        assert recorded.read is not None
        for change in fold.take(recorded.read, offset):
            standing[change.after.id] = change.after
    now = [
        json.loads(passage.to_json())
        for passage in sorted(standing.values(), key=lambda passage: (passage.at, passage.id))
        if not passage.withdrawn
    ]
    then = lines(version / "passages.jsonl")
    assert [passage["id"] for passage in now] == [passage["id"] for passage in then]
    for old, new in zip(then, now, strict=True):
        assert is_kept(old, new)
        assert set(old) <= set(new)


def _judged(event: Json) -> Json:
    """Leave out the digest of a rule's configuration, which new settings with defaults change.

    And the likelihood of a hit: an estimate, which better tables of confusions change.
    """
    judged = {name: value for name, value in event.items() if name != "likelihood"}
    return {**judged, "rule": event["rule"]["id"]}
