"""Bollards: asked at once, once for a passage, never on old news, and with no plate."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event
from time import monotonic

import pytest
from sqlalchemy import Engine, select

from anpr.events import Access
from anpr.topics import DEAD_LETTERS, EVENTS
from sinks.actuator import ATTEMPTS, Actuators, ActuatorWorker, actuator_channels
from sinks.alerts.channel import Fate, Outcome
from sinks.signing import signature
from sinks.store.schema import actuations
from tests.sinks.build import T0, access, hit, message, seconds, site
from tests.sinks.conftest import Clock
from tests.sinks.receiver import Receiver


class Bollard:
    """A bollard in memory that can be held up and can take its time on the test's clock."""

    def __init__(self, *fates: Fate) -> None:
        self.fates = list(fates) or [Fate.SENT]
        self.asked: list[str] = []
        self.gate = Event()
        self.gate.set()

    def send(self, body: bytes, key: str) -> Outcome:
        self.asked.append(key)
        self.gate.wait(10)
        fate = self.fates.pop(0) if len(self.fates) > 1 else self.fates[0]
        return Outcome(fate, "as told")

    def close(self) -> None:
        """Nothing is open."""


ZONE = site(zones=[{"id": "centre", "gates": ["markt"], "permits": ["all"], "action": "open"}])


@contextmanager
def working(engine: Engine, clock: Clock, **bollards: Bollard) -> Iterator[ActuatorWorker]:
    def pause(pause_s: float) -> None:
        clock.forward(seconds(pause_s))

    with closing(Actuators(engine, ZONE, bollards, clock, pause)) as actuators:
        yield ActuatorWorker(actuators)


def outcomes(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(select(actuations.c.outcome)).scalars())


def ask(engine: Engine, clock: Clock, *batches: list[Access]) -> Bollard:
    bollard = Bollard()
    with working(engine, clock, centre=bollard) as worker:
        for batch in batches:
            worker.work([message(event) for event in batch])
    return bollard


def test_an_allowed_vehicle_is_let_in(engine: Engine, clock: Clock) -> None:
    bollard = ask(engine, clock, [access()])

    assert bollard.asked == [access().id]
    assert outcomes(engine) == ["sent: as told"]


@pytest.mark.parametrize(
    "event, outcome",
    [
        (access(decision="deny"), "deny"),
        (access(decision="flag"), "flag"),
        (access(late=True), "late"),
        (access(withdrawn=True), "withdrawn"),
    ],
)
def test_nobody_else_is(engine: Engine, clock: Clock, event: Access, outcome: str) -> None:
    bollard = ask(engine, clock, [event])

    assert bollard.asked == []
    assert outcomes(engine) == [outcome]


@pytest.mark.parametrize("age_s, asked", [(9.999, 1), (10, 1), (10.001, 0)])
def test_an_access_older_than_ten_seconds_moves_nothing(
    engine: Engine, clock: Clock, age_s: float, asked: int
) -> None:
    clock.forward(seconds(age_s))

    assert len(ask(engine, clock, [access()]).asked) == asked


def test_an_access_that_comes_again_is_not_asked_again(engine: Engine, clock: Clock) -> None:
    assert len(ask(engine, clock, [access(), access()], [access()]).asked) == 1
    assert ask(engine, clock, [access()]).asked == []  # nor after a restart


@pytest.mark.parametrize("first", [access(), access(decision="deny")])
def test_a_revised_access_is_not_asked(engine: Engine, clock: Clock, first: Access) -> None:
    before = ask(engine, clock, [first]).asked
    revised = access(revision=2)

    assert ask(engine, clock, [revised]).asked == []
    assert len(before) == (first.decision == "allow")


def test_an_access_of_a_zone_without_actuator_is_left_alone(engine: Engine, clock: Clock) -> None:
    assert ask(engine, clock, [access(zone="elsewhere")]).asked == []
    assert outcomes(engine) == []


