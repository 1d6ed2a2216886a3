"""A turn of many events: the same alerts as one by one, in as many statements as for one."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, select

from anpr.lists import Lists
from sinks.alerts.payload import AlertPayload
from sinks.alerts.raising import AlertsWorker, Surroundings
from sinks.store.schema import alerts, deliveries, unraised
from tests.sinks.build import (
    FIRST,
    HIGHER,
    LAST,
    LOWER,
    T0,
    camera_state,
    hit,
    lock_transit,
    seconds,
    site,
)
from tests.sinks.conftest import Clock
from tests.sinks.databases import empty

HOOK = {"type": "webhook", "url": "https://example.org/hook", "secret": "env:S"}
BUSY = site(
    alerts=[
        {
            "when": {"kind": "hit"},
            "channels": ["dispatch", "mail", "console"],
            "escalate": [{"after_s": 60, "channels": ["mail"]}],
        },
        {"when": {"kind": "section_transit", "verdicts": ["violation"]}, "channels": ["dispatch"]},
        {"when": {"kind": "camera_state", "verdicts": ["down"]}, "channels": ["dispatch", "mail"]},
        {"when": {"kind": "lock_transit"}, "channels": ["dispatch"]},
    ],
    inhibits=[{"when": {"kind": "camera_state"}, "mutes": {"kind": "hit"}}],
    channels={"dispatch": HOOK, "mail": {**HOOK, "group_s": 60}},
    locks=[{"id": "relst", "entries": ["north"], "exits": ["south"], "through_within_s": 900}],
)


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Note the statements that are sent; one that takes many rows is one."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield said
    event.remove(engine, "before_cursor_execute", note)


def many(count: int, **changes: Any) -> list[Any]:
    return [hit(str(number), entry=f"entry-{number}", **changes) for number in range(count)]


def mixed(number: int) -> list[Any]:
    """One of every kind, each of its own."""
    name = str(number)
    return [
        hit(name, entry=name, camera="south"),
        hit(f"{name} again", entry=name, camera="south", at=T0 + seconds(1)),
        lock_transit(name, verdict="review", reason="class_unsure"),
        FIRST.model_copy(update={"id": f"first {name}", "plate": f"1ABC{number:03}"}),
        HIGHER.model_copy(update={"id": f"higher {name}", "plate": f"1ABC{number:03}"}),
    ]


TURNS: dict[str, tuple[Callable[[int], list[Any]], Callable[[int], list[Any]]]] = {
    "new": (lambda _: [], many),
    "revised": (many, lambda count: many(count, revision=2, match="wildcard")),
    "recalled": (many, lambda count: many(count, revision=2, withdrawn=True)),
    "mixed": (
        lambda _: [],
        lambda count: [one for number in range(count) for one in mixed(number)],
    ),
}
"""What came before, and the turn, each for so many."""


@pytest.mark.parametrize("what", TURNS)
def test_a_hundred_alerts_cost_as_many_statements_as_one(
    engine: Engine, clock: Clock, what: str
) -> None:
    before, turn = TURNS[what]
    worker = AlertsWorker(engine, BUSY, clock, lambda: None)
    clock.forward(seconds(200))
    told = []
    for count in (1, 100):
        empty(engine)
        worker.take(before(count))
        with counted(engine) as said:
            worker.take(turn(count))
        told.append(said)
    assert len(told[0]) == len(told[1]) <= 22


def test_a_turn_asks_for_the_lists_once(engine: Engine, clock: Clock) -> None:
    asked: list[int] = []

    def lists() -> Lists:
        asked.append(1)
        return Lists()

    worker = AlertsWorker(engine, BUSY, clock, lambda: None, Surroundings(lists))
    worker.take(many(50))
    assert len(asked) == 1


def left_by(engine: Engine) -> list[Any]:
    """Give all that a store says of alerts, but for their numbers."""

    def plain(words: str) -> str:
        return re.sub(r"alert \d+", "an alert", words)

    with engine.connect() as connection:
        raised = connection.execute(select(*alerts.c["event_id", "state", "words", "at_us"]))
        held = connection.execute(select(*unraised.c["event_id", "reason", "withdrawn"]))
        sent = connection.execute(
            select(*deliveries.c["channel", "state", "body"]).order_by(deliveries.c.id)
        )
        return [
            sorted((row[0], row[1], plain(row[2]), row[3]) for row in raised),
            sorted(map(tuple, held)),
            sorted(
                (
                    row.channel,
                    row.state,
                    said.event.id,
                    said.state,
                    said.event.revision,
                    plain(str(said.words)),
                )
                for row in sent
                for said in [AlertPayload.model_validate_json(row.body)]
            ),
        ]


def versions() -> list[Any]:
    hits = [
        hit(name, entry=entry, camera=camera, at=T0 + seconds(at_s))
        for name, entry, camera, at_s in [
            ("a", "one", "north", 0), ("b", "one", "north", 60), ("c", "one", "south", 90),
            ("d", "two", "north", 100),
        ]
    ]  # fmt: skip
    states = [
        camera_state("down", state="down", at=T0 + seconds(80), since=T0),
        camera_state("up", state="up", at=T0 + seconds(95), since=T0),
    ]
    known = [*hits, FIRST, LOWER, HIGHER, LAST, *states]
    newer = [one.model_copy(update={"revision": 7}) for one in known]
    gone = [
        one.model_copy(update={"revision": 8, "withdrawn": True})
        for one in known
        if one.kind != "camera_state"
    ]
    return [*known, *newer, *gone]


def in_turns(events: Sequence[Any], cuts: Sequence[int]) -> Iterator[Sequence[Any]]:
    edges = sorted({0, *(cut % (len(events) + 1) for cut in cuts), len(events)})
    for first, last in pairwise(edges):
        yield events[first:last]


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    events=st.lists(st.sampled_from(versions()), min_size=2, max_size=12),
    cuts=st.lists(st.integers(0, 12), max_size=4),
)
def test_any_batching_of_events_leaves_the_same_alerts(
    engine: Engine, clock: Clock, events: list[Any], cuts: list[int]
) -> None:
    clock.moment = T0 + seconds(200)
    left = []
    for turns in ([[one] for one in events], [events], in_turns(events, cuts)):
        empty(engine)
        worker = AlertsWorker(engine, BUSY, clock, lambda: None)
        for turn in turns:
            worker.take(turn)
        left.append(left_by(engine))
    assert left[0] == left[1] == left[2]
