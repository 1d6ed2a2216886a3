"""Deliveries: at least once, exactly one message a key, patient, and none waits for another."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from threading import Event, Thread, current_thread
from time import monotonic

import pytest
from sqlalchemy import Engine, Row, select

from anpr.sites import Site
from sinks.alerts.channel import Channel, Fate, Outcome
from sinks.alerts.channels import channels_of
from sinks.alerts.delivery import Deliverer, Patience
from sinks.alerts.payload import AlertPayload, Together
from sinks.alerts.raising import AlertsWorker
from sinks.store.schema import deliveries
from tests.sinks.build import T0, hit, message, seconds, site
from tests.sinks.conftest import Clock
from tests.sinks.databases import Store
from tests.sinks.receiver import Receiver

NAMES = ("dispatch", "patrol")


class Post:
    """A channel in memory: it answers as told, and can be held up."""

    def __init__(self, *fates: Fate) -> None:
        self.fates = list(fates)
        self.sent: list[str] = []
        self.bodies: list[bytes] = []
        self.gate = Event()
        self.gate.set()
        self.is_closed = False

    def send(self, body: bytes, key: str) -> Outcome:
        self.gate.wait(10)
        self.sent.append(key)
        self.bodies.append(body)
        return Outcome(self.fates.pop(0) if self.fates else Fate.SENT, "as told")

    def close(self) -> None:
        self.is_closed = True


def raise_alerts(engine: Engine, clock: Clock, *events: object, channels: object = NAMES) -> None:
    zone = site(
        alerts=[{"when": {"kind": "hit"}, "channels": channels}],
        channels={
            name: {"type": "webhook", "url": "https://example.org/", "secret": "env:S"}
            for name in NAMES
        },
    )
    worker = AlertsWorker(engine, zone, clock, lambda: None)
    assert worker.work([message(event) for event in events or (hit(),)]) == []  # type: ignore[arg-type] # built here


def stored(engine: Engine) -> list[Row[tuple[object, ...]]]:
    with engine.connect() as connection:
        return list(connection.execute(select(deliveries).order_by(deliveries.c.id)).all())


def states(engine: Engine) -> list[str]:
    return [row.state for row in stored(engine)]


def eventually(claim: Callable[[], bool], within_s: float = 10) -> None:
    deadline, pause = monotonic() + within_s, Event()
    while not claim():
        assert monotonic() < deadline, "it did not come true in time"
        pause.wait(0.002)


@contextmanager
def running(deliverer: Deliverer) -> Iterator[None]:
    stop = Event()
    thread = Thread(target=deliverer.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def deliverer(engine: Engine, clock: Clock, **channels: Channel) -> Deliverer:
    return Deliverer(engine, channels, clock, random=Random(1))  # noqa: S311 - repeatable


def test_what_is_due_is_sent_once_to_each_channel(engine: Engine, clock: Clock) -> None:
    raise_alerts(engine, clock)
    dispatch, patrol = Post(), Post()
    sender = deliverer(engine, clock, dispatch=dispatch, patrol=patrol)

    assert [sender.deliver_due(), sender.deliver_due()] == [2, 0]

    assert states(engine) == ["sent", "sent"]
    assert len(set(dispatch.sent + patrol.sent)) == 2


def test_what_the_outbox_held_at_a_crash_is_sent_after_the_restart(
    store: Store, clock: Clock
) -> None:
    before = store.open()
    raise_alerts(before, clock, channels=["dispatch"])
    before.dispose()  # the process dies between the commit and the call

    after = store.open()
    raise_alerts(after, clock, channels=["dispatch"])  # the stage reads the same event again
    post = Post()
    deliverer(after, clock, dispatch=post).deliver_due()

    assert len(post.sent) == 1
    assert states(after) == ["sent"]


def test_a_call_whose_answer_a_crash_swallowed_is_repeated_under_the_same_key(
    engine: Engine, clock: Clock
) -> None:
    class Killed(Post):
        def send(self, body: bytes, key: str) -> Outcome:
            super().send(body, key)
            raise SystemExit

    raise_alerts(engine, clock, channels=["dispatch"])
    killed, post = Killed(), Post()
    with pytest.raises(SystemExit):
        deliverer(engine, clock, dispatch=killed).deliver_due()

    clock.forward(Patience().lease)
    deliverer(engine, clock, dispatch=post).deliver_due()

    assert (killed.sent, killed.bodies) == (post.sent, post.bodies)


def test_a_server_that_fails_is_asked_again_until_it_takes_it(
    engine: Engine, clock: Clock, receiver: Receiver
) -> None:
    receiver.statuses = [500, 200]
    zone = site(channels={"dispatch": {"type": "webhook", "url": receiver.url, "secret": "env:S"}})
    channels = channels_of(zone, str, clock)
    raise_alerts(engine, clock, channels=["dispatch"])
    sender = Deliverer(engine, channels, clock)

    attempts = [sender.deliver_due(), sender.deliver_due()]
    clock.forward(seconds(1))
    attempts.append(sender.deliver_due())
    channels["dispatch"].close()

    assert attempts == [1, 0, 1]
    assert len({call.headers["Idempotency-Key"] for call in receiver.calls}) == 1
    assert states(engine) == ["sent"]


def test_what_a_receiver_refuses_is_not_sent_again(engine: Engine, clock: Clock) -> None:
    raise_alerts(engine, clock, channels=["dispatch"])
    post = Post(Fate.REFUSED)
    sender = deliverer(engine, clock, dispatch=post)
    sender.deliver_due()
    clock.forward(timedelta(hours=1))

    assert sender.deliver_due() == 0
    (row,) = stored(engine)
    assert (row.state, row.last_error) == ("failed", "as told")


def test_a_delivery_is_given_up_after_a_day(engine: Engine, clock: Clock) -> None:
    raise_alerts(engine, clock, channels=["dispatch"])
    sender = deliverer(engine, clock, dispatch=Post(*[Fate.RETRY] * 1000))
    while states(engine) == ["pending"]:
        sender.deliver_due()
        clock.forward(timedelta(minutes=5))

    (row,) = stored(engine)
    assert row.state == "failed"
    assert T0 + timedelta(hours=24) <= clock() <= T0 + timedelta(hours=24, minutes=10)


@pytest.mark.parametrize(
    "attempts, chance, expected_s",
    [(1, 0, 1), (1, 1, 0.5), (2, 0, 2), (9, 0, 256), (10, 0, 300), (5000, 0, 300)],
)
def test_the_wait_doubles_to_a_bound_and_is_spread(
    attempts: int, chance: float, expected_s: float
) -> None:
    assert Patience().wait(attempts, chance) == seconds(expected_s)


def test_a_message_that_always_fails_does_not_hold_up_a_new_one(
    engine: Engine, clock: Clock
) -> None:
    raise_alerts(engine, clock, hit("old"), channels=["dispatch"])
    post = Post(Fate.RETRY)
    sender = deliverer(engine, clock, dispatch=post)
    sender.deliver_due()
    clock.forward(seconds(5))
    raise_alerts(engine, clock, hit("new", entry="entry-2"), channels=["dispatch"])

    sender.deliver_due()

    old, new, again = post.sent
    assert old == again != new


def test_a_recall_overtakes_the_alert_that_was_never_taken(engine: Engine, clock: Clock) -> None:
    raise_alerts(engine, clock, channels=["dispatch"])
    post = Post(Fate.RETRY)
    sender = deliverer(engine, clock, dispatch=post)
    sender.deliver_due()
    raise_alerts(engine, clock, hit(revision=2, withdrawn=True), channels=["dispatch"])
    clock.forward(seconds(10))

    sender.deliver_due()

    assert states(engine) == ["superseded", "sent"]
    assert b'"state":"recalled"' in post.bodies[-1]


def test_a_channel_that_hangs_does_not_delay_another(engine: Engine) -> None:
    clock = Clock(datetime(2026, 3, 2, 8, tzinfo=UTC))
    raise_alerts(engine, clock)
    stuck, quick = Post(), Post()
    stuck.gate.clear()

    with running(deliverer(engine, clock, dispatch=stuck, patrol=quick)):
        eventually(lambda: len(quick.sent) == 1)
        assert stuck.sent == []
        stuck.gate.set()

    assert stuck.is_closed
    assert quick.is_closed


def test_an_alert_goes_out_as_soon_as_it_is_committed(engine: Engine, clock: Clock) -> None:
    post = Post()
    sender = deliverer(engine, clock, dispatch=post)
    with running(sender):
        for number in range(20):
            begun = monotonic()
            raise_alerts(engine, clock, hit(str(number), entry=f"e{number}"), channels=["dispatch"])
            sender.wake()
            eventually(lambda count=number: len(post.sent) > count)  # type: ignore[misc] # bound now
            assert monotonic() - begun < 0.9  # looking again by itself takes a second


def test_a_delivery_for_a_channel_that_is_gone_is_given_up(engine: Engine, clock: Clock) -> None:
    raise_alerts(engine, clock)

    with running(deliverer(engine, clock, dispatch=Post())):
        eventually(lambda: sorted(states(engine)) == ["failed", "sent"])


def test_a_channel_outlives_an_error_and_names_no_plate(
    engine: Engine, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken(Post):
        def send(self, body: bytes, key: str) -> Outcome:
            if not self.sent:
                self.sent.append(current_thread().name)
                message = "out of order"
                raise RuntimeError(message)
            return super().send(body, key)

    raise_alerts(engine, clock, channels=["dispatch"])
    broken = Broken()
    sender = deliverer(engine, clock, dispatch=broken)
    with running(sender):
        eventually(lambda: len(broken.sent) == 1)
        clock.forward(Patience().lease)
        sender.wake()
        eventually(lambda: states(engine) == ["sent"])

    said = capsys.readouterr().out
    assert "delivery_failed" in said
    assert "1ABC234" not in said


class Slow(Post):
    """Takes four seconds a call: two of them end within a third of the lease."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock

    def send(self, body: bytes, key: str) -> Outcome:
        self.clock.forward(seconds(4))
        return super().send(body, key)


