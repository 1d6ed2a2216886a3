"""Packages reach their receivers whatever these do, once, and what they say of them is kept."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import paramiko
import pytest
from prometheus_client import REGISTRY
from pydantic import ValidationError
from sqlalchemy import Connection, Engine

from anpr.sites import Site
from anpr.time import to_us
from sinks.delivery import ledger
from sinks.delivery.courier import Courier, receivers_of, ways
from sinks.delivery.https import HttpsWay
from sinks.delivery.ledger import (
    Consignment,
    State,
    consign,
    erase_consignments,
    of_cases,
    resend,
)
from sinks.delivery.report import reconcile
from sinks.evidence.sealing import new_identity, unseal
from sinks.store.engine import writing
from tests.sinks.build import T0, site
from tests.sinks.conftest import Clock
from tests.sinks.delivery.servers import PASSWORD, Http, Sftp, http_receiver

CASE = "case-1"
CONTENT = b"a package of evidence"
HOUR = timedelta(hours=1)
BY_SECRET = {"secret": "env:TRAFFIC"}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "packages" / "case-1-r2.zip"
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def http() -> Iterator[Http]:
    with http_receiver() as receiver:
        yield receiver


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[Sftp]:
    folder = tmp_path / "remote"
    folder.mkdir()
    server = Sftp(folder)
    server.start()
    yield server
    server.stop()


def zone(**receiver: Any) -> Site:
    return site(receivers={"traffic": receiver})


class Zone:
    """A courier on a store, with the clock of the test."""

    def __init__(
        self, engine: Engine, clock: Clock, settings: Site, secret: str = PASSWORD
    ) -> None:
        self.engine = engine
        self.clock = clock
        self.told: list[tuple[str, State]] = []
        self.settings = settings
        self.courier = Courier(engine, ways(settings, lambda _: secret, clock), clock, self._told)

    def _told(self, _: Connection, one: Consignment) -> None:
        self.told.append((one.case, one.state))

    def consign(self, path: Path) -> None:
        with writing(self.engine) as connection:
            names = receivers_of(self.settings, "section_transit")
            consign(connection, CASE, path, names, self.clock())

    def one(self) -> Consignment:
        with self.engine.connect() as connection:
            (found,) = of_cases(connection, [CASE])[CASE]
        return found


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


def test_the_same_package_is_entered_once_however_often_it_is_exported(
    engine: Engine, clock: Clock, package: Path, http: Http
) -> None:
    traffic = Zone(engine, clock, zone(to=http.url))
    for _ in range(3):
        traffic.consign(package)
        traffic.courier.deliver_due()
    assert len(http.keys) == 1
    assert http.got == {"/in/case-1-r2.zip": CONTENT}
    assert (traffic.one().state, traffic.one().answer) == (State.RECEIVED, "HTTP 201 thank you")


def test_an_answer_that_is_lost_costs_a_double_under_one_key(
    engine: Engine, clock: Clock, package: Path, http: Http
) -> None:
    http.lose_answer = True
    traffic = Zone(engine, clock, zone(to=http.url))
    traffic.consign(package)
    traffic.courier.deliver_due()
    assert traffic.one().state is State.WAITING
    clock.forward(HOUR)
    traffic.courier.deliver_due()
    assert traffic.one().state is State.RECEIVED
    assert len(http.keys) == 2
    assert len(set(http.keys)) == 1


def test_a_crash_between_sending_and_recording_costs_a_double_and_no_more(
    engine: Engine, clock: Clock, package: Path, http: Http
) -> None:
    traffic = Zone(engine, clock, zone(to=http.url))
    traffic.consign(package)
    sent = traffic.one()
    way, _ = ways(traffic.settings, lambda _: PASSWORD, clock)["traffic"]
    way.send(sent.name, CONTENT, sent.key)
    way.close()
    again = Zone(engine, clock, traffic.settings)
    again.courier.deliver_due()
    assert again.one().state is State.RECEIVED
    assert http.got == {"/in/case-1-r2.zip": CONTENT}
    assert len(set(http.keys)) == 1


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_a_receiver_that_is_down_is_asked_again_with_longer_waits(
    engine: Engine, clock: Clock, package: Path, http: Http, status: int
) -> None:
    http.statuses = [status, status, 201]
    traffic = Zone(engine, clock, zone(to=http.url))
    traffic.consign(package)
    waits = []
    while traffic.one().state is State.WAITING:
        traffic.courier.deliver_due()
        waits.append(traffic.one().next_at - clock())
        clock.forward(HOUR)
    assert traffic.one().state is State.RECEIVED
    assert timedelta(0) < waits[0] <= timedelta(seconds=5)
    assert waits[0] < waits[1] <= timedelta(seconds=10)


def test_a_receiver_that_hangs_is_not_waited_for(
    engine: Engine, clock: Clock, package: Path, http: Http
) -> None:
    http.hang.clear()
    way = HttpsWay(http.url, None, str, clock, httpx.Timeout(0.05))
    traffic = Zone(engine, clock, zone(to=http.url))
    traffic.courier = Courier(engine, {"traffic": (way, None)}, clock)
    traffic.consign(package)
    traffic.courier.deliver_due()
    assert (traffic.one().state, traffic.one().answer) == (State.WAITING, "ReadTimeout")
    http.hang.set()
    clock.forward(HOUR)
    traffic.courier = Zone(engine, clock, traffic.settings).courier
    traffic.courier.deliver_due()
    assert traffic.one().state is State.RECEIVED


def test_what_a_receiver_refuses_is_not_sent_again_by_itself(
    engine: Engine, clock: Clock, package: Path, http: Http
) -> None:
    http.statuses, http.body = [422, 201], b"unknown municipality"
    traffic = Zone(engine, clock, zone(to=http.url))
    traffic.consign(package)
    traffic.courier.deliver_due()
    clock.forward(HOUR)
    assert traffic.courier.deliver_due() == 0
    assert (traffic.one().state, traffic.one().answer) == (
        State.REFUSED, "HTTP 422 unknown municipality",
    )  # fmt: skip
    with writing(engine) as connection:
        assert len(resend(connection, [traffic.one().id], clock())) == 1
    traffic.courier.deliver_due()
    assert traffic.one().state is State.RECEIVED


def test_what_is_only_taken_in_is_asked_for_until_its_receipt_comes(
    engine: Engine, clock: Clock, package: Path, http: Http
) -> None:
    http.statuses = [202]
    traffic = Zone(engine, clock, zone(to=http.url))
    traffic.consign(package)
    traffic.courier.deliver_due()
    assert (traffic.one().state, traffic.courier.ask()) == (State.SENT, 0)
    http.receipts["/in/case-1-r2.zip.receipt.json"] = b'{"state": "refused", "note": "late"}'
    assert traffic.courier.ask() == 1
    assert (traffic.one().state, traffic.one().answer) == (State.REFUSED, "late")


def test_a_call_is_signed_with_the_secret(
    engine: Engine, clock: Clock, package: Path, http: Http
) -> None:
    traffic = Zone(engine, clock, zone(to=http.url, **BY_SECRET))
    traffic.consign(package)
    traffic.courier.deliver_due()
    assert traffic.one().state is State.RECEIVED


def test_after_a_week_it_is_said_that_it_failed(
    engine: Engine, clock: Clock, package: Path, http: Http
) -> None:
    http.statuses = [503]
    traffic = Zone(engine, clock, zone(to=http.url))
    traffic.consign(package)
    clock.forward(timedelta(days=7) - timedelta(seconds=1))
    traffic.courier.deliver_due()
    assert traffic.one().state is State.WAITING
    clock.forward(HOUR)
    traffic.courier.deliver_due()
    assert traffic.one().state is State.FAILED


def test_a_package_that_is_gone_is_told_and_waits_for_its_export(
    engine: Engine, clock: Clock, package: Path, http: Http
) -> None:
    traffic = Zone(engine, clock, zone(to=http.url))
    traffic.consign(package)
    package.unlink()
    traffic.courier.deliver_due()
    assert "export it again" in traffic.one().answer
    package.write_bytes(CONTENT)
    clock.forward(HOUR)
    traffic.courier.deliver_due()
    assert traffic.one().state is State.RECEIVED


def test_what_is_encrypted_only_its_recipient_reads(
    engine: Engine, clock: Clock, package: Path, http: Http, tmp_path: Path
) -> None:
    identity = tmp_path / "receiver.identity"
    recipient = new_identity(identity).name
    traffic = Zone(engine, clock, zone(to=http.url, recipient=recipient))
    traffic.consign(package)
    traffic.courier.deliver_due()
    ((name, sealed),) = http.got.items()
    assert name == "/in/case-1-r2.zip.age"
    assert CONTENT not in sealed
    assert unseal(sealed, identity.read_text()) == CONTENT


def test_an_sftp_server_gets_the_package_and_its_receipt_is_found(
    engine: Engine, clock: Clock, package: Path, sftp: Sftp
) -> None:
    traffic = Zone(engine, clock, zone(to=sftp.url, **BY_SECRET, host_key=sftp.told_key))
    traffic.consign(package)
    traffic.courier.deliver_due()
    assert (traffic.one().state, traffic.one().answer) == (State.SENT, "")
    assert [one.name for one in sftp.folder.iterdir()] == [package.name]
    assert (sftp.folder / package.name).read_bytes() == CONTENT
    assert traffic.courier.ask() == 0
    (sftp.folder / f"{package.name}.receipt.json").write_bytes(b'{"state": "received"}')
    assert traffic.courier.ask() == 1
    assert traffic.one().state is State.RECEIVED


def test_an_sftp_server_that_restarts_is_connected_to_again(
    engine: Engine, clock: Clock, package: Path, sftp: Sftp
) -> None:
    traffic = Zone(engine, clock, zone(to=sftp.url, **BY_SECRET, host_key=sftp.told_key))
    traffic.consign(package)
    traffic.courier.deliver_due()
    sftp.stop()
    with writing(engine) as connection:
        resend(connection, [traffic.one().id], clock())
    traffic.courier.deliver_due()
    assert traffic.one().state is State.WAITING
    sftp.start()
    clock.forward(HOUR)
    traffic.courier.deliver_due()
    assert traffic.one().state is State.SENT


def test_an_sftp_server_lets_in_by_a_private_key(
    engine: Engine, clock: Clock, package: Path, sftp: Sftp
) -> None:
    key = paramiko.ECDSAKey.generate()
    sftp.client_key = key
    pem = StringIO()
    key.write_private_key(pem)
    settings = zone(to=sftp.url, **BY_SECRET, host_key=sftp.told_key)
    traffic = Zone(engine, clock, settings, pem.getvalue().strip())
    traffic.consign(package)
    traffic.courier.deliver_due()
    assert traffic.one().state is State.SENT


@pytest.mark.parametrize(
    "secret, is_other, words",
    [("wrong", False, "does not let us in"), ("hunter22", True, "not the one whose host_key")],
)
def test_an_sftp_server_that_is_not_ours_gets_nothing(
    engine: Engine, clock: Clock, package: Path, sftp: Sftp, secret: str, is_other: bool, words: str
) -> None:
    other = Sftp(sftp.folder).told_key if is_other else sftp.told_key
    traffic = Zone(engine, clock, zone(to=sftp.url, **BY_SECRET, host_key=other), secret)
    traffic.consign(package)
    traffic.courier.deliver_due()
    assert words in traffic.one().answer
    assert traffic.one().state is State.WAITING
    assert [*sftp.folder.iterdir()] == []


def test_a_receiver_gets_the_kinds_of_cases_that_it_asked_for() -> None:
    settings = zone(to="https://traffic.example/in", cases=["lock_transit"])
    assert receivers_of(settings, "lock_transit") == ["traffic"]
    assert receivers_of(settings, "section_transit") == []


def test_reconciliation_says_what_was_sent_received_and_is_missing(
    engine: Engine, clock: Clock, package: Path, http: Http, tmp_path: Path
) -> None:
    settings = zone(to=http.url)
    http.statuses = [201, 422, 202, 503]
    traffic = Zone(engine, clock, settings)
    for number in range(4):
        path = tmp_path / f"case-{number}-r1.zip"
        path.write_bytes(b"%d" % number)
        with writing(engine) as connection:
            consign(connection, f"case-{number}", path, ["traffic"], clock())
    traffic.courier.deliver_due()
    with engine.connect() as connection:
        (line,) = reconcile(ledger.since(connection, T0))
    assert (line.receiver, line.entered, line.received, line.refused) == ("traffic", 4, 1, 1)
    assert (line.sent, line.waiting, line.failed) == (1, 1, 0)
    assert [one.name for one in line.missing] == ["case-2-r1.zip", "case-3-r1.zip"]


def test_consignments_are_erased_on_their_day_with_their_files(
    engine: Engine, clock: Clock, package: Path, http: Http
) -> None:
    traffic = Zone(engine, clock, zone(to=http.url))
    traffic.consign(package)
    assert erase_consignments(engine, to_us(clock())) == 0
    assert package.exists()
    assert erase_consignments(engine, to_us(clock()) + 1) == 1
    assert not package.exists()


def test_an_sftp_receiver_without_its_host_key_is_an_error_of_the_site() -> None:
    with pytest.raises(ValidationError, match="host_key"):
        zone(to="sftp://anpr@traffic.example/in", **BY_SECRET)


def test_the_metrics_say_how_much_waits_and_name_no_case(
    engine: Engine, clock: Clock, package: Path, http: Http
) -> None:
    http.statuses = [503]
    traffic = Zone(engine, clock, zone(to=http.url))
    traffic.consign(package)
    traffic.courier.deliver_due()
    traffic.courier.tell_waiting()
    told = {"receiver": "traffic", "state": "waiting"}
    assert REGISTRY.get_sample_value("anpr_consignments", told) == 1
    http.statuses = [201]
    clock.forward(HOUR)
    traffic.courier.deliver_due()
    traffic.courier.tell_waiting()
    assert REGISTRY.get_sample_value("anpr_consignments", told) == 0
