"""The webhook against a real server: signed, never redirected, and honest about what to retry."""

import hmac
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from hashlib import sha256

import httpx
import pytest

from anpr.errors import SecretError
from anpr.secrets import resolve
from sinks.alerts.channel import Fate, Outcome
from sinks.alerts.webhook import Webhook
from sinks.signing import signature
from tests.sinks.build import T0
from tests.sinks.receiver import Receiver

SECRET = "a secret of the test"  # noqa: S105 - it opens nothing
BODY = b'{"alert":1}'


def secrets(reference: str) -> str:
    def unreadable(path: str) -> str:
        raise FileNotFoundError(path)

    return resolve(reference, {"S": SECRET}, unreadable)


def now() -> datetime:
    return T0


@contextmanager
def webhook(url: str, secret: str | None = "env:S") -> Iterator[Webhook]:  # noqa: S107 - a reference
    with closing(Webhook(url, secret, secrets, now, httpx.Timeout(0.5))) as channel:
        yield channel


def test_a_call_is_signed_over_its_timestamp_and_body(receiver: Receiver) -> None:
    with webhook(receiver.url) as channel:
        outcome = channel.send(BODY, "key-1")

    (call,) = receiver.calls
    timestamp = call.headers["X-Anpr-Timestamp"]
    digest = hmac.new(SECRET.encode(), timestamp.encode() + b"." + BODY, sha256).hexdigest()
    assert outcome == Outcome(Fate.SENT, "HTTP 200")
    assert call.body == BODY
    assert call.headers["X-Anpr-Signature"] == f"sha256={digest}"
    assert timestamp == str(int(T0.timestamp()))
    assert call.headers["Idempotency-Key"] == "key-1"
    assert call.headers["Content-Type"] == "application/json"


def test_another_secret_body_or_time_gives_another_signature() -> None:
    signed = {
        signature(secret, timestamp, body)
        for secret in ("a", "b")
        for timestamp in ("1", "2")
        for body in (b"x", b"y")
    }

    assert len(signed) == 8


@pytest.mark.parametrize(
    "status, fate",
    [
        (200, Fate.SENT),
        (204, Fate.SENT),
        (299, Fate.SENT),
        (301, Fate.REFUSED),
        (307, Fate.REFUSED),
        (400, Fate.REFUSED),
        (401, Fate.REFUSED),
        (404, Fate.REFUSED),
        (408, Fate.RETRY),
        (429, Fate.RETRY),
        (500, Fate.RETRY),
        (503, Fate.RETRY),
    ],
)
def test_a_status_says_whether_a_retry_is_worth_it(
    receiver: Receiver, status: int, fate: Fate
) -> None:
    receiver.statuses = [status]

    with webhook(receiver.url) as channel:
        assert channel.send(BODY, "key") == Outcome(fate, f"HTTP {status}")

    assert [call.path for call in receiver.calls] == ["/hook"]


def test_a_receiver_that_does_not_answer_is_tried_again(receiver: Receiver) -> None:
    receiver.gate.clear()

    with webhook(receiver.url) as channel:
        outcome = channel.send(BODY, "key")

    assert outcome == Outcome(Fate.RETRY, "ReadTimeout")


def test_a_receiver_that_is_not_there_is_tried_again_without_naming_it() -> None:
    with webhook("http://127.0.0.1:1/hook?token=hidden") as channel:
        outcome = channel.send(BODY, "key")

    assert outcome == Outcome(Fate.RETRY, "ConnectError")


def test_a_missing_secret_is_waited_for_and_nothing_is_sent(receiver: Receiver) -> None:
    with webhook(receiver.url, "env:MISSING") as channel:
        outcome = channel.send(BODY, "key")

    assert outcome.fate is Fate.RETRY
    assert "set the environment variable MISSING" in outcome.detail
    assert receiver.calls == []


def test_without_a_secret_a_call_bears_no_signature(receiver: Receiver) -> None:
    with webhook(receiver.url, None) as channel:
        channel.send(BODY, "key")

    assert "X-Anpr-Signature" not in receiver.calls[0].headers


@pytest.mark.parametrize("reference", ["env:S", "file:/run/secret"])
def test_a_secret_is_found_where_its_reference_says(reference: str) -> None:
    assert resolve(reference, {"S": " s3cret "}, lambda _: "s3cret\n") == "s3cret"


@pytest.mark.parametrize("reference", ["env:MISSING", "env:EMPTY", "file:/gone", "s3cret", "x:y"])
def test_a_secret_that_cannot_be_found_is_told_without_quoting_it(reference: str) -> None:
    def gone(path: str) -> str:
        raise FileNotFoundError(path)

    with pytest.raises(SecretError) as caught:
        resolve(reference, {"EMPTY": " "}, gone)

    assert "s3cret" not in str(caught.value)
