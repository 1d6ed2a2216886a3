"""What an event does to alerts, and why."""

from datetime import timedelta
from typing import Any

import pytest

from anpr.events import CameraState, RuleEvent
from sinks.alerts.routing import (
    HITS_TO_CONSOLE,
    Circumstances,
    Decision,
    Known,
    Reason,
    Routing,
    Step,
    decide,
    route,
)
from sinks.alerts.words import words
from tests.sinks.build import (
    T0,
    access,
    camera_state,
    hit,
    lock_transit,
    seconds,
    site,
    transit,
)

ROUTING = Routing(("console",), timedelta(seconds=600))
OPEN = Known(revision=1, withdrawn=False, is_open=True)


def routed(event: RuleEvent | CameraState, **when: Any) -> bool:
    zone = site(
        alerts=[{"when": when, "channels": ["console"]}],
        sections=[
            {"id": "n177", "entry": ["north"], "exit": ["south"], "length_m": 900, "limit_kmh": 70}
        ],
    )
    return route(event, zone) is not None


def decision(event: RuleEvent | CameraState, **changes: Any) -> Decision:
    default: dict[str, Any] = {
        "known": None,
        "told": None,
        "now": T0 + seconds(1),
        "live_for": timedelta(hours=6),
    }
    routing = changes.pop("routing", ROUTING)
    return decide(event, routing, Circumstances(**{**default, **changes}))


@pytest.mark.parametrize("priority, expected", [(49, False), (50, True), (51, True)])
def test_a_hit_is_routed_from_the_least_priority_on(priority: int, expected: bool) -> None:
    assert routed(hit(priority=priority), kind="hit", priority_min=50) is expected


@pytest.mark.parametrize(
    "event, when, expected",
    [
        (hit(), {"kind": "section_transit"}, False),
        (hit(), {"kind": "hit", "lists": ["stolen"]}, True),
        (hit(), {"kind": "hit", "lists": ["wanted"]}, False),
        (hit(), {"kind": "hit", "cameras": ["north"]}, True),
        (hit(), {"kind": "hit", "cameras": ["south"]}, False),
        (
            transit(verdict="violation"),
            {"kind": "section_transit", "verdicts": ["violation"]},
            True,
        ),
        (transit(), {"kind": "section_transit", "verdicts": ["violation"]}, False),
        (transit(), {"kind": "section_transit", "cameras": ["south"]}, True),
        (transit(), {"kind": "section_transit", "cameras": ["markt"]}, False),
        (lock_transit(), {"kind": "lock_transit", "cameras": ["north"]}, True),
        (access(decision="flag"), {"kind": "access", "verdicts": ["flag"]}, True),
        (access(), {"kind": "access", "verdicts": ["flag"]}, False),
        (camera_state(), {"kind": "camera_state", "verdicts": ["down"]}, True),
        (camera_state(state="up"), {"kind": "camera_state", "verdicts": ["down"]}, False),
    ],
)
def test_a_route_asks_only_for_what_it_names(
    event: RuleEvent | CameraState, when: dict[str, Any], expected: bool
) -> None:
    assert routed(event, **when) is expected


def test_a_site_that_routes_nothing_shows_its_hits_on_the_console() -> None:
    found = route(hit(), site())

    assert found == Routing(
        HITS_TO_CONSOLE.channels, timedelta(seconds=HITS_TO_CONSOLE.repeat_after_s)
    )
    assert route(transit(), site()) is None


def test_every_route_that_asks_counts_and_the_shortest_silence_holds() -> None:
    channel = {"type": "webhook", "url": "https://example.org/", "secret": "env:S"}
    zone = site(
        alerts=[
            {"when": {"kind": "hit"}, "channels": ["console"], "repeat_after_s": 600},
            {
                "when": {"kind": "hit", "priority_min": 80},
                "channels": ["patrol", "console"],
                "repeat_after_s": 60,
            },
        ],
        channels={"patrol": channel},
    )

    assert route(hit(priority=80), zone) == Routing(("console", "patrol"), timedelta(seconds=60))
    assert route(hit(priority=79), zone) == Routing(("console",), timedelta(seconds=600))


def test_a_routed_event_raises_an_alert() -> None:
    assert decision(hit()) == Decision(Step.RAISE, Reason.ROUTED)


def test_an_event_that_no_route_asks_for_is_ignored() -> None:
    assert decision(hit(), routing=None) == Decision(Step.IGNORE, Reason.NOT_ROUTED)


def test_a_late_event_raises_no_live_alarm() -> None:
    assert decision(hit(late=True)) == Decision(Step.IGNORE, Reason.LATE)


