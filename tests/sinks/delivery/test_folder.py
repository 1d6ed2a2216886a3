"""A folder gets packages once it is there, and its receipts are found."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine

from sinks.delivery.ledger import (
    State,
)
from tests.sinks.conftest import Clock
from tests.sinks.delivery.sending import CASE, CONTENT, HOUR, Zone, zone


def test_a_folder_gets_the_package_and_its_receipt_is_found(
    engine: Engine, clock: Clock, package: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    traffic = Zone(engine, clock, zone(to=f"folder:{folder}"))
    traffic.consign(package)
    assert traffic.courier.deliver_due() == 1
    assert [one.name for one in folder.iterdir()] == [package.name]
    assert (folder / package.name).read_bytes() == CONTENT
    assert (traffic.one().state, traffic.courier.ask()) == (State.SENT, 0)
    receipt = folder / f"{package.name}.receipt.json"
    receipt.write_text(json.dumps({"state": "received", "note": "AB-17"}))
    assert traffic.courier.ask() == 1
    assert (traffic.one().state, traffic.one().answer) == (State.RECEIVED, "AB-17")
    assert traffic.told == [(CASE, State.SENT), (CASE, State.RECEIVED)]


def test_a_folder_that_is_not_mounted_waits_and_loses_nothing(
    engine: Engine, clock: Clock, package: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    traffic = Zone(engine, clock, zone(to=f"folder:{folder}"))
    traffic.consign(package)
    traffic.courier.deliver_due()
    assert (traffic.one().state, traffic.one().answer) == (
        State.WAITING,
        "No such file or directory",
    )
    folder.mkdir()
    assert traffic.courier.deliver_due() == 0, "not before its time"
    clock.forward(HOUR)
    assert traffic.courier.deliver_due() == 1
    assert traffic.one().state is State.SENT


@pytest.mark.parametrize("receipt", [b"", b"[]", b'{"state": "sent"}', b'{"state": 7}', b"\xff"])
def test_a_receipt_that_cannot_be_understood_is_no_answer(
    engine: Engine, clock: Clock, package: Path, tmp_path: Path, receipt: bytes
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    traffic = Zone(engine, clock, zone(to=f"folder:{folder}"))
    traffic.consign(package)
    traffic.courier.deliver_due()
    (folder / f"{package.name}.receipt.json").write_bytes(receipt)
    assert traffic.courier.ask() == 0
    assert traffic.one().state is State.SENT
