"""An HTTPS receiver that is down, slow, or says no: what becomes of its package."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from sinks.delivery.courier import Courier
from sinks.delivery.https import HttpsWay
from sinks.delivery.ledger import (
    State,
    resend,
)
from sinks.store.engine import writing
from tests.sinks.conftest import Clock
from tests.sinks.delivery.sending import BY_SECRET, HOUR, Zone, zone
from tests.sinks.delivery.servers import Http


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