@pytest.mark.parametrize(
    "age_s, expected",
    [(21599, Step.RAISE), (21600, Step.RAISE), (21601, Step.IGNORE)],
)
def test_an_event_older_than_the_longest_stall_is_no_news(age_s: int, expected: Step) -> None:
    assert decision(hit(), now=T0 + seconds(age_s)).step is expected


@pytest.mark.parametrize(
    "apart_s, expected",
    [
        (-600, Reason.ROUTED),
        (-599, Reason.REPEAT),
        (0, Reason.REPEAT),
        (599, Reason.REPEAT),
        (600, Reason.ROUTED),
    ],
)
def test_the_same_thing_at_the_same_camera_is_said_again_only_after_a_while(
    apart_s: int, expected: Reason
) -> None:
    assert decision(hit(), told=T0 + seconds(apart_s)).reason is expected


def test_a_repeat_is_remembered() -> None:
    assert decision(hit(), told=T0) == Decision(Step.HOLD, Reason.REPEAT)


def test_a_withdrawn_event_recalls_its_open_alert() -> None:
    gone = hit(revision=2, withdrawn=True)

    assert decision(gone, known=OPEN) == Decision(Step.RECALL, Reason.WITHDRAWN)


def test_a_revision_that_no_route_asks_for_any_more_recalls_the_alert() -> None:
    cleared = transit(revision=2)

    assert decision(cleared, known=OPEN, routing=None) == Decision(Step.RECALL, Reason.NOT_ROUTED)


def test_a_withdrawal_that_comes_first_is_remembered() -> None:
    gone = hit(revision=2, withdrawn=True)

    assert decision(gone) == Decision(Step.HOLD, Reason.WITHDRAWN)


@pytest.mark.parametrize(
    "revision, withdrawn, expected",
    [
        (1, False, Step.IGNORE),
        (2, False, Step.RAISE),  # at equal revision a live one beats a withdrawn one
        (2, True, Step.IGNORE),
        (3, False, Step.RAISE),
    ],
)
def test_what_was_withdrawn_comes_back_only_by_a_version_that_wins(
    revision: int, withdrawn: bool, expected: Step
) -> None:
    known = Known(revision=2, withdrawn=True, is_open=False)
    event = hit(revision=revision, withdrawn=withdrawn)

    assert decision(event, known=known).step is expected


def test_a_revision_of_an_open_alert_revises_it_even_when_late() -> None:
    event = hit(revision=2, late=True)

    assert decision(event, known=OPEN) == Decision(Step.REVISE, Reason.ROUTED)


def test_the_same_version_again_is_stale() -> None:
    assert decision(hit(), known=OPEN) == Decision(Step.IGNORE, Reason.STALE)


@pytest.mark.parametrize("match", ["equivalent", "wildcard", "probable"])
def test_an_alert_says_that_a_match_is_not_confirmed(match: str) -> None:
    (said,) = words(hit(match=match), is_update=False, now=T0)

    assert said.startswith("not confirmed:")


def test_an_exact_match_at_once_needs_no_words() -> None:
    assert words(hit(), is_update=False, now=T0 + seconds(60)) == ()


def test_an_alert_says_that_it_is_an_update_and_that_it_is_delayed() -> None:
    said = words(hit(), is_update=True, now=T0 + seconds(61))

    assert [one.split(":")[0] for one in said] == ["update", "delayed"]


def carried(event: RuleEvent, **when: Any) -> tuple[str, ...]:
    zone = site(
        alerts=[{"when": {"kind": "hit", **when}, "channels": ["dispatch", "console"]}],
        channels={
            "dispatch": {"type": "webhook", "url": "https://d.example/", "secret": "env:SECRET"}
        },
        lists={"observatie": {"visible_to": ["investigator"]}},
    )
    routing = route(event, zone)
    return routing.channels if routing else ()


def test_a_discreet_hit_leaves_the_house_only_where_a_route_names_its_list() -> None:
    discreet = hit(action="discreet")
    assert carried(hit(action="stop")) == ("dispatch", "console")
    assert carried(discreet) == ("console",)
    assert carried(discreet, lists=[discreet.list]) == ("dispatch", "console")


def test_a_hit_of_a_list_that_names_its_roles_is_no_news_for_everybody() -> None:
    watched = hit(list="observatie", action="stop")
    assert carried(watched) == ("console",)
    assert carried(watched, lists=["observatie"]) == ("dispatch", "console")


def test_a_hit_of_a_list_not_renewed_in_time_says_so() -> None:
    said = words(hit(stale=True), is_update=False, now=T0)
    assert any("not been renewed" in one for one in said)
