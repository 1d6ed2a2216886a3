"""Several processes on one store: nothing is lost, doubled or done twice."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from threading import Thread

import pytest
from sqlalchemy import select

from anpr.events import Passage
from anpr.sites import Retention
from anpr.time import to_us
from sinks.alerts.delivery import Deliverer
from sinks.alerts.raising import AlertsWorker
from sinks.images import FolderImages
from sinks.retention import sweep
from sinks.statistics.flows import FlowRoller
from sinks.statistics.rolling import roll
from sinks.store.schema import alerts, counts, deliveries, dirty_windows, passages, plates
from sinks.store.traffic import flows
from sinks.store.upsert import chunks
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0, hit, message, passage, seconds, site
from tests.sinks.conftest import Clock
from tests.sinks.databases import Store
from tests.sinks.desk import ROUTED
from tests.sinks.test_delivery import Post

HANDS = 3

NORTH_IN = site(
    cameras=[{"id": "north", "lat": 51.0, "lon": 4.0, "direction": "in"}],
)


def at_once(acts: Iterable[Callable[[], object]]) -> None:
    """Do things in threads of their own; raise what any of them raised."""
    failed: list[BaseException] = []

    def do(act: Callable[[], object]) -> None:
        try:
            act()
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [Thread(target=do, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    if failed:
        raise failed[0]


def versions(count: int) -> list[Passage]:
    """Give passages in three versions each, which differ in plate, camera, week and day."""
    return [
        passage(
            f"{number}",
            revision=revision,
            withdrawn=revision == 3 and number % 5 == 0,
            at=T0 + timedelta(days=3 * (revision - 2), seconds=number),
            camera=("north", "south")[revision % 2],
            plate=f"1AB{(number * revision) % 40:03}",
        )
        for number in range(count)
        for revision in (1, 2, 3)
    ]


def test_writers_of_the_same_ids_in_any_order_leave_the_best_of_each(store: Store) -> None:
    sent = versions(150)

    def write(seed: int) -> Callable[[], None]:
        writer, mine = StoreWriter(store.open(), lambda: T0), list(sent)
        Random(seed).shuffle(mine)  # noqa: S311 - repeatable

        def act() -> None:
            for chunk in chunks(mine, 40):
                writer.write(chunk, [])

        return act

    at_once([write(seed) for seed in range(HANDS)])

    with store.opened[0].connect() as connection:
        kept = connection.execute(select(passages.c.id, passages.c.revision)).all()
        known = set(connection.scalars(select(plates.c.plate)))
        carried = set(connection.scalars(select(passages.c.plate)))
    assert Counter(one.id for one in sent if one.revision == 3) == Counter(row.id for row in kept)
    assert {row.revision for row in kept} == {3}
    assert carried <= known


def test_rolling_while_others_write_misses_nothing(store: Store) -> None:
    sent = [passage(f"{n}", at=T0 + seconds(n)) for n in range(600)]

    def write(part: Sequence[Passage]) -> Callable[[], object]:
        writer = StoreWriter(store.open(), lambda: T0)
        return lambda: [writer.write(chunk, []) for chunk in chunks(part, 20)]

    def rolling() -> Callable[[], object]:
        engine = store.open()
        hours = FlowRoller(engine, NORTH_IN)
        return lambda: [(roll(engine), hours.roll()) for _ in range(15)]

    at_once([write(sent[::2]), write(sent[1::2]), rolling(), rolling()])
    roll(store.opened[0])
    FlowRoller(store.opened[0], NORTH_IN).roll()

    with store.opened[0].connect() as connection:
        counted = {
            row[0]: row[1] for row in connection.execute(select(counts.c.start_us, counts.c.count))
        }
        came = connection.execute(select(flows.c.origin, flows.c["count"])).all()
        assert connection.execute(select(dirty_windows)).all() == []
    assert [tuple(row) for row in came] == [("north", 600)]
    assert counted == {to_us(T0): 300, to_us(T0 + seconds(300)): 300}


def test_an_event_that_several_take_raises_one_alert(store: Store, clock: Clock) -> None:
    """After a rebalance two may hold the same events; repeats are silenced across them, too."""
    told = [message(hit(f"{n}", at=T0 + seconds(n))) for n in range(20)]
    workers = [AlertsWorker(store.open(), ROUTED, clock, lambda: None) for _ in range(HANDS)]
    clock.forward(seconds(20))

    at_once([lambda worker=worker: [worker.work([one]) for one in told] for worker in workers])  # type: ignore[misc] # bound now

    with store.opened[0].connect() as connection:
        raised = connection.execute(select(alerts)).all()
        posted = connection.execute(select(deliveries)).all()
    assert len(raised) == len(posted) == 1


def test_deliverers_share_the_outbox_and_send_each_message_once(store: Store, clock: Clock) -> None:
    worker = AlertsWorker(store.open(), ROUTED, clock, lambda: None)
    worker.work([message(hit(f"{n}", entry=f"entry-{n}")) for n in range(60)])
    post = Post()
    hands = [Deliverer(store.open(), {"dispatch": post}, clock) for _ in range(HANDS)]

    at_once([hand.deliver_due for hand in hands])

    assert len(post.sent) == len(set(post.sent)) == 60


@pytest.mark.parametrize("terms", [Retention(passages_days=30, images_days=30)])
def test_sweeping_while_others_write_takes_no_plate_from_a_passage(
    store: Store, tmp_path: Path, terms: Retention
) -> None:
    """Plates of passages around the term come and go while they are swept."""
    term, folder = T0 - timedelta(days=30), FolderImages(tmp_path / "images")
    sent = [
        passage(f"{n}", plate=f"1AB{n % 7:03}", at=term + seconds((-1) ** n * (n + 1)))
        for n in range(400)
    ]
    writer, sweeper = StoreWriter(store.open(), lambda: T0), store.open()

    at_once(
        [
            lambda: [writer.write(chunk, []) for chunk in chunks(sent, 10)],
            lambda: [sweep(sweeper, folder, terms, T0) for _ in range(8)],
        ]
    )
    with sweeper.connect() as connection:
        assert set(connection.scalars(select(passages.c.plate))) <= set(
            connection.scalars(select(plates.c.plate))
        )
    sweep(sweeper, folder, terms, T0)

    with sweeper.connect() as connection:
        kept = set(connection.scalars(select(passages.c.id)))
        known = set(connection.scalars(select(plates.c.plate)))
    assert kept == {one.id for one in sent if one.at >= term}
    assert known == {one.plate for one in sent if one.at >= term}
