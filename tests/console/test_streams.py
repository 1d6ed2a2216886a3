"""Live streams: what is new arrives by itself, what was missed arrives on return."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest

from sinks.store.audit import latest_audit
from sinks.store.rights import Role
from tests.console.zone import Zone, hit, passage


@dataclass(frozen=True)
class Event:
    """One event of a stream; a comment has the name `:`."""

    name: str
    data: str
    id: str


def events(answer: httpx.Response) -> Iterator[Event]:
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(":")
            joined = f"{fields[name]}\n{value.strip()}" if name in fields else value.strip()
            fields[name] = joined
            continue
        name = fields.get("event", ":")
        yield Event(name, fields.get("data", ""), fields.get("id", ""))
        fields = {}


@contextmanager
def listening(
    client: httpx.Client, path: str, token: str, last: str | None = None
) -> Iterator[Iterator[Event]]:
    headers = {"Authorization": f"Bearer {token}"}
    if last is not None:
        headers["Last-Event-ID"] = last
    with client.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        stream = events(answer)
        assert next(stream).name == ":"
        yield stream


@pytest.fixture
def token(zone: Zone) -> str:
    return zone.account("an", Role.DISPATCHER)


def test_a_new_alert_arrives_and_its_recall_follows(
    zone: Zone, client: httpx.Client, token: str
) -> None:
    zone.raise_alert(hit(passage("before")))
    with listening(client, "/api/alerts/stream", token) as stream:
        event = hit(passage("a"))
        number = zone.raise_alert(event)
        arrived = next(stream)
        assert (arrived.name, arrived.id) == ("alert", str(number))
        assert httpx.Response(200, text=arrived.data).json()["event"]["id"] == event.id
        zone.recall(event)
        recalled = next(stream)
        assert recalled.name == "recall"
        assert httpx.Response(200, text=recalled.data).json()["state"] == "recalled"


def test_a_recalled_alert_that_stands_again_arrives_again(
    zone: Zone, client: httpx.Client, token: str
) -> None:
    event = hit(passage("a"))
    zone.raise_alert(event)
    zone.recall(event)
    with listening(client, "/api/alerts/stream", token) as stream:
        zone.raise_alert(event)
        assert next(stream).name == "alert"


def test_who_returns_gets_what_was_missed_and_no_more(
    zone: Zone, client: httpx.Client, token: str
) -> None:
    seen, recalled, missed, brief = (hit(passage(name)) for name in "abcd")
    zone.raise_alert(seen)
    last = zone.raise_alert(recalled)
    numbers = zone.raise_alert(missed), zone.raise_alert(brief)
    zone.recall(recalled)
    zone.recall(brief)
    with listening(client, "/api/alerts/stream", token, str(last)) as stream:
        told = [next(stream), next(stream)]
        zone.raise_alert(hit(passage("e")))
        told.append(next(stream))
    ids = [httpx.Response(200, text=one.data).json()["id"] for one in told]
    assert [one.name for one in told] == ["recall", "alert", "alert"]
    assert ids == [last, numbers[0], numbers[1] + 1]


@pytest.mark.parametrize("last", ["", "nonsense", "-1", "9" * 30])
def test_a_strange_last_event_does_no_harm(
    zone: Zone, client: httpx.Client, token: str, last: str
) -> None:
    with listening(client, "/api/alerts/stream", token, last) as stream:
        zone.raise_alert(hit(passage("a")))
        assert next(stream).name == "alert"


def test_listening_is_audited(zone: Zone, client: httpx.Client, token: str) -> None:
    with listening(client, "/api/alerts/stream", token), zone.engine.connect() as connection:
        assert latest_audit(connection, 1)[0].action == "alerts_stream"


def test_traffic_arrives_masked_and_a_hit_unmasks_it_for_dispatch(
    zone: Zone, client: httpx.Client, token: str
) -> None:
    seen = passage("a")
    with listening(client, "/live/stream", token) as stream:
        zone.store([seen])
        row = next(stream)
        assert row.name == "passage"
        assert "ABC" not in row.data
        zone.store([], [hit(seen)])
        again = next(stream)
        assert (again.name, "1-ABC-123" in again.data) == ("passage", True)
        zone.raise_alert(hit(seen))
        assert next(stream).name == "alert"
        zone.store([passage("a", revision=2, withdrawn=True)])
        assert next(stream) == Event("gone", seen.id, "")


def test_an_operator_sees_traffic_only_and_masked(zone: Zone, client: httpx.Client) -> None:
    operator = zone.account("op", Role.OPERATOR)
    seen = passage("a")
    zone.store([seen], [hit(seen)])
    with listening(client, "/live/stream", operator) as stream:
        first = next(stream)
        zone.raise_alert(hit(seen))
        zone.store([passage("b", "2DEF456")])
        second = next(stream)
    assert [first.name, second.name] == ["passage", "passage"]
    assert not {"ABC", "DEF"} & {part for one in (first, second) for part in one.data.split("-")}


def test_streams_end_when_the_server_stops(zone: Zone, client: httpx.Client, token: str) -> None:
    with listening(client, "/api/alerts/stream", token) as stream:
        zone.stop()
        assert list(stream) == []
