"""Where alerts may go, what mutes them, who hears next, and what else recalls them."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from anpr.errors import UnusableInputError
from anpr.events import Hit
from anpr.lists import Entry, Lists, PlateList
from anpr.sites.channels import Quiet
from sinks.alerts.conditions import Terms, asks
from sinks.alerts.demotion import demote
from sinks.alerts.muting import LONGEST, end_silence, silences_at
from sinks.alerts.routing import route
from sinks.alerts.words import LAPSED
from sinks.store.casework import Feedback
from sinks.store.engine import writing
from sinks.store.schema import deliveries
from tests.sinks.build import T0, camera_state, hit, lock_transit, seconds, transit
from tests.sinks.conftest import Clock
from tests.sinks.desk import AN, HOOK, Desk, night, zone


@pytest.fixture
def desk(engine: Engine, clock: Clock) -> Desk:
    return Desk(engine, clock, zone())


@pytest.mark.parametrize(
    "when, event, expected",
    [
        ({"kind": "hit", "areas": ["noord"]}, hit(camera="north"), True),
        ({"kind": "hit", "areas": ["noord"]}, hit(camera="south"), False),
        ({"kind": "hit", "ways": ["in"]}, hit(camera="north"), True),
        ({"kind": "hit", "ways": ["in"]}, hit(camera="north", direction="receding"), False),
        ({"kind": "hit", "ways": ["in"]}, hit(camera="south", direction="receding"), True),
        ({"kind": "hit", "ways": ["out"]}, hit(camera="markt"), False),
        ({"kind": "lock_transit", "rules": ["relst"]}, lock_transit(), True),
        ({"kind": "lock_transit", "rules": ["boom"]}, lock_transit(), False),
        ({"kind": "section_transit", "rules": ["n177"]}, transit(), True),
        ({"kind": "hit", "hours": [{"from": "07:00", "to": "06:00"}]}, hit(), True),
        ({"kind": "hit", "hours": [{"from": "22:00", "to": "06:00"}]}, hit(), False),
    ],
)
def test_a_route_asks_for_place_way_rule_and_time(
    when: dict[str, Any], event: Any, expected: bool
) -> None:
    route_ = zone(alerts=[{"when": when, "channels": ["console"]}]).alerts[0]
    assert asks(route_.when, event, zone(), Terms(night)) is expected


@pytest.mark.parametrize("match", ["probable", "equivalent", "wildcard"])
def test_what_is_not_confirmed_goes_to_dispatch_only_unless_its_list_allows_otherwise(
    match: str,
) -> None:
    unsure = hit(match=match)
    routing = route(unsure, zone())
    assert routing is not None
    assert (routing.channels, routing.dispatch_only) == (("dispatch", "console"), True)
    allowing = route(unsure, zone(lists={"stolen": {"unconfirmed": "all"}}))
    assert allowing is not None
    assert (len(allowing.channels), allowing.dispatch_only) == (3, False)


def test_a_silence_keeps_an_alert_on_the_console_and_says_why(desk: Desk) -> None:
    number = desk.silence(list="stolen", camera="north")
    desk.take(hit())
    assert desk.posted() == []
    assert desk.words() == ["not sent: silenced by an: a test drive"]
    desk.take(hit("s", camera="south"))
    assert len(desk.posted()) == 2
    with writing(desk.engine) as connection:
        assert end_silence(connection, number, AN, desk.clock())
        assert not end_silence(connection, number, AN, desk.clock())
        assert silences_at(connection, desk.clock()) == []


@pytest.mark.parametrize(
    "terms, event, is_silent",
    [
        ({"subject": "stolen/entry-1"}, hit(), True),
        ({"subject": "stolen/entry-2"}, hit(), False),
        ({"priority_max": 80}, hit(priority=80), True),
        ({"priority_max": 80}, hit(priority=81), False),
        ({"list": "missing"}, hit(), False),
        ({"kind": "camera_state"}, hit(), False),
    ],
)
def test_a_silence_means_what_it_says_and_nothing_else(
    desk: Desk, terms: dict[str, Any], event: Hit, is_silent: bool
) -> None:
    desk.silence(**terms)
    desk.take(event)
    assert (desk.posted() == []) is is_silent


def test_a_silence_ends_by_itself(desk: Desk) -> None:
    desk.silence(until=T0 + seconds(60))
    desk.clock.forward(seconds(60))
    desk.take(hit())
    assert len(desk.posted()) == 2


@pytest.mark.parametrize(
    "wrong", [{"reason": " "}, {"until": T0}, {"until": T0 + LONGEST + seconds(1)}]
)
def test_a_silence_needs_an_end_and_a_reason(desk: Desk, wrong: dict[str, Any]) -> None:
    with pytest.raises(UnusableInputError):
        desk.silence(**wrong)


def test_an_alert_that_explains_others_keeps_them_quiet_until_the_camera_is_back(
    engine: Engine, clock: Clock
) -> None:
    desk = Desk(
        engine,
        clock,
        zone(
            alerts=[
                {"when": {"kind": kind}, "channels": ["dispatch"]}
                for kind in ("hit", "camera_state")
            ],
            inhibits=[
                {
                    "when": {"kind": "camera_state", "verdicts": ["clock_off"]},
                    "mutes": {"kind": "hit"},
                }
            ],
        ),
    )
    desk.take(camera_state(state="clock_off"), hit("a"), hit("b", camera="south"))
    assert len(desk.posted()) == 2, "the camera and the hit elsewhere"
    assert desk.words()[1] == f"not sent: alert {desk.numbers()[0]} explains it"
    later = T0 + seconds(30)
    desk.take(camera_state("up", state="up", at=later, since=later))
    desk.take(hit("c", entry="another", at=T0 + seconds(60)))
    assert [kind for _, kind in desk.posted()[2:]] == ["open", "open"]


def test_what_was_silenced_is_not_sent_later_by_a_revision_that_says_the_same(desk: Desk) -> None:
    desk.silence(until=T0 + seconds(60))
    desk.take(hit())
    desk.clock.forward(seconds(60))
    desk.take(hit(revision=2, likelihood=0.9))
    assert desk.posted() == []
    assert desk.words() == ["not sent: silenced by an: a test drive"]
    desk.take(hit(revision=3, match="equivalent"))
    assert desk.posted() == [("dispatch", "open")], "this one says something new"


QUIET = {"from": "22:00", "to": "09:00", "priority_min": 80}


@pytest.mark.parametrize("priority, sent", [(79, 0), (80, 1)])
def test_in_quiet_hours_only_what_is_urgent_goes_out(
    engine: Engine, clock: Clock, priority: int, sent: int
) -> None:
    quiet = zone(
        alerts=[{"when": {"kind": "hit"}, "channels": ["dispatch"]}],
        channels={"dispatch": {**HOOK, "quiet": QUIET}},
    )
    desk = Desk(engine, clock, quiet)
    desk.take(hit(priority=priority))
    assert (len(desk.posted()), len(desk.words())) == (sent, 1)
    assert ("not sent to dispatch: quiet hours" in desk.words()[0]) is not bool(sent)
    clock.forward(timedelta(hours=2))
    desk.take(hit(priority=priority, revision=2, likelihood=0.9))
    assert len(desk.posted()) == sent
    desk.take(hit("later", entry="another", at=clock(), priority=priority))
    assert len(desk.posted()) == sent + 1


ESCALATING = {
    "when": {"kind": "hit"},
    "channels": ["console"],
    "escalate": [
        {"after_s": 60, "channels": ["dispatch"]},
        {"after_s": 120, "channels": ["chief", "dispatch"]},
    ],
}


def test_an_alert_that_nobody_takes_up_goes_on_step_by_step(engine: Engine, clock: Clock) -> None:
    desk = Desk(engine, clock, zone(alerts=[ESCALATING]))
    desk.take(hit())
    sent = []
    for _ in range(5):
        clock.forward(seconds(30))
        desk.escalate()
        sent.append([channel for channel, _ in desk.posted()])
    assert sent[0] == []
    assert sent[1] == sent[2] == ["dispatch"]
    assert sent[3] == sent[4] == ["dispatch", "chief", "dispatch"]
    with engine.connect() as connection:
        bodies = connection.scalars(select(deliveries.c.body).order_by(deliveries.c.id)).all()
    assert json.loads(bodies[0])["words"][0] == "nobody has taken it up for 60 s"
    assert len({json.loads(body)["key"] for body in bodies}) == 3


@pytest.mark.parametrize("says", list(Feedback))
def test_an_alert_that_somebody_answered_goes_no_further(
    engine: Engine, clock: Clock, says: Feedback
) -> None:
    desk = Desk(engine, clock, zone(alerts=[ESCALATING]))
    desk.take(hit())
    desk.say(1, says)
    clock.forward(seconds(600))
    assert desk.escalate() == 0
    assert desk.posted() == []


def test_a_recalled_alert_goes_no_further(engine: Engine, clock: Clock) -> None:
    desk = Desk(engine, clock, zone(alerts=[ESCALATING]))
    desk.take(hit(), hit(withdrawn=True, revision=2))
    clock.forward(seconds(600))
    assert desk.escalate() == 0


def test_what_is_not_confirmed_is_escalated_to_dispatch_only(engine: Engine, clock: Clock) -> None:
    desk = Desk(engine, clock, zone(alerts=[ESCALATING]))
    desk.take(hit(match="equivalent"))
    clock.forward(seconds(600))
    desk.escalate()
    assert {channel for channel, _ in desk.posted()} == {"dispatch"}


@pytest.mark.parametrize("change", ["in_doubt", "demoted", "silenced", "asleep"])
def test_an_alert_is_escalated_only_where_it_may_go_by_then(
    engine: Engine, clock: Clock, change: str
) -> None:
    channels = zone().channels
    if change == "asleep":
        asleep = channels["chief"].model_copy(update={"quiet": Quiet.model_validate(QUIET)})
        channels = {**channels, "chief": asleep}
    site = zone(alerts=[ESCALATING]).model_copy(update={"channels": channels})
    desk = Desk(engine, clock, site)
    desk.take(hit(priority=79))
    if change == "in_doubt":
        desk.take(hit(priority=79, revision=2, match="equivalent"))
    if change == "demoted":
        for number in range(20):
            desk.take(hit(f"wrong {number}", entry=f"wrong {number}"))
            desk.say(number + 2, Feedback.REJECTED)
        assert demote(engine, site, clock())
    if change == "silenced":
        desk.silence()
    clock.forward(seconds(600))
    desk.escalate()
    expected = set() if change == "silenced" else {"dispatch"}
    assert {channel for channel, _ in desk.posted()} == expected


def held(version: int, *entries: Entry) -> Lists:
    return Lists([PlateList("stolen", version, None, entries)])


ENTRY = Entry(id="entry-1", plate_pattern="1ABC234", valid_to=T0 + seconds(3600))


def test_taking_an_entry_off_its_list_recalls_its_alerts_on_every_channel(desk: Desk) -> None:
    desk.lists = held(1, ENTRY)
    desk.take(hit())
    assert desk.worker.recall_lapsed() == 0
    desk.sent()
    desk.lists = held(2)
    assert desk.worker.recall_lapsed() == 1
    assert desk.posted() == [
        ("dispatch", "open"), ("field", "open"), ("dispatch", "recalled"), ("field", "recalled"),
    ]  # fmt: skip
    assert desk.words() == [LAPSED]
    assert desk.take(hit(revision=2)) == ["lapsed"], "nor does a better read bring it back"


def test_an_entry_that_expires_recalls_its_alerts(desk: Desk) -> None:
    desk.lists = held(1, ENTRY)
    desk.take(hit())
    assert desk.worker.recall_lapsed() == 0
    desk.clock.forward(seconds(3600))
    assert desk.worker.recall_lapsed() == 1


def test_a_list_that_is_not_known_here_yet_recalls_nothing(desk: Desk) -> None:
    desk.take(hit(list_version=2))
    assert desk.worker.recall_lapsed() == 0
    desk.lists = held(1)
    assert desk.worker.recall_lapsed() == 0


@pytest.mark.parametrize("mode", ["exact", "equivalent", "wildcard", "probable"])
def test_an_entry_that_holds_is_found_again_however_it_matched(desk: Desk, mode: str) -> None:
    pattern = {"wildcard": "1ABC*", "equivalent": "1A8C234", "probable": "7ABC234"}.get(mode)
    entry = Entry(id="entry-1", plate_pattern=pattern or "1ABC234", match_mode=mode)
    desk.lists = held(1, entry)
    desk.take(hit(match=mode, entry_plate=entry.plate_pattern))
    assert desk.worker.recall_lapsed() == 0