def test_what_was_claimed_and_could_not_be_tried_in_time_is_due_at_once(
    engine: Engine, clock: Clock
) -> None:
    hits = [hit(f"{number}", entry=f"entry-{number}") for number in range(5)]
    raise_alerts(engine, clock, *hits, channels=["dispatch"])
    post = Slow(clock)

    assert deliverer(engine, clock, dispatch=post).deliver_due() == 5

    assert len(set(post.sent)) == len(post.sent) == 5
    assert [(row.state, row.attempts) for row in stored(engine)] == [("sent", 1)] * 5


class Broken(Post):
    """Fails in its second call, as no channel should."""

    def send(self, body: bytes, key: str) -> Outcome:
        outcome = super().send(body, key)
        if len(self.sent) == 2:
            raise RuntimeError("broken")
        return outcome


def test_what_was_sent_before_a_channel_broke_is_not_sent_again(
    engine: Engine, clock: Clock
) -> None:
    hits = [hit(f"{number}", entry=f"entry-{number}") for number in range(3)]
    raise_alerts(engine, clock, *hits, channels=["dispatch"])

    with pytest.raises(RuntimeError):
        deliverer(engine, clock, dispatch=Broken()).deliver_due()

    assert states(engine) == ["sent", "pending", "pending"]


def grouping(**terms: object) -> Site:
    return site(
        alerts=[{"when": {"kind": "hit"}, "channels": ["dispatch"]}],
        channels={
            "dispatch": {
                "type": "webhook", "url": "https://example.org/", "secret": "env:S", **terms
            }
        },
    )  # fmt: skip


