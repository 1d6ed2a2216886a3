"""Everything is erased on its day and not before; the figures made from it stay."""

import importlib
import json
import os
import pkgutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table, func, select

import sinks.store
from anpr.events import Images
from anpr.sites import Retention
from anpr.time import to_us
from sinks.alerts.raising import AlertsWorker
from sinks.images import FolderImages
from sinks.retention import Swept, sweep
from sinks.statistics.rolling import roll
from sinks.store.alerting import network_messages, silences
from sinks.store.audit import Grounds, audit, record_audit, verify_chain
from sinks.store.casework import correct, corrections
from sinks.store.dossiers import (
    NOTE,
    close_dossier,
    dossier_by_id,
    dossier_items,
    items_of,
    keep,
    open_dossier,
)
from sinks.store.engine import writing
from sinks.store.people import Account
from sinks.store.requests import add_request
from sinks.store.rights import Role
from sinks.store.schema import (
    alerts,
    counts,
    deliveries,
    event_passages,
    events,
    images,
    passages,
    said_before,
    spellings,
    travel_times,
    unraised,
)
from sinks.store.writer import StoreWriter
from tests.sinks.build import (
    T0,
    access,
    camera_state,
    hit,
    lock_transit,
    message,
    passage,
    seconds,
    site,
    transit,
)
from tests.sinks.conftest import Clock

OTHER = [{"plate": "1XYZ999", "confidence": 0.4}]
TERMS = Retention(passages_days=100, images_days=30, cleared_days=14, hits_days=200)


def count(engine: Engine, table: Table) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.fixture
def folder(tmp_path: Path) -> FolderImages:
    return FolderImages(tmp_path / "images")


def swept(engine: Engine, folder: FolderImages, after: timedelta) -> Swept:
    return sweep(engine, folder, TERMS, T0 + after)


def write(engine: Engine, passages_: list[Any], *events_: Any) -> None:
    StoreWriter(engine, lambda: T0).write(passages_, events_)


@pytest.mark.parametrize(
    "event, days",
    [
        (transit(), 14),
        (lock_transit(verdict="local"), 14),
        (lock_transit(verdict="exempt"), 14),
        (access(), 14),
        (hit(withdrawn=True), 14),
        (hit(), 200),
        (transit(verdict="violation"), 200),
        (transit(verdict="cancelled"), 200),
        (lock_transit(), 200),
        (lock_transit(verdict="review"), 200),
        (access(decision="flag"), 200),
        (access(decision="deny"), 200),
        (camera_state(), 200),
    ],
)
def test_an_event_is_erased_on_its_day(
    engine: Engine, folder: FolderImages, event: Any, days: int
) -> None:
    write(engine, [], event)

    assert swept(engine, folder, timedelta(days=days)).events == 0
    assert swept(engine, folder, timedelta(days=days, microseconds=1)).events == 1
    assert count(engine, event_passages) == 0


@pytest.mark.parametrize("days, left", [(14, 1), (14.1, 0)])
def test_what_a_case_said_before_goes_with_it(
    engine: Engine, folder: FolderImages, days: float, left: int
) -> None:
    write(engine, [], lock_transit())
    write(engine, [], lock_transit(revision=3, verdict="exempt", reason="permit"))

    swept(engine, folder, timedelta(days=days))

    assert count(engine, said_before) == left


@pytest.mark.parametrize("days, left", [(100, 1), (100.1, 0)])
def test_the_correction_of_a_passage_goes_with_it(
    engine: Engine, folder: FolderImages, days: float, left: int
) -> None:
    write(engine, [passage()])
    with writing(engine) as connection:
        correct(connection, passage().id, T0, AN, "1XYZ999", "", T0 + timedelta(days=50))

    swept(engine, folder, timedelta(days=days))

    assert (count(engine, corrections), count(engine, passages)) == (left, left)


def test_a_passage_is_erased_on_its_day(engine: Engine, folder: FolderImages) -> None:
    write(engine, [passage()])

    assert swept(engine, folder, timedelta(days=100)).passages == 0
    assert swept(engine, folder, timedelta(days=100, microseconds=1)).passages == 1


def test_more_rows_than_one_transaction_erases_all_go(engine: Engine, folder: FolderImages) -> None:
    write(engine, [passage(str(number)) for number in range(1001)])

    assert swept(engine, folder, timedelta(days=101)).passages == 1001


def test_an_image_is_erased_on_its_day_and_its_passage_stays(
    engine: Engine, folder: FolderImages
) -> None:
    reference = folder.put(b"crop")
    write(engine, [passage(images=Images(crop=reference))])

    assert swept(engine, folder, timedelta(days=30)).images == 0
    assert swept(engine, folder, timedelta(days=30, microseconds=1)).images == 1
    assert folder.get(reference) is None
    assert (count(engine, passages), count(engine, images)) == (1, 0)


