"""Packages reach their receivers, once, and what became of them is kept and told."""

from datetime import timedelta
from pathlib import Path

from prometheus_client import REGISTRY
from sqlalchemy import Engine

from anpr.time import to_us
from sinks.delivery import ledger
from sinks.delivery.courier import receivers_of, ways
from sinks.delivery.ledger import (
    State,
    consign,
    erase_consignments,
)
from sinks.delivery.report import reconcile
from sinks.evidence.sealing import new_identity, unseal
from sinks.store.engine import writing
from tests.sinks.build import T0
from tests.sinks.conftest import Clock
from tests.sinks.delivery.sending import CONTENT, HOUR, Zone, zone
from tests.sinks.delivery.servers import PASSWORD, Http


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