def test_what_follows_a_message_at_the_same_camera_goes_together_a_while_later(
    engine: Engine, clock: Clock
) -> None:
    worker = AlertsWorker(engine, grouping(group_s=60), clock, lambda: None)
    post = Post()
    sender = deliverer(engine, clock, dispatch=post)

    def take(name: str, **changes: object) -> None:
        worker.take([hit(name, at=clock(), entry=name, priority=50, **changes)])
        sender.deliver_due()

    for name in ("a", "b", "c"):
        take(name)
        clock.forward(seconds(10))
    take("elsewhere", camera="south")
    assert len(post.sent) == 2, "the first here and the first there"
    clock.forward(seconds(31))
    assert sender.deliver_due() == 2
    together = Together.model_validate_json(post.bodies[-1])
    assert [one.event.entry for one in together.alerts] == ["b", "c"]  # type: ignore[union-attr] # hits
    assert len(set(post.sent)) == 3
    assert set(states(engine)) == {"sent"}


def test_an_urgent_hit_and_a_recall_wait_for_no_others(engine: Engine, clock: Clock) -> None:
    worker = AlertsWorker(engine, grouping(group_s=60), clock, lambda: None)
    post = Post()
    sender = deliverer(engine, clock, dispatch=post)
    first, urgent = hit("a", entry="a", priority=50), hit("b", entry="b", priority=80)
    for event in (first, urgent, first.model_copy(update={"withdrawn": True, "revision": 2})):
        worker.take([event])
        sender.deliver_due()
    assert len(post.sent) == 3


def test_what_was_tried_together_is_tried_together_again_under_the_same_key(
    engine: Engine, clock: Clock
) -> None:
    worker = AlertsWorker(engine, grouping(group_s=60), clock, lambda: None)
    post = Post(Fate.RETRY)
    sender = deliverer(engine, clock, dispatch=post)
    worker.take([hit(name, entry=name, priority=50) for name in ("a", "b")])
    sender.deliver_due()
    worker.take([hit("c", entry="c", priority=50)])
    clock.forward(seconds(120))
    sender.deliver_due()
    assert post.sent[0] in post.sent[1:]


@pytest.mark.parametrize("late_s, live", [(300, True), (301, False)])
def test_an_alert_that_could_not_be_delivered_in_time_is_not_sent_as_live(
    engine: Engine, clock: Clock, late_s: float, live: bool
) -> None:
    worker = AlertsWorker(engine, grouping(), clock, lambda: None)
    worker.take([hit()])
    clock.forward(seconds(late_s))
    post = Post()
    deliverer(engine, clock, dispatch=post).deliver_due()
    told = AlertPayload.model_validate_json(post.bodies[0])
    assert told.live is live
    assert any(word.startswith("not live") for word in told.words) is not live
