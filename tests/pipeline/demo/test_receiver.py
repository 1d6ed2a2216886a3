import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from pipeline.demo.receiver import Receiver
from sinks.evidence.keys import KeyRing
from sinks.evidence.package import write_withdrawal

NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)
EVENT_AT = NOW - timedelta(seconds=1.5)
EVENT = {
    "id": "e1",
    "kind": "hit",
    "revision": 1,
    "at": EVENT_AT.isoformat(),
    "rule": {"id": "hotlist", "version": "1"},
    "list": "stolen",
}
BODY = json.dumps({"event": EVENT, "state": "open", "alert": 1}).encode()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver("dispatch-secret", "bollard-secret", lambda: NOW) as running:
        yield running


def signed_headers(secret: str, body: bytes) -> dict[str, str]:
    timestamp = str(int(NOW.timestamp()))
    content = timestamp.encode() + b"." + body
    digest = hmac.new(secret.encode(), content, "sha256").hexdigest()
    return {"X-Anpr-Timestamp": timestamp, "X-Anpr-Signature": f"sha256={digest}"}


def call(receiver: Receiver, path: str, secret: str, body: bytes = BODY) -> int:
    headers = signed_headers(secret, body)
    return httpx.post(receiver.url + path, content=body, headers=headers).status_code


def test_a_well_signed_alert_is_taken_with_its_delay(receiver: Receiver) -> None:
    assert call(receiver, "/dispatch", "dispatch-secret") == HTTPStatus.NO_CONTENT
    (arrival,) = receiver.arrivals
    assert (arrival.event, arrival.state, arrival.delay_s) == ("e1", "open", 1.5)


@pytest.mark.parametrize("secret", ["bollard-secret", "", "dispatch-secreT"])
def test_a_wrongly_signed_alert_is_refused(receiver: Receiver, secret: str) -> None:
    assert call(receiver, "/dispatch", secret) == HTTPStatus.UNAUTHORIZED
    assert receiver.arrivals == ()
    assert receiver.refused == 1


def test_an_unsigned_alert_is_refused(receiver: Receiver) -> None:
    answer = httpx.post(f"{receiver.url}/dispatch", content=BODY)
    assert answer.status_code == HTTPStatus.UNAUTHORIZED


def test_a_changed_body_breaks_the_signature(receiver: Receiver) -> None:
    headers = signed_headers("dispatch-secret", BODY)
    answer = httpx.post(
        f"{receiver.url}/dispatch", content=BODY.replace(b"stolen", b"watch "), headers=headers
    )
    assert answer.status_code == HTTPStatus.UNAUTHORIZED


def test_a_signed_call_that_is_no_alert_is_refused(receiver: Receiver) -> None:
    status = call(receiver, "/dispatch", "dispatch-secret", b"{}")
    assert status == HTTPStatus.UNPROCESSABLE_ENTITY


def test_a_bollard_is_lowered_by_its_own_secret_alone(receiver: Receiver) -> None:
    assert call(receiver, "/bollard/markt", "dispatch-secret") == HTTPStatus.UNAUTHORIZED
    assert call(receiver, "/bollard/markt", "bollard-secret") == HTTPStatus.NO_CONTENT
    assert receiver.openings == ("markt",)


def test_there_is_nothing_else_to_call(receiver: Receiver) -> None:
    assert call(receiver, "/elsewhere", "dispatch-secret") == HTTPStatus.NOT_FOUND


def test_the_traffic_service_takes_packages_that_hold(receiver: Receiver, tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys")
    ring.create(NOW)
    path = write_withdrawal("case-1", 2, "late permit", ring.signer(), tmp_path, NOW)
    packed = path.read_bytes()
    for place, content, status in (
        (f"/traffic/{path.name}", packed, HTTPStatus.CREATED),
        ("/traffic/bad.zip", packed[:-1], HTTPStatus.UNPROCESSABLE_ENTITY),
        (f"/elsewhere/{path.name}", packed, HTTPStatus.NOT_FOUND),
    ):
        assert httpx.put(receiver.url + place, content=content).status_code == status
    assert receiver.packages == {path.name}
