"""Alerts in the store: raised once, revised, recalled, and the outbox that goes with them."""

from typing import Any

import pytest
from sqlalchemy import Engine, select

from anpr.events import Hit
from anpr.topics import DEAD_LETTERS, EVENTS
from sinks.alerts.raising import AlertsWorker
from sinks.alerts.words import RECALLED
from sinks.store.schema import alerts, deliveries, unraised
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0, hit, lock_transit, message, seconds, site, transit
from tests.sinks.conftest import Clock
from tests.sinks.desk import ROUTED, Desk


@pytest.fixture
def desk(engine: Engine, clock: Clock) -> Desk:
    return Desk(engine, clock)


def test_another_limit_or_procedure_of_a_violation_is_news(desk: Desk) -> None:
    known: dict[str, Any] = {"verdict": "violation", "reason": "above_limit", "corrected_kmh": 80}
    desk.take(transit(**known, limit_kmh=70))
    desk.tried()
    desk.take(transit(**known, limit_kmh=70, revision=3))
    assert len(desk.payloads()) == 1
    desk.take(transit(**known, limit_kmh=50, revision=4))
    assert len(desk.payloads()) == 2


def test_a_lock_that_asks_too_often_asks_no_more(engine: Engine, clock: Clock) -> None:
    lock = {
        "id": "relst", "entries": ["north"], "exits": ["south"], "through_within_s": 900,
        "review_max_per_day": 1,
    }  # fmt: skip
    route = {"when": {"kind": "lock_transit"}, "channels": ["console"]}
    worker = AlertsWorker(engine, site(locks=[lock], alerts=[route]), clock, lambda: None)
    asked = [
        lock_transit(str(number), verdict="review", reason="class_unsure", at=T0 + seconds(number))
        for number in range(3)
    ]
    reasons = []
    for event in asked:
        StoreWriter(engine, clock).write([], [event])
        reasons += [decision.reason for decision in worker.take([event])]
    reasons += [one.reason for one in worker.take([lock_transit("through", at=T0 + seconds(9))])]
    assert reasons == ["routed", "unfit", "unfit", "routed"]


def test_a_hit_raises_one_alert_however_often_it_comes(desk: Desk) -> None:
    event = hit()

    desk.take(event, event)
    desk.take(event)

    assert desk.alerts() == [(event.id, "open", 1)]
    assert desk.outbox() == [("pending", "open")]


def test_the_deliverer_is_woken_once_the_alert_is_committed(engine: Engine, clock: Clock) -> None:
    seen = []

    def look() -> None:
        with engine.connect() as connection:
            seen.append(len(connection.execute(select(deliveries)).all()))

    AlertsWorker(engine, ROUTED, clock, look).work([message(hit())])

    assert seen == [1]


def test_what_no_route_asks_for_wakes_nobody(desk: Desk) -> None:
    desk.take(transit())

    assert (desk.alerts(), desk.woken) == ([], 0)


def test_the_console_channel_needs_no_delivery(engine: Engine, clock: Clock) -> None:
    AlertsWorker(engine, site(), clock, lambda: None).work([message(hit())])

    with engine.connect() as connection:
        assert len(connection.execute(select(alerts)).all()) == 1
        assert connection.execute(select(deliveries)).all() == []


def test_a_payload_tells_all_that_a_receiver_needs(desk: Desk) -> None:
    event = hit(match="equivalent")

    desk.take(event)

    (payload,) = desk.payloads()
    assert payload.event == event
    assert (payload.state, payload.kind, payload.site) == ("open", "hit", "Testdorp")
    assert payload.camera == "north"
    assert payload.words[0].startswith("not confirmed")


def test_a_withdrawn_hit_is_recalled_on_the_channel_that_carried_it(desk: Desk) -> None:
    event = hit()
    desk.take(event)
    desk.tried()

    desk.take(hit(revision=2, withdrawn=True))

    assert desk.alerts() == [(event.id, "recalled", 2)]
    assert desk.outbox() == [("superseded", "open"), ("pending", "recalled")]
    assert desk.payloads()[-1].words == (RECALLED,)


def test_an_alert_that_was_never_sent_is_recalled_without_a_word(desk: Desk) -> None:
    desk.take(hit())

    desk.take(hit(revision=2, withdrawn=True))

    assert desk.outbox() == [("superseded", "open")]


def test_a_verdict_that_changes_recalls_the_alert(desk: Desk) -> None:
    event = transit(verdict="violation", reason="above_limit")
    desk.take(event)
    desk.tried()

    desk.take(transit(revision=3, verdict="cancelled", reason="low_confidence"))

    assert desk.alerts() == [(event.id, "recalled", 3)]


def test_a_recalled_alert_opens_again_when_its_event_comes_back(desk: Desk) -> None:
    event = hit()
    desk.take(event)
    desk.tried()
    desk.take(hit(revision=2, withdrawn=True))
    desk.tried()

    desk.take(hit(revision=3))

    assert desk.alerts() == [(event.id, "open", 3)]
    assert desk.outbox()[-1] == ("pending", "open")


