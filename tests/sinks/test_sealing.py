"""Searched plates in the audit: sealed for the store, open for whoever may ask who asked."""

import json
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, select

from anpr.errors import StoreError
from sinks.store.audit import Grounds, audit, record_audit, verify_chain
from sinks.store.engine import writing
from sinks.store.people import Account
from sinks.store.requests import add_request, request_by_id, requests
from sinks.store.rights import Role
from sinks.store.sealing import opened, who_asked, with_vault
from sinks.store.vault import Vault
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0, lock_transit, passage

AN = Account("an", frozenset({Role.INVESTIGATOR}))
PLATE = "1ABC234"


@pytest.fixture
def vault() -> Vault:
    return Vault(Fernet.generate_key())


@pytest.fixture
def sealed(engine: Engine, vault: Vault) -> Engine:
    return with_vault(engine, vault)


def asked_by(engine: Engine, vault: Vault) -> list[int]:
    with engine.connect() as connection:
        return [row.id for row, _ in who_asked(connection, vault, PLATE, T0)]


def test_no_searched_plate_stands_in_the_store(sealed: Engine, vault: Vault) -> None:
    query = {"plate": PLATE, "plates": [PLATE, "1XYZ999"], "cameras": ["north"]}
    record_audit(sealed, AN, "search", T0, query=query)
    with sealed.connect() as connection:
        (text,) = connection.scalars(select(audit.c.query))
        assert verify_chain(connection).broken_at is None
    assert PLATE not in text
    assert "1XYZ999" not in text
    assert opened(json.loads(text), vault) == query


def test_another_key_reads_none_of_it(sealed: Engine) -> None:
    record_audit(sealed, AN, "search", T0, query={"plate": PLATE})
    with sealed.connect() as connection:
        (text,) = connection.scalars(select(audit.c.query))
    with pytest.raises(StoreError, match="another key"):
        opened(json.loads(text), Vault(Fernet.generate_key()))


def test_a_question_that_waits_for_a_second_person_is_sealed_too(sealed: Engine) -> None:
    question = json.dumps({"plate": PLATE})
    grounds = Grounds("judicial", "AN.1/26", None)
    with writing(sealed) as connection:
        made = add_request(connection, "trail", "an", grounds, question, "", T0, is_urgent=False)
        (text,) = connection.scalars(select(requests.c.question))
        found = request_by_id(connection, made.id)
    assert PLATE not in text
    assert made.question == question
    assert found is not None
    assert found.question == question


def test_a_sealed_question_is_not_read_without_its_vault(engine: Engine, vault: Vault) -> None:
    grounds = Grounds("judicial", "AN.1/26", None)
    with writing(with_vault(engine, vault)) as connection:
        made = add_request(connection, "trail", "an", grounds, "{}", "", T0, is_urgent=False)
    with engine.connect() as connection, pytest.raises(StoreError, match="vault"):
        request_by_id(connection, made.id)


@pytest.mark.parametrize(
    ("query", "is_one"),
    [
        ({"plate": PLATE}, True),
        ({"plate": "1XYZ999"}, False),
        ({"plates": ["1XYZ999", PLATE]}, True),
        ({"plate": "1A?C*"}, True),
        ({"plate": "1A8C234"}, False),
        ({"plate": "1A8C234", "look_alikes": True}, True),
        ({"plate_pattern": PLATE}, True),
        ({"cameras": ["north"]}, False),
    ],
)
def test_who_asked_counts_whatever_takes_the_plate_in(
    sealed: Engine, vault: Vault, query: dict[str, object], *, is_one: bool
) -> None:
    record_audit(sealed, AN, "search", T0, query=query)
    assert asked_by(sealed, vault) == ([1] if is_one else [])


def test_who_opened_a_passage_of_the_plate_counts_too(sealed: Engine, vault: Vault) -> None:
    seen = passage(plate=PLATE)
    StoreWriter(sealed, lambda: T0).write([seen], [])
    record_audit(sealed, AN, "image", T0, query={"passage": seen.id})
    record_audit(sealed, AN, "image", T0, query={"passage": "another"})
    assert asked_by(sealed, vault) == [1]


def test_who_opened_or_reviewed_a_case_of_the_plate_counts_too(
    sealed: Engine, vault: Vault
) -> None:
    case = lock_transit(plate=PLATE)
    StoreWriter(sealed, lambda: T0).write([], [case])
    record_audit(sealed, AN, "event_history", T0, query={"event": case.id})
    record_audit(sealed, AN, "review", T0, query={"event": "gone", "plates": [PLATE]})
    record_audit(sealed, AN, "review", T0, query={"event": "another", "plates": ["1XYZ999"]})
    assert asked_by(sealed, vault) == [1, 2]


def test_what_lies_further_back_than_asked_is_left_out(sealed: Engine, vault: Vault) -> None:
    record_audit(sealed, AN, "search", T0 - timedelta(seconds=1), query={"plate": PLATE})
    assert asked_by(sealed, vault) == []


def test_records_from_before_plates_were_sealed_are_found(engine: Engine, vault: Vault) -> None:
    record_audit(engine, AN, "search", T0, query={"plate": PLATE})
    assert asked_by(engine, vault) == [1]
