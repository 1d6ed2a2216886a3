"""The store: whatever comes twice or in another order gives the same rows."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Connection,
    Engine,
    Table,
    column,
    create_engine,
    insert,
    make_url,
    select,
    table,
    text,
)

import sinks.store
from anpr.errors import StoreError
from anpr.events import Images, LockVerdict, Passage
from anpr.time import to_us
from anpr.topics import DEAD_LETTERS, EVENTS, PASSAGES, READS
from sinks.evidence.kept import erase_kept, keep_reads, reads_between
from sinks.store.closed import history_of
from sinks.store.connections import completed, connect_to
from sinks.store.engine import MIGRATIONS, open_store, writing
from sinks.store.plates import plates_fitting
from sinks.store.rows import event_row, passage_row
from sinks.store.schema import (
    counts,
    dirty_windows,
    event_passages,
    events,
    images,
    metadata,
    passages,
    said_before,
)
from sinks.store.writer import StoreWorker, StoreWriter
from tests.sinks.build import (
    T0,
    access,
    camera_state,
    hit,
    lock_transit,
    message,
    passage,
    seconds,
    transit,
)
from tests.sinks.databases import Store, empty
from tests.sinks.evidence.cases import read_of


def rows(engine: Engine, table: Table) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        found = connection.execute(select(table).order_by(*table.primary_key)).mappings()
        return [dict(row) for row in found]


def write(engine: Engine, *values: Any) -> int:
    kept = [one for one in values if isinstance(one, Passage)]
    others = [one for one in values if not isinstance(one, Passage)]
    return StoreWriter(engine, lambda: T0).write(kept, others)


def is_of_the_code(name: str | None, kind: str, _parents: object) -> bool:
    """Leave out what only one engine has: weeks and their rest, the trigrams and their shadows."""
    if kind == "table":
        return name in metadata.tables
    return not (name or "").endswith("_trigrams")


def test_the_migrations_give_exactly_the_tables_that_the_code_uses(engine: Engine) -> None:
    for module in iter_modules(sinks.store.__path__, "sinks.store."):
        import_module(module.name)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": is_of_the_code}
        )
        differences = compare_metadata(context, metadata)

    assert differences == []


def test_opening_a_store_again_keeps_what_it_holds(new_store: Store) -> None:
    write(new_store.open(), passage())

    assert len(rows(new_store.open(), passages)) == 1


@contextmanager
def of_version(store: Store, number: str) -> Iterator[Connection]:
    """Make the tables as they were once, and write into them."""
    engine = create_engine(completed(make_url(store.url)))
    connect_to(engine, store.zone)
    with writing(engine) as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, number)
        yield connection
    engine.dispose()


def test_a_store_of_an_older_version_is_brought_up_to_date_with_its_rows(new_store: Store) -> None:
    with of_version(new_store, "0002") as connection:
        seen = passage_row(passage(), passage().to_json(), 1)
        event = event_row(transit(), transit().to_json(), 1)
        connection.execute(passages.insert(), seen)
        connection.execute(events.insert(), event)
        cause = {"event_id": event["id"], "position": 0, "passage_id": seen["id"]}
        connection.execute(insert(table("event_passages", *map(column, cause))), cause)
        counted = {"camera": "north", "start_us": to_us(T0), "lane": 1, "class": "car", "count": 7}
        connection.execute(insert(table("counts", *map(column, counted))), counted)
        marked = {"kind": "count", "subject": "north", "start_us": to_us(T0)}
        connection.execute(insert(table("dirty_windows", *map(column, marked))), marked)

    engine = new_store.open()

    assert [rows(engine, passages), rows(engine, events)] == [[seen], [event]]
    assert rows(engine, event_passages) == [cause | {"at_us": to_us(T0)}]
    assert rows(engine, counts) == [counted | {"direction": "unknown"}]
    assert rows(engine, dirty_windows) == [marked | {"id": 1}]
    with engine.connect() as connection:
        assert plates_fitting(connection, "plate", "1A?C*", 9) == ["1ABC234"]
    assert write(engine, passage(revision=2), transit(revision=3)) == 2
    assert len(rows(engine, passages)) == 1


def test_reads_that_an_older_version_kept_are_found_and_erased(new_store: Store) -> None:
    told = read_of(passage("a", camera="north"))
    with of_version(new_store, "0017") as connection:
        keep_reads(connection, [(told, told.to_json())])

    engine = new_store.open()

    with engine.connect() as connection:
        assert reads_between(connection, "north", T0, T0) == [told]
    assert erase_kept(engine, to_us(T0) + 1, 10) == 1


def test_a_store_of_a_newer_version_is_refused(new_store: Store) -> None:
    with writing(new_store.open()) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreError, match="newer version"):
        new_store.open()


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "nosuch://host/db",
        "sqlite:////no/such/dir/x.db",
        "postgresql://name:word@127.0.0.1:1/db",
    ],
)
def test_a_url_that_leads_nowhere_is_refused_with_a_remedy(url: str) -> None:
    with pytest.raises(StoreError):
        open_store(url)


def test_an_error_of_the_store_shows_no_values(engine: Engine) -> None:
    with pytest.raises(Exception) as caught, writing(engine) as connection:  # noqa: PT011
        connection.execute(passages.insert(), {"id": "1", "plate": "1ABC234"})

    assert "1ABC234" not in str(caught.value)


def test_a_passage_becomes_a_row_with_its_plate_and_fold(engine: Engine) -> None:
    seen = passage(plate="1OBC234", images=Images(crop="sha256:c", overview="sha256:o"))

    write(engine, seen)

    (row,) = rows(engine, passages)
    assert (row["plate"], row["fold"]) == ("1OBC234", "108C234")
    assert to_us(T0) == row["at_us"] == row["stored_us"]
    assert seen == Passage.model_validate_json(row["body"])
    assert {"sha256:c", "sha256:o"} == {image["reference"] for image in rows(engine, images)}


def test_an_unread_passage_has_neither_plate_nor_fold(engine: Engine) -> None:
    write(engine, passage(plate=None))

    (row,) = rows(engine, passages)
    assert (row["plate"], row["fold"]) == (None, None)


@pytest.mark.parametrize(
    "event, expected",
    [
        (hit(), ("stolen", "north", None, "stolen")),
        (transit(), ("n177", None, "ok", "within_limit")),
        (lock_transit(), ("relst", "south", "through", "within_time")),
        (access(), ("centre", "markt", "allow", "permit")),
        (camera_state(), ("north", "north", "down", "silent")),
    ],
)
def test_an_event_says_about_what_it_is(
    engine: Engine, event: Any, expected: tuple[str | None, ...]
) -> None:
    write(engine, event)

    (row,) = rows(engine, events)
    verdict = "exact" if event.kind == "hit" else expected[2]
    assert (expected[0], expected[1], verdict, expected[3]) == (
        row["subject"], row["camera"], row["verdict"], row["reason"],
    )  # fmt: skip


def test_the_causes_of_an_event_stand_in_role_order(engine: Engine) -> None:
    write(engine, transit())

    links = rows(engine, event_passages)
    assert [link["passage_id"] for link in links] == ["s-entry", "s-exit"]


def test_a_higher_revision_replaces_a_lower_one_never_the_reverse(engine: Engine) -> None:
    new, old = passage(revision=3, plate="2XYZ999"), passage(revision=2)

    assert [write(engine, new), write(engine, old)] == [1, 0]

    (row,) = rows(engine, passages)
    assert (row["revision"], row["plate"]) == (3, "2XYZ999")


def test_at_equal_revision_a_live_row_beats_a_withdrawn_one(engine: Engine) -> None:
    live, gone = passage(revision=2), passage(revision=2, withdrawn=True)

    write(engine, gone)
    write(engine, live)
    write(engine, gone)

    assert [row["withdrawn"] for row in rows(engine, passages)] == [False]


def test_the_same_row_again_writes_nothing(engine: Engine) -> None:
    assert [write(engine, passage()), write(engine, passage())] == [1, 0]


def test_a_row_that_moves_marks_the_window_it_leaves_and_the_one_it_enters(
    engine: Engine,
) -> None:
    write(engine, passage(), transit())
    with writing(engine) as connection:
        connection.execute(dirty_windows.delete())

    write(engine, passage(revision=2, at=T0 + seconds(300), camera="south"))

    marked = {(row["kind"], row["subject"], row["start_us"]) for row in rows(engine, dirty_windows)}
    assert {
        ("count", "north", to_us(T0)),
        ("count", "south", to_us(T0 + seconds(300))),
        ("passed", "north", to_us(T0)),
        ("passed", "south", to_us(T0)),
    } == marked, "and the hours they lie in"


def test_what_a_case_said_before_its_verdict_changed_is_kept(engine: Engine) -> None:
    first = lock_transit()
    exempt = {"verdict": LockVerdict.EXEMPT, "reason": "permit"}
    second = first.model_copy(update={"revision": 3, **exempt, "permit_version": 7})
    gone = second.model_copy(update={"revision": 4, "withdrawn": True})
    for one in (first, second, first, gone):
        write(engine, one)

    before = history_of(engine, first.id)

    assert [one.event for one in before] == [first, second]
    assert [one.until for one in before] == [T0, T0]


def test_a_revision_with_the_same_verdict_leaves_no_trace(engine: Engine) -> None:
    write(engine, transit(), hit())
    write(engine, transit(revision=3), hit(revision=2, reason_code="other"))

    assert rows(engine, said_before) == []


def test_an_image_is_as_young_as_the_youngest_passage_that_shows_it(engine: Engine) -> None:
    shared = Images(overview="sha256:o")
    write(engine, passage("a", at=T0 + seconds(9), images=shared))
    write(engine, passage("b", images=shared))

    assert [to_us(T0 + seconds(9))] == [image["at_us"] for image in rows(engine, images)]


versions = st.builds(
    lambda name, revision, withdrawn: passage(
        name,
        revision=revision,
        withdrawn=withdrawn,
        # as in the line: what a revision says is computed, so equal revisions say the same
        at=T0 + timedelta(days=2 * revision),
        camera=("north", "south")[revision % 2],
    ),
    st.sampled_from("abc"),
    st.integers(1, 4),
    st.booleans(),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # it is emptied each time
)
@given(st.lists(versions, min_size=1, max_size=12), st.data())
def test_any_order_batching_and_repetition_gives_the_same_rows(
    engine: Engine, sent: list[Passage], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(sent))
    repeated = order + data.draw(st.lists(st.sampled_from(sent), max_size=6))

    empty(engine)
    write(engine, *sent)
    at_once = rows(engine, passages)
    empty(engine)
    for value in repeated:
        write(engine, value)

    assert rows(engine, passages) == at_once


@pytest.mark.parametrize(
    "topic, value, reason",
    [
        (PASSAGES, b"{", "the JSON"),
        (PASSAGES, b'{"id": "x"}', "revision"),
        (EVENTS, b'{"kind": "unheard-of"}', "the JSON is wrong"),
        (READS, b"{}", "neither"),
    ],
)
def test_what_cannot_be_understood_becomes_a_dead_letter(
    engine: Engine, topic: str, value: bytes, reason: str
) -> None:
    worker = StoreWorker(StoreWriter(engine, lambda: T0))

    (refused,) = worker.work([message(value, topic)])

    assert refused.topic == DEAD_LETTERS
    assert reason in refused.record.headers["reason"]


def test_a_bad_message_does_not_hold_up_the_good_ones_beside_it(engine: Engine) -> None:
    worker = StoreWorker(StoreWriter(engine, lambda: T0))

    refused = worker.work([message(passage()), message(b"{", PASSAGES, 1), message(hit())])

    assert len(refused) == 1
    assert (len(rows(engine, passages)), len(rows(engine, events))) == (1, 1)


def test_what_a_later_version_says_beside_stays_in_the_body(engine: Engine) -> None:
    said = json.loads(passage().to_json()) | {"said_in_a_later_version": True}
    worker = StoreWorker(StoreWriter(engine, lambda: T0))

    worker.work([message(json.dumps(said).encode(), PASSAGES)])

    (row,) = rows(engine, passages)
    assert json.loads(row["body"]) == said


def test_a_dead_letter_does_not_quote_the_plate(engine: Engine) -> None:
    bad = json.loads(passage().to_json()) | {"revision": "1ABC234"}
    worker = StoreWorker(StoreWriter(engine, lambda: T0))

    (refused,) = worker.work([message(json.dumps(bad).encode(), PASSAGES)])

    assert "1ABC234" not in refused.record.headers["reason"]