def test_a_vehicle_that_waited_too_long_behind_a_slow_call_is_not_let_in(
    engine: Engine, clock: Clock
) -> None:
    bollard = Bollard()
    bollard.gate.clear()
    with working(engine, clock, centre=bollard) as worker:
        worker.work([message(access("a")), message(access("b", at=T0 + seconds(1)))])
        clock.forward(seconds(12))
        bollard.gate.set()

    assert bollard.asked == [access("a").id]
    assert sorted(outcomes(engine)) == ["old", "sent: as told"]


def test_a_bollard_that_hangs_holds_up_neither_the_line_nor_another(
    engine: Engine, clock: Clock
) -> None:
    stuck, quick = Bollard(), Bollard()
    stuck.gate.clear()
    with working(engine, clock, centre=stuck, station=quick) as worker:
        begun = monotonic()
        worker.work([message(access("a")), message(access("b", zone="station"))])
        while not quick.asked:
            assert monotonic() - begun < 5
        stuck.gate.set()

    assert monotonic() - begun < 5


def test_a_bollard_that_cannot_be_reached_is_written_down(engine: Engine, clock: Clock) -> None:
    with working(engine, clock, centre=Bollard(Fate.RETRY)) as worker:
        worker.work([message(access())])

    assert outcomes(engine) == ["retry: as told"]


def ledger(engine: Engine) -> list[tuple[str, int, bool]]:
    columns = actuations.c["outcome", "attempts", "answered_us"]
    with engine.connect() as connection:
        return [
            (row[0], row[1], row[2] is not None) for row in connection.execute(select(*columns))
        ]


@pytest.mark.parametrize(
    ("fates", "outcome", "attempts", "answered"),
    [
        ([Fate.SENT], "sent", 1, True),
        ([Fate.RETRY, Fate.SENT], "sent", 2, True),
        ([Fate.RETRY, Fate.RETRY, Fate.SENT], "sent", 3, True),
        ([Fate.RETRY], "retry", ATTEMPTS, False),
        ([Fate.REFUSED], "refused", 1, True),
    ],
)
def test_a_bollard_that_does_not_answer_is_asked_again_with_the_same_key(
    engine: Engine, clock: Clock, fates: list[Fate], outcome: str, attempts: int, answered: bool
) -> None:
    bollard = Bollard(*fates)
    with working(engine, clock, centre=bollard) as worker:
        worker.work([message(access())])

    assert bollard.asked == [access().id] * attempts
    assert ledger(engine) == [(f"{outcome}: as told", attempts, answered)]


def test_a_vehicle_that_has_moved_on_is_not_asked_for_again(engine: Engine, clock: Clock) -> None:
    clock.forward(seconds(9.9))
    bollard = Bollard(Fate.RETRY)
    with working(engine, clock, centre=bollard) as worker:
        worker.work([message(access())])

    assert len(bollard.asked) == 2


def test_the_call_is_signed_and_holds_no_plate(
    engine: Engine, clock: Clock, receiver: Receiver
) -> None:
    zone = site(
        zones=[
            {
                "id": "centre",
                "gates": ["markt"],
                "permits": ["all"],
                "action": "open",
                "actuator": receiver.url,
                "secret": "env:S",
            }
        ]
    )
    channels = actuator_channels(zone, lambda _: "secret", clock)
    with closing(Actuators(engine, zone, channels, clock)) as actuators:
        ActuatorWorker(actuators).work([message(access())])

    (call,) = receiver.calls
    timestamp = call.headers["X-Anpr-Timestamp"]
    assert call.headers["X-Anpr-Signature"] == signature("secret", timestamp, call.body)
    assert call.headers["Idempotency-Key"] == access().id
    assert json.loads(call.body)["action"] == "lower"
    assert b"1ABC234" not in call.body


def test_other_events_pass_by_and_bad_ones_become_dead_letters(
    engine: Engine, clock: Clock
) -> None:
    with working(engine, clock, centre=Bollard()) as worker:
        refused = worker.work([message(hit()), message(b"{", EVENTS)])

    assert [one.topic for one in refused] == [DEAD_LETTERS]
    assert outcomes(engine) == []
