"""The audit chain: complete, ordered, and every change shows."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, delete, insert, select, update

from sinks.store.audit import (
    Grounds,
    audit,
    audit_head,
    cut_audit,
    grounds_of_last,
    latest_audit,
    record_audit,
    verify_chain,
)
from sinks.store.engine import writing
from sinks.store.people import Account
from sinks.store.rights import Role
from tests.console.zone import NOW

AN = Account("an", frozenset({Role.INVESTIGATOR}))
GROUNDS = Grounds("judicial", "AN.1/26", None)


def _five(engine: Engine) -> None:
    for count in range(5):
        query = {"plate": f"1ABC{count:03}"}
        record_audit(engine, AN, "search", NOW, grounds=GROUNDS, query=query, results=count)


def _broken_at(engine: Engine) -> int | None:
    with engine.connect() as connection:
        return verify_chain(connection).broken_at


def test_an_untouched_chain_is_whole(engine: Engine) -> None:
    assert _broken_at(engine) is None
    _five(engine)
    with engine.connect() as connection:
        chain = verify_chain(connection)
        newest = latest_audit(connection, 1)[0]
    assert (chain.records, chain.broken_at, chain.head) == (5, None, newest.digest)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("account", "piet"), ("role", "dpo"), ("query", "{}"), ("results", 9), ("at_us", 1),
        ("purpose", "traffic"), ("case_ref", "X"), ("decision_ref", "Y"), ("action", "login"),
    ],
)  # fmt: skip
def test_a_changed_record_breaks_the_chain_there(
    engine: Engine, column: str, value: object
) -> None:
    _five(engine)
    with writing(engine) as connection:
        connection.execute(update(audit).where(audit.c.id == 3).values({column: value}))
    assert _broken_at(engine) == 3


def test_a_removed_record_breaks_the_chain_after_it(engine: Engine) -> None:
    _five(engine)
    with writing(engine) as connection:
        connection.execute(delete(audit).where(audit.c.id == 2))
    assert _broken_at(engine) == 3


def test_a_cut_end_shows_by_the_head(engine: Engine) -> None:
    _five(engine)
    with writing(engine) as connection:
        connection.execute(delete(audit).where(audit.c.id == 5))
    assert _broken_at(engine) == 5


def test_a_cut_end_with_a_forged_head_shows_to_who_noted_the_head(engine: Engine) -> None:
    _five(engine)
    with engine.connect() as connection:
        noted = verify_chain(connection).head
    with writing(engine) as connection:
        connection.execute(delete(audit).where(audit.c.id == 5))
        fourth = connection.execute(select(audit.c.digest).where(audit.c.id == 4)).scalar_one()
        connection.execute(update(audit_head).values(id=4, digest=fourth))
        chain = verify_chain(connection)
    assert chain.broken_at is None
    assert chain.head != noted


def test_an_added_record_breaks_the_chain(engine: Engine) -> None:
    _five(engine)
    with writing(engine) as connection:
        last = connection.execute(select(audit).where(audit.c.id == 5)).one()
        forged = {**last._mapping, "id": 6, "previous": last.digest}
        connection.execute(insert(audit).values(**forged))
    assert _broken_at(engine) == 6


def test_records_written_at_once_make_one_chain(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: record_audit(engine, AN, "search", NOW), range(40)))
    with engine.connect() as connection:
        chain = verify_chain(connection)
    assert (chain.records, chain.broken_at) == (40, None)


def test_the_last_grounds_hold_for_a_while_and_for_the_account_alone(engine: Engine) -> None:
    record_audit(engine, AN, "search", NOW, grounds=GROUNDS)
    hour = timedelta(hours=1)
    piet = Account("piet", AN.roles)
    with engine.connect() as connection:
        assert grounds_of_last(connection, AN, "search", NOW - hour) == GROUNDS
        assert grounds_of_last(connection, AN, "search", NOW) is None
        assert grounds_of_last(connection, AN, "login", NOW - hour) is None
        assert grounds_of_last(connection, piet, "search", NOW - hour) is None


DAY = timedelta(days=1)


def _days(engine: Engine, count: int) -> None:
    """One look-up a day, the last one now."""
    for day in range(count):
        record_audit(engine, AN, "search", NOW - (count - 1 - day) * DAY)


def _ids(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(select(audit.c.id).order_by(audit.c.id)))


def test_a_record_is_cut_off_when_it_is_past_its_term_and_the_rest_stays_whole(
    engine: Engine,
) -> None:
    _days(engine, 5)
    assert cut_audit(engine, NOW - 4 * DAY, NOW) == 0, "not on its last day"
    assert cut_audit(engine, NOW - 2 * DAY, NOW) == 2
    record_audit(engine, AN, "search", NOW)
    with engine.connect() as connection:
        chain = verify_chain(connection)
        cut = connection.execute(select(audit).where(audit.c.id == 6)).one()
    assert (cut.action, cut.results) == ("audit_cut", 2)
    assert (chain.records, chain.broken_at) == (5, None)
    assert _ids(engine) == [3, 4, 5, 6, 7]


def test_a_chain_may_be_cut_again_and_whole(engine: Engine) -> None:
    _days(engine, 3)
    assert cut_audit(engine, NOW - DAY, NOW) == 1
    assert cut_audit(engine, NOW + DAY, NOW) == 3, "the cut itself has its term too"
    assert (_ids(engine), _broken_at(engine)) == ([5], None)
    assert cut_audit(engine, NOW - DAY, NOW) == 0


def test_an_old_record_after_a_younger_one_waits_for_it(engine: Engine) -> None:
    record_audit(engine, AN, "search", NOW)
    record_audit(engine, AN, "search", NOW - 10 * DAY)  # by a clock that was wrong
    assert cut_audit(engine, NOW - DAY, NOW) == 0


def test_more_than_the_cut_says_shows(engine: Engine) -> None:
    _days(engine, 5)
    cut_audit(engine, NOW - 3 * DAY, NOW)
    with writing(engine) as connection:
        connection.execute(delete(audit).where(audit.c.id == 2))
    assert _broken_at(engine) == 3


def test_a_start_that_is_gone_without_a_cut_shows(engine: Engine) -> None:
    _days(engine, 3)
    with writing(engine) as connection:
        connection.execute(delete(audit).where(audit.c.id == 1))
    assert _broken_at(engine) == 2


def test_a_cut_that_is_changed_shows(engine: Engine) -> None:
    _days(engine, 4)
    cut_audit(engine, NOW - 2 * DAY, NOW)
    with writing(engine) as connection:
        forged = '{"id": 2, "digest": "0"}'
        connection.execute(update(audit).where(audit.c.action == "audit_cut").values(query=forged))
        connection.execute(delete(audit).where(audit.c.id == 2))
    assert _broken_at(engine) == 3