def test_a_stale_version_cannot_undo_a_recall(desk: Desk) -> None:
    event = hit()
    desk.take(event, hit(revision=2, withdrawn=True))

    desk.take(event)

    assert desk.alerts() == [(event.id, "recalled", 2)]


def test_a_stale_version_cannot_raise_what_was_withdrawn_before_it_came(desk: Desk) -> None:
    desk.take(hit(revision=2, withdrawn=True))

    desk.take(hit())

    assert desk.alerts() == []


def test_a_revision_that_says_the_same_is_not_sent_again(desk: Desk) -> None:
    desk.take(hit())
    desk.tried()

    desk.take(hit(revision=2, likelihood=0.9))

    assert desk.alerts() == [(hit().id, "open", 2)]
    assert desk.outbox() == [("pending", "open")]


def test_a_revision_that_makes_a_match_doubtful_is_sent(desk: Desk) -> None:
    desk.take(hit())
    desk.tried()

    desk.take(hit(revision=2, plate="1A8C234", match="equivalent"))

    assert desk.outbox() == [("superseded", "open"), ("pending", "open")]
    assert desk.payloads()[-1].words[0].startswith("not confirmed")


def test_the_same_entry_at_the_same_camera_is_not_said_again_within_the_silence(
    desk: Desk,
) -> None:
    first, soon, after = hit("a"), hit("b", at=T0 + seconds(599)), hit("c", at=T0 + seconds(600))

    desk.take(first, soon, after)

    assert [alert[0] for alert in desk.alerts()] == [first.id, after.id]


def test_the_same_entry_at_another_camera_is_sent_at_once_as_an_update(desk: Desk) -> None:
    desk.take(hit("a"), hit("b", at=T0 + seconds(5), camera="south"))

    first, second = desk.payloads()
    assert second.follows == first.alert
    assert second.words == ("update: alerted before, now at another camera",)


def test_another_entry_at_the_same_camera_is_no_repeat(desk: Desk) -> None:
    desk.take(hit("a"), hit("b", entry="entry-2"))

    assert len(desk.alerts()) == 2


def test_the_recall_of_an_alert_brings_out_the_repeat_that_it_hid(desk: Desk) -> None:
    first, second, third = (hit(name, at=T0 + seconds(n)) for n, name in enumerate("abc"))
    desk.take(first, second, third)
    desk.tried()

    desk.take(hit("a", revision=2, withdrawn=True))

    assert [alert[:2] for alert in desk.alerts()] == [(first.id, "recalled"), (second.id, "open")]
    assert desk.outbox()[1:] == [("pending", "recalled"), ("pending", "open")]


def test_a_repeat_is_brought_out_by_a_recall_that_comes_in_one_batch_with_it(desk: Desk) -> None:
    first, second = hit("first"), hit("second", at=T0 + seconds(60))
    desk.take(first, second)
    gone = hit("first", revision=2, withdrawn=True)
    newer = hit("second", at=T0 + seconds(60), revision=2)

    desk.take(gone, second, newer)

    assert desk.alerts() == [(first.id, "recalled", 2), (second.id, "open", 2)]


def test_a_repeat_that_was_withdrawn_is_not_brought_out(desk: Desk) -> None:
    desk.take(hit("a"), hit("b", at=T0 + seconds(1)))
    desk.take(hit("b", at=T0 + seconds(1), revision=2, withdrawn=True))

    desk.take(hit("a", revision=2, withdrawn=True))

    assert [alert[1] for alert in desk.alerts()] == ["recalled"]


def test_a_late_hit_raises_no_alert(desk: Desk) -> None:
    desk.take(hit(late=True))

    assert desk.alerts() == []


def test_a_hit_after_a_stall_is_raised_and_says_how_late_it_is(
    engine: Engine, clock: Clock
) -> None:
    clock.forward(seconds(3600))
    desk = Desk(engine, clock)

    desk.take(hit())

    assert desk.payloads()[0].words == ("delayed: it happened 60 min before this alert",)


def test_a_message_that_is_no_event_becomes_a_dead_letter(desk: Desk) -> None:
    refused = desk.worker.work([message(b"{}", EVENTS), message(hit())])

    assert [one.topic for one in refused] == [DEAD_LETTERS]
    assert len(desk.alerts()) == 1


def test_a_revision_keeps_the_number_of_its_alert(desk: Desk) -> None:
    desk.take(hit("a"), hit("b", entry="entry-2"))
    desk.take(hit("a", revision=2, match="wildcard"))

    first, other, again = (payload.alert for payload in desk.payloads())
    assert first == again != other


def test_what_raised_no_alert_is_remembered_until_it_does(desk: Desk) -> None:
    first, second = hit("a"), hit("b")
    desk.take(first, second)
    desk.take(hit("a", revision=2, withdrawn=True))

    with desk.engine.connect() as connection:
        assert connection.execute(select(unraised)).all() == []
    assert isinstance(desk.payloads()[-1].event, Hit)
