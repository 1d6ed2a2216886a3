"""An SFTP receiver gets packages, and no other server does."""

from io import StringIO
from pathlib import Path

import paramiko
import pytest
from pydantic import ValidationError
from sqlalchemy import Engine

from sinks.delivery.ledger import (
    State,
    resend,
)
from sinks.store.engine import writing
from tests.sinks.conftest import Clock
from tests.sinks.delivery.sending import BY_SECRET, CONTENT, HOUR, Zone, zone
from tests.sinks.delivery.servers import Sftp


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


def test_an_sftp_receiver_without_its_host_key_is_an_error_of_the_site() -> None:
    with pytest.raises(ValidationError, match="host_key"):
        zone(to="sftp://anpr@traffic.example/in", **BY_SECRET)