def test_an_image_that_a_younger_passage_shows_stays(engine: Engine, folder: FolderImages) -> None:
    reference = folder.put(b"overview")
    shown = Images(overview=reference)
    younger = passage("b", at=T0 + timedelta(days=5), images=shown)
    write(engine, [passage("a", images=shown), younger])

    swept(engine, folder, timedelta(days=31))

    assert folder.get(reference) == b"overview"


def test_an_image_that_no_passage_ever_showed_is_erased(
    engine: Engine, folder: FolderImages
) -> None:
    stray, shown = folder.put(b"stray"), folder.put(b"shown")
    far_off = T0 + timedelta(days=36500)
    write(engine, [passage(at=far_off, images=Images(crop=shown))])

    assert sweep(engine, folder, TERMS, far_off).images == 1

    assert (folder.get(stray), folder.get(shown)) == (None, b"shown")


def test_an_alert_and_its_deliveries_go_with_the_event(
    engine: Engine, folder: FolderImages, clock: Clock
) -> None:
    zone = site(
        alerts=[{"when": {"kind": "access"}, "channels": ["dispatch"]}],
        channels={"dispatch": {"type": "webhook", "url": "https://example.org", "secret": "env:S"}},
    )
    granted = [access("a"), access("b", at=T0 + seconds(1))]
    write(engine, [], *granted)
    AlertsWorker(engine, zone, clock, lambda: None).work([message(one) for one in granted])
    tables = (alerts, deliveries, unraised)
    before = [count(engine, table) for table in tables]

    swept(engine, folder, timedelta(days=15))

    assert before == [1, 1, 1]
    assert [count(engine, table) for table in tables] == [0, 0, 0]


def test_an_alert_whose_event_was_never_stored_goes_too(
    engine: Engine, folder: FolderImages, clock: Clock
) -> None:
    AlertsWorker(engine, site(), clock, lambda: None).work([message(hit())])

    assert swept(engine, folder, timedelta(days=201)).alerts == 1


def test_the_figures_outlive_the_rows_they_were_made_from(
    engine: Engine, folder: FolderImages
) -> None:
    write(engine, [passage("a"), passage("b")], transit())

    swept(engine, folder, timedelta(days=101))
    write(engine, [passage("c")], transit("t"))  # so late that it belongs to what is gone
    roll(engine)

    with engine.connect() as connection:
        assert connection.execute(select(counts.c.count)).scalars().all() == [2]
        assert connection.execute(select(travel_times.c.n)).scalars().all() == [1]
    assert count(engine, passages) == 1
    assert count(engine, events) == 1


def test_the_figures_go_on_their_own_day(engine: Engine, folder: FolderImages) -> None:
    write(engine, [passage()], transit())
    roll(engine)

    assert swept(engine, folder, timedelta(days=3650)).statistics == 0
    erased = swept(engine, folder, timedelta(days=3651)).statistics
    assert erased == 3, "a count, a travel time, a speed"


def test_a_visit_goes_on_its_own_day_and_another_spelling_with_its_passage(
    engine: Engine, folder: FolderImages
) -> None:
    doubted = passage("b", at=T0 + seconds(60), camera="south", alternatives=OTHER)
    writer = StoreWriter(engine, lambda: T0, {"north": "in", "south": "out"})
    writer.write([passage("a"), doubted], [])

    assert swept(engine, folder, timedelta(days=30, seconds=60)).visits == 0
    assert swept(engine, folder, timedelta(days=30, seconds=61)).visits == 1
    assert count(engine, spellings) == 1
    swept(engine, folder, timedelta(days=100, seconds=61))
    assert (count(engine, passages), count(engine, spellings)) == (0, 0)


def test_a_dossier_is_kept_until_its_term_after_closing(
    engine: Engine, folder: FolderImages
) -> None:
    with writing(engine) as connection:
        kept, closed = (open_dossier(connection, case, "an", T0).id for case in ("1/26", "2/26"))
        for dossier in (kept, closed):
            keep(connection, dossier, "an", NOTE, "seen", T0)
        close_dossier(connection, closed, T0 + timedelta(days=10))

    assert swept(engine, folder, timedelta(days=375)).dossiers == 0
    assert swept(engine, folder, timedelta(days=376)).dossiers == 1
    with engine.connect() as connection:
        assert dossier_by_id(connection, closed) is None
        assert len(items_of(connection, kept)) == 1
    assert count(engine, dossier_items) == 1


