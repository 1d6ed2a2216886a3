"""Alerts in the store: raised once, revised, recalled, and the outbox that goes with them."""

import json
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import Engine, select

from anpr.events import Hit
from anpr.journeys import journeys
from anpr.topics import DEAD_LETTERS, EVENTS
from sinks.alerts.payload import AlertPayload
from sinks.alerts.raising import AlertsWorker
from sinks.alerts.words import HIGHEST_OF_CASE, PART_OF_CASE, RECALLED
from sinks.store.engine import writing
from sinks.store.schema import alerts, deliveries, unraised
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0, hit, lock_transit, message, seconds, site, transit
from tests.sinks.conftest import Clock

ROUTED = site(
    alerts=[
        {"when": {"kind": "hit"}, "channels": ["dispatch", "console"]},
        {"when": {"kind": "section_transit", "verdicts": ["violation"]}, "channels": ["dispatch"]},
    ],
    channels={
        "dispatch": {"type": "webhook", "url": "https://example.org/hook", "secret": "env:S"}
    },
)


class Desk:
    """A worker on a store, and what it left there."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self.engine = engine
        self.clock = clock
        self.woken = 0
        self.worker = AlertsWorker(engine, ROUTED, clock, self._wake)

    def _wake(self) -> None:
        self.woken += 1

    def take(self, *events: Any) -> None:
        self.clock.moment = max(self.clock.moment, *(one.at for one in events))
        assert self.worker.work([message(event) for event in events]) == []

    def alerts(self) -> list[tuple[str, str, int]]:
        with self.engine.connect() as connection:
            rows = connection.execute(select(alerts).order_by(alerts.c.id)).all()
        return [(row.event_id, row.state, row.event_revision) for row in rows]

    def outbox(self) -> list[tuple[str, str]]:
        """The state of each delivery and of the alert in its payload."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(deliveries).order_by(deliveries.c.id)).all()
        return [(row.state, json.loads(row.body)["state"]) for row in rows]

    def payloads(self) -> list[AlertPayload]:
        with self.engine.connect() as connection:
            bodies = connection.execute(
                select(deliveries.c.body).order_by(deliveries.c.id)
            ).scalars()
            return [AlertPayload.model_validate_json(body) for body in bodies]

    def attempted(self) -> None:
        """Let every waiting delivery have been tried once."""
        with writing(self.engine) as connection:
            connection.execute(deliveries.update().values(attempts=1))


@pytest.fixture
def desk(engine: Engine, clock: Clock) -> Desk:
    return Desk(engine, clock)


def test_another_limit_or_procedure_of_a_violation_is_news(desk: Desk) -> None:
    known: dict[str, Any] = {"verdict": "violation", "reason": "above_limit", "corrected_kmh": 80}
    desk.take(transit(**known, limit_kmh=70))
    desk.attempted()
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
    desk.attempted()

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
    desk.attempted()

    desk.take(transit(revision=3, verdict="cancelled", reason="low_confidence"))

    assert desk.alerts() == [(event.id, "recalled", 3)]


def test_a_recalled_alert_opens_again_when_its_event_comes_back(desk: Desk) -> None:
    event = hit()
    desk.take(event)
    desk.attempted()
    desk.take(hit(revision=2, withdrawn=True))
    desk.attempted()

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
    desk.attempted()

    desk.take(hit(revision=2, likelihood=0.9))

    assert desk.alerts() == [(hit().id, "open", 2)]
    assert desk.outbox() == [("pending", "open")]


def test_a_revision_that_makes_a_match_doubtful_is_sent(desk: Desk) -> None:
    desk.take(hit())
    desk.attempted()

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
    desk.attempted()

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


def violation(section: str, entry: str, leaving: str, at_s: float, **changes: Any) -> Any:
    known: dict[str, Any] = {
        "section": section, "passages": (entry, leaving), "at": T0 + seconds(at_s),
        "verdict": "violation", "reason": "above_limit", "corrected_kmh": 80,
        "case_class": "immediate_collection", "amount_eur": 53,
    }  # fmt: skip
    return transit(f"{section}-{entry}", **{**known, **changes})


FIRST = violation("ab", "a", "b", 60)
HIGHER = violation("bc", "b", "c", 120, amount_eur=83)
LOWER = violation("bc", "b", "c", 120, corrected_kmh=75)
LAST = violation("cd", "c", "d", 180, amount_eur=60)


def opened(desk: Desk) -> list[str]:
    return [event for event, state, _ in desk.alerts() if state == "open"]


def test_a_lower_section_of_the_same_case_raises_no_alert(desk: Desk) -> None:
    desk.take(FIRST)
    desk.take(LOWER)
    assert desk.alerts() == [(FIRST.id, "open", FIRST.revision)]
    assert len(desk.payloads()) == 1


def test_a_higher_section_of_the_same_case_takes_the_place_of_its_alert(desk: Desk) -> None:
    desk.take(FIRST)
    desk.attempted()
    desk.take(HIGHER)
    assert opened(desk) == [HIGHER.id]
    first, recalled, higher = desk.payloads()
    assert (recalled.alert, recalled.state, recalled.words) == (
        first.alert, "recalled", (PART_OF_CASE,),
    )  # fmt: skip
    assert (higher.state, higher.follows) == ("open", first.alert)
    assert HIGHEST_OF_CASE in higher.words


def test_the_same_section_again_and_another_vehicle_are_other_cases(desk: Desk) -> None:
    again = violation("ab", "a2", "b2", 600)
    other = violation("bc", "b", "c", 120, plate="2XYZ999", id="other")
    desk.take(FIRST, again, other)
    assert len(opened(desk)) == 3


def test_when_the_highest_falls_away_the_next_leads(desk: Desk) -> None:
    desk.take(FIRST, HIGHER, LAST)
    desk.take(HIGHER.model_copy(update={"revision": 5, "withdrawn": True}))
    assert sorted(opened(desk)) == sorted([FIRST.id, LAST.id]), "and what lay between joined them"


def test_a_section_between_two_cases_makes_one_of_them(desk: Desk) -> None:
    desk.take(FIRST, LAST)
    assert len(opened(desk)) == 2
    desk.take(LOWER)
    assert opened(desk) == [LAST.id]
    desk.take(LOWER.model_copy(update={"revision": 5, "withdrawn": True}))
    assert sorted(opened(desk)) == sorted([FIRST.id, LAST.id])


def test_a_revision_that_makes_a_part_the_highest_lets_it_lead(desk: Desk) -> None:
    desk.take(FIRST, HIGHER)
    desk.take(FIRST.model_copy(update={"revision": 5, "amount_eur": 200}))
    assert opened(desk) == [FIRST.id]
    desk.take(FIRST.model_copy(update={"revision": 6, "amount_eur": 60}))
    assert opened(desk) == [HIGHER.id]


SECTIONS = [FIRST, LOWER, HIGHER.model_copy(update={"id": "long", "section": "ac"}), LAST]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_in_any_order_one_alert_tells_of_the_case(desk: Desk, order: tuple[int, ...]) -> None:
    for number in order:
        desk.take(SECTIONS[number])
    (journey,) = journeys(SECTIONS)
    assert opened(desk) == [journey.leading.id]