def test_a_request_goes_with_the_audit_that_tells_of_it(
    engine: Engine, folder: FolderImages
) -> None:
    with writing(engine) as connection:
        grounds = Grounds("judicial", "1/26")
        add_request(connection, "trail", "an", grounds, "{}", "", T0, is_urgent=False)

    assert swept(engine, folder, timedelta(days=3650)).audit == 0
    assert swept(engine, folder, timedelta(days=3650, seconds=1)).audit == 1


AN = Account("an", frozenset({Role.INVESTIGATOR}))


def test_a_sweep_that_erased_something_leaves_a_receipt(
    engine: Engine, folder: FolderImages
) -> None:
    write(engine, [passage()], hit())
    swept(engine, folder, timedelta(days=1))
    swept(engine, folder, timedelta(days=101))

    with engine.connect() as connection:
        (receipt,) = connection.execute(select(audit)).all()
        assert verify_chain(connection).broken_at is None
    assert (receipt.account, receipt.action, receipt.results) == ("zone", "retention", 1)
    told = json.loads(receipt.query)
    assert (told["passages"], told["events"], told["terms"]["passages_days"]) == (1, 0, 100)


def test_the_audit_trail_is_cut_on_its_day_and_stays_whole(
    engine: Engine, folder: FolderImages
) -> None:
    record_audit(engine, AN, "search", T0)
    record_audit(engine, AN, "search", T0 + timedelta(days=1))

    assert swept(engine, folder, timedelta(days=3650)).audit == 0
    assert swept(engine, folder, timedelta(days=3650, microseconds=1)).audit == 1
    with engine.connect() as connection:
        chain = verify_chain(connection)
    assert (chain.records, chain.broken_at) == (3, None), "the second, the cut and the receipt"


ERASED = {
    *("passages", "event_passages", "plates", "images", "events", "said_before"),
    *("alerts", "deliveries", "unraised", "actuations", "counts", "travel_times", "audit"),
    *("feedback", "corrections", "proposals"),  # what people said goes with its subject
    *("cases", "case_history", "case_images"),
    *("visits", "spellings", "dark_days", "requests", "dossiers", "dossier_items"),
    *("reads", "heartbeats", "consignments"),
    *("silences", "escalations", "network_messages"),
    *("flows", "through", "speeds", "compliance", "published"),
}
KEPT = {
    *("accounts", "tokens", "sessions", "login_failures"),  # people, as long as they have access
    "configurations",  # rules as they judged: no person is in them
    "demotions",  # of lists, by how often they were right
    *("dirty_windows", "frozen_windows", "audit_head"),  # no more than where something stands
}


def test_every_table_is_erased_on_its_day_or_kept_for_a_reason() -> None:
    """A new table finds its term in sinks/retention.py, and its place here."""
    for module in pkgutil.iter_modules(sinks.store.__path__, "sinks.store."):
        importlib.import_module(module.name)
    assert set(audit.metadata.tables) == ERASED | KEPT


def test_silences_and_messages_to_networks_go_with_the_hits(
    engine: Engine, folder: FolderImages
) -> None:
    moments = [T0, T0 + timedelta(seconds=1)]
    with writing(engine) as connection:
        for at in map(to_us, moments):
            row = {"set_us": at, "account": "ann", "until_us": at, "reason": "tests", "kind": "hit"}
            connection.execute(silences.insert().values(row))
            message_ = {"network": "n", "text": "t", "written_us": at, "written_by": "ann"}
            connection.execute(network_messages.insert().values(**message_, state="sent"))
            sent = {"channel": "bin", "key": str(at), "state": "sent", "attempts": 1, "body": "{}"}
            connection.execute(deliveries.insert().values(**sent, created_us=at, next_us=at))
    terms = Retention(hits_days=30)
    sweep(engine, folder, terms, moments[1] + timedelta(days=30))
    with engine.connect() as connection:
        left = [
            connection.scalar(select(func.count()).select_from(table))
            for table in (silences, network_messages, deliveries)
        ]
    assert left == [1, 1, 1]


def test_what_was_exported_is_erased_when_it_is_older_than_a_case_may_be(
    engine: Engine, folder: FolderImages, tmp_path: Path
) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    for name, days in {"case-1-r1.zip": 101, "batch-1.csv": 101, "case-2-r1.zip": 99}.items():
        (packages / name).write_bytes(b"-")
        written = (T0 - timedelta(days=days)).timestamp()
        os.utime(packages / name, (written, written))
    swept = sweep(engine, folder, Retention(cases_days=100), T0, packages)
    assert swept == Swept(0, 0, 0, 0, 0, 0, packages=2)
    assert [path.name for path in packages.iterdir()] == ["case-2-r1.zip"]
